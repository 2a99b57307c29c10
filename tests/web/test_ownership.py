"""Menaxho Kontratat: adding and removing contracts, and the proofs that are asked for."""

import json
import re
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import copy

import pytest

from tests.conftest import MakePortal, Portal
from tests.web.client import CheckedClient, Page

AGRONS = {"contract_code": "AL0000001", "holder_name": "Agron Hoxha"}
REFUSED = "Me këto të dhëna nuk mund të shtojmë kontratë."
ONLY = "Kontrata e vetme e një llogarie nuk mund të hiqet."


def add(client: CheckedClient, status: int = 303, **changes: str) -> Page:
    return client.post("/contracts/manage/add", {**AGRONS, **changes}, status=status)


def vera(portal: Portal) -> CheckedClient:
    return portal.signed_in("Vera Leka")


def rows(portal: Portal, query: str) -> list[tuple[object, ...]]:
    with portal.database.read() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(query)]


def letters(portal: Portal, kind: str) -> list[tuple[str, str]]:
    """(recipient, words) of the mails of this kind."""
    found = rows(portal, f"SELECT recipient, body FROM message WHERE kind = '{kind}' ORDER BY id")
    return [(str(to), json.dumps(json.loads(str(body)))) for to, body in found]


def codes_sent(portal: Portal) -> list[tuple[str, str]]:
    """(phone, code) of each SMS."""
    found = rows(portal, "SELECT recipient, body FROM message WHERE channel = 'sms' ORDER BY id")
    return [(str(to), re.findall(r"\b\d{6}\b", str(body))[0]) for to, body in found]


def without_what_varies(page: Page) -> str:
    return re.sub(r'nonce="[^"]+"|value="[^"]*"', "", page.text)


# The page


def test_the_page_shows_what_an_account_has(portal: Portal) -> None:
    page = portal.signed_in("Agron Hoxha").get("/contracts/manage")
    assert page.heading == "Menaxho Kontratat"
    assert [row[0] for row in page.table()] == ["AL0000001", "AL0000002", "AL0000003"]
    first = page.table()[0]
    assert "AGRON HOXHA" in first[1] and first[3] == "e juaja"
    assert first[4] == "Delegatët (0) AL0000001 Hiq AL0000001"
    assert page.find("details").get("open") is None  # type: ignore[union-attr]
    assert "Menaxho Kontratat" in portal.signed_in("Agron Hoxha").get("/contracts").content


def test_the_box_asks_what_the_manual_asks(portal: Portal) -> None:
    page = vera(portal).get("/contracts/manage/add")
    box = page.find("details")
    assert box is not None and box.get("open") is not None
    labels = ["".join(label.itertext()) for label in page.all("label")]
    assert labels == ["Emri dhe Mbiemri", "Numri i Kontratës"]
    assert "Shto një kontratë të re" in "".join(box.itertext())


def test_three_hundred_contracts_are_paged_and_searched(portal: Portal) -> None:
    client = portal.signed_in("Elbasan Market")
    page = client.get("/contracts/manage")
    assert len(page.table()) == 25 and "Faqja 1 nga 12" in page.content
    assert len(client.get("/contracts/manage?page=99").table()) == 25
    assert [r[0] for r in client.get("/contracts/manage?q=al0000300").table()] == ["AL0000300"]
    assert "Asnjë" in client.get("/contracts/manage?q=zzz%00%E2%80%AE").content
    client.get("/contracts/manage?q=" + "9" * 10_000 + "&page=x")


def test_the_page_opens_while_billing_is_away(make_portal: MakePortal, tmp_path: Path) -> None:
    portal = make_portal(billing={"url": f"sqlite:///{tmp_path}/missing.sqlite3"})
    client = portal.signed_in("Agron Hoxha")
    assert [row[1] for row in client.get("/contracts/manage").table()] == ["–"] * 3
    page = add(client, status=503, contract_code="AL0000004", holder_name="Vera Leka")
    assert "Tani nuk mund ta kontrollojmë kontratën tuaj" in page.problems[0]
    assert page.field("contract_code").get("value") == "AL0000004"
    client.post("/contracts/AL0000003/remove", {}, status=303)


