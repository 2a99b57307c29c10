"""Payments without pages: the services over a real database and a real billing, beside a bank
whose books the test writes."""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from app.database.engine import Database
from app.gateways.cards.port import (
    ALL,
    Checkout,
    Forged,
    Handover,
    NoList,
    Notice,
    OrderReference,
    Report,
    Verdict,
)
from app.gateways.errors import GatewayUnavailable
from app.payments.booking import Booking
from app.payments.ordering import Ordering
from app.payments.reconciliation import Reconciliation
from app.payments.records import Chosen, Order, OrderFile, OrderId, Payer, Source, State
from app.payments.review import Decision, Review
from app.payments.settling import Settling
from app.payments.shared import Shared
from app.staff.records import Member, MemberId, Role
from app.wiring import wire
from legacy_adapters import open_posting
from legacy_adapters.demo.posting_job import run_posting_job
from legacy_adapters.records import ContractCode
from tests.conftest import make_settings

CODE = ContractCode("AL0000002")
SUPERVISOR = Member(id=MemberId(1), name="supervisor", full_name="", role=Role.SUPERVISOR)
SOMEBODY = Payer(account_id=None, link_id=None, language="sq")


@dataclass
class Books:
    """asked: how often it was asked what became of an order."""

    name: str = "books"
    form_target: str = ""
    callback_answer: str = ""
    is_away: bool = False
    asked: int = 0
    reports: dict[str, Report] = field(default_factory=dict)

    def begin(self, checkout: Checkout) -> Handover:
        return Handover(address="http://bank.example/")

    def read_notice(self, fields: Mapping[str, str], body: bytes = b"") -> Notice:
        """As of a bank that signs nothing."""
        if "order" not in fields:
            raise Forged("it names no order of ours")
        return Notice(reference=OrderReference(fields["order"]), report=None)

    def ask(self, reference: OrderReference, bank_reference: str = "") -> Report:
        self.asked += 1
        if self.is_away:
            raise GatewayUnavailable("away")
        return self.reports.get(reference, Report(reference=reference, verdict=Verdict.ABSENT))

    def list_captures(self, since: datetime, until: datetime) -> Sequence[Report]:
        raise NoList


class PaymentWorld:
    def __init__(
        self,
        folder: Path,
        database: Database,
        billing_file: Path,
        settling: type[Settling] = Settling,
    ) -> None:
        self.billing_file = Path(shutil.copy(billing_file, folder / "world-billing.sqlite3"))
        self.billing_address = f"sqlite:///{self.billing_file}"
        made = make_settings(
            folder,
            database={"url": database.url.render_as_string(hide_password=False)},
            billing={"url": self.billing_address},
            payments={"orders_per_hour": 10_000},
        )
        self.now = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
        self.bank = Books()
        self.services = wire(made)
        self.shared = Shared(
            database=self.services.database,
            settings=made.payments,
            gateway=self.bank,
            addresses=self.services.payments.links._shared.addresses,
            telling=self.services.payments.links._shared.telling,
            ownership=self.services.ownership,
            audit=self.services.audit,
            outbox=self.services.outbox,
            wake_posting=lambda: None,
            clock=lambda: self.now,
        )
        self.desk = open_posting(self.billing_address, made.posting)
        self.settling = settling(self.shared)
        self.ordering = Ordering(self.shared, billing=self.services.billing, settling=self.settling)
        self.booking = Booking(self.shared, desk=self.desk, settings=made.posting)
        self.review = Review(self.shared, settling=self.settling, booking=self.booking)
        self.reconciliation = Reconciliation(self.shared, settling=self.settling, desk=self.desk)

    def numbers(self, code: ContractCode = CODE) -> list[str]:
        """Of the open invoices, the oldest first."""
        found = self.services.billing.get_statement(code).open_invoices
        return [invoice.number for invoice in reversed(found)]

    def begin(self, *numbers: str, code: ContractCode = CODE) -> OrderReference:
        chosen = Chosen(contract_code=code, numbers=frozenset(numbers or self.numbers(code)[:1]))
        return self.ordering.begin(SOMEBODY, [chosen])

    def at_bank(self, *numbers: str, code: ContractCode = CODE) -> OrderReference:
        reference = self.begin(*numbers, code=code)
        self.ordering.go(reference)
        return reference

    def paid(self, *numbers: str, transaction: str = "T1") -> OrderReference:
        reference = self.at_bank(*numbers)
        self.take(reference, transaction=transaction)
        return reference

    def report(self, reference: OrderReference, **changes: object) -> Report:
        report = Report(
            reference=reference,
            verdict=Verdict.CAPTURED,
            amount=self.order(reference).amount,
            currency=ALL,
            transaction="T1",
        )
        return replace(report, **changes)  # type: ignore[arg-type]

    def take(self, reference: OrderReference, **changes: object) -> Order:
        """The bank takes the money and says so."""
        report = self.bank.reports[reference] = self.report(reference, **changes)
        return self.settling.settle(report, Source.CALLBACK)

    def file(self, reference: OrderReference) -> OrderFile:
        return self.ordering.get(reference)

    def order(self, reference: OrderReference) -> Order:
        return self.file(reference).order

    def postings(self, reference: OrderReference) -> list[str | None]:
        return [posted.posting for posted in self.file(reference).lines]

    def decide(self, reference: OrderReference, decision: Decision) -> Order:
        return self.review.decide(reference, decision, note="seen", by=SUPERVISOR)

    def passes(self, **span: float) -> None:
        self.now += timedelta(**span)

    def billing_takes_all(self) -> None:
        """Posted, taken by the utility's job, and read back."""
        self.booking.work()
        run_posting_job(self.billing_address)
        self.passes(minutes=15)
        self.booking.work()

    def close(self) -> None:
        self.services.jobs.close()
        self.services.database.close()
        self.services.billing.close()
        self.desk.close()


@contextmanager
def payment_world(folder: Path, database: Database, billing_file: Path) -> Iterator[PaymentWorld]:
    world = PaymentWorld(folder, database, billing_file)
    try:
        yield world
    finally:
        world.close()


START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def an_order(**changes: Any) -> Order:
    """A paid one of 5 lek."""
    order = Order(
        id=OrderId(1),
        reference=OrderReference("A" * 26),
        account_id=None,
        link_id=None,
        gateway="books",
        bank_reference="",
        language="sq",
        amount=Decimal(5),
        currency=ALL,
        state=State.PAID,
        state_at=START,
        problem=None,
        created_at=START,
        expires_at=START,
        sent_at=START,
        asks=0,
        next_ask_at=None,
        captured=Decimal(5),
        captured_currency=ALL,
        captured_at=START,
        transaction="T1",
        receipt_code="B" * 26,
    )
    return replace(order, **changes)
