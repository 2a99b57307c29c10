"""Paying by card, from the choice to billing, over HTTP with a real test bank."""

from pathlib import Path

import pytest
from sqlalchemy import text

from app.demo import PASSWORD
from app.gateways.cards.port import Report, Verdict
from app.payments.records import Source, State
from legacy_adapters.demo.posting_job import run_posting_job
from tests.conftest import MakePortal, Portal
from tests.paying import (
    CALLBACK,
    CODE,
    NUMBER,
    PAY,
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

# The way of a payment


def test_from_the_choice_to_the_history(
    paying: Portal, emer: CheckedClient, bank: Bank, billing_file: Path
) -> None:
    address = begin(emer, CODE, NUMBER)
    page = emer.get(address)
    assert page.heading == "Kontrolloni dhe paguani"
    assert "556,00 lekë" in page.content
    reference = to_the_bank(emer, bank, address)
    assert state(paying, address) is State.AT_BANK
    back = bank.decide(reference, "approve")
    answer = emer.http.post(RETURN, data=back)
    assert (answer.status_code, answer.location) == (303, address)
    page = emer.get(address)
    assert page.heading == "Faleminderit, u pagua"
    assert "Paguar, në përpunim" in page.content

    # Billing does not know yet: the invoice is open there, and cannot be paid again here.
    page = emer.get(PAY)
    assert "pagesa në përpunim" in page.content
    assert not [box for box in page.all("input") if box.get("name") == "invoice"]
    assert "pagesa në përpunim" in emer.get("/contracts").content

    assert paying.services.payments.booking.work().posted == 1
    assert staged(billing_file) == [(CODE, NUMBER, "556.00", "N")]
    run_posting_job(f"sqlite:///{billing_file}")
    make_due(paying)
    assert paying.services.payments.booking.work().decided == 1
    assert state(paying, address) is State.BOOKED
    assert "çdo faturë e kësaj kontrate është e paguar" in emer.get(PAY).content
    history = emer.get(f"/contracts/{CODE}/history")
    assert ["556,00", "KARTË", "PORTALI"] in [row[1:] for row in history.table(2)]
    page = emer.get(address)
    assert "Paguar" in page.content and page.table(1)[0][-1] == "po"


def test_the_receipt_can_be_verified_by_anybody(
    paying: Portal, emer: CheckedClient, bank: Bank
) -> None:
    address = pay_whole(emer, bank)
    pdf = emer.fetch(f"{address}/receipt.pdf")
    assert (pdf.status_code, pdf.mimetype, pdf.data[:5]) == (200, "application/pdf", b"%PDF-")
    order = paying.services.payments.ordering.get(address.rpartition("/")[2]).order
    assert order.receipt_code is not None
    stranger = paying.client()
    page = stranger.get(f"/verify/{order.receipt_code.lower()}")
    assert page.heading == "Kjo dëftesë është e vërtetë"
    assert "556,00 lekë" in page.content
    for private in ("MBIEMER", CODE, NUMBER):
        assert private not in page.text
    stranger.get(f"{address}/receipt.pdf", status=404)
    other = paying.signed_in("Vera Leka")
    other.get(f"{address}/receipt.pdf", status=404)


def test_unknown_codes_are_answered_alike_and_limited(paying: Portal) -> None:
    client = paying.client()
    pages = [client.get(f"/verify/{code}", status=404) for code in ("X", "A" * 26, "A" * 500)]
    assert len({page.content for page in pages}) == 1
    for number in range(27):
        client.get(f"/verify/{number:026}", status=404)
    client.get(f"/verify/{'B' * 26}", status=429)


def test_who_paid_gets_a_receipt_by_mail_once(
    paying: Portal, emer: CheckedClient, bank: Bank
) -> None:
    with paying.database.write() as connection:
        connection.execute(
            text(
                "UPDATE account SET email_confirmed_at = created_at,"
                " preferences = '[\"receipt_by_email\"]' WHERE user_name = 'Emer Mbiemer'"
            )
        )
    address = pay_whole(emer, bank)
    back = {**bank.decide(address.rpartition("/")[2], "approve")}
    emer.http.post(RETURN, data=back)
    with paying.database.read() as connection:
        rows = connection.execute(text("SELECT kind, body FROM message")).all()
    [(kind, body)] = rows
    assert kind == "receipt"
    assert "556,00" in body and NUMBER in body and address in body


# Told in many ways, it happens once


def test_return_callback_and_poller_settle_once(
    paying: Portal, emer: CheckedClient, bank: Bank, billing_file: Path
) -> None:
    address = begin(emer, CODE, NUMBER)
    reference = to_the_bank(emer, bank, address)
    back = bank.decide(reference, "approve")
    machine = paying.app.test_client()
    for _ in range(3):
        answer = machine.post(CALLBACK, data=back)
        assert (answer.status_code, answer.text) == (200, "OK")
        assert machine.post(RETURN, data=back).status_code == 303
        ask_all(paying)
    paying.services.payments.booking.work()
    assert len(staged(billing_file)) == 1
    events = paying.services.payments.ordering.get(reference).events
    assert [event.state for event in events] == [State.OPEN, State.AT_BANK, State.PAID]


def test_who_never_comes_back_is_found_by_asking(
    paying: Portal, emer: CheckedClient, bank: Bank
) -> None:
    address = begin(emer, CODE, NUMBER)
    bank.decide(to_the_bank(emer, bank, address), "approve_silently")
    ask_all(paying)
    assert state(paying, address) is State.PAID


@pytest.mark.parametrize("what", ["wrong_signature", "wrong_amount", "wrong_currency"])
def test_what_the_bank_would_not_send_changes_nothing(
    make_portal: MakePortal, bank: Bank, billing_file: Path, what: str
) -> None:
    """Where the signature alone counts; the bank's own books are asked afterwards."""
    portal = paying_portal(
        make_portal,
        bank.address,
        billing={"url": f"sqlite:///{billing_file}"},
        payments={"ask_first": False},
    )
    emer = portal.signed_in("Emer Mbiemer")
    address = begin(emer, CODE, NUMBER)
    back = bank.decide(to_the_bank(emer, bank, address), what)
    machine = portal.app.test_client()
    if what == "wrong_signature":
        assert machine.post(RETURN, data=back).status_code == 400
        assert machine.post(CALLBACK, data=back).status_code == 400
        assert state(portal, address) is State.AT_BANK
    else:  # signed, but not what was ordered: the bank is asked, and its books are right
        assert machine.post(RETURN, data=back).status_code == 303
        assert state(portal, address) is State.PAID
    refusals = portal.services.payments.review.overview().refusals
    assert sum(times for *_, times in refusals) == (2 if what == "wrong_signature" else 1)


def test_an_order_that_is_not_ours_is_refused(paying: Portal, bank: Bank) -> None:
    for form in ({}, {"reference": "A" * 26}, {"reference": "A" * 26, "signature": "x"}):
        assert paying.app.test_client().post(CALLBACK, data=form).status_code == 400
    assert paying.app.test_client().post("/payments/callback/nestpay").status_code == 400
    page = paying.client().post("/payments/return/sandbox", {}, status=400)
    assert page.heading == "Nuk e kuptuam përgjigjen e bankës"


def test_a_field_that_comes_twice_is_not_read(
    paying: Portal, emer: CheckedClient, bank: Bank
) -> None:
    address = begin(emer, CODE, NUMBER)
    back = bank.decide(to_the_bank(emer, bank, address), "approve")
    twice = [*back.items(), ("verdict", "declined")]
    body = "&".join(f"{name}={value}" for name, value in twice)
    answer = paying.app.test_client().post(
        CALLBACK, data=body, content_type="application/x-www-form-urlencoded"
    )
    assert answer.status_code == 400
    assert state(paying, address) is State.AT_BANK


def test_the_return_works_without_a_session_and_across_sites(
    paying: Portal, emer: CheckedClient, bank: Bank
) -> None:
    address = begin(emer, CODE, NUMBER)
    back = bank.decide(to_the_bank(emer, bank, address), "approve")
    stranger = paying.client()
    answer = stranger.http.post(RETURN, data=back, headers={"Sec-Fetch-Site": "cross-site"})
    assert (answer.status_code, answer.location) == (303, address)
    page = stranger.get(address)
    assert "556,00 lekë" in page.content
    for private in ("MBIEMER", CODE, NUMBER):
        assert private not in page.text


# Ends


def test_a_refusal_frees_the_invoice_and_can_be_tried_again(
    paying: Portal, emer: CheckedClient, bank: Bank
) -> None:
    address = begin(emer, CODE, NUMBER)
    back = bank.decide(to_the_bank(emer, bank, address), "decline")
    emer.http.post(RETURN, data=back)
    page = emer.get(address)
    assert page.heading == "Pagesa nuk u krye te banka"
    again = emer.post(f"{address}/again", {}, status=303).response.location
    assert again != address
    assert state(paying, again) is State.OPEN


def test_giving_up_before_the_bank(paying: Portal, emer: CheckedClient) -> None:
    address = begin(emer, CODE, NUMBER)
    emer.post(f"{address}/cancel", {}, status=303)
    assert state(paying, address) is State.CANCELLED
    emer.post(f"{address}/bank", {}, status=409)
    begin(emer, CODE, NUMBER)


def test_giving_up_asks_the_bank_first(paying: Portal, emer: CheckedClient, bank: Bank) -> None:
    address = begin(emer, CODE, NUMBER)
    bank.decide(to_the_bank(emer, bank, address), "approve_silently")
    emer.post(f"{address}/cancel", {}, status=303)
    assert state(paying, address) is State.PAID


def test_giving_up_waits_while_the_bank_decides(
    paying: Portal, emer: CheckedClient, bank: Bank
) -> None:
    address = begin(emer, CODE, NUMBER)
    bank.decide(to_the_bank(emer, bank, address), "approve_late", seconds="60")
    page = emer.post(f"{address}/cancel", {}, status=409)
    assert "Banka po e përpunon" in page.problems[0]
    assert state(paying, address) is State.AT_BANK


def test_time_runs_out(paying: Portal, emer: CheckedClient, bank: Bank) -> None:
    never_sent = begin(emer, CODE, NUMBER)
    let_time_pass(paying)
    assert state(paying, never_sent) is State.EXPIRED
    sent = begin(emer, CODE, NUMBER)
    to_the_bank(emer, bank, sent)
    let_time_pass(paying)
    assert state(paying, sent) is State.EXPIRED
    begin(emer, CODE, NUMBER)


def test_money_taken_late_is_counted(paying: Portal, emer: CheckedClient, bank: Bank) -> None:
    address = begin(emer, CODE, NUMBER)
    reference = to_the_bank(emer, bank, address)
    let_time_pass(paying)
    assert state(paying, address) is State.EXPIRED
    bank.decide(reference, "approve_silently")
    ask_all(paying)
    assert state(paying, address) is State.PAID


def test_money_taken_twice_goes_to_a_person(
    paying: Portal, emer: CheckedClient, bank: Bank, billing_file: Path
) -> None:
    first = begin(emer, CODE, NUMBER)
    reference = to_the_bank(emer, bank, first)
    let_time_pass(paying)
    second = pay_whole(emer, bank)
    bank.decide(reference, "approve_silently")
    ask_all(paying)
    assert (state(paying, first), state(paying, second)) == (State.REVIEW, State.PAID)
    assert "Po e shqyrtojmë" in emer.get(first).heading
    paying.services.payments.booking.work()
    assert len(staged(billing_file)) == 1


def test_the_bank_away_is_shown_as_unknown_and_asked_again(
    make_portal: MakePortal, tmp_path: Path, billing_file: Path
) -> None:
    with a_bank(tmp_path) as bank:
        portal = paying_portal(
            make_portal, bank.address, billing={"url": f"sqlite:///{billing_file}"}
        )
        emer = portal.signed_in("Emer Mbiemer")
        address = begin(emer, CODE, NUMBER)
        back = bank.decide(to_the_bank(emer, bank, address), "approve")
    answer = emer.http.post(RETURN, data=back)
    assert (answer.status_code, answer.location) == (303, address)
    assert state(portal, address) is State.AT_BANK
    let_time_pass(portal)
    page = emer.get(address)
    assert page.heading == "Ende nuk e dimë nëse keni paguar"
    emer.post(f"{address}/cancel", {}, status=503)
    let_time_pass(portal, hours=48)
    assert [o.problem for o in portal.services.payments.review.overview().orders] == [
        "unknown long"
    ]


# When something else changes


def test_closing_the_account_leaves_its_payments_on_their_way(
    paying: Portal, emer: CheckedClient, bank: Bank, billing_file: Path
) -> None:
    address = begin(emer, CODE, NUMBER)
    reference = to_the_bank(emer, bank, address)
    emer.post("/account/close", {"password": PASSWORD, "sure": "y"}, status=303)
    # Whoever knows its address may not give it up.
    stranger = paying.client()
    page = stranger.get(address)
    assert not [b for b in page.all("form") if str(b.get("action")).startswith(address)]
    stranger.post(f"{address}/cancel", {}, status=404)
    assert stranger.http.post(RETURN, data=bank.decide(reference, "approve")).status_code == 303
    paying.services.payments.booking.work()
    assert staged(billing_file) == [(CODE, NUMBER, "556.00", "N")]
    stranger.get(f"{address}/receipt.pdf", status=404)


def test_money_given_back_has_no_receipt(paying: Portal, emer: CheckedClient, bank: Bank) -> None:
    address = begin(emer, CODE, NUMBER)
    reference = to_the_bank(emer, bank, address)
    back = bank.decide(reference, "approve_then_reverse", seconds="3600")
    emer.http.post(RETURN, data=back)
    assert emer.fetch(f"{address}/receipt.pdf").status_code == 200
    order = paying.services.payments.ordering.get(reference).order
    given_back = Report(reference=order.reference, verdict=Verdict.REVERSED, amount=order.amount)
    paying.services.payments.settling.settle(given_back, Source.CALLBACK)
    assert f"{address}/receipt.pdf" not in emer.get(address).content
    emer.get(f"{address}/receipt.pdf", status=404)