# Adding


@pytest.mark.parametrize(
    "typed",
    [
        "Agron Hoxha",
        "HOXHA  agron",
        "Ágron Hoxhä",
        "\u202eAgron\u200f Hoxha\u0000\u200b",
    ],
)
def test_a_contract_is_added_by_its_number_and_its_holders_name(portal: Portal, typed: str) -> None:
    client = vera(portal)
    done = add(client, holder_name=typed, contract_code=" al 0000001\u200e")
    assert done.response.location == "/contracts/manage"
    page = client.get("/contracts/manage")
    assert "Kontrata AL0000001 tani është në llogarinë tuaj." in page.content
    assert [row[0] for row in page.table()] == ["AL0000001", "AL0000004"]
    client.get("/contracts/AL0000001/pay")


def test_the_holders_hear_of_it(portal: Portal) -> None:
    add(vera(portal))
    ((to, told),) = letters(portal, "contract added elsewhere")
    assert to == "agron.hoxha@example.com" and "AL0000001" in told


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("holder_name", "", "Shkruani emrin dhe mbiemrin siç janë në kontratë."),
        ("holder_name", "\u202e\u0000 ", "Shkruani emrin dhe mbiemrin siç janë në kontratë."),
        ("holder_name", "12345", "Emri duhet të ketë shkronja."),
        ("holder_name", "A" * 10_000, "Jo më shumë se 120 karaktere."),
        ("contract_code", "", "Shkruani numrin e kontratës."),
        ("contract_code", "AL-0001", "Numri i kontratës ka vetëm shkronja dhe shifra"),
        ("contract_code", "АL0000001", "Numri i kontratës ka vetëm shkronja dhe shifra"),
        ("contract_code", "A" * 21, "Numri i kontratës ka vetëm shkronja dhe shifra"),
        ("contract_code", "1" * 10_000, "Jo më shumë se 40 karaktere."),
    ],
)
def test_a_wrong_field_is_named_and_the_rest_is_kept(
    portal: Portal, field: str, value: str, message: str
) -> None:
    page = add(vera(portal), status=400, **{field: value})
    assert message in page.error_of(field)
    assert page.find("details").get("open") is not None  # type: ignore[union-attr]
    other = next(name for name in AGRONS if name != field)
    assert page.field(other).get("value") == AGRONS[other]


def test_a_contract_one_has_is_said_to_be_there(portal: Portal) -> None:
    page = add(portal.signed_in("Agron Hoxha"), status=400)
    assert page.problems == ["Kjo kontratë është tashmë në llogarinë tuaj."]


def test_an_expired_page_keeps_what_was_typed(portal: Portal) -> None:
    page = add(vera(portal), status=400, csrf_token="stale")
    assert "qëndroi hapur" in page.problems[0]
    assert page.field("holder_name").get("value") == "Agron Hoxha"


WRONG = (
    {"contract_code": "AL9999999"},  # no such contract
    {"contract_code": "AL0000005"},  # another's
    {"holder_name": "Dikush Tjetër"},
    {"holder_name": "Аgron Hoxha"},  # a Cyrillic letter that looks alike
    {"holder_name": "Agron"},
)


def test_every_refusal_is_the_same_page(make_portal: MakePortal) -> None:
    pages = set()
    client = vera(make_portal())
    for changes in WRONG:
        pages.add(without_what_varies(add(client, status=400, **changes)))
    for limit in (
        "register_tries_per_contract",
        "contract_tries_per_day",
        "contract_tries_per_account",
        "wrong_contracts_per_network",
    ):
        client = vera(make_portal(accounts={limit: 1}))
        pages.add(without_what_varies(add(client, status=400, holder_name="Dikush Tjetër")))
        pages.add(without_what_varies(add(client, status=400)))  # right, but too late
    assert len(pages) == 1
    assert REFUSED in pages.pop()


