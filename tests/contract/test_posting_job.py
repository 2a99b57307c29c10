"""The demo utility's own job over SQLite and over PostgreSQL: what the portal then reads."""

import multiprocessing
import os
import signal
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest

from config.posting import PostingSettings
from config.settings import BillingSettings
from legacy_adapters import open_billing, open_posting
from legacy_adapters.demo.generator import AGRON_HOXHA, ELBASAN_MARKET
from legacy_adapters.demo.posting_job import Counts, run_posting_job
from legacy_adapters.port import Billing
from legacy_adapters.posting import PaymentId, PaymentPosting, PaymentToPost, PostingStatus
from legacy_adapters.records import ContractCode, InvoiceNumber, OpenInvoice
from tests.billing_schemas.copies import copy_to_postgresql
from tests.conftest import DEMO_MAPPING

CODE = ContractCode(AGRON_HOXHA.codes[1])  # three open invoices
LONG_AGO = date(2000, 1, 1)
# Half past midnight of the first of June where the customers are.
PAID_AT = datetime(2026, 5, 31, 22, 30, tzinfo=UTC)
NOTHING = Counts(accepted=0, refused=0)


@dataclass
class Demo:
    address: str
    billing: Billing
    posting: PaymentPosting
    rows: Callable[[str], list[tuple[Any, ...]]]

    def open_invoices(self, code: ContractCode = CODE) -> tuple[OpenInvoice, ...]:
        return self.billing.get_statement(code).open_invoices

    def post(self, name: str, number: str, amount: Decimal, code: ContractCode = CODE) -> PaymentId:
        payment_id = PaymentId(name)
        self.posting.post(
            PaymentToPost(
                payment_id=payment_id,
                contract_code=code,
                invoice_number=InvoiceNumber(number),
                amount=amount,
                paid_at=PAID_AT,
                method="KARTË",
                source="PORTALI",
                bank_transaction=f"B-{name}",
            )
        )
        return payment_id

    def status(self, payment_id: PaymentId) -> tuple[PostingStatus, str]:
        found = self.posting.find([payment_id])[payment_id]
        return found.status, found.reason

    def paid_by_card(self, code: ContractCode = CODE) -> list[tuple[date | None, Decimal, str]]:
        listed = self.billing.list_payments(code, since=LONG_AGO, at_least=0)
        return [(p.paid_on, p.amount, p.method) for p in listed if p.source == "PORTALI"]


@pytest.fixture(params=["sqlite", "postgresql"])
def demo(request: pytest.FixtureRequest, demo_file: Path, tmp_path: Path) -> Iterator[Demo]:
    if request.param == "sqlite":
        file = tmp_path / "demo.sqlite3"
        file.write_bytes(demo_file.read_bytes())
        address = f"sqlite:///{file}"
    else:
        address = request.getfixturevalue("new_postgresql_database")()
        copy_to_postgresql(address, demo_file)

    def rows(sql: str) -> list[tuple[Any, ...]]:
        if request.param == "sqlite":
            with closing(sqlite3.connect(file)) as connection:
                return connection.execute(sql).fetchall()
        with psycopg.connect(address.replace("+psycopg", "")) as connection:
            return connection.execute(sql.encode()).fetchall()

    made = Demo(
        address=address,
        billing=open_billing(address, BillingSettings(mapping=DEMO_MAPPING)),
        posting=open_posting(address, PostingSettings()),
        rows=rows,
    )
    yield made
    made.billing.close()
    made.posting.close()


def test_a_payment_is_seen_at_once(demo: Demo) -> None:
    newest, *others = demo.open_invoices()
    payment = demo.post("P-1", newest.number, newest.outstanding)
    assert demo.open_invoices() == (newest, *others), "billing has not taken it yet"
    assert demo.status(payment) == (PostingStatus.WAITING, "")
    assert run_posting_job(demo.address) == Counts(accepted=1, refused=0)
    assert demo.status(payment) == (PostingStatus.ACCEPTED, "")
    assert demo.open_invoices() == tuple(others)
    assert demo.paid_by_card() == [(date(2026, 6, 1), newest.outstanding, "KARTË")]
    assert demo.billing.get_invoice(CODE, newest.number).outstanding == 0
    assert run_posting_job(demo.address) == NOTHING
    assert len(demo.paid_by_card()) == 1


