"""What banks, payers, strangers and staff may do at the wrong moment, on both databases."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from threading import Barrier, Thread

import pytest
from sqlalchemy import text

from app.database.engine import Database
from app.gateways.cards.port import Verdict
from app.payments.receipts import is_valid
from app.payments.records import (
    ChoiceRefused,
    InPayment,
    NotNow,
    OrderNotFound,
    Problem,
    Refusal,
    Source,
    State,
)
from app.payments.review import Decision, may_decide
from tests.payment_world import PaymentWorld, payment_world


@pytest.fixture
def world(tmp_path: Path, database: Database, demo_file: Path) -> Iterator[PaymentWorld]:
    with payment_world(tmp_path, database, demo_file) as world:
        yield world


# What a bank may tell


@pytest.mark.parametrize("transaction", ["", "T" * 100], ids=["none", "long"])
def test_any_transaction_of_a_bank_reaches_billing(world: PaymentWorld, transaction: str) -> None:
    """RaiAccept tells none."""
    reference = world.paid(transaction=transaction)
    world.billing_takes_all()
    assert world.order(reference).state is State.BOOKED


def test_a_transaction_told_later_is_no_second_one(world: PaymentWorld) -> None:
    reference = world.paid(transaction="")
    assert world.take(reference, transaction="T1").state is State.PAID
    assert world.take(reference, transaction="").state is State.PAID
    # From now on it is known, so another one is a second one.
    assert world.take(reference, transaction="T2").problem is Problem.TAKEN_TWICE


@pytest.mark.parametrize("state", [State.BOOKED, State.EXPIRED, State.CLOSED])
def test_a_notice_counts_though_the_bank_is_away(world: PaymentWorld, state: State) -> None:
    """Of an order that nothing else is asked of any more: the bank does not call again."""
    reference = world.at_bank()
    if state is State.BOOKED:
        world.take(reference)
        world.billing_takes_all()
        told = world.report(reference, verdict=Verdict.REVERSED)
    else:
        told = world.report(reference)
        world.passes(hours=1)
        if state is State.CLOSED:
            world.bank.reports[reference] = world.report(reference, verdict=Verdict.PENDING)
        for _ in range(3):
            world.settling.ask_due()
            world.passes(days=2)
        if state is State.CLOSED:
            world.settling.ask_due()
            world.decide(reference, Decision.NOT_PAID)
    assert (world.order(reference).state, world.order(reference).next_ask_at) == (state, None)
    world.bank.reports[reference] = told
    world.bank.is_away = True
    world.settling.hear("books", {"order": reference}, b"", Source.CALLBACK)
    world.settling.ask_due()
    world.bank.is_away = False
    world.passes(minutes=10)
    world.settling.ask_due()
    after = State.PAID if state is State.EXPIRED else State.REVIEW
    assert world.order(reference).state is after


def test_many_notices_of_an_order_ask_the_bank_seldom(world: PaymentWorld) -> None:
    reference = world.at_bank()
    for _ in range(50):
        world.settling.hear("books", {"order": reference}, b"", Source.CALLBACK)
    assert world.bank.asked <= 12
    world.bank.reports[reference] = world.report(reference)
    world.settling.hear("books", {"order": reference}, b"", Source.CALLBACK)
    world.settling.ask_due()
    assert world.order(reference).state is State.PAID


# What billing may hold


def test_an_invoice_that_could_not_be_posted_is_not_paid(world: PaymentWorld) -> None:
    number = "9" * 41
    rename(world, world.numbers()[0], number)
    with pytest.raises(ChoiceRefused) as refused:
        world.begin(number)
    assert refused.value.refusal is Refusal.NOT_PAYABLE


def test_one_payment_that_cannot_be_posted_keeps_no_other_back(world: PaymentWorld) -> None:
    first, second = world.numbers()[:2]
    bad, good = world.paid(first), world.paid(second)
    with world.services.database.write() as connection:
        connection.execute(
            text("UPDATE payment_line SET invoice_number = :long WHERE invoice_number = :number"),
            {"long": "9" * 41, "number": first},
        )
    world.billing_takes_all()
    assert world.order(good).state is State.BOOKED
    found = world.order(bad)
    assert (found.state, found.problem) == (State.REVIEW, Problem.REFUSED)
    world.decide(bad, Decision.TRY_AGAIN)
    world.billing_takes_all()
    assert world.order(bad).problem is Problem.REFUSED  # not “posted” for good


def rename(world: PaymentWorld, number: str, to: str) -> None:
    with closing(sqlite3.connect(world.billing_file)) as connection, connection:
        changed = connection.execute("UPDATE FATURE SET FAT_NR = ? WHERE FAT_NR = ?", (to, number))
        assert changed.rowcount == 1


# Money given back, taken twice, decided on


def test_money_given_back_is_not_posted(world: PaymentWorld) -> None:
    reference = world.paid()
    world.take(reference, verdict=Verdict.REVERSED)
    world.booking.work()
    assert world.desk.list_since(world.now - timedelta(days=1)) == []
    world.decide(reference, Decision.SOLVED)
    world.passes(days=3)
    world.booking.work()
    world.settling.ask_due()
    assert world.order(reference).problem is None
    assert world.desk.list_since(world.now - timedelta(days=9)) == []


def test_the_second_capture_given_back_leaves_the_first(world: PaymentWorld) -> None:
    reference = world.paid()
    assert world.take(reference, transaction="T2").problem is Problem.TAKEN_TWICE
    assert world.decide(reference, Decision.SOLVED).state is State.PAID
    world.billing_takes_all()
    assert world.order(reference).state is State.BOOKED
    world.take(reference, transaction="T3")
    assert world.decide(reference, Decision.SOLVED).state is State.BOOKED


def test_a_refusal_is_not_forgotten_over_a_second_capture(world: PaymentWorld) -> None:
    reference = world.paid()
    with world.services.database.write() as connection:
        connection.execute(text("UPDATE payment_line SET contract_code = 'AL9999999'"))
    world.billing_takes_all()
    assert world.order(reference).problem is Problem.REFUSED
    world.take(reference, transaction="T2")
    decided = world.decide(reference, Decision.SOLVED)
    assert (decided.state, decided.problem) == (State.REVIEW, Problem.REFUSED)


def test_what_was_closed_does_not_come_back_as_overdue(world: PaymentWorld) -> None:
    numbers = world.numbers()[:2]
    reference = world.paid(*numbers)
    with world.services.database.write() as connection:
        connection.execute(
            text("UPDATE payment_line SET contract_code = 'AL9999999' WHERE invoice_number = :n"),
            {"n": numbers[0]},
        )
    world.billing_takes_all()
    world.decide(reference, Decision.SOLVED)
    with world.services.database.write() as connection:
        connection.execute(text("UPDATE payment_posting SET state = 'posted'"))
    world.passes(days=3)
    world.settling.ask_due()
    order = world.order(reference)
    for decision in may_decide(order):
        world.decide(reference, decision)
    assert order.state is State.CLOSED and order.problem is None


def test_another_currency_cannot_be_posted_as_lek(world: PaymentWorld) -> None:
    reference = world.at_bank()
    world.passes(hours=1)
    world.settling.ask_due()
    assert world.order(reference).state is State.EXPIRED
    world.begin(*[p.line.invoice_number for p in world.file(reference).lines])
    world.take(reference, currency="978")
    assert Decision.POST not in may_decide(world.order(reference))


def test_giving_up_at_a_bank_that_is_no_longer_configured(world: PaymentWorld) -> None:
    reference = world.at_bank()
    world.bank.name = "another"
    with pytest.raises(NotNow):
        world.ordering.cancel(reference)
    assert world.order(reference).state is State.AT_BANK


# At the same time


def test_giving_up_and_beginning_at_once_do_not_block_each_other(world: PaymentWorld) -> None:
    """The one takes what the other lets go, in any order of the invoices."""
    numbers = world.numbers()
    numbers = numbers[:3]
    troubles: list[BaseException] = []

    def begin_often(barrier: Barrier) -> None:
        for _ in range(40):
            barrier.wait()
            try:
                world.ordering.cancel(world.begin(*numbers))
            except InPayment:
                pass
            except BaseException as error:
                troubles.append(error)

    barrier = Barrier(3)
    threads = [Thread(target=begin_often, args=(barrier,)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert troubles == []
    with world.services.database.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM payment_hold")).scalar() == 0


# What an operator's file says


def test_a_file_alone_makes_nothing_paid(world: PaymentWorld) -> None:
    reference = world.at_bank()
    claimed = world.report(reference)
    span = (world.now - timedelta(days=1), world.now + timedelta(days=1))
    found = world.reconciliation.compare(*span, settlement=[claimed], settle=True)
    assert (found.settled, world.order(reference).state) == (0, State.AT_BANK)
    assert [difference.kind.name for difference in found.differences] == ["NOT_COUNTED"]
    world.bank.reports[reference] = claimed
    found = world.reconciliation.compare(*span, settlement=[claimed], settle=True)
    assert (found.settled, world.order(reference).state) == (1, State.PAID)


def test_a_receipt_stays_genuine_while_its_money_is_there(world: PaymentWorld) -> None:
    reference = world.paid()
    assert is_valid(world.order(reference))
    assert is_valid(world.take(reference, transaction="T2"))
    assert not is_valid(world.take(reference, verdict=Verdict.REVERSED))


@pytest.mark.parametrize("number", ["\0" * 26, "é" * 26, "x" * 10_000], ids=["null", "é", "long"])
def test_a_number_that_is_none_is_not_found(world: PaymentWorld, number: str) -> None:
    with pytest.raises(OrderNotFound):
        world.ordering.get(number)
