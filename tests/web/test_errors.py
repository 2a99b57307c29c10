"""What customers see when something fails."""

import sqlite3
from contextlib import closing
from pathlib import Path
from shutil import copy

import pytest
from werkzeug.exceptions import HTTPException

from app.web.errors import TEXTS
from tests.conftest import MakePortal, Portal
from tests.web.client import Page

SIGNED_IN_PAGES = [
    "/contracts",
    "/contracts/AL0000000/pay",
    "/contracts/AL0000000/history",
    "/contracts/AL0000000/info",
    "/contracts/AL0000000/invoices/123456789.pdf",
]


def test_unknown_address_is_404_in_words(portal: Portal) -> None:
    page = portal.client().get("/asgje", status=404)
    assert page.heading == "Kjo faqe nuk u gjet"
    assert portal.client("en").get("/asgje", status=404).heading == "We did not find this page"


def test_wrong_method_is_a_page_too(portal: Portal) -> None:
    assert portal.client().post("/privacy", {}, status=405).heading


def test_too_large_is_413_in_words(make_portal: MakePortal) -> None:
    client = make_portal(web={"max_body_bytes": 65_536}).client()
    page = client.post("/login", {"user_name": "x" * 70_000, "password": "y"}, status=413)
    assert page.heading == "Kjo është tepër e madhe për t’u dërguar"


@pytest.mark.parametrize("address", SIGNED_IN_PAGES)
def test_billing_lost_while_running_is_503_in_words(
    make_portal: MakePortal,
    demo_file: Path,
    tmp_path: Path,
    address: str,
    capfd: pytest.CaptureFixture[str],
) -> None:
    file = Path(copy(demo_file, tmp_path / "billing.sqlite3"))
    portal = make_portal(billing={"url": f"sqlite:///{file}"}, last_known={"keep_days": 0})
    client = portal.signed_in("Emer Mbiemer")
    client.get(address)
    portal.services.billing.close()
    away = file.rename(tmp_path / "away.sqlite3")
    page = client.get(address, status=503)
    assert page.heading == "Të dhënat tuaja nuk mund të shfaqen tani"
    assert page.response.headers["Retry-After"] == "30"
    assert capfd.readouterr().err.count('"event": "billing failed"') == 1
    away.rename(file)
    client.get(address)


def test_portal_database_lost_is_503_in_words(portal: Portal, tmp_path: Path) -> None:
    client = portal.signed_in("Emer Mbiemer")
    with portal.database.write() as connection:
        connection.exec_driver_sql("ALTER TABLE account_session RENAME TO lost")
    page = client.get("/contracts", status=503)
    assert page.heading == "Të dhënat tuaja nuk mund të shfaqen tani"
    client.get("/", status=503)
    assert client.get("/nowhere", status=404).heading == "Kjo faqe nuk u gjet"
    assert client.http.post("/privacy").status_code == 405


def test_unexpected_failure_is_500_with_a_code_and_one_line(
    capfd: pytest.CaptureFixture[str], portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_code: str) -> None:
        raise ZeroDivisionError("secret detail")

    client = portal.signed_in("Emer Mbiemer")
    monkeypatch.setattr(portal.services.billing, "get_statement", fail)
    page = client.get("/contracts/AL0000000/pay", status=500)
    assert page.heading == "Ndodhi një gabim nga ana jonë"
    assert "secret detail" not in page.text and "Traceback" not in page.text
    lines = [line for line in capfd.readouterr().err.splitlines() if "unexpected failure" in line]
    assert len(lines) == 1
    reference = next(e for e in page.all("strong") if e.get("class") == "code").text
    assert f'"reference": "{reference}"' in lines[0]


def test_hostile_values_from_billing_never_break_or_run(
    make_portal: MakePortal, demo_file: Path, tmp_path: Path
) -> None:
    file = Path(copy(demo_file, tmp_path / "billing.sqlite3"))
    hostile = "<script>alert(1)</script>\u202e\u0000'\"&" + "Ж" * 300
    with sqlite3.connect(file) as connection:
        connection.execute(
            "UPDATE ABONENT SET EMERTIM = ?, NR_TEL = NULL WHERE ABN_ID = 0", (hostile,)
        )
        connection.execute(
            "UPDATE KONTRATE SET ADRESA = ?, NR_MATES = NULL, DT_LIDHJE = NULL WHERE KTR_ID = 0",
            (hostile * 10,),
        )
        connection.execute(
            "UPDATE FATURE SET VIT = NULL, MUAJ = 13, DT_AFAT = NULL, KWH = NULL, LEX_PARA = NULL,"
            " VL_NETO = -5000.005, URL_VERIF = 'javascript:alert(1)' WHERE FAT_NR = '123456789'"
        )
        connection.execute("UPDATE PAGESE SET KAN_KOD = 'QQQ', VLERA = NULL WHERE KTR_ID = 0")
    client = make_portal(billing={"url": f"sqlite:///{file}"}).signed_in("Emer Mbiemer")
    for address in SIGNED_IN_PAGES:
        page = client.get(address)
        assert "<script>alert" not in page.text
        assert "javascript:" not in page.text


