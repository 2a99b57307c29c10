"""Payments that need a person: what staff sees of them and may do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from sqlalchemy import Connection

from app.audit.records import Action, Actor
from app.clock import HOME
from app.codes import new_code
from app.gateways.cards.port import OrderReference
from app.payments import rules
from app.payments.booking import Booking
from app.payments.records import (
    Line,
    NotNow,
    Order,
    OrderNotFound,
    Posting,
    Problem,
    Source,
    State,
)
from app.payments.rules import Step
from app.payments.settling import Settling
from app.payments.shared import Shared
from app.payments.store import orders, postings, refusals
from app.staff.records import Member

SHOWN = 200
REFUSALS_DAYS = 7
NOTE_LENGTH = 250


class Decision(StrEnum):
    """What a person may decide; may_decide says when."""

    POST = "post"  # the money taken is a payment of these invoices: billing shall have it
    TRY_AGAIN = "try again"  # billing shall look at it again
    NOT_PAID = "not paid"  # the bank took nothing, as it told a person
    SOLVED = "solved"  # given back, or put right in billing by hand


@dataclass(frozen=True, kw_only=True, slots=True)
class Overview:
    """refusals: (day, bank, reason, times) of what came in a bank's name and was not its."""

    orders: tuple[Order, ...]
    postings: dict[Posting, int]
    refusals: tuple[tuple[date, str, str, int], ...]


def may_decide(order: Order) -> tuple[Decision, ...]:
    match order.problem:
        case Problem.UNKNOWN_LONG:
            return (Decision.NOT_PAID,)
        case Problem.TAKEN_TWICE:
            is_whole = (order.captured, order.captured_currency) == (order.amount, order.currency)
            can_post = order.receipt_code is None and is_whole
            return (Decision.POST, Decision.SOLVED) if can_post else (Decision.SOLVED,)
        case Problem.AMOUNT | Problem.REVERSED:
            return (Decision.SOLVED,)
        case Problem.REFUSED:
            return (Decision.TRY_AGAIN, Decision.SOLVED)
        case Problem.NOT_TAKEN:  # not closed: it may be taken any moment
            return (Decision.TRY_AGAIN,)
        case _:
            return ()


class Review:
    def __init__(self, shared: Shared, *, settling: Settling, booking: Booking) -> None:
        self._shared = shared
        self._settling = settling
        self._booking = booking

    def overview(self) -> Overview:
        since = self._shared.clock().astimezone(HOME).date() - timedelta(days=REFUSALS_DAYS)
        with self._shared.database.read() as connection:
            return Overview(
                orders=tuple(orders.list_with_problem(connection, limit=SHOWN)),
                postings=postings.count_by_state(connection),
                refusals=tuple(refusals.list_refusals(connection, since)),
            )

    def decide(
        self, reference: OrderReference, decision: Decision, *, note: str, by: Member
    ) -> Order:
        """note: why, at least a word, for those who ask later.

        Raises: OrderNotFound; NotNow, where the order is not (any more) one for this decision.
        """
        with self._shared.database.write() as connection:
            order = orders.find_order(connection, reference, lock=True)
            if order is None:
                raise OrderNotFound
            if decision not in may_decide(order) or not note.strip():
                raise NotNow
            detail = f"{decision} by {by.name}: {note.strip()[:NOTE_LENGTH]}"
            decided = self._do(connection, order, decision, detail)
            self._shared.audit.record(
                connection,
                Action.PAYMENT_REVIEWED,
                actor=Actor.STAFF,
                staff_id=by.id,
                account_id=order.account_id,
                detail=f"{order.reference}: {decision} by {by.name}",
            )
        return decided

    def _do(self, connection: Connection, order: Order, decision: Decision, detail: str) -> Order:
        move = self._shared.move
        if decision is Decision.POST:
            orders.hold(connection, order.id, self._lines(connection, order))
            step = Step(state=State.PAID)
            values = {"receipt_code": new_code()}
            moved = move(connection, order, step, Source.STAFF, detail=detail, **values)
            self._settling.book(connection, moved)
            return moved
        if decision is Decision.TRY_AGAIN:
            self._booking.try_again(connection, order.id)
            return move(connection, order, Step(state=State.PAID), Source.STAFF, detail=detail)
        return move(connection, order, self._solved(connection, order), Source.STAFF, detail=detail)

    def _solved(self, connection: Connection, order: Order) -> Step:
        """A second capture that was given back leaves the first one where it was."""
        if order.problem is not Problem.TAKEN_TWICE or not order.was_taken:
            return Step(state=State.CLOSED)
        states = postings.list_states(connection, order.id)
        if Posting.REFUSED in states:
            return Step(state=State.REVIEW, problem=Problem.REFUSED)
        return Step(state=State.BOOKED if rules.is_booked(states) else State.PAID)

    def _lines(self, connection: Connection, order: Order) -> Sequence[Line]:
        return [posted.line for posted in orders.list_lines(connection, order.id)]
