"""The life of orders as a machine that does anything in any order, held against a model that
knows only what a bank's and a utility's books would say."""

import contextlib
import itertools
import shutil
import sqlite3
from datetime import timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    multiple,
    precondition,
    rule,
)
from sqlalchemy import text

from app.accounts.records import AccountId
from app.database.engine import Database
from app.gateways.cards.port import ALL, OrderReference, Report, Verdict
from app.gateways.errors import GatewayUnavailable
from app.payments import rules
from app.payments.records import (
    ChoiceRefused,
    Chosen,
    InPayment,
    NotNow,
    Payer,
    Posting,
    Source,
    State,
)
from app.payments.settling import Settling
from legacy_adapters.demo.posting_job import run_posting_job
from legacy_adapters.records import ContractCode
from tests.payment_world import PaymentWorld

CONTRACTS = {
    ContractCode("AL0000001"): ["Agron Hoxha"],
    ContractCode("AL0000002"): ["Agron Hoxha", "Vera Leka"],
}
COUNTED_OR_SEEN = {State.PAID, State.BOOKED, State.REVIEW}
SETTINGS = settings(
    max_examples=20,
    stateful_step_count=40,
    deadline=None,
    phases=[Phase.generate],  # shrinking such a machine takes many minutes
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)


class OrderLife(RuleBasedStateMachine):
    """Two payers, two contracts with three open invoices each or so, one bank, one billing."""

    portal_file: ClassVar[Path]
    billing_file: ClassVar[Path]
    settling_of: ClassVar[type[Settling]] = Settling
    references = Bundle("references")

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        place = Path(self.folder.name)
        shutil.copy(self.portal_file, place / "portal.sqlite3")
        database = Database(f"sqlite:///{place / 'portal.sqlite3'}")
        self.world = PaymentWorld(place, database, self.billing_file, self.settling_of)
        database.close()  # the world has one of its own
        self.billing_address = self.world.billing_address
        self.bank, self.services = self.world.bank, self.world.services
        self.settling, self.ordering = self.world.settling, self.world.ordering
        self.booking = self.world.booking
        self.transactions = 0
        # What the bank has taken, by order: amounts and transactions, as its books say.
        self.sent_late: set[OrderReference] = set()  # after the portal asks no more
        self.taken: dict[OrderReference, list[tuple[Decimal | None, str]]] = {}

    def teardown(self) -> None:
        self.world.close()
        self.folder.cleanup()

    # What happens

    @rule(
        target=references,
        code=st.sampled_from(sorted(CONTRACTS)),
        who=st.integers(1, 3),
        pick=st.integers(0, 7),
    )
    def begin(self, code: ContractCode, who: int, pick: int) -> Any:
        """pick: which of the open invoices, as bits; 0: the whole contract."""
        open_ones = self.services.billing.get_statement(code).open_invoices
        numbers = frozenset(i.number for n, i in enumerate(open_ones) if pick >> n & 1)
        payer = Payer(account_id=AccountId(who), link_id=None, language="sq")
        wanted = Chosen(contract_code=code, numbers=numbers or None)
        try:
            return self.ordering.begin(payer, [wanted])
        except (ChoiceRefused, InPayment):
            return multiple()

    @rule(reference=references)
    def go(self, reference: OrderReference) -> None:
        self._try(partial(self.ordering.go, reference))

    @rule(reference=references)
    def give_up(self, reference: OrderReference) -> None:
        self._try(partial(self.ordering.cancel, reference))

    @rule(
        reference=references,
        amount=st.sampled_from(["right", "right", "right", "less", "none", "euro"]),
        told=st.sampled_from([Source.RETURN, Source.CALLBACK, None]),
    )
    def a_payer_pays(self, reference: OrderReference, amount: str, told: Source | None) -> None:
        """The common way: there, taken, and back or not."""
        self.go(reference)
        self.the_bank_takes_money(reference, amount)
        if told:
            self.a_notice_comes(reference, told)

    def _try(self, act: Any) -> None:
        with contextlib.suppress(NotNow, GatewayUnavailable):
            act()

    @rule(reference=references, amount=st.sampled_from(["right", "right", "less", "none", "euro"]))
    def the_bank_takes_money(self, reference: OrderReference, amount: str) -> None:
        """Only who was sent to the bank can pay there; it takes an order's money once, unless it
        errs, which the next rule is for."""
        if self._order(reference).sent_at is None or reference in self.taken:
            return
        self._take(reference, amount)

    @rule(reference=references)
    def a_payer_is_late(self, reference: OrderReference) -> None:
        """At the bank when the order's time is up; the bank takes the money all the same."""
        self.go(reference)
        self.world.now += timedelta(minutes=40)
        self.settling.ask_due()
        self.the_bank_takes_money(reference, "right")

    @rule(reference=references)
    def the_bank_takes_it_again(self, reference: OrderReference) -> None:
        if reference in self.taken:
            self._take(reference, "right")

    def _take(self, reference: OrderReference, amount: str) -> None:
        order = self._order(reference)
        self.transactions += 1
        money = {"less": order.amount - 1, "none": None}.get(amount, order.amount)
        report = Report(
            reference=reference,
            verdict=Verdict.CAPTURED,
            amount=money,
            currency="978" if amount == "euro" else ALL,
            transaction=f"T{self.transactions}",
        )
        self.bank.reports[reference] = report
        right = money if amount != "euro" else None
        self.taken.setdefault(reference, []).append((right, report.transaction))
        if order.next_ask_at is None and order.captured is None:
            self.sent_late.add(reference)

    @rule(reference=references, verdict=st.sampled_from([Verdict.DECLINED, Verdict.PENDING]))
    def the_bank_says_otherwise(self, reference: OrderReference, verdict: Verdict) -> None:
        if reference not in self.taken:
            self.bank.reports[reference] = Report(reference=reference, verdict=verdict)

    @rule(reference=references, source=st.sampled_from([Source.RETURN, Source.CALLBACK]))
    def a_notice_comes(self, reference: OrderReference, source: Source) -> None:
        report = self.bank.reports.get(reference)
        if report is not None:
            self.settling.settle(report, source)

    @rule(reference=references)
    def a_stale_refusal_comes(self, reference: OrderReference) -> None:
        """Out of order: it was sent before the bank took the money."""
        if reference in self.bank.reports:
            stale = Report(reference=reference, verdict=Verdict.DECLINED)
            self.settling.settle(stale, Source.CALLBACK)

    @rule()
    def the_poller_asks(self) -> None:
        self.settling.ask_due()

    @rule()
    def payments_are_brought_to_billing(self) -> None:
        self.booking.work()

    @rule()
    def the_utilitys_job_runs(self) -> None:
        run_posting_job(self.billing_address)

    @rule(minutes=st.sampled_from([1, 10, 40, 24 * 60]))
    def time_passes(self, minutes: int) -> None:
        self.world.now += timedelta(minutes=minutes)

    @rule()
    def the_bank_goes_or_comes(self) -> None:
        self.bank.is_away = not self.bank.is_away

    # What always holds

    def _order(self, reference: OrderReference) -> Any:
        return self.ordering.get(reference).order

    def _files(self) -> list[Any]:
        with self.services.database.read() as connection:
            found = connection.execute(text("SELECT reference FROM payment_order")).scalars()
            return [self.ordering.get(reference) for reference in list(found)]

    @invariant()
    def nothing_is_shown_paid_that_the_bank_has_not_taken(self) -> None:
        for file in self._files():
            if file.order.state in rules.COUNTED or file.order.receipt_code:
                amounts = [amount for amount, _ in self.taken.get(file.order.reference, [])]
                assert file.order.amount in amounts

    @invariant()
    def each_paid_invoice_is_posted_once_with_its_amount(self) -> None:
        with sqlite3.connect(self.billing_address.removeprefix("sqlite:///")) as connection:
            rows = connection.execute(
                "SELECT PORTAL_PAYMENT_ID, INVOICE_NUMBER, AMOUNT FROM PORTAL_PAYMENT"
            ).fetchall()
        connection.close()
        in_billing = {name: (number, Decimal(str(amount))) for name, number, amount in rows}
        assert len(in_billing) == len(rows)
        ours = {}
        for file in self._files():
            for posted in file.lines:
                assert (posted.payment_id is not None) == (file.order.receipt_code is not None)
                if posted.payment_id:
                    ours[posted.payment_id] = (posted.line.invoice_number, posted.line.amount)
                if posted.posting in (Posting.POSTED, Posting.ACCEPTED, Posting.REFUSED):
                    assert posted.payment_id in in_billing
        for name, (number, amount) in in_billing.items():
            assert ours[name] == (number, amount)

    @invariant()
    def an_invoice_is_in_one_order_at_a_time(self) -> None:
        with self.services.database.read() as connection:
            held = {
                (row.contract_code, row.invoice_number): row.order_id
                for row in connection.execute(text("SELECT * FROM payment_hold"))
            }
        for file in self._files():
            mine = {k for k, order_id in held.items() if order_id == file.order.id}
            lines = {
                (posted.line.contract_code, posted.line.invoice_number)
                for posted in file.lines
                if posted.posting is not Posting.ACCEPTED
            }
            assert mine <= lines
            if file.order.state in rules.UNDECIDED | {State.PAID}:
                assert mine == lines
            if file.order.state in rules.NOT_TAKEN | {State.CLOSED, State.BOOKED}:
                assert not mine

    @invariant()
    def every_step_is_a_legal_one(self) -> None:
        for file in self._files():
            states = [event.state for event in file.events]
            assert states[0] is State.OPEN and states[-1] is file.order.state
            for before, after in itertools.pairwise(states):
                assert after is before or after in rules.MAY_FOLLOW[before]

    @precondition(lambda self: self.taken)
    @rule()
    def in_the_end_no_money_is_forgotten(self) -> None:
        """Whatever came before: bank and billing are there again, and the clock goes on."""
        self.bank.is_away = False
        for _ in range(4):
            self.world.now += timedelta(hours=25)
            self.settling.ask_due()
            self.booking.work()
            run_posting_job(self.billing_address)
        for reference, captures in self.taken.items():
            order = self._order(reference)
            if reference in self.sent_late:
                continue  # taken after the portal last asked: the reconciliation finds it
            assert order.captured is not None, "money that nobody counts"
            # Of several it may have heard of the last alone: the reconciliation finds the others.
            is_right = any(amount == order.amount for amount, _ in captures)
            assert order.state in COUNTED_OR_SEEN if is_right else order.state is State.REVIEW


@pytest.fixture(scope="module", autouse=True)
def files(portal_file: Path, demo_file: Path) -> None:
    OrderLife.portal_file, OrderLife.billing_file = portal_file, demo_file
