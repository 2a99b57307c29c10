"""What ./run does: prepares, serves, stops, and refuses in words."""

import re
import shutil
import sqlite3
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode

import pytest

from app.demo import STAFF_PASSWORD
from tests.billing_schemas.wide.make import MAPPING
from tests.commands.test_flask import flask
from tests.portal_process import PortalProcess

Started = list[PortalProcess]


@pytest.fixture
def started() -> Iterator[Started]:
    processes: Started = []
    yield processes
    for process in processes:
        process.stop()


def start(started: Started, data_dir: Path, **variables: str) -> PortalProcess:
    started.append(PortalProcess(data_dir, **variables))
    return started[-1]


class Browser:
    """Just enough of one: cookies and forms."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    def get(self, path: str) -> tuple[int, str]:
        try:
            with self.opener.open(f"{self.address}{path}", timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def post(self, path: str, form: dict[str, str]) -> str:
        token = re.search(r'name="csrf_token" type="hidden" value="([^"]+)"', self.get(path)[1])
        assert token
        data = urlencode({**form, "csrf_token": token[1]}).encode()
        with self.opener.open(f"{self.address}{path}", data, timeout=10) as answer:
            return answer.read().decode()

    def sign_in(self, name: str) -> str:
        return self.post("/login", {"user_name": name, "password": "Provo2024"})

    def register(self, code: str, name: str) -> str:
        own = {"contract_code": code, "user_name": name, "email": "emer@example.org"}
        return self.post("/register", {**own, "password": "Provo2024", "phone": "0692345678"})


def test_first_start_prepares_all_and_the_second_is_quick(started: Started, tmp_path: Path) -> None:
    portal = start(started, tmp_path).wait_until_ready()
    assert "556,00" in Browser(portal.address).sign_in("Emer Mbiemer")
    assert portal.stop() == 0
    assert f"http://127.0.0.1:{portal.port}/" in portal.output
    staff = ("agjent", "mbikeqyres", "administrator", "/staff/login", STAFF_PASSWORD)
    for name in ("Emer Mbiemer", "Agron Hoxha", "Elbasan Market", "Vera Leka", "Provo2024", *staff):
        assert name in portal.output
    assert "Traceback" not in portal.output
    begun = time.monotonic()
    again = start(started, tmp_path).wait_until_ready()
    assert time.monotonic() - begun < 30  # generous: a machine under test is busy
    assert "Making" not in again.output and "Preparing" not in again.output
    assert "300" in Browser(again.address).sign_in("Elbasan Market")


def test_secret_key_is_made_once_and_private(started: Started, tmp_path: Path) -> None:
    start(started, tmp_path).wait_until_ready()
    file = tmp_path / "secret_key"
    assert file.stat().st_mode & 0o077 == 0
    assert len(file.read_text()) == 64


def test_generated_demo_is_kept_and_brought_up_to_today(started: Started, tmp_path: Path) -> None:
    file = tmp_path / "demo-billing.sqlite3"
    start(started, tmp_path).wait_until_ready().stop()
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE PARAM_SISTEMI SET VLERA = '2020-01-01' WHERE KOD = 'DEMO_TODAY'")
        connection.execute("UPDATE PARAM_SISTEMI SET VLERA = '7' WHERE KOD = 'DEMO_CONTRACTS'")
    assert "Making" in start(started, tmp_path).wait_until_ready().output
    with sqlite3.connect(file) as connection:
        assert connection.execute("SELECT COUNT(*) FROM KONTRATE").fetchone() == (305 + 7,)


def test_another_schema_shows_the_same_pages(
    started: Started, tmp_path: Path, wide_file: Path
) -> None:
    portal = start(
        started,
        tmp_path,
        SELFCARE_BILLING_URL=f"sqlite:///{wide_file}",
        SELFCARE_BILLING_MAPPING=str(MAPPING),
    ).wait_until_ready()
    assert "papers bear the demo's name" in portal.output
    assert "Provo2024" not in portal.output, "the demo's users exist only with the demo's data"
    assert not (tmp_path / "demo-billing.sqlite3").exists()
    browser = Browser(portal.address)
    assert "556,00" in browser.register("7000000", "Emer Mbiemer")
    status, history = browser.get("/contracts/7000000/history")
    assert status == 200
    for amount in ("556,00", "749,80", "2756,20", "237,83", "1388,20"):
        assert amount in history
    assert 'class="demo-strip"' not in history


@pytest.mark.parametrize(
    ("variables", "code", "words"),
    [
        (
            {"SELFCARE_BILLING_URL": "sqlite:///{tmp}/none.db"},
            4,
            "billing database does not answer",
        ),
        ({"SELFCARE_BILLING_URL": "oracle://x/y"}, 4, "use oracle+oracledb://"),
        ({"SELFCARE_BILLING_URL": "mysql://x/y"}, 4, "are not supported"),
        ({"SELFCARE_BILLING_MAPPING": "{tmp}/none.toml"}, 4, "cannot be read: No such file"),
        ({"SELFCARE_DATABASE_URL": "mysql://x/y"}, 3, "are not supported"),
        ({"SELFCARE_PORT": "abc"}, 2, "SELFCARE_PORT ([portal] port)"),
        ({"SELFCARE_UTILITY_ACCENT": "#ffff00"}, 2, "Choose a darker shade"),
        ({"SELFCARE_CONFIG": "{tmp}/none.toml"}, 2, "cannot be read: No such file"),
    ],
)
def test_refuses_in_words_with_an_exit_code(
    started: Started, tmp_path: Path, variables: dict[str, str], code: int, words: str
) -> None:
    filled = {name: value.format(tmp=tmp_path) for name, value in variables.items()}
    portal = start(started, tmp_path / "data", **filled)
    assert portal.wait_for_end() == code, portal.output
    assert words in portal.output
    assert "Traceback" not in portal.output


def test_mapping_that_does_not_fit_names_every_place(
    started: Started, tmp_path: Path, demo_file: Path
) -> None:
    portal = start(
        started,
        tmp_path,
        SELFCARE_BILLING_URL=f"sqlite:///{demo_file}",
        SELFCARE_BILLING_MAPPING=str(MAPPING),
    )
    assert portal.wait_for_end() == 4
    for relation, table in (
        ("contract", "customers"),
        ("invoice", "bills"),
        ("payment", "receipts"),
    ):
        assert f"[{relation}] table: the database has no {table}" in portal.output


def test_port_in_use_is_said(started: Started, tmp_path: Path) -> None:
    first = start(started, tmp_path).wait_until_ready()
    second = start(started, tmp_path / "other", SELFCARE_PORT=str(first.port))
    assert second.wait_for_end() == 5
    assert "Choose another: SELFCARE_PORT=" in second.output


def test_billing_lost_and_found_while_running(
    started: Started, tmp_path: Path, demo_file: Path
) -> None:
    file = Path(shutil.copy(demo_file, tmp_path / "billing.sqlite3"))
    variables = {"SELFCARE_BILLING_URL": f"sqlite:///{file}", "SELFCARE_WORKERS": "1"}
    portal = start(started, tmp_path, **variables).wait_until_ready()
    browser = Browser(portal.address)
    assert "556,00" in browser.register("AL0000000", "Emer Mbiemer")
    # Truncated under its readers, as a database that went away.
    kept = file.read_bytes()
    file.write_bytes(b"")
    status, page = browser.get("/contracts/AL0000000/pay")
    assert status == 503
    assert "Të dhënat tuaja nuk mund të shfaqen tani" in page
    assert "billing failed" in portal.output
    assert "run: flask billing check" in portal.output
    file.write_bytes(kept)
    assert browser.get("/contracts/AL0000000/pay")[0] == 200


def test_settings_come_from_one_file_too(started: Started, tmp_path: Path, demo_file: Path) -> None:
    text = (
        '[portal]\nport = {port}\ndata_dir = "{data_dir}"\n[utility]\nname = "Drita Veriore"\n'
        f'[billing]\nurl = "sqlite:///{demo_file}"\n[log]\nformat = "json"\n'
    )
    portal = PortalProcess(tmp_path / "own", config=text)
    started.append(portal)
    portal.wait_until_ready()
    page = Browser(portal.address).get("/")[1]
    assert "Drita Veriore" in page
    assert "demo-strip" not in page, "a billing of its own is no demo, wherever it is set"
    assert (tmp_path / "own/secret_key").is_file()
    assert not (tmp_path / "own/demo-billing.sqlite3").exists()


def test_demo_users_never_meet_another_billing(
    started: Started, tmp_path: Path, demo_file: Path
) -> None:
    start(started, tmp_path).wait_until_ready().stop()
    real = {"SELFCARE_BILLING_URL": f"sqlite:///{demo_file}"}
    apart = start(started, tmp_path, **real).wait_until_ready()
    with pytest.raises(urllib.error.HTTPError, match="400"):
        Browser(apart.address).sign_in("Emer Mbiemer")
    database = f"sqlite:///{tmp_path}/demo-portal.sqlite3"
    shared = start(started, tmp_path, SELFCARE_DATABASE_URL=database, **real)
    assert shared.wait_for_end() == 3
    assert "holds the demo's users" in shared.output
    with sqlite3.connect(tmp_path / "demo-portal.sqlite3") as connection:  # the staff is enough
        connection.execute("DELETE FROM account")
        connection.execute("DELETE FROM staff_member WHERE name <> 'agjent'")
    shared = start(started, tmp_path, SELFCARE_DATABASE_URL=database, **real)
    assert shared.wait_for_end() == 3
    assert "holds the demo's users" in shared.output


def test_a_real_member_may_be_called_as_one_of_the_demos(
    started: Started, tmp_path: Path, demo_file: Path
) -> None:
    real = {"SELFCARE_BILLING_URL": f"sqlite:///{demo_file}"}
    start(started, tmp_path, **real).wait_until_ready().stop()
    made = flask(tmp_path, "staff", "create", "administrator", "--role", "administrator", **real)
    assert made.returncode == 0, made.stderr
    start(started, tmp_path, **real).wait_until_ready()
