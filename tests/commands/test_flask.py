"""The commands an operator types after `flask`."""

import json
import os
import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import pyotp
import pytest
from click.testing import Result

from app.commands.config import _shown
from app.demo import STAFF_PASSWORD
from config.settings import ROOT
from legacy_adapters.demo.generator import MANUAL_CODE
from tests.billing_schemas.wide.make import code_in_wide
from tests.conftest import DEMO_MAPPING, SECRET, WIDE_MAPPING, MakePortal, Portal


def run(portal: Portal, *arguments: str) -> Result:
    return portal.app.test_cli_runner().invoke(args=list(arguments))


def test_demo_of_any_size(portal: Portal, tmp_path: Path) -> None:
    file = tmp_path / "made.sqlite3"
    command = ["billing", "demo", "--contracts", "25", "--seed", "3", "--months", "4"]
    done = run(portal, *command, "--file", str(file))
    assert done.exit_code == 0, done.output
    with sqlite3.connect(file) as connection:
        assert connection.execute("SELECT COUNT(*) FROM KONTRATE").fetchone() == (330,)


def test_a_demo_is_not_made_into_a_folder_that_is_not_there(portal: Portal, tmp_path: Path) -> None:
    done = run(portal, "billing", "demo", "--file", str(tmp_path / "nope/x.sqlite3"))
    assert done.exit_code == 1 and "x.sqlite3 cannot be written: its folder" in done.output
    assert not (tmp_path / "nope").exists()


def test_billing_check(portal: Portal, make_portal: MakePortal, tmp_path: Path) -> None:
    done = run(portal, "billing", "check")
    assert done.exit_code == 0, done.output
    assert "The portal can read billing: 0 broken, 0 warnings" in done.output
    report = json.loads(run(portal, "billing", "check", "--json").output)
    assert report["answered"] and not report["broken"]
    scanned = run(portal, "billing", "check", "--scan-limit", "0")
    assert scanned.exit_code == 0, "a doubtful plan is a warning"
    assert "warning info: reads all of KATEGORI (about" in scanned.output
    away = make_portal(billing={"url": f"sqlite:///{tmp_path}/none.sqlite3"})
    done = run(away, "billing", "check")
    assert done.exit_code == 1
    assert "unable to open database file\nSELFCARE_BILLING_URL says which" in done.output
    done = run(away, "billing", "check", "--json")
    assert done.exit_code == 1
    assert not json.loads(done.output)["answered"]


def test_billing_check_of_a_mapping_that_does_not_fit(
    make_portal: MakePortal, tmp_path: Path, demo_file: Path
) -> None:
    file = tmp_path / "misfit.toml"
    file.write_text(DEMO_MAPPING.read_text(encoding="utf-8").replace('"k.ADRESA"', '"k.ADRES"'))
    done = run(
        make_portal(billing={"url": f"sqlite:///{demo_file}", "mapping": file}), "billing", "check"
    )
    assert done.exit_code == 1
    place = "misfit.toml:13 [contract] columns.address"
    assert f"{place}: the table KONTRATE (k) has no column" in done.output
    assert "The portal cannot read billing like this: 1 broken" in done.output


