"""Brings paid money into billing: into its staging table once, and what became of it back."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import structlog
from sqlalchemy import Connection

from app.jobs.rarely import Rarely
from app.payments import rules
from app.payments.records import Order, OrderId, Posting, Problem, Source, State
from app.payments.rules import Step
from app.payments.shared import Shared
from app.payments.store import orders, postings
from app.payments.store.postings import Due
from config.posting import PostingSettings
from legacy_adapters.errors import BillingError
from legacy_adapters.posting.port import (
    PaymentPosting,
    PaymentToPost,
    PostedPayment,
    PostingConflict,
    PostingStatus,
)

log = structlog.get_logger("selfcare")
AT_ONCE = 50
READ_AT_ONCE = 500
DELAYS = tuple(timedelta(seconds=s) for s in (5, 15, 60, 300))
LATER = timedelta(minutes=15)
# Billing's job takes payments when it takes them; who waits for one looks more often at first.
READ_DELAYS = tuple(timedelta(seconds=s) for s in (15, 15, 30, 60, 60, 120))
READ_LATER = timedelta(minutes=10)
AWAY = "is SELFCARE_POSTING_URL right, and its table there? flask payments check-posting"
NOT_THERE = "it is not in billing's table any more"
ANOTHER = "billing has another payment of its id"
BANK_NAME_LENGTH = 80  # what billing's table holds


@dataclass(frozen=True, kw_only=True, slots=True)
class Done:
    """How many payments were put into billing's table, and of how many it told the outcome."""

    posted: int
    decided: int


