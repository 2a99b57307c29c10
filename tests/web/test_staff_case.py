"""One request or complaint in the staff's hands: its page, its steps, its documents."""

import json
from datetime import timedelta
from io import BytesIO

import pytest
from sqlalchemy import text

from app.audit.records import Action, Actor
from app.cases.records import CaseNumber, State
from app.cases.shared import Move
from app.clock import now
from tests.accounts import posted
from tests.case_desk import (
    HOSTILE,
    QUEUE,
    beside,
    form_of,
    links,
    member,
    number,
    page_of,
    state_of,
    step,
    typed_text,
    wait_for_scanner,
)
from tests.cases import file_f2
from tests.conftest import Portal
from tests.documents import pdf
from tests.web.client import CheckedClient, Page

__all__ = ["number"]


# Its page


def test_the_page_tells_all(portal: Portal, number: str, agent: CheckedClient) -> None:
    other = file_f2(portal.signed_in("Emer Mbiemer"))
    page = agent.get(page_of(number))
    facts = dict(page.table())
    assert facts["Titullari"] == "EMER MBIEMER"
    assert facts["Tarifa që duhej zbatuar"] == "Familjar"
    assert facts["Shënime nga abonenti"] == "Jam klient familjar."
    assert "Detyrimi kur u regjistrua" in facts
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


def test_an_account_that_was_closed_leaves_its_cases(
    portal: Portal, number: str, agent: CheckedClient
) -> None:
    with portal.database.write() as connection:
        connection.execute(text("UPDATE service_case SET account_id = NULL"))
    assert "e mbyllur: askush" in agent.get(page_of(number)).content
    step(agent, number, to="done", note="x")
    assert len(posted(portal.database, "case")) == 1  # that of the filing


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
        ({"to": "waiting information", "wants": "other"}, "note", "çfarë tjetër"),
        ({"to": "in progress", "wants": "identity"}, "wants", "Dokumentet kërkohen"),
        ({"to": "in progress", "letter": "I nderuar"}, "letter", "Shkresa e mbyll"),
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


def test_who_asks_for_nothing_is_told_what_can_be_asked_for(portal: Portal, number: str) -> None:
    page = step(portal.staff("agjent", "en"), number, status=400, to="waiting information")
    told = beside(page, "note")
    assert told.startswith("Write to the customer what you ask for, or tick it above:")
    assert "Proof of identity, " in told, told
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


def test_the_trail_tells_from_where_requests_and_documents_came(
    portal: Portal, number: str, agent: CheckedClient
) -> None:
    agent.http.environ_base["REMOTE_ADDR"] = "192.0.2.7"
    step(agent, number, to="in progress", remark="x")
    form = form_of(agent.get(page_of(number)), document=(BytesIO(pdf()), "x.pdf"))
    agent.post(f"{page_of(number)}/documents", form, status=303)
    events = portal.services.audit.list_newest(since=now() - timedelta(minutes=5))
    told = {(e.actor, e.action, e.address) for e in events}
    for action in (Action.CASE_FILED, Action.DOCUMENT_TAKEN):
        assert (Actor.CUSTOMER, action, "127.0.0.1") in told
    for action in (Action.CASE_MOVED, Action.CASE_CHANGED, Action.DOCUMENT_TAKEN):
        assert (Actor.STAFF, action, "192.0.2.7") in told
    # Where nobody asks, there is no address: commands and the job process.
    handling, found = portal.services.cases.handling, CaseNumber(number)
    handling.note(found, "pa kërkesë", by=portal.services.members.get("agjent"))
    [noted] = [e for e in portal.services.audit.list_newest() if e.action is Action.CASE_NOTED]
    assert noted.address == ""
