"""Requests and complaints as the utility's people handle them."""

import json
from io import BytesIO
from typing import Any

import pytest
from sqlalchemy import text

from app.cases.records import CaseNumber, State
from app.cases.shared import Move
from app.clock import now
from app.staff.records import MemberId
from tests.accounts import posted
from tests.cases import file_f2
from tests.conftest import Portal
from tests.documents import pdf
from tests.many_cases import add_cases
from tests.web.client import CheckedClient, Page, words
from tests.web.test_round_trips import counted

QUEUE = "/staff/cases"
HOSTILE = '<script>alert("x")</script>\n{{ 7*7 }} \u202e'


@pytest.fixture
def agent(portal: Portal) -> CheckedClient:
    return portal.staff("agjent")


@pytest.fixture
def supervisor(portal: Portal) -> CheckedClient:
    return portal.staff("mbikeqyres")


@pytest.fixture
def number(portal: Portal) -> str:
    return file_f2(portal.signed_in("Emer Mbiemer"))


def member(portal: Portal, name: str) -> MemberId:
    return portal.services.members.get(name).id


def page_of(number: str) -> str:
    return f"{QUEUE}/{number}"


def form_of(page: Page, **typed: Any) -> dict[str, Any]:
    """What the page's forms carry along, with what was typed."""
    return {name: str(page.field(name).get("value")) for name in ("version", "seen")} | typed


def step(client: CheckedClient, number: str, status: int = 303, **typed: Any) -> Page:
    """As a clerk who has just opened the page."""
    form = form_of(client.get(page_of(number)), **typed)
    return client.post(f"{page_of(number)}/step", form, status=status)


def state_of(portal: Portal, number: str) -> State:
    return portal.services.cases.handling.get(CaseNumber(number)).case.state


def typed_text(page: Page, name: str) -> str:
    return next(words(e) for e in page.all("textarea") if e.get("name") == name)


def beside(page: Page, field_id: str) -> str:
    """The error beside a field."""
    assert page.root is not None
    return next((words(e) for e in page.root.iter() if e.get("id") == f"{field_id}-error"), "")


def links(page: Page) -> list[str]:
    return [str(a.get("href")) for a in page.all("a")]


def fill(portal: Portal, count: int) -> None:
    members = (member(portal, "agjent"), member(portal, "administrator"))
    catalogue = portal.services.cases.filing.catalogue
    add_cases(portal.database, catalogue, count, now=now(), members=members)


# The queue


def test_an_empty_queue_says_so(agent: CheckedClient) -> None:
    assert "Nuk ka kërkesa të hapura" in agent.get(QUEUE).content
    page = agent.get(f"{QUEUE}?who=me&status=done")
    assert "Asnjë kërkesë nuk i përgjigjet" in page.content
    assert QUEUE in links(page)


def test_a_row_tells_what_is_needed(number: str, agent: CheckedClient) -> None:
    [row] = agent.get(QUEUE).table()
    assert row[0] == number
    assert "ditë pune" in row[1] and row[2].startswith("F2-Tarifim i gabuar")
    assert row[3:5] == ["EMER MBIEMER", "AL0000000"]
    assert row[5:] == ["Në Pritje", "askush"]


def test_the_queue_is_one_key_away_from_every_page(agent: CheckedClient) -> None:
    for address in ("/staff", QUEUE, "/staff/password"):
        [link] = [a for a in agent.get(address).all("a") if a.get("accesskey")]
        assert (link.get("href"), link.get("accesskey")) == (QUEUE, "k")


def test_filters_and_pages(portal: Portal, agent: CheckedClient) -> None:
    fill(portal, 400)
    page = agent.get(QUEUE)
    assert len(page.table()) == 50
    later = next(str(a.get("href")) for a in page.all("a") if a.get("rel") == "next")
    second = agent.get(later)
    assert not {row[0] for row in page.table()} & {row[0] for row in second.table()}
    back = next(str(a.get("href")) for a in second.all("a") if a.get("rel") == "prev")
    assert agent.get(back).table() == page.table()
    for query, column, told in (
        ("who=nobody", 6, "askush"),
        ("who=me", 6, "agjent"),
        (f"who={member(portal, 'administrator')}", 6, "administrator"),
        ("status=waiting+information", 5, "Në Pritje Të Informacionit"),
        ("status=done", 5, "E Përfunduar"),
    ):
        found = agent.get(f"{QUEUE}?{query}").table()
        assert found and {row[column] for row in found} == {told}, query
    overdue = agent.get(f"{QUEUE}?overdue=yes").table()
    assert overdue and all("me vonesë" in row[1] for row in overdue)
    meters = agent.get(f"{QUEUE}?kind=meter&request=M1").table()
    assert meters and all(row[2].startswith("M1-") for row in meters)
    later_of_mine = agent.get(f"{QUEUE}?status=all&who=nobody")
    following = next(str(a.get("href")) for a in later_of_mine.all("a") if a.get("rel") == "next")
    assert "status=all" in following and "who=nobody" in following
    assert {row[6] for row in agent.get(following).table()} == {"askush"}