def test_nonsense_from_billing_is_503_and_named_in_the_log(
    make_portal: MakePortal, demo_file: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    file = Path(copy(demo_file, tmp_path / "billing.sqlite3"))
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE FATURE SET DT_LESHIM = 'nesër' WHERE FAT_NR = '123456789'")
    client = make_portal(billing={"url": f"sqlite:///{file}"}).signed_in("Emer Mbiemer")
    client.get("/contracts/AL0000000/history", status=503)
    assert "BillingDataError" in capfd.readouterr().err


def test_what_cannot_be_read_of_one_contract_hides_no_other(
    make_portal: MakePortal, demo_file: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    file = Path(copy(demo_file, tmp_path / "billing.sqlite3"))
    portal = make_portal(billing={"url": f"sqlite:///{file}"})
    before = portal.signed_in("Elbasan Market").get("/contracts?q=AL000012").table()
    owing = next(row for row in before if "lekë" not in row[2] and row[3] not in {"–", "0,00"})
    code = owing[0].split()[0]
    with sqlite3.connect(file) as connection:
        connection.execute(
            "UPDATE FATURE SET VL_NETO = 1e15 WHERE STATUS = 'H' AND KTR_ID ="
            " (SELECT KTR_ID FROM KONTRATE WHERE KTR_KOD = ?)",
            (code,),
        )
    page = portal.signed_in("Elbasan Market").get("/contracts?q=AL000012")
    after = {row[0]: row for row in page.table()}
    unread = after.pop(owing[0])
    assert "Nuk dihet tani" in unread[2] and unread[3] == "–"
    assert after == {row[0]: row for row in before if row is not owing}
    assert "të dhënat e datës" not in page.text.lower()
    assert '"a contract is left out of a list"' in capfd.readouterr().err
    assert "detyrimi i të cilave nuk dihet tani: 1" in page.content


def cards(page: Page) -> list[str]:
    return ["".join(card.itertext()) for card in page.all("li") if card.get("class") == "card"]


@pytest.mark.parametrize(
    ("broken", "shown"),
    [
        ("UPDATE FATURE SET VL_NETO = 1e15 WHERE STATUS = 'H' AND KTR_ID = 1", "Nuk dihet tani"),
        # Told twice: whose it is cannot be told, what it owes can.
        (
            "DROP INDEX KONTRATE_KOD;"
            "UPDATE KONTRATE SET KTR_KOD = 'AL0000001' WHERE KTR_KOD = 'AL0000004'",
            "AL0000001",
        ),
    ],
)
def test_one_of_a_few_contracts_hides_none_of_the_others(
    make_portal: MakePortal, demo_file: Path, tmp_path: Path, broken: str, shown: str
) -> None:
    """Contracts and debts come in one answer: where that cannot be read, each is asked alone."""
    file = Path(copy(demo_file, tmp_path / "billing.sqlite3"))
    client = make_portal(billing={"url": f"sqlite:///{file}"}).signed_in("Agron Hoxha")
    before = cards(client.get("/contracts"))
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(broken)
    after = cards(client.get("/contracts"))
    assert len(after) == len(before) > 1
    assert [c for c in after if "AL0000001" not in c] == [c for c in before if "AL0000001" not in c]
    assert shown in next(card for card in after if "AL0000001" in card)


@pytest.mark.parametrize("language", ["sq", "en"])
@pytest.mark.parametrize("code", sorted(TEXTS))
def test_every_error_is_a_page_in_both_languages(
    portal: Portal, monkeypatch: pytest.MonkeyPatch, code: int, language: str
) -> None:
    def fail(*_values: object, **_names: object) -> None:
        error = HTTPException()  # abort() knows no 507
        error.code = code
        raise error

    client = portal.signed_in("Emer Mbiemer", language)
    monkeypatch.setattr(portal.services.contracts, "list_page", fail)
    page = client.get("/contracts", status=code)
    texts = {str(text) for text in TEXTS[code]}  # outside a request: the English source
    assert (page.heading in texts) == (language == "en")
    assert 'action="/logout"' in page.text, "who is signed in can still sign out"
