"""Payments that need a person: what staff sees and decides."""

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import text

from app.payments.records import State
from legacy_adapters.demo.posting_job import run_posting_job
from tests.conftest import MakePortal, Portal
from tests.paying import (
    CODE,
    NUMBER,
    RETURN,
    Bank,
    a_bank,
    ask_all,
    begin,
    let_time_pass,
    make_due,
    pay_whole,
    paying_portal,
    staged,
    state,
    to_the_bank,
)
from tests.web.client import CheckedClient


@pytest.fixture
def supervisor(paying: Portal) -> CheckedClient:
    return paying.staff("mbikeqyres")


def decide(
    client: CheckedClient, address: str, decision: str, note: str = "u fol me bankën"
) -> None:
    page = client.post(f"/staff{address}/decide", {"decision": decision, "note": note}, status=303)
    assert page.response.location == f"/staff{address}"


def taken_twice(paying: Portal, bank: Bank) -> tuple[str, str]:
    """Two orders of one invoice, both taken by the bank: the first one late."""
    emer = paying.signed_in("Emer Mbiemer")
    first = begin(emer, CODE, NUMBER)
    reference = to_the_bank(emer, bank, first)
    let_time_pass(paying)
    second = pay_whole(emer, bank)
    bank.decide(reference, "approve_silently")
    ask_all(paying)
    return first, second


def test_nothing_to_do(supervisor: CheckedClient) -> None:
    page = supervisor.get("/staff/payments")
    assert "Asnjë për momentin" in page.content
    assert "Nuk ka pagesë me këtë numër" in supervisor.get("/staff/payments?number=x").content


def test_a_payment_is_found_by_its_number(
    paying: Portal, bank: Bank, supervisor: CheckedClient
) -> None:
    address = pay_whole(paying.signed_in("Emer Mbiemer"), bank)
    number = address.rpartition("/")[2]
    spaced = f"{number[:5].lower()} {number[5:]}"
    page = supervisor.get(f"/staff/payments?number={spaced}", status=303)
    assert page.response.location == f"/staff{address}"
    page = supervisor.get(page.response.location)
    assert "EMER MBIEMER" in page.content
    assert not [b for b in page.all("input") if b.get("name") == "decision"]


def test_the_second_capture_is_posted_as_a_payment(
    paying: Portal, bank: Bank, supervisor: CheckedClient, billing_file: Path
) -> None:
    first, _second = taken_twice(paying, bank)
    page = supervisor.get("/staff/payments")
    assert "dy herë" in page.content
    decide(supervisor, first, "post")
    assert state(paying, first) is State.PAID
    paying.services.payments.booking.work()
    assert len(staged(billing_file)) == 2
    supervisor.post(f"/staff{first}/decide", {"decision": "post", "note": "sërish"}, status=409)


def test_the_second_capture_is_given_back(
    paying: Portal, bank: Bank, supervisor: CheckedClient, billing_file: Path
) -> None:
    first, _second = taken_twice(paying, bank)
    decide(supervisor, first, "solved")
    assert state(paying, first) is State.CLOSED
    paying.services.payments.booking.work()
    assert len(staged(billing_file)) == 1
    assert "Asnjë për momentin" in supervisor.get("/staff/payments").content


def test_what_billing_refused_is_tried_again(
    paying: Portal, bank: Bank, supervisor: CheckedClient, billing_file: Path
) -> None:
    address = pay_whole(paying.signed_in("Emer Mbiemer"), bank)
    paying.services.payments.booking.work()
    with sqlite3.connect(billing_file) as connection:
        connection.execute("UPDATE FATURE SET STATUS = 'P' WHERE FAT_NR = ?", (NUMBER,))
    run_posting_job(f"sqlite:///{billing_file}")
    make_due(paying)
    paying.services.payments.booking.work()
    assert state(paying, address) is State.REVIEW
    page = supervisor.get(f"/staff{address}")
    assert "Faturimi e refuzoi" in page.content
    decide(supervisor, address, "try again")
    with sqlite3.connect(billing_file) as connection:
        connection.execute("UPDATE PORTAL_PAYMENT SET STATUS = 'A'")
    make_due(paying)
    paying.services.payments.booking.work()
    assert state(paying, address) is State.BOOKED
    assert len(staged(billing_file)) == 1


