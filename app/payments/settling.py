"""The one way by which an order learns what the bank says: from the browser that comes back, from
the bank's own call, or from asking it. Told twice, or by all three at once, it happens once."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal

import structlog
from sqlalchemy import Connection

from app.accounts.tries import Budget, Tries
from app.clock import HOME
from app.codes import new_code
from app.database.engine import after_commit
from app.gateways.cards.port import Forged, Notice, OrderReference, Report, Verdict
from app.gateways.errors import GatewayError
from app.jobs.rarely import Rarely
from app.messages.outbox import Purpose
from app.payments import letters, rules
from app.payments.records import (
    NotNow,
    Order,
    OrderId,
    OrderNotFound,
    PaymentError,
    Problem,
    Source,
    State,
    told,
)
from app.payments.rules import Step
from app.payments.shared import Shared
from app.payments.store import orders, postings, refusals

log = structlog.get_logger("selfcare")
ASKED_AT_ONCE = 20
UNKNOWN_ORDER = "an order that is not ours"
OTHER_AMOUNT = "another amount than the order's"
# How often notices of one order may have the bank asked at once.
QUESTIONS, QUESTIONS_MINUTES = 10, 1
GIVEN_BACK = "the bank gave the money back; look whether billing has it"


class NoticeRefused(PaymentError):
    """What came in the bank's name changes nothing."""