def test_a_page_shows_the_same_rows_whatever_nonsense_its_address_holds(
    number: str, agent: CheckedClient
) -> None:
    nonsense = (
        *("status=x", "who=x", "who=99999999999", "who=²", "overdue=maybe", "contract=%00'"),
        *("after=9999-99-99.1", "before=x", "after=2026-01-01.1e9", "page=7"),
    )
    for query in nonsense:
        assert [row[0] for row in agent.get(f"{QUEUE}?{query}").table()] == [number], query
    assert "Asnjë kërkesë" in agent.get(f"{QUEUE}?kind=%3Cb%3E&request=%27").content


def test_what_is_searched_is_posted(number: str, agent: CheckedClient) -> None:
    page = agent.post(QUEUE, {"search": "mbiemër emer"})
    assert [row[0] for row in page.table()] == [number]
    assert page.field("search").get("value") == "mbiemër emer"
    there = agent.post(QUEUE, {"search": f" {number[:4].lower()} {number[4:]}"}, status=303)
    assert there.response.location == page_of(number)
    contract = agent.post(QUEUE, {"search": "al0000000"}, status=303).response.location
    assert contract == f"{QUEUE}?contract=AL0000000"
    assert [row[0] for row in agent.get(contract).table()] == [number]
    assert agent.post(QUEUE, {"search": " "}, status=303).response.location == QUEUE
    nothing = agent.post(QUEUE, {"search": HOSTILE})
    assert "Asnjë kërkesë" in nothing.content and "<script>alert" not in nothing.text
    agent.post(QUEUE, {"search": "x", "csrf_token": "forged"}, status=400)


def test_pages_of_a_search_are_turned_by_buttons(portal: Portal, agent: CheckedClient) -> None:
    fill(portal, 600)
    page = agent.post(QUEUE, {"search": "hoxha"})
    after = next(b for b in page.all("button") if b.get("name") == "after")
    second = agent.post(QUEUE, {"search": "hoxha", "after": str(after.get("value"))})
    assert second.table() and all("HOXHA" in row[3] for row in second.table())
    assert not {row[0] for row in page.table()} & {row[0] for row in second.table()}


def test_a_document_that_waits_for_the_scanner_shows(
    portal: Portal, number: str, agent: CheckedClient
) -> None:
    wait_for_scanner(portal)
    assert "pret kontrollin për viruse" in agent.get(QUEUE).table()[0][5]


def wait_for_scanner(portal: Portal) -> None:
    with portal.database.write() as connection:
        connection.exec_driver_sql("UPDATE document SET scan = 'waiting'")


# A case's page


def test_the_page_tells_all(portal: Portal, number: str, agent: CheckedClient) -> None:
    other = file_f2(portal.signed_in("Emer Mbiemer"))
    page = agent.get(page_of(number))
    facts = dict(page.table())
    assert facts["Titullari"] == "EMER MBIEMER"
    assert facts["Tarifa që duhej zbatuar"] == "Familjar"
    assert facts["Shënime nga abonenti"] == "Jam klient familjar."
    assert "Borxhi kur u regjistrua" in facts
    documents = page.table(1)
    assert [row[:2] for row in documents] == [
        ["karta.jpg", "Dokument identifikimi"],
        ["fatura.pdf", "Kopje e faturës"],
    ]
    assert page_of(other) in links(page)
    account = portal.services.cases.handling.get(CaseNumber(number)).case.account_id
    assert f"/staff/accounts/{account}" in links(page)
    assert f"{page_of(number)}/file.pdf" in links(page)