def flask(
    data_dir: Path, *arguments: str, with_key: bool = True, **variables: str
) -> subprocess.CompletedProcess[str]:
    """As an operator types it, in a process of its own."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("SELFCARE_")}
    own = {"SELFCARE_DATA_DIR": str(data_dir)}
    if with_key:
        own["SELFCARE_SECRET_KEY"] = SECRET
    return subprocess.run(
        [sys.executable, "-m", "flask", *arguments],
        cwd=ROOT,
        env={**inherited, **own, **variables},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def test_a_mapping_that_is_wrong_in_itself_is_reported(tmp_path: Path, demo_file: Path) -> None:
    """The portal refuses to start with it; the command that finds out why must not."""
    file = tmp_path / "wrong.toml"
    text = DEMO_MAPPING.read_text(encoding="utf-8")
    file.write_text(text.replace('phone = "a.NR_TEL"', 'fone = "a.NR_TEL"'), encoding="utf-8")
    variables = {
        "SELFCARE_BILLING_MAPPING": str(file),
        "SELFCARE_BILLING_URL": f"sqlite:///{demo_file}",
    }
    done = flask(tmp_path, "billing", "check", **variables)
    assert done.returncode == 1, done.stderr
    assert "wrong.toml:14 [contract] columns.fone: is not a field" in done.stdout
    assert "[payment]: 20 rows can be read" in done.stdout
    assert "Traceback" not in done.stderr
    done = flask(tmp_path, "billing", "map", "try", MANUAL_CODE, **variables)
    assert done.returncode == 1
    assert "columns.fone: is not a field" in done.stderr
    assert "Traceback" not in done.stderr


def test_billing_is_checked_before_the_portal_has_a_secret_key(
    tmp_path: Path, demo_file: Path
) -> None:
    for command in (("check",), ("map", "try", MANUAL_CODE)):
        done = subprocess.run(
            [sys.executable, "-m", "flask", "billing", *command],
            cwd=ROOT,
            env={
                **{k: v for k, v in os.environ.items() if not k.startswith("SELFCARE_")},
                "SELFCARE_DATA_DIR": str(tmp_path),
                "SELFCARE_BILLING_URL": f"sqlite:///{demo_file}",
                "SELFCARE_BILLING_MAPPING": str(DEMO_MAPPING),
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr


def test_billing_map_try(portal: Portal, make_portal: MakePortal, wide_file: Path) -> None:
    done = run(portal, "billing", "map", "try", MANUAL_CODE.lower())
    assert done.exit_code == 0, done.output
    lines = [" ".join(line.split()) for line in done.output.splitlines()]
    for expected in (
        "subscriber EMER MBIEMER",
        "connected_on 2023-07-22",
        "total 556.00",
        "123456789 2024-01 open 2024-01-31 2024-02-29 30 456.00 100.00 0.00 556.00",
        "123456788 2023-12 paid 2024-01-05 2024-01-31 0 114.00 100.00 0.00 0.00",
        "reading_after 4000",
        f"{MANUAL_CODE} 123456789 2 fixed_fee TF 1 - 95 95.00 20",
        f"{MANUAL_CODE} 2023-08-10 215.14 CASH KANALE MM-EASYPAY",
    ):
        assert expected in lines, done.output
    missing = run(portal, "billing", "map", "try", "AL9999999")
    assert missing.exit_code == 1
    assert "Billing has no contract AL9999999" in missing.output
    assert run(portal, "billing", "map", "try", "AL-1").exit_code == 1
    assert "customer's name" in run(portal, "billing", "map", "try", "--help").output
    wide = make_portal(billing={"url": f"sqlite:///{wide_file}", "mapping": WIDE_MAPPING})
    done = run(wide, "billing", "map", "try", code_in_wide(MANUAL_CODE))
    assert done.exit_code == 0 and "EMER MBIEMER" in done.output
    assert "invoice_line" not in done.output


def test_database_upgrade_can_be_repeated(portal: Portal) -> None:
    assert "version 0012 (was: 0012)" in run(portal, "db", "upgrade").output
    assert run(portal, "db", "version").output == "has 0012, needs 0012\n"


@pytest.mark.parametrize("start", [["-m", "flask", "db", "upgrade"], ["-c", "import wsgi"]])
@pytest.mark.parametrize("folder", ["/proc/x", "{tmp}/a_file"])
def test_a_folder_that_cannot_be_written_is_told(
    start: list[str], folder: str, tmp_path: Path
) -> None:
    (tmp_path / "a_file").touch()
    env = {"SELFCARE_DATA_DIR": folder.format(tmp=tmp_path), "SELFCARE_SECRET_KEY": SECRET}
    done = subprocess.run(
        [sys.executable, *start], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 3
    assert "of the portal's database cannot be written: " in done.stderr
    assert "SELFCARE_DATA_DIR" in done.stderr
    assert "Traceback" not in done.stderr


def test_config_check_hides_passwords_in_addresses() -> None:
    shown = _shown("url", "postgresql+psycopg://portal:p@ss@db.example/portal")
    assert shown == "postgresql+psycopg://(hidden)@db.example/portal"
    assert _shown("contact_email", "klienti@example.org") == "klienti@example.org"


def test_accounts_are_signed_out_disabled_and_enabled(portal: Portal) -> None:
    client = portal.signed_in("Emer Mbiemer")
    assert "1 sessions ended" in run(portal, "accounts", "sign-out", "emer mbiemer").output
    told = run(portal, "accounts", "events", "emer mbiemer").output.splitlines()
    assert "operator  sessions ended  1 sessions" in told[0]
    assert re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d CES?T  ", told[0])
    assert "customer  signed in  127.0.0.1" in told[1]
    client.get("/contracts", status=303)
    client = portal.signed_in("Emer Mbiemer")
    assert run(portal, "accounts", "disable", "emer.mbiemer@example.com").exit_code == 0
    client.get("/contracts", status=303)
    wrong = {"user_name": "Emer Mbiemer", "password": "Provo2024"}
    portal.client().post("/login", wrong, status=400)
    assert run(portal, "accounts", "enable", "Emer Mbiemer").exit_code == 0
    portal.client().sign_in("Emer Mbiemer")
    missing = run(portal, "accounts", "disable", "Askush")
    assert missing.exit_code == 1
    assert "No account has the user name or e-mail" in missing.output


def test_staff_are_made_listed_and_kept_out(portal: Portal) -> None:
    made = run(portal, "staff", "create", "besa", "--role", "supervisor", "--full-name", "Besa P")
    assert made.exit_code == 0, made.output
    for words in (
        "besa (supervisor) signs in at http://127.0.0.1:8000/staff/login",
        "It works once, until ",
        "otpauth://totp/Energjia%20Demo:besa?secret=",
        "\u2588\u2588",  # the QR code, in blocks
    ):
        assert words in made.output
    password = made.output.partition("First password: ")[2].split()[0]
    secret = made.output.partition("?secret=")[2].partition("&")[0]
    client = portal.client()
    form = {"name": "besa", "password": password, "code": pyotp.TOTP(secret).now()}
    client.post("/staff/login", form, status=303)
    listed = run(portal, "staff", "list").output.splitlines()
    assert [line.split()[:2] for line in listed] == [
        ["administrator", "administrator"],
        ["agjent", "agent"],
        ["besa", "supervisor"],
        ["mbikeqyres", "supervisor"],
    ]
    assert "flask staff reset" in listed[2] and listed[2].endswith("Besa P")
    assert password not in "".join(listed)
    (session,) = run(portal, "staff", "sessions").output.splitlines()
    assert session.startswith("besa ") and "127.0.0.1" in session
    assert run(portal, "staff", "role", "Besa", "agent").output == "besa is agent now.\n"
    assert run(portal, "staff", "sign-out", "BESA").output == "besa: 1 sessions ended.\n"
    client.get("/staff/password", status=303)
    assert run(portal, "staff", "sessions").output == "Nobody is signed in.\n"
    assert "besa is disabled" in run(portal, "staff", "disable", "besa").output
    assert "disabled 20" in run(portal, "staff", "list").output
    assert "may sign in again" in run(portal, "staff", "enable", "besa").output
    again = run(portal, "staff", "reset", "besa").output
    assert "First password: " in again and password not in again and secret not in again
    assert "first password waits until 20" in run(portal, "staff", "list").output
    told = run(portal, "staff", "events", "besa").output.splitlines()
    assert "operator  staff member reset" in told[0]
    assert "staff  signed in  127.0.0.1  by a first password" in told[-2]
    assert "operator  staff member created  supervisor" in told[-1]


def test_staff_commands_refuse_in_words(portal: Portal) -> None:
    for arguments, code, words in (
        (("create", "AGJENT", "--role", "agent"), 1, "There is a staff member 'AGJENT' already."),
        (("create", "a b", "--role", "agent"), 1, "cannot be a name"),
        (("create", "besa", "--role", "king"), 2, "'king' is not one of"),
        (("create", "besa"), 2, "Missing option '--role'"),
        (("reset", "besa"), 1, "No staff member is called 'besa'."),
        (("demo-code", "agjent"), 1, "This is not the demo"),
    ):
        done = run(portal, "staff", *arguments)
        assert (done.exit_code, words in done.output) == (code, True), done.output


def test_demo_codes_by_command(make_portal: MakePortal, demo_file: Path, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/demo-billing.sqlite3").symlink_to(demo_file)
    portal = make_portal(billing={"url": ""}, portal={"data_dir": tmp_path / "data"})
    for _ in range(2):
        code = run(portal, "staff", "demo-code", "agjent").output.strip()
        form = {"name": "agjent", "password": STAFF_PASSWORD, "code": code}
        portal.client().post("/staff/login", form, status=303)
    missing = run(portal, "staff", "demo-code", "besa")
    assert missing.exit_code == 1 and "agjent, mbikeqyres, administrator" in missing.output


def test_a_limit_that_no_list_has_is_refused(portal: Portal) -> None:
    for command in (["accounts", "events", "x"], ["staff", "events", "x"], ["messages", "list"]):
        for limit in ("0", "-3", "9" * 23):
            done = run(portal, *command, "--limit", limit)
            assert done.exit_code == 2, done.output
            assert "is not in the range 1<=x<=10000" in done.output