class Settling:
    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._rarely = Rarely()
        self._tries = Tries()

    def hear(
        self, gateway: str, fields: Mapping[str, str], body: bytes, source: Source
    ) -> OrderReference:
        """What came in the bank's name, by the payer's browser or from the bank itself.

        Raises: NoticeRefused, PayingIsOff.
        """
        bank = self._shared.bank()
        if gateway != bank.name:
            raise self._refused(gateway, "a bank that is not configured")
        try:
            notice = bank.read_notice(fields, body)
        except Forged as error:
            raise self._refused(gateway, str(error)) from error
        try:
            self._heard(notice, source)
        except OrderNotFound:
            raise self._refused(gateway, UNKNOWN_ORDER) from None
        return notice.reference

    def _heard(self, notice: Notice, source: Source) -> None:
        """Even a signed notice is only a reason to ask, where the bank can be asked: it may name
        another order, or another amount than its books."""
        report = notice.report
        if report is None or self._shared.settings.ask_first:
            self.ask_soon(notice.reference, source)
            return
        order = self._find(notice.reference)
        agrees = (report.amount, report.currency) == (order.amount, order.currency)
        if report.verdict is Verdict.CAPTURED and not agrees:
            self._refused(order.gateway, OTHER_AMOUNT)
            self.ask_soon(notice.reference, source)
            return
        self.settle(report, source)

    def _find(self, reference: OrderReference) -> Order:
        with self._shared.database.read() as connection:
            order = orders.find_order(connection, reference)
        if order is None:
            raise OrderNotFound
        return order

    def _refused(self, gateway: str, reason: str) -> NoticeRefused:
        known = gateway if self._shared.gateway and gateway == self._shared.gateway.name else "?"
        day = self._shared.clock().astimezone(HOME).date()
        with self._shared.database.write() as connection:
            refusals.count_refusal(connection, day, known, reason)
        self._rarely.warn(
            "a bank's notice was refused",
            NoticeRefused(reason),
            do="flask payments status counts them; many: does the bank's key fit ours?",
        )
        return NoticeRefused(reason)

    def ask_soon(self, reference: OrderReference, source: Source) -> None:
        """At once; by the poller, when the bank does not answer, or was asked of this order often
        enough: who knows its number can send notices without end. Raises: OrderNotFound."""
        try:
            if self._may_ask_at_once(self._find(reference)):
                self.ask(reference, source)
                return
        except (GatewayError, NotNow):
            pass  # it is asked again below
        # Whatever its state: who brought the notice will not bring it again.
        order, now = self._find(reference), self._shared.clock()
        if order.sent_at is not None and (order.next_ask_at is None or order.next_ask_at > now):
            with self._shared.database.write() as connection:
                orders.change_order(connection, order.id, next_ask_at=now)

    def _may_ask_at_once(self, order: Order) -> bool:
        subject = f"asking the bank of {order.reference}"
        budget = Budget(subject=subject, limit=QUESTIONS, minutes=QUESTIONS_MINUTES)
        now = self._shared.clock()
        with self._shared.database.read() as connection:
            if self._tries.is_used_up(connection, budget, now):
                return False
        with self._shared.database.write() as connection:
            return self._tries.spend(connection, budget, now)

    def ask(
        self, reference: OrderReference, source: Source, *, may_be_pending: bool = True
    ) -> Order:
        """Asks the bank and settles what it says.

        Raises: OrderNotFound, GatewayUnavailable; NotNow, when it has not decided and had to.
        """
        order, bank = self._find(reference), self._shared.bank()
        if order.sent_at is None or order.gateway != bank.name:
            return order
        if source is Source.PAYER and order.state not in rules.UNDECIDED:
            return order  # decided; only the bank itself, staff and the clock may find more
        report = bank.ask(reference, order.bank_reference)
        if report.reference != reference:
            raise NotNow
        order = self.settle(report, source)
        if report.verdict is Verdict.PENDING and not may_be_pending:
            raise NotNow
        return order

    def settle(self, report: Report, source: Source) -> Order:
        """What the bank proved to have said becomes the order's state; a second time it changes
        nothing. Raises: OrderNotFound."""
        with self._shared.database.write() as connection:
            order = self._lock(connection, report.reference)
            if report.verdict is Verdict.REVERSED and order.captured is None:
                given_back = report.transaction[:100]
                orders.change_order(connection, order.id, transaction=given_back)
            free = self._take_back(connection, order, report)
            now = self._shared.clock()
            step = rules.decide(order, report, now=now, invoices_are_free=free)
            if step is not None:
                return self._apply(connection, order, step, report, source)
            if rules.names_capture(order, report):
                orders.change_order(connection, order.id, transaction=report.transaction[:100])
            # Claimed, it would be due later: due now means that somebody called meanwhile.
            if source is Source.POLLER and not rules.is_due(order, now):
                asked = order.asks + 1
                orders.change_order(connection, order.id, asks=asked)
                again = orders.get_order(connection, order.id)
                orders.change_order(connection, order.id, next_ask_at=rules.next_ask(again, now))
            return order

    def _take_back(self, connection: Connection, order: Order, report: Report) -> bool:
        """Whether an order given up could have its invoices again, for money that came late."""
        if order.state not in rules.NOT_TAKEN or report.verdict is not Verdict.CAPTURED:
            return True
        if rules.was_given_back(order, report):
            return True
        lines = [posted.line for posted in orders.list_lines(connection, order.id)]
        taken = orders.hold(connection, order.id, lines)
        # Who has paid them holds them no longer, once billing has the payment.
        if not taken and not postings.are_paid_elsewhere(connection, order.id):
            return True
        orders.release(connection, order.id)
        return False

    def _apply(
        self, connection: Connection, order: Order, step: Step, report: Report, source: Source
    ) -> Order:
        values: dict[str, object] = {}
        if report.verdict is Verdict.CAPTURED and order.captured is None:
            values = {
                "captured": report.amount or Decimal(0),
                "captured_currency": (report.currency or order.currency)[:3],
                "captured_at": self._moment(order, report),
                "transaction": report.transaction[:100],
            }
        if step.state is State.PAID and order.receipt_code is None:
            values["receipt_code"] = new_code()
        detail = " ".join(
            part
            for part in (
                told(report.verdict, report.amount, report.currency),
                report.code and f"code {report.code[:40]}",
                report.transaction and f"transaction {report.transaction[:100]}",
            )
            if part
        )
        moved = self._shared.move(connection, order, step, source, detail=detail, **values)
        if step.state is State.PAID:
            self.book(connection, moved)
        if step.problem is Problem.REVERSED:
            postings.withdraw(connection, order.id, GIVEN_BACK)
        return moved

    def _moment(self, order: Order, report: Report) -> datetime:
        """The bank's, where it can be."""
        now = self._shared.clock()
        if report.at is not None and order.created_at <= report.at <= now:
            return report.at
        return now

    def book(self, connection: Connection, order: Order) -> None:
        """Puts what was paid on its way into billing, in the transaction that says it is paid,
        and tells the payer."""
        postings.add_postings(connection, order, self._shared.clock())
        after_commit(connection, self._shared.wake_posting)
        if order.account_id is None:
            return
        lines = [posted.line for posted in orders.list_lines(connection, order.id)]
        self._shared.telling.mail(
            connection,
            order.account_id,
            "receipt",
            lambda _, language: letters.receipt(_, language, order, lines, self._shared),
            Purpose(kind="receipt", key=f"receipt {order.reference}"),
        )

    def _lock(self, connection: Connection, reference: OrderReference) -> Order:
        order = orders.find_order(connection, reference, lock=True)
        if order is None:
            raise OrderNotFound
        return order

    # By itself

    def hurry(self) -> None:
        """The next `ask_due` asks of everything that is undecided, whenever its turn would be."""
        with self._shared.database.write() as connection:
            orders.make_due(connection, self._shared.clock())

    def ask_due(self, is_stopping: Callable[[], bool] = lambda: False) -> int:
        """Asks the bank of orders that it has not decided, and ends those that nobody took
        there. Returns how many were looked at."""
        self._tell_of_long_unknown()
        looked_at = 0
        while not is_stopping():
            with self._shared.database.write() as connection:
                due = orders.claim_to_ask(connection, self._shared.clock(), most=ASKED_AT_ONCE)
            for order in due:
                if is_stopping() or not self._look_after(order):
                    return looked_at
                looked_at += 1
            if len(due) < ASKED_AT_ONCE:
                break
        return looked_at

    def _look_after(self, order: Order) -> bool:
        """False when the bank is away: the others' turn comes later."""
        if order.sent_at is None:
            self._time_is_up(order.id, State.EXPIRED)
            return True
        if self._shared.gateway is None or order.gateway != self._shared.gateway.name:
            self._time_is_up(order.id, State.UNKNOWN)
            return True
        try:
            self.ask(order.reference, Source.POLLER)
        except (GatewayError, NotNow) as error:
            self._rarely.warn(
                "the bank cannot be asked", error, do="is the bank's interface reachable from here?"
            )
            if order.state in rules.UNDECIDED:
                self._time_is_up(order.id, State.UNKNOWN)
            else:
                self._ask_again(order.id)
            return False
        return True

    def _ask_again(self, order_id: OrderId) -> None:
        """A question that had no answer does not count: it may be the last there is."""
        with self._shared.database.write() as connection:
            again = self._shared.clock() + rules.UNANSWERED
            orders.change_order(connection, order_id, next_ask_at=again)

    def _time_is_up(self, order_id: OrderId, state: State) -> None:
        now = self._shared.clock()
        with self._shared.database.write() as connection:
            order = orders.get_order(connection, order_id, lock=True)
            decided = order.state not in rules.UNDECIDED or order.state is state
            if not decided and now >= order.expires_at:
                self._shared.move(connection, order, Step(state=state), Source.CLOCK)
                return
            orders.change_order(connection, order_id, asks=order.asks + 1)
            again = orders.get_order(connection, order_id)
            orders.change_order(connection, order_id, next_ask_at=rules.next_ask(again, now))

    def _tell_of_long_unknown(self) -> None:
        now = self._shared.clock()
        before = now - timedelta(hours=self._shared.settings.unknown_hours)
        with self._shared.database.write() as connection:
            late = orders.mark_long_unknown(connection, before)
            late += postings.mark_overdue(connection, before)
        for order_id in late:
            log.warning(
                "a payment needs a person",
                order=order_id,
                do="see /staff/payments, or: flask payments show",
            )