def test_what_a_customer_writes_harms_nobody(portal: Portal, agent: CheckedClient) -> None:
    emer = portal.signed_in("Emer Mbiemer")
    number = file_f2(emer)
    handling = portal.services.cases.handling
    clerk = portal.services.members.get("agjent")
    handling.note(CaseNumber(number), HOSTILE, by=clerk)
    ask = Move(to=State.WAITING_INFORMATION, note=HOSTILE)
    handling.move(CaseNumber(number), ask, version=1, by=clerk)
    emer.post(f"/cases/{number}/answer", {"words": HOSTILE}, status=303)
    page = agent.get(page_of(number))
    assert "<script>alert" not in page.text
    assert page.text.count("&lt;script&gt;alert") == 3 and "{{ 7*7 }}" in page.content


def test_a_case_that_is_not_there(agent: CheckedClient, supervisor: CheckedClient) -> None:
    for address in ("F2999999999", "x", "F2999999999/documents/1"):
        agent.get(f"{QUEUE}/{address}", status=404)
    for action in ("step", "assign", "documents"):
        data = {"to": "done", "note": "x", "member": "nobody", "version": "1"}
        if action == "documents":
            data = {"document": (BytesIO(pdf()), "x.pdf")}  # type: ignore[dict-item]
        agent.post(f"{QUEUE}/F2999999999/{action}", data, status=404)


def test_a_document_is_given_out_and_who_took_it_stands_in_the_log(
    portal: Portal, number: str, agent: CheckedClient, capsys: pytest.CaptureFixture[str]
) -> None:
    address = next(link for link in links(agent.get(page_of(number))) if "/documents/" in link)
    capsys.readouterr()
    response = agent.fetch(address)
    assert response.status_code == 200
    assert response.headers["Content-Disposition"].startswith("attachment")
    printed = capsys.readouterr()
    told = [
        json.loads(line) for line in (printed.out + printed.err).splitlines() if line[:1] == "{"
    ]
    [line] = [one for one in told if one.get("event") == "document of a case opened"]
    assert (line["staff"], line["case"]) == (member(portal, "agjent"), number)
    assert f"/{line['document']}" in address
    wait_for_scanner(portal)
    assert "kontrollohet" in agent.get(address, status=409).content
    page = agent.get(page_of(number))
    assert "nuk hapet pa u kontrolluar" in page.content and address not in links(page)
    other = file_f2(portal.signed_in("Emer Mbiemer"))
    agent.get(f"{page_of(other)}/documents/{line['document']}", status=404)


# Steps


def test_from_taking_it_to_the_answer(portal: Portal, number: str, agent: CheckedClient) -> None:
    form = form_of(agent.get(page_of(number)), take="yes")
    agent.post(f"{page_of(number)}/assign", form, status=303)
    assert agent.get(QUEUE).table()[0][6] == "agjent"
    step(agent, number, to="in progress", remark="pyeta zyrën")
    wants = ["invoice_copy", "other"]
    step(agent, number, to="waiting information", wants=wants, note="Edhe adresën.")
    page = agent.get(page_of(number))
    assert "Ju lutemi shtoni: – Kopje e faturës Edhe adresën." in page.content
    assert "afati është ndalur" in page.content
    customer = portal.signed_in("Emer Mbiemer")
    shown = customer.get(f"/cases/{number}/history").content
    assert "Kopje e faturës" in shown and "pyeta zyrën" not in shown
    letter = "I nderuar zotëri,\r\n\r\nkeni të drejtë."
    step(agent, number, to="done", note="Përgjigjja është gati.", letter=letter)
    assert state_of(portal, number) is State.DONE
    assert "keni të drejtë" in customer.get(f"/cases/{number}").content
    assert len(posted(portal.database, "case")) == 4
    page = agent.get(page_of(number))
    assert [b.get("name") for b in page.all("input") if b.get("type") == "radio"] == []
    assert f"{page_of(number)}/answer.pdf" in links(page)
    step(agent, number, remark="u mbyll me telefon")
    assert "u mbyll me telefon" in agent.get(page_of(number)).content


