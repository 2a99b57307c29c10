"""The demo is made anew for another day: what the portal paid in it stays paid."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from config.posting import PostingSettings
from config.settings import BillingSettings
from legacy_adapters import open_billing, open_posting
from legacy_adapters.demo.generator import (
    AGRON_HOXHA,
    FIRST_GENERATED,
    MANUAL_CODE,
    VERA_LEKA,
    DemoNotMade,
    DemoSize,
    contract_code,
    describe,
    make_demo,
    read_description,
)
from legacy_adapters.demo.posting_job import Counts, run_posting_job
from legacy_adapters.errors import BillingUnavailable
from legacy_adapters.port import Billing
from legacy_adapters.posting import PaymentId, PaymentToPost, PostingStatus
from legacy_adapters.posting.ddl import creating
from legacy_adapters.records import ContractCode, InvoiceNumber, OpenInvoice
from tests.conftest import DEMO_MAPPING

SIZE = DemoSize(contracts=30, seed=3, months=6)
DAY = date(2026, 5, 17)
LATE = ContractCode(AGRON_HOXHA.codes[1])
PARTLY = ContractCode(VERA_LEKA.codes[0])
GENERATED = [ContractCode(contract_code(FIRST_GENERATED + n)) for n in range(20)]
MANUAL = ContractCode(MANUAL_CODE)
LONG_AGO = date(2000, 1, 1)
PAID_AT = datetime(2026, 5, 17, 9, 0, tzinfo=UTC)


@contextmanager
def billing_of(file: Path) -> Iterator[Billing]:
    billing = open_billing(f"sqlite:///{file}", BillingSettings(mapping=DEMO_MAPPING))
    try:
        yield billing
    finally:
        billing.close()


def post(file: Path, name: str, code: ContractCode, number: str, amount: Decimal) -> None:
    posting = open_posting(f"sqlite:///{file}", PostingSettings())
    try:
        posting.post(
            PaymentToPost(
                payment_id=PaymentId(name),
                contract_code=code,
                invoice_number=InvoiceNumber(number),
                amount=amount,
                paid_at=PAID_AT,
                method="KARTË",
                source="PORTALI",
                bank_transaction="B-1",
            )
        )
    finally:
        posting.close()


def statuses(file: Path) -> dict[str, PostingStatus]:
    posting = open_posting(f"sqlite:///{file}", PostingSettings())
    try:
        return {
            p.payment_id: p.status for p in posting.list_since(datetime(2020, 1, 1, tzinfo=UTC))
        }
    finally:
        posting.close()


def owed(billing: Billing, code: ContractCode) -> tuple[OpenInvoice, ...]:
    return billing.get_statement(code).open_invoices


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "demo.sqlite3"
    make_demo(file, size=SIZE, today=DAY)
    return file


@pytest.fixture
def generated(file: Path) -> ContractCode:
    """One that owes something and whose invoices move when the demo is made for another day."""
    with billing_of(file) as billing:
        return next(code for code in GENERATED if owed(billing, code))


def test_the_schema_is_what_the_dba_is_given(file: Path) -> None:
    with closing(sqlite3.connect(":memory:")) as other, closing(sqlite3.connect(file)) as made:
        other.executescript("\n".join(creating("sqlite", PostingSettings())))
        asked = "SELECT name, sql FROM sqlite_schema WHERE name LIKE 'PORTAL_PAYMENT%' ORDER BY 1"
        assert made.execute(asked).fetchall() == other.execute(asked).fetchall()


@pytest.mark.parametrize("days", [0, 1, 20, 75, 400])
def test_what_was_paid_stays_paid(file: Path, generated: ContractCode, days: int) -> None:
    with billing_of(file) as billing:
        late, other = owed(billing, LATE), owed(billing, generated)[0]
        (printed,) = owed(billing, MANUAL)
        paid, part, waiting = late[0], late[1], late[2]
        post(file, "P-1", LATE, paid.number, paid.outstanding)
        post(file, "P-2", LATE, part.number, Decimal("100.00"))
        post(file, "P-3", generated, other.number, other.outstanding)
        post(file, "P-4", LATE, "999", Decimal(1))
        post(file, "P-5", MANUAL, printed.number, Decimal("56.00"))
        assert run_posting_job(f"sqlite:///{file}") == Counts(accepted=4, refused=1)
        post(file, "P-6", LATE, waiting.number, waiting.outstanding)
        before = billing.get_invoice_history(LATE, since=LONG_AGO, at_least=0).invoices
        payments = billing.list_payments(LATE, since=LONG_AGO, at_least=0)
        holder = billing.get_contract_info(generated)
        told = statuses(file)
        invoice = billing.get_invoice(LATE, paid.number)

    today = DAY + timedelta(days=days)
    make_demo(file, size=SIZE, today=today)
    assert read_description(file) == describe(SIZE, today)
    with billing_of(file) as billing:
        assert statuses(file) == told
        assert billing.get_invoice(LATE, paid.number) == invoice
        assert billing.get_contract_info(generated) == holder
        assert sorted(billing.list_payments(LATE, since=LONG_AGO, at_least=0), key=str) == sorted(
            payments, key=str
        )
        after = billing.get_invoice_history(LATE, since=LONG_AGO, at_least=0).invoices
        assert after[len(after) - len(before) :] == before
        assert len({invoice.number for invoice in after}) == len(after)
        if days > 40:
            assert len(after) > len(before), "time goes on"
        numbers = {invoice.number: invoice for invoice in owed(billing, LATE)}
        assert paid.number not in numbers
        # Interest goes on where something is owed.
        left = numbers[part.number]
        assert left.paid == Decimal("100.00") and left.interest >= part.interest
        assert (left.principal, left.issued_on) == (part.principal, part.issued_on)
        assert left.interest > part.interest or days == 0
        assert other.number not in [i.number for i in owed(billing, generated)]
        (still,) = owed(billing, MANUAL)
        assert still.outstanding == Decimal("500.00")
        billing.get_invoice(LATE, after[0].number)  # with lines
    run_posting_job(f"sqlite:///{file}")
    with billing_of(file) as billing:
        assert waiting.number not in {i.number for i in owed(billing, LATE)} or days
        assert statuses(file)[PaymentId("P-6")] is PostingStatus.ACCEPTED


def test_again_and_again(file: Path) -> None:
    with billing_of(file) as billing:
        invoice = owed(billing, PARTLY)[0]
    post(file, "P-1", PARTLY, invoice.number, invoice.outstanding)
    run_posting_job(f"sqlite:///{file}")
    seen: set[str] = set()
    for days in (0, 15, 45, 75, 200):
        make_demo(file, size=SIZE, today=DAY + timedelta(days=days))
        with billing_of(file) as billing:
            history = billing.get_invoice_history(PARTLY, since=LONG_AGO, at_least=0).invoices
            numbers = [listed.number for listed in history]
            assert len(set(numbers)) == len(numbers)
            assert seen <= set(numbers), "an invoice keeps its number"
            seen = set(numbers)
            assert billing.get_invoice(PARTLY, invoice.number).outstanding == 0
            assert len({listed.period for listed in history}) == len(history)
            assert len([i for i in history if billing.get_invoice(PARTLY, i.number).lines]) == len(
                history
            )


def test_a_demo_of_another_size(file: Path, generated: ContractCode) -> None:
    with billing_of(file) as billing:
        invoice = owed(billing, generated)[0]
        holder = billing.get_contract_info(generated)
    post(file, "P-1", generated, invoice.number, invoice.outstanding)
    run_posting_job(f"sqlite:///{file}")
    make_demo(file, size=DemoSize(contracts=0, seed=9, months=4), today=DAY)
    with billing_of(file) as billing:
        assert billing.get_contract_info(generated) == holder
        assert billing.get_invoice(generated, invoice.number).outstanding == 0


def test_a_file_of_an_older_version_or_of_something_else(file: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript("DROP VIEW PORTAL_PAYMENT_STATUS; DROP TABLE PORTAL_PAYMENT;")
    make_demo(file, size=SIZE, today=DAY)
    assert statuses(file) == {}
    rubbish = tmp_path / "rubbish.sqlite3"
    rubbish.write_bytes(b"no database" * 1000)
    make_demo(rubbish, size=SIZE, today=DAY)
    assert statuses(rubbish) == {}


def test_payments_while_the_demo_is_made_anew(file: Path) -> None:
    """A payment that was accepted as posted is there afterwards, whenever it came."""
    with billing_of(file) as billing:
        invoice = owed(billing, LATE)[0]
    post(file, "P-first", LATE, invoice.number, Decimal("0.01"))
    posted: list[str] = ["P-first"]
    over = threading.Event()

    def work() -> None:
        number = 0
        while not over.is_set():
            number += 1
            try:
                post(file, f"P-{number}", LATE, invoice.number, Decimal("0.01"))
            except BillingUnavailable:
                continue
            posted.append(f"P-{number}")

    thread = threading.Thread(target=work)
    thread.start()
    small = replace(SIZE, contracts=0, months=4)
    for days in range(6):
        make_demo(file, size=small, today=DAY + timedelta(days=days))
    over.set()
    thread.join()
    assert len(posted) > 5
    assert set(posted) <= set(statuses(file))


def test_a_locked_demo_stays_as_it_is(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("legacy_adapters.demo.carrying.BUSY_SECONDS", 0.1)
    with billing_of(file) as billing:
        invoice = owed(billing, LATE)[0]
    post(file, "P-1", LATE, invoice.number, Decimal("0.01"))
    before = file.read_bytes()
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        begun = time.monotonic()
        with pytest.raises(DemoNotMade, match="locked"):
            make_demo(file, size=SIZE, today=DAY + timedelta(days=1))
        assert time.monotonic() - begun < 20
    assert file.read_bytes() == before