def test_a_wrong_proof_is_refused_like_a_wrong_name(make_portal: MakePortal) -> None:
    client = vera(make_portal(accounts={"ownership_proof": "last_invoice"}))
    proof = {"invoice_number": "1", "invoice_amount": "1,00"}
    pages = {
        without_what_varies(add(client, status=400, **{**proof, **changes}))
        for changes in ({}, *WRONG)
    }
    assert len(pages) == 1
    assert REFUSED in pages.pop()


def test_tries_from_one_network_end_in_429(make_portal: MakePortal) -> None:
    client = vera(make_portal(accounts={"register_tries_per_network": 2}))
    for number in range(2):
        add(client, status=400, contract_code=f"AL999000{number}")
    page = add(client, status=429)
    assert "tepër shumë përpjekje" in page.problems[0]
    assert page.field("contract_code").get("value") == AGRONS["contract_code"]


def test_a_walk_over_numbers_is_noticed_once(
    make_portal: MakePortal, capfd: pytest.CaptureFixture[str]
) -> None:
    portal = make_portal(accounts={"wrong_contracts_per_network": 3})
    client = vera(portal)
    for number in range(5):
        add(client, status=400, contract_code=f"AL999000{number}")
    told = [line for line in capfd.readouterr().err.splitlines() if "walk over" in line]
    assert len(told) == 1 and "AL999" not in told[0]


def test_nothing_is_added_for_a_while_after_a_recovery(portal: Portal) -> None:
    client = vera(portal)
    until = datetime.now(UTC).replace(tzinfo=None) + timedelta(hours=3)
    with portal.database.write() as connection:
        connection.exec_driver_sql("UPDATE account SET restricted_until = ?", (str(until),))
    page = add(client, status=403)
    assert "fjalëkalim i ri" in page.content
    assert [f for f in page.all("input") if f.get("name") == "holder_name"] == []
    page = client.get("/contracts/AL0000004/delegates")
    assert "fjalëkalim i ri" in page.content
    client.post("/contracts/AL0000004/delegates", {"email": "a@b.al", "right": "view"}, status=403)
    assert rows(portal, "SELECT count(*) FROM contract_invitation") == [(0,)]


# Proofs


def test_with_an_invoice_as_proof(make_portal: MakePortal) -> None:
    portal = make_portal(accounts={"ownership_proof": "last_invoice"})
    client = vera(portal)
    shown = portal.signed_in("Agron Hoxha").get("/contracts/AL0000001/history").table(1)
    number, amount = shown[0][0], shown[0][4]
    page = add(client, status=400, invoice_number="", invoice_amount="shumë")
    assert page.error_of("invoice_number") and page.error_of("invoice_amount")
    add(client, status=400, invoice_number=number, invoice_amount="0,01")
    add(client, invoice_number=f" {number} ", invoice_amount=amount)
    client.get("/contracts/AL0000001/pay")


def test_with_a_code_to_the_phone_that_billing_has(make_portal: MakePortal) -> None:
    portal = make_portal(accounts={"ownership_proof": "phone_on_file"})
    client = vera(portal)
    assert add(client).response.location == "/contracts/manage/code"
    client.get("/contracts/AL0000001/pay", status=404)
    ((phone, code),) = codes_sent(portal)
    assert phone == "+355692000001"
    wrong = "000000" if code != "000000" else "111111"
    page = client.post("/contracts/manage/code", {"code": wrong}, status=400)
    assert page.problems[0].startswith("Ky kod nuk vlen")
    done = client.post("/contracts/manage/code", {"code": f" {code[:3]} {code[3:]}"}, status=303)
    assert done.response.location == "/contracts/manage"
    client.get("/contracts/AL0000001/pay")
    assert client.get("/contracts/manage/code", status=303).response.location == (
        "/contracts/manage/add"
    )