def test_the_bank_says_on_the_phone_that_it_took_nothing(
    make_portal: MakePortal, tmp_path: Path, billing_file: Path
) -> None:
    with a_bank(tmp_path) as bank:
        portal = paying_portal(
            make_portal, bank.address, billing={"url": f"sqlite:///{billing_file}"}
        )
        emer = portal.signed_in("Emer Mbiemer")
        address = begin(emer, CODE, NUMBER)
        to_the_bank(emer, bank, address)
    let_time_pass(portal)
    let_time_pass(portal, hours=48)
    supervisor = portal.staff("mbikeqyres")
    supervisor.post(f"/staff{address}/ask", {}, status=503)
    decide(supervisor, address, "not paid")
    assert state(portal, address) is State.CLOSED
    begin(emer, CODE, NUMBER)


def test_a_reason_is_wanted_and_nothing_typed_is_lost(
    paying: Portal, bank: Bank, supervisor: CheckedClient
) -> None:
    first, _second = taken_twice(paying, bank)
    page = supervisor.post(f"/staff{first}/decide", {"decision": "solved", "note": " "}, status=400)
    assert "Shkruani arsyen" in page.problems[0]
    page = supervisor.post(f"/staff{first}/decide", {"decision": "x", "note": "sepse"}, status=400)
    assert page.field("note").get("value") == "sepse"
    supervisor.post(
        f"/staff{first}/decide",
        {"decision": "solved", "note": "x", "csrf_token": "forged"},
        status=400,
    )
    assert state(paying, first) is State.REVIEW


def test_an_agent_looks_and_a_supervisor_decides(paying: Portal, bank: Bank) -> None:
    first, _second = taken_twice(paying, bank)
    agent = paying.staff("agjent")
    page = agent.get(f"/staff{first}")
    assert "vendos një mbikëqyrës" in page.content
    agent.post(f"/staff{first}/decide", {"decision": "solved", "note": "x"}, status=403)
    agent.post(f"/staff{first}/ask", {}, status=303)
    assert state(paying, first) is State.REVIEW


def test_who_decided_is_written_down(paying: Portal, bank: Bank, supervisor: CheckedClient) -> None:
    first, _second = taken_twice(paying, bank)
    decide(supervisor, first, "solved", "u kthye më 23.11.")
    page = supervisor.get(f"/staff{first}")
    assert "u zgjidh, nga mbikeqyres: u kthye më 23.11." in page.content
    with paying.database.read() as connection:
        row = connection.execute(
            text("SELECT actor, detail FROM audit_event WHERE action = 'payment reviewed'")
        ).one()
    assert row.actor == "staff" and "mbikeqyres" in row.detail


def test_money_given_back_needs_a_person_and_its_receipt_is_void(
    paying: Portal, bank: Bank, supervisor: CheckedClient
) -> None:
    emer = paying.signed_in("Emer Mbiemer")
    address = begin(emer, CODE, NUMBER)
    reference = to_the_bank(emer, bank, address)
    back = bank.decide(reference, "approve_then_reverse", seconds="0.5")
    emer.http.post(RETURN, data=back)
    order = paying.services.payments.ordering.get(reference).order
    if order.state is State.PAID:
        wait_for_reversal(paying, reference, supervisor, address)
    order = paying.services.payments.ordering.get(reference).order
    assert (order.state, order.problem) == (State.REVIEW, "reversed")
    page = paying.client().get(f"/verify/{order.receipt_code}")
    assert page.heading == "Kjo dëftesë nuk vlen më"


def wait_for_reversal(
    paying: Portal, reference: str, supervisor: CheckedClient, address: str
) -> None:
    for _ in range(100):
        supervisor.post(f"/staff{address}/ask", {}, status=303)
        if paying.services.payments.ordering.get(reference).order.state is State.REVIEW:
            return