def test_parts_of_an_invoice(demo: Demo) -> None:
    newest = demo.open_invoices()[0]
    demo.post("P-1", newest.number, Decimal("100.05"))
    assert run_posting_job(demo.address).accepted == 1
    now = demo.open_invoices()[0]
    assert now.number == newest.number
    assert now.outstanding == newest.outstanding - Decimal("100.05")
    demo.post("P-2", newest.number, now.outstanding)
    assert run_posting_job(demo.address).accepted == 1
    assert newest.number not in [invoice.number for invoice in demo.open_invoices()]
    assert sum(amount for _day, amount, _method in demo.paid_by_card()) == newest.outstanding


def test_what_cannot_be_posted_is_refused_in_words(demo: Demo) -> None:
    invoice = demo.open_invoices()[0]
    ((cancelled_of, cancelled),) = demo.rows(
        "SELECT KTR_KOD, FAT_NR FROM FATURE JOIN KONTRATE ON FATURE.KTR_ID = KONTRATE.KTR_ID"
        " WHERE STATUS = 'A' ORDER BY FAT_ID LIMIT 1"
    )
    other = ContractCode(ELBASAN_MARKET.codes[0])
    refused = [
        (demo.post("P-1", "999", Decimal(1)), "nuk ka faturë"),
        (demo.post("P-2", invoice.number, Decimal(1), other), "nuk ka faturë"),
        (demo.post("P-3", "1", Decimal(1), ContractCode("NONE")), "nuk ka faturë"),
        (demo.post("P-4", cancelled, Decimal(1), ContractCode(cancelled_of)), "anuluar"),
    ]
    demo.post("P-5", invoice.number, invoice.outstanding)
    assert run_posting_job(demo.address) == Counts(accepted=1, refused=4)
    refused.append((demo.post("P-6", invoice.number, invoice.outstanding), "paguar më parë"))
    assert run_posting_job(demo.address) == Counts(accepted=0, refused=1)
    for payment, words in refused:
        status, reason = demo.status(payment)
        assert status is PostingStatus.REFUSED and words in reason
    assert len(demo.paid_by_card()) == 1


def test_several_jobs_at_once_post_none_twice(demo: Demo) -> None:
    invoice = demo.open_invoices()[0]
    for number in range(40):
        demo.post(f"P-{number}", invoice.number, Decimal("0.01"))
    done: list[Counts | BaseException] = []
    start = threading.Barrier(4)

    def work() -> None:
        start.wait()
        try:
            done.append(run_posting_job(demo.address))
        except BaseException as error:
            done.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(counts.accepted for counts in done if isinstance(counts, Counts)) == 40, done
    assert demo.paid_by_card() == [(date(2026, 6, 1), Decimal("0.01"), "KARTË")] * 40
    assert demo.open_invoices()[0].outstanding == invoice.outstanding - Decimal("0.40")


def test_a_killed_job_leaves_each_payment_posted_or_waiting(demo: Demo) -> None:
    invoice = demo.open_invoices()[0]
    for number in range(60):
        demo.post(f"P-{number}", invoice.number, Decimal("0.01"))
    kills = 0
    for wait in (0, 1, 3, 7, 12):
        job = multiprocessing.get_context("spawn").Process(
            target=run_posting_job, args=[demo.address]
        )
        job.start()
        begun = _posted(demo)
        end = time.monotonic() + 30
        while job.is_alive() and _posted(demo) < begun + wait and time.monotonic() < end:
            time.sleep(0.001)
        if job.is_alive():
            os.kill(job.pid or 0, signal.SIGKILL)
            kills += 1
        job.join()
        job.close()
        # Whatever was half done is taken back by the next who writes.
        assert demo.posting.find([PaymentId("P-0")])
        end = time.monotonic() + 5  # a server may still end what its dead client began
        while (accepted := _posted(demo)) != len(demo.paid_by_card()):
            assert time.monotonic() < end, "half a payment is there"
        owed = demo.open_invoices()[0].outstanding
        assert owed == invoice.outstanding - accepted * Decimal("0.01")
    assert kills
    run_posting_job(demo.address)
    assert len(demo.paid_by_card()) == 60


def _posted(demo: Demo) -> int:
    listed = demo.posting.list_since(datetime(2020, 1, 1, tzinfo=UTC))
    return sum(posted.status is PostingStatus.ACCEPTED for posted in listed)
