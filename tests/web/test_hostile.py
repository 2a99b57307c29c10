"""What has been tried against the running portal, so that it stays answered."""

import io
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from shutil import copy

import pytest

from tests.conftest import MakePortal, Portal
from tests.web.client import CheckedClient, words
from tests.web.test_register import GOOD, register

MARKS = "a" + "\u0315" * 40_000 + "\u0300" * 40_000


@pytest.mark.parametrize("field", ["user_name", "email", "contract_code", "phone", "password"])
def test_huge_texts_are_refused_before_anything_reads_them(portal: Portal, field: str) -> None:
    begun = time.process_time()
    page = register(portal.client(), status=400, **{field: MARKS + "@x.al"})
    assert "karaktere" in page.error_of(field)
    # Reading it as a name took 13 s; the page itself takes milliseconds.
    assert time.process_time() - begun < 3


@pytest.mark.parametrize(
    "body", ["[1]", "5", '{"csrf_token": 5}', '{"user_name": 1}', "[" * 50_000]
)
def test_json_is_no_form(portal: Portal, body: str) -> None:
    client = portal.signed_in("Emer Mbiemer")
    for address in ("/login", "/register"):
        stranger = portal.client()
        answer = stranger.http.post(address, data=body, content_type="application/json")
        assert answer.status_code == 400
    for address in ("/logout", "/contracts/AL0000000/pay"):
        answer = client.http.post(address, data=body, content_type="application/json")
        assert answer.status_code == 400


def test_files_are_no_fields(portal: Portal) -> None:
    client = portal.client()
    data = {**GOOD, "csrf_token": client.fresh_token(), "user_name": (io.BytesIO(b"x"), "x.txt")}
    answer = client.http.post("/register", data=data, content_type="multipart/form-data")
    assert answer.status_code == 400


