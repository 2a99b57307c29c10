"""Debt certificates: who gets one, what it says, and what becomes of it."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from shutil import copy
from typing import Any

import pypdfium2
import pytest
from sqlalchemy import create_engine, text
from structlog.testing import capture_logs

from app.certificates.records import ApplicationId, Ended, NotNow
from app.clock import today
from app.gateways.signing.port import SigningFailed
from tests.conftest import MakePortal, Portal
from tests.web.client import CheckedClient, Page

NEW, LIST = "/debt-certificates/new", "/debt-certificates"
BUSINESS = f"{NEW}?kind=business"
FREE, OWING = "AL0000003", "AL0000002"  # of Agron Hoxha's
NIPT = "L12345678T"
HOUSEHOLD = {
    "first_name": "Agron",
    "surname": "Hoxha",
    "father": "Petrit",
    "id_number": "J12345678N",
    "contract": FREE,
}
MARKET = {
    "representative": "Ardit Elbasani",
    "nipt": NIPT,
    "business": "Elbasan Market",
    "holder": "Elbasan Market shpk",
    "contract": "AL0000005",
}


class Desk:
    """A portal over a billing of its own, which the test changes."""

    def __init__(self, make_portal: MakePortal, demo_file: Path, folder: Path) -> None:
        self.file = folder / "billing.sqlite3"
        copy(demo_file, self.file)
        self.make = make_portal
        self.portal = self.made()
        self.agron = self.portal.signed_in("Agron Hoxha")

    def made(self, **changes: dict[str, object]) -> Portal:
        billing = {"url": f"sqlite:///{self.file}"}
        return self.make(**{"billing": billing, **changes})

    def billing(self, statement: str) -> None:
        engine = create_engine(f"sqlite:///{self.file}")
        with engine.begin() as connection:
            connection.execute(text(statement))
        engine.dispose()

    def issue_invoice(self, status: str = "P") -> None:
        """The next one of the free contract; paid at once, unless told otherwise."""
        engine = create_engine(f"sqlite:///{self.file}")
        with engine.begin() as connection:
            found = connection.execute(
                text("SELECT * FROM FATURE WHERE KTR_ID = 3 ORDER BY DT_LESHIM DESC LIMIT 1")
            )
            row = dict(found.mappings().one())
            row |= {"FAT_ID": 99_999_999, "FAT_NR": "999999999", "STATUS": status}
            row["DT_LESHIM"] = today().isoformat()
            names = ", ".join(row)
            values = ", ".join(f":{name}" for name in row)
            connection.execute(text(f"INSERT INTO FATURE ({names}) VALUES ({values})"), row)
        engine.dispose()


@pytest.fixture
def desk(make_portal: MakePortal, demo_file: Path, tmp_path: Path) -> Desk:
    return Desk(make_portal, demo_file, tmp_path)


def applied(client: CheckedClient, status: int = 303, address: str = NEW, **changes: Any) -> Page:
    key = str(client.get(address).field("key").get("value"))
    return client.post(address, {"key": key, **HOUSEHOLD, **changes}, status=status)


def paper_of(client: CheckedClient, page: Page) -> bytes:
    response = client.fetch(f"{page.response.location}.pdf")
    assert response.status_code == 200 and response.mimetype == "application/pdf"
    return bytes(response.data)


def words_of(paper: bytes) -> str:
    document = pypdfium2.PdfDocument(paper)
    return " ".join(" ".join(p.get_textpage().get_text_range().split()) for p in document)


def code_on(paper: bytes) -> str:
    found = re.search(r"/verify/([A-Z2-7]{26})", words_of(paper))
    assert found
    return found[1]


def rows(portal: Portal, query: str) -> list[Any]:
    with portal.database.read() as connection:
        return list(connection.execute(text(query)))


def mails(portal: Portal) -> list[dict[str, Any]]:
    return [json.loads(row.body) for row in rows(portal, "SELECT body FROM message ORDER BY id")]


# Getting one


def test_who_owes_nothing_gets_it_at_once(desk: Desk) -> None:
    page = applied(desk.agron)
    paper = paper_of(desk.agron, page)
    words = words_of(paper)
    for told in ("VD000000001", "AGRON HOXHA", FREE, "J12345678N", "Petrit", "MOSTËR"):
        assert told in words, told
    shown = desk.agron.get(page.response.location)
    assert "u lëshua" in shown.content and "Vlen tani" in shown.content
    assert "J12345678N" not in shown.content and "J••••••••N" in shown.content
    [listed] = desk.agron.get(LIST).table()
    assert listed[0] == "VD000000001" and listed[2:4] == ["Familjar", FREE]
    assert "I lëshuar" in listed[4]
    told = mails(desk.portal)[-1]
    assert "VD" not in told["subject"] and "Hoxha" not in told["subject"]
    stranger = desk.portal.client()
    checked = stranger.get(f"/verify/{code_on(paper)}")
    assert checked.heading == "Ky vërtetim debie është i vërtetë dhe vlen"
    assert "AGRON HOXHA" in checked.content and "J12345678N" not in checked.text
    assert "Petrit" not in checked.text and FREE not in checked.text


def test_an_empty_list_leads_to_the_form(desk: Desk) -> None:
    page = desk.agron.get(LIST)
    assert NEW in [a.get("href") for a in page.all("a")]
    contracts = desk.agron.get("/contracts")
    assert NEW in [a.get("href") for a in contracts.all("a")]


def test_who_owes_reads_what_and_how_to_pay(desk: Desk) -> None:
    page = applied(desk.agron, 409, contract=OWING)
    assert "Ka detyrime" in page.content and "lekë" in page.content
    assert f"/contracts/{OWING}/pay" in [a.get("href") for a in page.all("a")]
    assert page.field("father").get("value") == "Petrit"
    assert rows(desk.portal, "SELECT * FROM debt_application") == []
    assert mails(desk.portal) == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"first_name": ""}, "first_name"),
        ({"surname": "Hoxhaj"}, "surname"),
        ({"first_name": "Vera", "surname": "Leka", "contract": FREE}, "surname"),
        ({"contract": "AL0000004"}, "contract"),
        ({"contract": "NONE0000"}, "contract"),
        ({"contract": "' OR 1=1 --"}, "contract"),
        ({"id_number": "12345"}, "id_number"),
        ({"father": "x" * 200}, "father"),
    ],
    ids=str,
)
def test_what_does_not_hold_is_said_beside_its_field(
    desk: Desk, changes: dict[str, str], field: str
) -> None:
    page = applied(desk.agron, 400, **changes)
    assert [one for one, _message in page_problems(page)] == [field]
    typed = {**HOUSEHOLD, **changes}
    assert page.field("surname").get("value") == typed["surname"]
    assert rows(desk.portal, "SELECT * FROM debt_application") == []


def page_problems(page: Page) -> list[tuple[str, str]]:
    boxes = [div for div in page.all("div") if "problems" in str(div.get("class"))]
    links = [a for box in boxes for a in box.iter() if str(a.tag).endswith("a")]
    return [(str(a.get("href")).removeprefix("#"), "".join(a.itertext())) for a in links]


def test_a_doubtful_number_is_a_warning(desk: Desk) -> None:
    page = applied(desk.agron, id_number="j 12345678 a")
    shown = desk.agron.get(page.response.location)
    assert "e pazakontë" in shown.content
    assert "J12345678A" in words_of(paper_of(desk.agron, page))


def test_another_accounts_application_is_not_found(desk: Desk) -> None:
    address = applied(desk.agron).response.location
    vera = desk.portal.signed_in("Vera Leka")
    for one in (address, f"{address}.pdf", f"{LIST}/VD999999999", f"{LIST}/VD00000000x"):
        assert vera.fetch(one).status_code == 404
    assert vera.get(LIST).all("table") == []


def test_a_form_files_once(desk: Desk) -> None:
    key = str(desk.agron.get(NEW).field("key").get("value"))
    first = desk.agron.post(NEW, {"key": key, **HOUSEHOLD}, status=303)
    again = desk.agron.post(NEW, {"key": key, **HOUSEHOLD}, status=303)
    assert first.response.location == again.response.location
    assert len(rows(desk.portal, "SELECT id FROM debt_certificate")) == 1
    vera = desk.portal.signed_in("Vera Leka")
    other = {**HOUSEHOLD, "first_name": "Vera", "surname": "Leka", "contract": "AL0000004"}
    desk.billing("UPDATE FATURE SET STATUS = 'P'")
    vera.post(NEW, {"key": key, **other}, status=404)
    vera.post(NEW, {"key": "made up", **other}, status=303)


def test_so_many_a_day(make_portal: MakePortal) -> None:
    client = make_portal(certificates={"applications_per_day": 1}).signed_in("Agron Hoxha")
    applied(client, 409, contract=OWING)
    refused = applied(client, 429)
    assert refused.field("father").get("value") == "Petrit"


def test_a_freshly_recovered_account_gets_none(desk: Desk) -> None:
    with desk.portal.database.write() as connection:
        connection.exec_driver_sql("UPDATE account SET restricted_until = '2999-01-01 00:00:00'")
    assert applied(desk.agron, 400).problems


def test_a_delegate_gets_none(desk: Desk) -> None:
    with desk.portal.database.write() as connection:
        connection.exec_driver_sql(
            "UPDATE account_contract SET right = 'pay' WHERE contract_code = 'AL0000003'"
        )
    assert page_problems(applied(desk.agron, 400))[0][0] == "contract"


# Businesses


def test_a_business_covers_all_contracts_of_its_nipt(desk: Desk) -> None:
    market = desk.portal.signed_in("Elbasan Market")
    owing = applied(market, 409, BUSINESS, **MARKET)
    assert "kontrata të tjera" in owing.content
    desk.billing("UPDATE FATURE SET STATUS = 'P'")
    page = applied(market, address=BUSINESS, **MARKET)
    words = words_of(paper_of(market, page))
    assert "AL0000005" in words and "AL0000304" in words and NIPT in words
    code = code_on(paper_of(market, page))
    assert "300" in desk.portal.client().get(f"/verify/{code}").content
    # One of them owes again: that ends it.
    desk.billing("UPDATE FATURE SET STATUS = 'H', VL_PAGUAR = 0 WHERE KTR_ID = 300")
    checked = desk.portal.client().get(f"/verify/{code}")
    assert checked.heading == "Ky vërtetim debie nuk vlen më" and "ka detyrime" in checked.content


def test_another_nipt_than_billings(desk: Desk) -> None:
    market = desk.portal.signed_in("Elbasan Market")
    for nipt in ("L12345679T", "K00000000A"):
        page = applied(market, 400, BUSINESS, **{**MARKET, "nipt": nipt})
        assert [one for one, _ in page_problems(page)] == ["nipt"]
    # A household's contract has no NIPT at all.
    page = applied(desk.agron, 400, BUSINESS, **{**MARKET, "contract": FREE})
    assert [one for one, _ in page_problems(page)] == ["nipt"]


def test_too_many_contracts_of_one_nipt(desk: Desk) -> None:
    portal = desk.made(certificates={"contracts_at_most": 10})
    page = applied(portal.signed_in("Elbasan Market"), 400, BUSINESS, **MARKET)
    assert [one for one, _ in page_problems(page)] == ["nipt"]


def test_for_a_public_procurement(desk: Desk) -> None:
    desk.billing("UPDATE FATURE SET STATUS = 'P'")
    market = desk.portal.signed_in("Elbasan Market")
    page = applied(market, address=f"{NEW}?kind=procurement", **MARKET)
    assert "Për prokurim publik" in words_of(paper_of(market, page))


# What becomes of it


def test_the_next_invoice_ends_it_also_one_that_is_paid(desk: Desk) -> None:
    page = applied(desk.agron)
    code = code_on(paper_of(desk.agron, page))
    desk.issue_invoice()
    checked = desk.portal.client().get(f"/verify/{code}")
    assert checked.heading == "Ky vërtetim debie nuk vlen më"
    assert "u lëshua fatura tjetër" in checked.content
    assert rows(desk.portal, "SELECT ended_on FROM debt_certificate")[0].ended_on is None
    assert desk.portal.services.certificates.checking.end_outdated() == 1
    assert desk.portal.services.certificates.checking.end_outdated() == 0
    [row] = rows(desk.portal, "SELECT ended_why FROM debt_certificate")
    assert row.ended_why == Ended.INVOICE
    assert "nuk vlen më" in desk.agron.get(LIST).table()[0][4]


def test_a_debt_that_was_paid_makes_it_not_valid_again(desk: Desk) -> None:
    code = code_on(paper_of(desk.agron, applied(desk.agron)))
    desk.billing("UPDATE FATURE SET STATUS = 'H', VL_PAGUAR = 0 WHERE KTR_ID = 3")
    assert desk.portal.services.certificates.checking.end_outdated() == 1
    desk.billing("UPDATE FATURE SET STATUS = 'P' WHERE KTR_ID = 3")
    assert "ka detyrime" in desk.portal.client().get(f"/verify/{code}").content


def test_a_cancelled_invoice_is_no_newer_one(desk: Desk) -> None:
    desk.issue_invoice()
    code = code_on(paper_of(desk.agron, applied(desk.agron)))
    desk.billing("UPDATE FATURE SET STATUS = 'A' WHERE FAT_NR = '999999999'")
    assert desk.portal.client().get(f"/verify/{code}").heading.endswith("dhe vlen")
    assert desk.portal.services.certificates.checking.end_outdated() == 0


def test_of_a_contract_that_vanished_nobody_says_that_it_owes_nothing(desk: Desk) -> None:
    code = code_on(paper_of(desk.agron, applied(desk.agron)))
    desk.billing("DELETE FROM FATURE WHERE KTR_ID = 3")
    page = desk.portal.client().get(f"/verify/{code}")
    assert "nuk mund të kontrollohet" in page.content


def test_a_holder_with_the_fathers_name(desk: Desk) -> None:
    desk.billing("UPDATE ABONENT SET EMERTIM = 'HOXHA AGRON PETRIT' WHERE EMERTIM = 'AGRON HOXHA'")
    applied(desk.agron)
    applied(desk.agron, 400, father="Ilir")


def test_its_time_ends(desk: Desk) -> None:
    code = code_on(paper_of(desk.agron, applied(desk.agron)))
    with desk.portal.database.write() as connection:
        yesterday = today() - timedelta(days=1)
        connection.execute(text("UPDATE debt_certificate SET valid_until = :d"), {"d": yesterday})
    assert "i mbaroi koha" in desk.portal.client().get(f"/verify/{code}").content


def test_while_billing_is_away(desk: Desk) -> None:
    code = code_on(paper_of(desk.agron, applied(desk.agron)))
    page = desk.agron.get(NEW)
    desk.billing("ALTER TABLE FATURE RENAME TO AWAY")
    checked = desk.portal.client().get(f"/verify/{code}")
    assert checked.heading == "Ky vërtetim debie është i vërtetë"
    assert "nuk mund të kontrollohet" in checked.content
    key = str(page.field("key").get("value"))
    refused = desk.agron.post(NEW, {"key": key, **HOUSEHOLD}, status=503)
    assert refused.field("father").get("value") == "Petrit"
    assert desk.portal.services.certificates.checking.end_outdated() == 0
    assert len(rows(desk.portal, "SELECT id FROM debt_application")) == 1
    desk.billing("ALTER TABLE AWAY RENAME TO FATURE")


def test_codes_are_compared_as_they_are_printed(desk: Desk) -> None:
    code = code_on(paper_of(desk.agron, applied(desk.agron)))
    assert len(code) == 26, "130 bits"
    typed = f"  {code[:8].lower()} {code[8:]} "
    assert desk.portal.client().get(f"/verify?code={typed}", status=303)
    assert desk.portal.client().get(f"/verify/{code.lower()}").heading.endswith("dhe vlen")


def test_guesses_are_answered_alike_and_counted(desk: Desk) -> None:
    stranger = desk.portal.client()
    unknown = stranger.get("/verify/" + "A" * 26, status=404).content
    for guess in ("B" * 26, "x", "' OR 1=1", "VD000000001"):
        assert stranger.get(f"/verify/{guess}", status=404).content == unknown
    for _ in range(25):
        stranger.get("/verify/" + "C" * 26, status=404)
    code = code_on(paper_of(desk.agron, applied(desk.agron)))
    stranger.get("/verify/" + "D" * 26, status=429)
    stranger.get(f"/verify/{code}", status=429)


# The staff


@pytest.fixture
def waiting(desk: Desk) -> Iterator[tuple[Desk, Portal, CheckedClient]]:
    """An application that waits, the portal, and an agent."""
    portal = desk.made(certificates={"automatic": False})
    desk.agron = portal.signed_in("Agron Hoxha")
    page = applied(desk.agron)
    assert "Në pritje" in desk.agron.get(page.response.location).content
    assert desk.agron.fetch(f"{page.response.location}.pdf").status_code == 404
    yield desk, portal, portal.staff("agjent")


STAFF = "/staff/certificates/VD000000001"


def test_staff_issue_what_waits(waiting: tuple[Desk, Portal, CheckedClient]) -> None:
    desk, portal, agent = waiting
    [row] = agent.get("/staff/certificates").table()
    assert row[0] == "VD000000001" and row[3] == "AGRON HOXHA"
    page = agent.get(STAFF)
    assert "J12345678N" in page.content
    agent.post(f"{STAFF}/issue", {}, status=303)
    assert "Vlen tani" in agent.get(STAFF).content
    agent.post(f"{STAFF}/issue", {}, status=409)
    agent.post(f"{STAFF}/refuse", {"reason": "vonë"}, status=409)
    told = [(m["subject"], m["blocks"][0]["text"]) for m in mails(portal)]
    assert [subject for subject, _ in told] == [
        "E morëm aplikimin tuaj",
        "Vërtetimi juaj i debisë u lëshua",
    ]
    actions = [r.action for r in rows(portal, "SELECT action FROM audit_event ORDER BY id")]
    assert actions.count("certificate issued") == 1
    assert b"%PDF" in desk.agron.fetch(f"{LIST}/VD000000001.pdf").data
    assert b"%PDF" in agent.fetch(f"{STAFF}.pdf").data


def test_staff_issue_nothing_to_who_owes(waiting: tuple[Desk, Portal, CheckedClient]) -> None:
    desk, portal, agent = waiting
    desk.billing("UPDATE FATURE SET STATUS = 'H', VL_PAGUAR = 0 WHERE KTR_ID = 3")
    page = agent.post(f"{STAFF}/issue", {}, status=409)
    assert "ka detyrime" in page.problems[0]
    assert rows(portal, "SELECT * FROM debt_certificate") == []


def test_staff_refuse_with_a_reason(waiting: tuple[Desk, Portal, CheckedClient]) -> None:
    desk, portal, agent = waiting
    assert agent.post(f"{STAFF}/refuse", {"reason": "  "}, status=400).problems
    agent.post(f"{STAFF}/refuse", {"reason": "Numri ID nuk lexohet."}, status=303)
    page = desk.agron.get(f"{LIST}/VD000000001")
    assert "Refuzuar" in page.content and "Numri ID nuk lexohet." in page.content
    assert "Numri ID nuk lexohet." in json.dumps(mails(portal)[-1], ensure_ascii=False)


def test_supervisors_take_one_back(desk: Desk) -> None:
    code = code_on(paper_of(desk.agron, applied(desk.agron)))
    agent, supervisor = desk.portal.staff("agjent"), desk.portal.staff("mbikeqyres")
    agent.post(f"{STAFF}/revoke", {"reason": "x"}, status=403)
    assert "/revoke" not in agent.get(STAFF).text
    supervisor.post(f"{STAFF}/revoke", {"reason": "Lexim i gabuar."}, status=303)
    assert "u tërhoq" in desk.portal.client().get(f"/verify/{code}").content
    supervisor.post(f"{STAFF}/revoke", {"reason": "sërish"}, status=409)
    assert "Lexim i gabuar." in desk.agron.get(f"{LIST}/VD000000001").content


def test_two_who_issue_at_the_same_moment_issue_one(
    waiting: tuple[Desk, Portal, CheckedClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    _desk, portal, _agent = waiting
    deciding, me = portal.services.certificates.deciding, portal.services.members.get("agjent")
    sign = deciding._issuing._paper

    def slow(*args: Any) -> bytes:
        monkeypatch.undo()
        deciding.issue(ApplicationId(1), by=me)
        return sign(*args)

    monkeypatch.setattr(deciding._issuing, "_paper", slow)
    with pytest.raises(NotNow):
        deciding.issue(ApplicationId(1), by=me)
    assert len(rows(portal, "SELECT id FROM debt_certificate")) == 1


# Safety


def test_a_signature_that_fails_issues_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    issuing = desk.portal.services.certificates.applying._issuing

    class Broken:
        def sign(self, *_args: Any, **_more: Any) -> bytes:
            raise SigningFailed("the card was pulled out")

    object.__setattr__(issuing._shared, "signer", Broken())
    with capture_logs() as logs:
        page = applied(desk.agron)
    [line] = [log for log in logs if log["log_level"] == "error"]
    assert line["application"] == "VD000000001" and "pulled out" in line["reason"]
    assert "Në pritje" in desk.agron.get(page.response.location).content
    assert rows(desk.portal, "SELECT * FROM debt_certificate") == []
    agent = desk.portal.staff("agjent")
    assert "asgjë nuk u lëshua" in agent.post(f"{STAFF}/issue", {}, status=503).problems[0].lower()


def test_what_cannot_be_read_any_more_is_not_issued(desk: Desk) -> None:
    keys = ["MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="]
    portal = desk.made(certificates={"keys": keys, "automatic": False})
    applied(portal.signed_in("Agron Hoxha"))
    other = desk.made(database={"url": portal.services.settings.database_url})
    agent = other.staff("agjent")
    assert "mungon çelësi" in agent.get(STAFF).content
    agent.post(f"{STAFF}/issue", {}, status=503)
    assert rows(portal, "SELECT * FROM debt_certificate") == []


def test_what_others_contracts_owe_is_not_told(desk: Desk) -> None:
    """Of the same business, but in nobody's account, or in another's."""
    desk.billing("UPDATE FATURE SET STATUS = 'P' WHERE KTR_ID BETWEEN 5 AND 20")
    with desk.portal.database.write() as connection:
        connection.exec_driver_sql(
            "DELETE FROM account_contract WHERE contract_code BETWEEN 'AL0000006' AND 'AL0000999'"
        )
    market = desk.portal.signed_in("Elbasan Market")
    page = applied(market, 409, BUSINESS, **MARKET)
    assert "Nuk janë në llogarinë tuaj" in page.content
    assert "AL0000031" not in page.text and "Faturë" not in page.content


def test_numbers_are_unreadable_at_rest_with_a_key_and_in_no_log(desk: Desk) -> None:
    keys = ["MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="]
    portal = desk.made(certificates={"keys": keys, "automatic": False})
    agron = portal.signed_in("Agron Hoxha")
    with capture_logs() as logs:
        applied(agron)
        portal.staff("agjent").get(STAFF)
    [row] = rows(portal, "SELECT typed FROM debt_application")
    assert b"J12345678N" not in row.typed and b"Petrit" not in row.typed
    told = repr(logs) + repr(rows(portal, "SELECT * FROM audit_event")) + repr(mails(portal))
    assert "J12345678N" not in told and "Petrit" not in told
    portal.staff("agjent").post(f"{STAFF}/issue", {}, status=303)
    [row] = rows(portal, "SELECT paper FROM debt_certificate")
    assert b"%PDF" not in row.paper
    assert b"%PDF" in agron.fetch(f"{LIST}/VD000000001.pdf").data
    assert "J12345678N" in portal.staff("agjent").get(STAFF).content


def test_markup_is_shown_as_it_was_typed(desk: Desk) -> None:
    hostile = "<script>alert(1)</script> {{ 7*7 }}"
    page = applied(desk.agron, father=hostile)
    assert hostile in words_of(paper_of(desk.agron, page))
    assert "<script>alert" not in desk.portal.staff("agjent").get(STAFF).text


def test_it_outlives_the_account_and_stands_in_its_data(desk: Desk) -> None:
    code = code_on(paper_of(desk.agron, applied(desk.agron)))
    account = desk.portal.services.accounts.find_account("Agron Hoxha")
    assert account is not None
    [told] = desk.portal.services.certificates.applying.download(account.id)
    assert told["typed"] == HOUSEHOLD and told["code"] == code
    with desk.portal.database.write() as connection:
        connection.exec_driver_sql("DELETE FROM account WHERE user_name_key = 'agron hoxha'")
    assert desk.portal.client().get(f"/verify/{code}").heading.endswith("dhe vlen")


def test_forged_posts_do_nothing(waiting: tuple[Desk, Portal, CheckedClient]) -> None:
    desk, portal, agent = waiting
    supervisor = portal.staff("mbikeqyres")
    for client, address in (
        (desk.agron, NEW),
        *((agent, f"{STAFF}/{step}") for step in ("issue", "refuse")),
        (supervisor, f"{STAFF}/revoke"),
    ):
        data = {**HOUSEHOLD, "reason": "x"}
        for token in ({}, {"csrf_token": "forged"}):
            assert client.http.post(address, data={**data, **token}).status_code == 400
    states = rows(portal, "SELECT state FROM debt_application")
    assert [row.state for row in states] == ["waiting"]


def test_not_without_signing_in(portal: Portal) -> None:
    for address in (NEW, LIST, f"{LIST}/VD000000001"):
        assert "/login" in portal.client().get(address, status=303).response.location