@pytest.mark.parametrize(
    ("typed", "field_id", "told"),
    [
        ({}, "to", "ose shkruani një shënim"),
        ({"to": "x", "remark": ""}, "to", "ose shkruani një shënim"),
        ({"note": "për klientin"}, "to", "Zgjidhni një status"),
        ({"to": "done", "remark": "x"}, "note", "Shkruajini klientit"),
        ({"to": "refused"}, "note", "Shkruajini klientit"),
        ({"to": "waiting information"}, "note", "Shkruajini klientit"),
        ({"to": "waiting information", "wants": "other"}, "note", "çfarë tjetër"),
        ({"to": "in progress", "wants": "identity"}, "wants", "Dokumentet kërkohen"),
        ({"to": "in progress", "letter": "I nderuar"}, "letter", "Letra e mbyll"),
        ({"to": "done", "note": "x" * 2_001}, "note", "shumë e gjatë"),
        ({"to": "done", "letter": "x" * 10_001}, "letter", "shumë e gjatë"),
        ({"remark": "x" * 2_001}, "remark", "shumë e gjatë"),
    ],
)
def test_what_cannot_be_done_is_said_beside_its_field(
    portal: Portal, number: str, typed: dict[str, str], field_id: str, told: str
) -> None:
    agent = portal.staff("agjent")
    page = step(agent, number, status=400, **typed)
    assert told in beside(page, field_id), (page.problems, beside(page, field_id))
    assert any(told in problem for problem in page.problems)
    for name in ("note", "letter", "remark"):
        assert typed_text(page, name) == typed.get(name, "")
    chosen = [e.get("value") for e in page.all("input") if "checked" in e.attrib]
    assert typed.get("wants") in (None, *chosen)
    assert state_of(portal, number) is State.WAITING


def test_a_state_that_does_not_follow(portal: Portal, number: str, agent: CheckedClient) -> None:
    page = step(agent, number, status=409, to="withdrawn", remark="x")
    assert "nuk është e mundur" in beside(page, "to")
    wait_for_scanner(portal)
    page = step(agent, number, status=409, to="done", note="Po, keni të drejtë")
    assert "pret ende kontrollin" in beside(page, "to")
    assert typed_text(page, "note") == "Po, keni të drejtë"


def test_two_clerks_do_not_overwrite_each_other(
    portal: Portal, number: str, agent: CheckedClient, supervisor: CheckedClient
) -> None:
    opened = form_of(agent.get(page_of(number)))
    step(supervisor, number, to="in progress", note="Po punojmë.", remark="e nisa unë")
    mine = {"to": "refused", "note": "Jo, sepse …", "letter": "Letra ime", "remark": "shënimi im"}
    page = agent.post(f"{page_of(number)}/step", {**opened, **mine}, status=409)
    assert "dikush tjetër e ka ndryshuar" in page.problems[0]
    assert "Çfarë ka ndodhur që kur e hapët këtë faqe" in page.content
    assert "Po punojmë." in page.content and "mbikeqyres" in page.content
    for name in ("note", "letter", "remark"):
        assert typed_text(page, name) == mine[name]
    assert [e.get("value") for e in page.all("input") if "checked" in e.attrib] == ["refused"]
    assert state_of(portal, number) is State.IN_PROGRESS
    # The second press is a decision.
    agent.post(f"{page_of(number)}/step", form_of(page, **mine), status=303)
    assert state_of(portal, number) is State.REFUSED


def test_a_mistake_does_not_hide_what_another_has_done(
    number: str, agent: CheckedClient, supervisor: CheckedClient
) -> None:
    opened = form_of(agent.get(page_of(number)))
    step(supervisor, number, to="in progress", note="Po punojmë.")
    page = agent.post(f"{page_of(number)}/step", {**opened, "note": "x"}, status=400)
    assert "Çfarë ka ndodhur që kur e hapët këtë faqe" in page.content


def test_a_remark_waits_for_nobody(
    number: str, agent: CheckedClient, supervisor: CheckedClient
) -> None:
    opened = form_of(agent.get(page_of(number)))
    step(supervisor, number, to="in progress")
    agent.post(f"{page_of(number)}/step", {**opened, "remark": "edhe unë"}, status=303)
    assert "edhe unë" in agent.get(page_of(number)).content


def test_a_page_that_was_open_for_long(number: str, agent: CheckedClient) -> None:
    form = {"to": "done", "note": "gati", "version": "1", "csrf_token": "old"}
    page = agent.post(f"{page_of(number)}/step", form, status=400)
    assert typed_text(page, "note") == "gati"
    for action in ("assign", "documents"):
        agent.post(f"{page_of(number)}/{action}", {"csrf_token": "old"}, status=400)


# Who has it


def test_it_is_given_to_a_colleague_and_to_nobody(
    portal: Portal, number: str, agent: CheckedClient
) -> None:
    def give(to: str, status: int = 303) -> Page:
        form = form_of(agent.get(page_of(number)), member=to)
        return agent.post(f"{page_of(number)}/assign", form, status=status)

    give(str(member(portal, "mbikeqyres")))
    assert agent.get(QUEUE).table()[0][6] == "mbikeqyres"
    give("nobody")
    assert agent.get(QUEUE).table()[0][6] == "askush"
    assert "Zgjidhni kush" in beside(give("", 400), "member")
    assert "nuk mund t’i jepen" in beside(give("4711", 400), "member")
    stale = {"member": "nobody", "version": "1", "seen": "1"}
    page = agent.post(f"{page_of(number)}/assign", stale, status=409)
    assert "dikush tjetër" in page.problems[0]