def test_registration_refusals_take_the_same_time(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one slow step, hashing, is in each way of refusing, exactly once."""
    hashed: list[str] = []

    def count(password: str) -> str:
        hashed.append(password)
        return "$argon2id$counted"

    monkeypatch.setattr("app.accounts.registration.hash_password", count)
    for changes in (
        {"contract_code": "AL9999999"},
        {"user_name": "Dikush Tjetër"},
        {"email": "agron.hoxha@example.com"},
    ):
        hashed.clear()
        register(portal.client(), status=400, **changes)
        assert hashed == [GOOD["password"]]


def test_one_contract_is_not_registered_over_and_over(make_portal: MakePortal) -> None:
    portal = make_portal(accounts={"register_tries_per_contract": 3})
    for number in range(3):
        register(portal.client(), email=f"{number}@example.org")
    register(portal.client(), status=400, email="4@example.org")


def test_name_and_email_share_one_budget(make_portal: MakePortal) -> None:
    portal = make_portal(accounts={"sign_in_tries_per_account": 2})
    for name in ("Emer Mbiemer", "emer.mbiemer@example.com"):
        portal.client().post("/login", {"user_name": name, "password": "x"}, status=400)
    right = {"user_name": "Emer Mbiemer", "password": "Provo2024"}
    portal.client().post("/login", right, status=400)


def test_codes_that_cannot_be_are_404(portal: Portal) -> None:
    client = portal.signed_in("Emer Mbiemer")
    for code in ("AL0000000%00", "%00", "al0000000", "AL0000000%20", "A" * 3_000, "%F0%9F%92%A1"):
        client.get(f"/contracts/{code}/info", status=404)
    client.get("/contracts/AL0000000/invoices/123456789%00.pdf", status=404)


def test_doubled_slashes_lead_nowhere(portal: Portal) -> None:
    client = portal.signed_in("Emer Mbiemer")
    page = client.get("/contracts//pay", status=404, headers={"Host": "evil.example"})
    assert "Location" not in page.response.headers


def test_prefix_header_counts_only_when_switched_on(make_portal: MakePortal) -> None:
    client = make_portal(web={"proxy_hops": 1}).client()
    answer = client.fetch("/contracts", headers={"X-Forwarded-Prefix": "//evil.example"})
    assert answer.location.startswith("/login")


def test_head_answers_like_get(portal: Portal) -> None:
    client = portal.client()
    for address in ("/", "/login", "/register"):
        assert client.http.head(address).status_code == 200


def test_too_long_a_password_is_a_wrong_one(make_portal: MakePortal) -> None:
    portal = make_portal(accounts={"password_max_length": 12})
    register(portal.client(), password="dritare77777")
    for password, status in (("dritare77777", 303), ("dritare77777x", 400)):
        data = {"user_name": GOOD["email"], "password": password}
        portal.client().post("/login", data, status=status)


def test_too_many_tries_say_when_to_come_back(make_portal: MakePortal) -> None:
    client = make_portal(accounts={"sign_in_tries_per_network": 1}).client()
    wrong = {"user_name": "Askush", "password": "x"}
    client.post("/login", wrong, status=400)
    assert client.post("/login", wrong, status=429).response.headers["Retry-After"] == "300"


def spoiled(demo_file: Path, tmp_path: Path, make_portal: MakePortal, sql: str) -> CheckedClient:
    file = Path(copy(demo_file, tmp_path / "billing.sqlite3"))
    with sqlite3.connect(file) as connection:
        connection.execute(sql)
    return make_portal(billing={"url": f"sqlite:///{file}"}).signed_in("Emer Mbiemer")


@pytest.mark.parametrize(
    "change",
    [
        "DT_LESHIM = '0001-01-01'",
        "DT_LESHIM = '0001-01-01', VIT = NULL",
        "DT_LESHIM = '9999-12-31', DT_AFAT = '9999-12-31'",
        "URL_VERIF = 'https://efiskalizimi-app.tatime.gov.al/' || hex(zeroblob(2000))",
        "NSLF = CAST(x'C3' AS TEXT)",
        "VL_NETO = -1e9, KWH = -5",
        "FAT_NR = '123456789', VIT = 99999, MUAJ = -1",
    ],
)
def test_odd_values_of_billing_are_shown(
    demo_file: Path, tmp_path: Path, make_portal: MakePortal, change: str
) -> None:
    sql = f"UPDATE FATURE SET {change} WHERE FAT_NR = '123456789'"
    client = spoiled(demo_file, tmp_path, make_portal, sql)
    for address in (
        "",
        "/AL0000000/pay",
        "/AL0000000/history",
        "/AL0000000/invoices/123456789.pdf",
    ):
        client.get(f"/contracts{address}")


def test_names_in_another_character_set_are_shown(
    demo_file: Path, tmp_path: Path, make_portal: MakePortal
) -> None:
    sql = "UPDATE ABONENT SET EMERTIM = CAST(x'C74C4952494D' AS TEXT) WHERE ABN_ID = 0"
    client = spoiled(demo_file, tmp_path, make_portal, sql)
    assert "\ufffdLIRIM" in client.get("/contracts").content


@pytest.mark.parametrize("value", ["'nesër PRIVATE'", "5", "x'00ff'", "1.5"])
def test_unreadable_values_are_named_without_being_told(
    demo_file: Path, tmp_path: Path, make_portal: MakePortal, value: str,
    capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    sql = f"UPDATE FATURE SET DT_LESHIM = {value} WHERE FAT_NR = '123456789'"
    client = spoiled(demo_file, tmp_path, make_portal, sql)
    client.get("/contracts/AL0000000/history", status=503)
    told = capfd.readouterr().err
    assert "BillingDataError" in told and "PRIVATE" not in told


def test_a_replaced_billing_file_is_read_at_once(
    demo_file: Path, tmp_path: Path, make_portal: MakePortal
) -> None:
    client = spoiled(demo_file, tmp_path, make_portal, "SELECT 1")
    assert "556,00" in client.get("/contracts/AL0000000/pay").content
    new = Path(copy(demo_file, tmp_path / "new.sqlite3"))
    with sqlite3.connect(new) as connection:
        connection.execute("UPDATE FATURE SET KAMATE = 10 WHERE FAT_NR = '123456789'")
    new.replace(tmp_path / "billing.sqlite3")
    assert "566,00" in client.get("/contracts/AL0000000/pay").content


def test_documents_are_whole_when_many_are_made_at_once(portal: Portal) -> None:
    address = "/contracts/AL0000000/invoices/123456789.pdf"
    clients = [portal.signed_in("Emer Mbiemer") for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        made = list(pool.map(lambda n: clients[n % 6].fetch(address).data, range(60)))
    assert len(set(made)) == 1


def test_contract_list_and_page_add_up_alike(
    demo_file: Path, tmp_path: Path, make_portal: MakePortal
) -> None:
    sql = "UPDATE FATURE SET STATUS = 'H', VL_PAGUAR = 0, KAMATE = 0.004 WHERE KTR_ID = 0"
    client = spoiled(demo_file, tmp_path, make_portal, sql)
    owed = client.get("/contracts/AL0000000/pay").root
    big = next(words(e) for e in owed.iter() if e.get("class") == "owed")  # type: ignore[union-attr]
    assert big in client.get("/contracts").content