def test_before_the_code_nobody_can_tell_a_wrong_claim_from_a_right_one(
    make_portal: MakePortal,
) -> None:
    portal = make_portal(accounts={"ownership_proof": "phone_on_file"})
    answers = set()
    for changes in ({}, *WRONG):
        client = vera(portal)
        done = add(client, **changes)
        page = client.get("/contracts/manage/code")
        refused = client.post("/contracts/manage/code", {"code": "12"}, status=400)
        told = tuple(without_what_varies(p) for p in (page, refused))
        answers.add((done.status, done.response.location, done.response.text, *told))
    assert len(answers) == 1
    assert len(codes_sent(portal)) == 1


def test_no_code_to_a_phone_on_file_that_gets_no_sms(make_portal: MakePortal) -> None:
    pages = []
    for prefix in ("+355", "+383"):
        portal = make_portal(
            accounts={"ownership_proof": "phone_on_file"}, phones={"countries": [prefix]}
        )
        client = vera(portal)
        add(client)
        pages.append(without_what_varies(client.get("/contracts/manage/code")))
        assert len(codes_sent(portal)) == (1 if prefix == "+355" else 0)
    assert pages[0] == pages[1], "nobody learns what phone billing has"


def test_a_code_is_tried_five_times_and_only_by_who_asked(make_portal: MakePortal) -> None:
    portal = make_portal(accounts={"ownership_proof": "phone_on_file"})
    client = vera(portal)
    add(client)
    ((_phone, code),) = codes_sent(portal)
    wrong = "000000" if code != "000000" else "111111"
    for _ in range(5):
        client.post("/contracts/manage/code", {"code": wrong}, status=400)
    client.post("/contracts/manage/code", {"code": code}, status=400)
    stranger = portal.signed_in("Emer Mbiemer")
    stranger.post("/contracts/manage/code", {"code": code}, status=303)
    assert "AL0000001" not in stranger.get("/contracts").content


# Removing


def test_removing_asks_first_and_then_does_it(portal: Portal) -> None:
    client = portal.signed_in("Agron Hoxha")
    page = client.get("/contracts/AL0000002/remove")
    assert "AL0000002" in page.content and "mund ta shtoni përsëri" in page.content
    done = client.post("/contracts/AL0000002/remove", {}, status=303)
    assert done.response.location == "/contracts/manage"
    page = client.get("/contracts/manage")
    assert "Kontrata AL0000002 nuk është më në llogarinë tuaj." in page.content
    client.get("/contracts/AL0000002/pay", status=404)
    client.post("/contracts/AL0000002/remove", {}, status=404)


def test_the_only_contract_stays(portal: Portal) -> None:
    client = vera(portal)
    page = client.get("/contracts/manage")
    assert ONLY in page.content and "Hiq" not in page.table()[0][4]
    assert ONLY in client.get("/contracts/AL0000004/remove").content
    token = {"csrf_token": page.csrf_token}
    refused = client.post("/contracts/AL0000004/remove", token, status=400)
    assert ONLY in refused.content
    client.get("/contracts/AL0000004/pay")


def test_removing_wants_a_page_of_ours(portal: Portal) -> None:
    client = portal.signed_in("Agron Hoxha")
    page = client.post("/contracts/AL0000002/remove", {"csrf_token": "forged"}, status=400)
    assert "qëndroi hapur" in page.problems[0]
    client.get("/contracts/AL0000002/pay")


def test_robots_stay_out(portal: Portal) -> None:
    told = portal.client().fetch("/robots.txt").text
    for address in ("/contracts", "/invitations", "/not-me", "/confirm-email"):
        assert f"Disallow: {address}\n" in told


def test_a_contract_that_billing_no_longer_has_can_be_removed(
    make_portal: MakePortal, demo_file: Path, tmp_path: Path
) -> None:
    file = Path(copy(demo_file, tmp_path / "billing.sqlite3"))
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute("DELETE FROM KONTRATE WHERE KTR_KOD = 'AL0000003'")
    client = make_portal(billing={"url": f"sqlite:///{file}"}).signed_in("Agron Hoxha")
    gone = client.get("/contracts/manage").table()[2]
    assert "nuk e ka më këtë kontratë" in gone[1]
    client.post("/contracts/AL0000003/remove", {}, status=303)