def test_many_at_once_by_a_supervisor(
    portal: Portal, number: str, agent: CheckedClient, supervisor: CheckedClient
) -> None:
    fill(portal, 5)
    rows = supervisor.get(f"{QUEUE}?who=nobody")
    picks = [str(e.get("value")) for e in rows.all("input") if e.get("name") == "pick"]
    assert f"{number}:1" in picks
    step(agent, number, to="in progress")  # meanwhile
    to = str(member(portal, "agjent"))
    send = f"{QUEUE}/load/assign?who=nobody"
    page = supervisor.post(send, {"pick": picks, "to": to}, status=303)
    assert page.response.location == f"{QUEUE}?who=nobody"
    told = supervisor.get(page.response.location).content
    assert number in told and "kanë ndryshuar ndërkohë" in told
    page = supervisor.post(send, {"to": "", "pick": "x"}, status=400)
    assert len(page.problems) == 2
    page = supervisor.post(send, {"to": "4711", "pick": f"{number}:2"}, status=400)
    assert "nuk mund t’i jepen" in page.problems[0]
    agent.post(f"{QUEUE}/load/assign", {"pick": picks, "to": to}, status=403)
    assert not [e for e in agent.get(QUEUE).all("input") if e.get("name") == "pick"]


# Documents of ours


def test_a_document_of_ours(portal: Portal, number: str, agent: CheckedClient) -> None:
    def add(name: str, content: bytes, status: int) -> Page:
        data = {**form_of(agent.get(page_of(number))), "document": (BytesIO(content), name)}
        return agent.post(f"{page_of(number)}/documents", data, status=status)

    add("letra.pdf", pdf(), 303)
    assert "letra.pdf" in portal.signed_in("Emer Mbiemer").get(f"/cases/{number}").content
    assert beside(add("x.exe", b"MZ", 400), "document")
    empty = agent.post(f"{page_of(number)}/documents", {}, status=400)
    assert "Zgjidhni" in beside(empty, "document")
    step(agent, number, to="done", note="x")
    assert "mbyllur" in add("vonë.pdf", pdf(), 409).problems[0]


# Who has how much


def test_who_has_how_much(portal: Portal, supervisor: CheckedClient, agent: CheckedClient) -> None:
    assert "Nuk ka kërkesa të hapura" in supervisor.get(f"{QUEUE}/load").content
    fill(portal, 120)
    page = supervisor.get(f"{QUEUE}/load")
    people = page.table()
    assert people[0][0] == "Askush" and {row[0] for row in people[1:]} == {
        "agjent",
        "administrator",
    }
    for link in (link for link in links(page) if link.startswith(f"{QUEUE}?")):
        assert supervisor.get(link).table(), link
    most_overdue = page.table(2)
    assert most_overdue and all("me vonesë" in row[1] for row in most_overdue)
    agent.get(f"{QUEUE}/load", status=403)


# Round trips


def test_how_often_the_pages_ask(portal: Portal, number: str, supervisor: CheckedClient) -> None:
    file_f2(portal.signed_in("Emer Mbiemer"))

    def asked(address: str) -> int:
        supervisor.fetch(address)
        with counted(portal.database.engine) as statements:
            assert supervisor.fetch(address).status_code == 200
        assert all(one.lstrip().startswith("SELECT") for one in statements)
        return len(statements)

    # session, one page, counts, colleagues
    assert asked(QUEUE) == asked(f"{QUEUE}?who=me&status=all") == 4
    # session, colleagues' loads, requests' loads, the most overdue
    assert asked(f"{QUEUE}/load") == 4
    # session, case, its documents twice, its events, others of the contract, colleagues
    assert asked(page_of(number)) == 7
    fill(portal, 2_000)
    assert asked(QUEUE) == asked(f"{QUEUE}/load") == 4


def test_an_account_that_was_closed_leaves_its_cases(
    portal: Portal, number: str, agent: CheckedClient
) -> None:
    with portal.database.write() as connection:
        connection.execute(text("UPDATE service_case SET account_id = NULL"))
    assert "e mbyllur: askush" in agent.get(page_of(number)).content
    step(agent, number, to="done", note="x")
    assert len(posted(portal.database, "case")) == 1  # that of the filing