class Booking:
    def __init__(
        self, shared: Shared, *, desk: PaymentPosting | None, settings: PostingSettings
    ) -> None:
        """desk: None where billing takes no payments from here."""
        self._shared = shared
        self._desk = desk
        self._settings = settings
        self._rarely = Rarely()

    def work(self, is_stopping: Callable[[], bool] = lambda: False) -> Done:
        """Posts what waits, then reads back what was posted."""
        posted = self.post_due(is_stopping)
        return Done(posted=posted, decided=self.read_back(is_stopping))

    def hurry(self) -> None:
        """The next work looks after everything, whenever its turn would be."""
        with self._shared.database.write() as connection:
            postings.make_due(connection, self._shared.clock())

    def verify(self) -> None:
        """Raises: BillingError, when the table cannot be used."""
        if self._desk is not None:
            self._desk.verify()

    @property
    def is_on(self) -> bool:
        return self._desk is not None

    # Into billing

    def post_due(self, is_stopping: Callable[[], bool] = lambda: False) -> int:
        posted = 0
        while not is_stopping():
            due = self._claim(Posting.WAITING, AT_ONCE)
            for number, one in enumerate(due):
                if is_stopping():
                    return posted
                if not self._post(one):
                    self._put_off(due[number:], "billing cannot be reached")
                    return posted
                posted += 1
            if len(due) < AT_ONCE:
                break
        return posted

    def _claim(self, state: Posting, most: int) -> list[Due]:
        if self._desk is None:
            return []
        with self._shared.database.write() as connection:
            return postings.claim(connection, state, self._shared.clock(), most=most)

    def _post(self, due: Due) -> bool:
        """False when billing is away. Whatever happened to an earlier try of this payment, its
        id lets it be in billing's table once."""
        assert self._desk is not None  # noqa: S101 - nothing is claimed without it
        payment = PaymentToPost(
            payment_id=due.payment_id,
            contract_code=due.contract_code,
            invoice_number=due.invoice_number,
            amount=due.amount,
            paid_at=due.paid_at,
            method=self._settings.method,
            source=self._settings.source,
            bank_transaction=due.bank_name[:BANK_NAME_LENGTH],
        )
        try:
            self._desk.post(payment)
        except PostingConflict:
            self._end(due, Posting.WAITING, Posting.REFUSED, ANOTHER)
            return True
        except ValueError as error:  # no table could hold it: the others must not wait for it
            self._end(due, Posting.WAITING, Posting.REFUSED, f"it cannot be posted: {error}")
            return True
        except BillingError as error:
            self._rarely.warn("payments cannot be posted", error, do=AWAY)
            return False
        now = self._shared.clock()
        with self._shared.database.write() as connection:
            postings.set_state(
                connection,
                due.payment_id,
                Posting.POSTED,
                was=Posting.WAITING,
                next_try_at=now + READ_DELAYS[0],
                posted_at=now,
            )
        log.info("payment posted", order=due.order_id)
        return True

    def _put_off(self, due: list[Due], reason: str) -> None:
        tries = due[0].attempts
        delay = DELAYS[tries - 1] if tries <= len(DELAYS) else LATER
        with self._shared.database.write() as connection:
            postings.put_off(
                connection,
                [one.payment_id for one in due],
                self._shared.clock() + delay,
                reason,
            )

    # Back from billing

    def read_back(self, is_stopping: Callable[[], bool] = lambda: False) -> int:
        decided = 0
        while not is_stopping():
            due = self._claim(Posting.POSTED, READ_AT_ONCE)
            if not due:
                break
            assert self._desk is not None  # noqa: S101 - nothing is claimed without it
            try:
                found = self._desk.find([one.payment_id for one in due])
            except BillingError as error:
                self._rarely.warn("posted payments cannot be read", error, do=AWAY)
                self._put_off(due, "billing cannot be reached")
                break
            decided += sum(self._read(one, found.get(one.payment_id)) for one in due)
            if len(due) < READ_AT_ONCE:
                break
        return decided

    def _read(self, due: Due, found: PostedPayment | None) -> bool:
        """Whether billing has decided."""
        if found is not None and _what(found) != _what(due):
            return self._end(due, Posting.POSTED, Posting.REFUSED, ANOTHER)
        if found is not None and found.status is PostingStatus.ACCEPTED:
            return self._end(due, Posting.POSTED, Posting.ACCEPTED, "")
        if found is not None and found.status is PostingStatus.REFUSED:
            return self._end(due, Posting.POSTED, Posting.REFUSED, found.reason or "refused")
        tries = due.attempts
        delay = READ_DELAYS[tries - 1] if tries <= len(READ_DELAYS) else READ_LATER
        with self._shared.database.write() as connection:
            # Never posted anew: who took it away may have booked it.
            reason = NOT_THERE if found is None else ""
            until = self._shared.clock() + delay
            postings.put_off(connection, [due.payment_id], until, reason)
        return False

    def _end(self, due: Due, was: Posting, state: Posting, reason: str) -> bool:
        """Billing's last word on one payment, and what it makes of the order."""
        now = self._shared.clock()
        with self._shared.database.write() as connection:
            order = orders.get_order(connection, due.order_id, lock=True)
            if not postings.set_state(
                connection, due.payment_id, state, was=was, next_try_at=now, reason=reason
            ):
                return False
            if state is Posting.ACCEPTED:
                invoice = (due.contract_code, due.invoice_number)
                orders.release_invoice(connection, due.order_id, *invoice)
            self._conclude(connection, order, reason)
        return True

    def _conclude(self, connection: Connection, order: Order, reason: str) -> None:
        states = postings.list_states(connection, order.id)
        if Posting.REFUSED in states:
            if order.state is State.PAID or order.problem is Problem.NOT_TAKEN:
                step = Step(state=State.REVIEW, problem=Problem.REFUSED)
                self._shared.move(connection, order, step, Source.BILLING, detail=reason)
        elif rules.is_booked(states) and _waits_for_billing(order):
            self._shared.move(connection, order, Step(state=State.BOOKED), Source.BILLING)

    def try_again(self, connection: Connection, order_id: OrderId) -> int:
        """What waits is posted at once, and what billing refused is looked at again: the
        utility's people may have had it taken."""
        return postings.try_again(connection, order_id, self._shared.clock())


def _what(payment: Due | PostedPayment) -> tuple[object, ...]:
    return payment.contract_code, payment.invoice_number, payment.amount


def _waits_for_billing(order: Order) -> bool:
    if order.state is State.PAID:
        return True
    return order.state is State.REVIEW and order.problem in (Problem.REFUSED, Problem.NOT_TAKEN)
