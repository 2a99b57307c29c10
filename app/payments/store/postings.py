"""Statements over payments on their way into billing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, and_, case, func, insert, select, update

from app.payments.records import Order, OrderId, Posting, Problem, State
from app.payments.store.tables import payment_line, payment_order, payment_posting
from legacy_adapters.posting.port import PaymentId
from legacy_adapters.records import ContractCode, InvoiceNumber

LEASE = timedelta(minutes=2)
IDS_AT_ONCE = 900


@dataclass(frozen=True, kw_only=True, slots=True)
class Due:
    """A payment to be posted, or posted and to be looked after."""

    payment_id: PaymentId
    order_id: OrderId
    contract_code: ContractCode
    invoice_number: InvoiceNumber
    amount: Decimal
    paid_at: datetime
    bank_name: str  # the bank's own id of the capture; of the order, where it tells no other
    attempts: int
    posted_at: datetime | None


def add_postings(connection: Connection, order: Order, now: datetime) -> None:
    """One for each line of an order; what is there already stays. Their ids are the order's
    reference and the line's place in it, so that no second set of them can ever arise."""
    place = func.row_number().over(order_by=payment_line.c.id)
    lines = (
        select(payment_line.c.id, place.label("place"))
        .where(payment_line.c.order_id == order.id)
        .cte("lines")
    )
    there = select(payment_posting.c.line_id).where(payment_posting.c.order_id == order.id)
    rows = connection.execute(select(lines).where(lines.c.id.not_in(there)))
    values = [
        {
            "payment_id": f"{order.reference}-{row.place}",
            "order_id": order.id,
            "line_id": row.id,
            "state": Posting.WAITING,
            "created_at": now,
            "attempts": 0,
            "next_try_at": now,
            "reason": "",
        }
        for row in rows
    ]
    if values:
        connection.execute(insert(payment_posting), values)


def are_paid_elsewhere(connection: Connection, order_id: OrderId) -> bool:
    """Whether another order has paid an invoice of this one."""
    theirs = payment_line.alias("theirs")
    same = and_(
        theirs.c.contract_code == payment_line.c.contract_code,
        theirs.c.invoice_number == payment_line.c.invoice_number,
        theirs.c.order_id != payment_line.c.order_id,
    )
    query = (
        select(payment_posting.c.payment_id)
        .join(theirs, theirs.c.id == payment_posting.c.line_id)
        .join(payment_line, same)
        .where(payment_line.c.order_id == order_id, payment_posting.c.state != Posting.REFUSED)
        .limit(1)
    )
    return connection.execute(query).first() is not None


def claim(connection: Connection, state: Posting, now: datetime, *, most: int) -> list[Due]:
    """Payments in this state that are due, for this process alone for a while."""
    due = (
        select(payment_posting.c.payment_id)
        .where(payment_posting.c.state == state, payment_posting.c.next_try_at <= now)
        .order_by(payment_posting.c.next_try_at, payment_posting.c.payment_id)
        .limit(most)
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    leased = (
        update(payment_posting)
        .where(payment_posting.c.payment_id.in_(select(due.c.payment_id)))
        .values(next_try_at=now + LEASE, attempts=payment_posting.c.attempts + 1)
        .returning(payment_posting.c.payment_id)
    )
    ids = [row.payment_id for row in connection.execute(leased)]
    return list_due(connection, ids)


def list_due(connection: Connection, payment_ids: Sequence[str]) -> list[Due]:
    query = (
        select(payment_posting, payment_line.c.contract_code, payment_line.c.invoice_number)
        .add_columns(payment_line.c.amount, payment_order.c.captured_at)
        .add_columns(payment_order.c.transaction, payment_order.c.bank_reference)
        .add_columns(payment_order.c.reference)
        .join(payment_line, payment_line.c.id == payment_posting.c.line_id)
        .join(payment_order, payment_order.c.id == payment_posting.c.order_id)
        .where(payment_posting.c.payment_id.in_(payment_ids))
        .order_by(payment_posting.c.created_at, payment_posting.c.payment_id)
    )
    return [_due(row) for row in connection.execute(query)]


def _due(row: Any) -> Due:
    return Due(
        payment_id=PaymentId(row.payment_id),
        order_id=OrderId(row.order_id),
        contract_code=ContractCode(row.contract_code),
        invoice_number=InvoiceNumber(row.invoice_number),
        amount=row.amount,
        paid_at=row.captured_at,
        bank_name=row.transaction or row.bank_reference or row.reference,
        attempts=row.attempts,
        posted_at=row.posted_at,
    )


def set_state(
    connection: Connection,
    payment_id: PaymentId,
    state: Posting,
    *,
    was: Posting,
    next_try_at: datetime,
    reason: str = "",
    posted_at: datetime | None = None,
) -> bool:
    """False when it had left the state it was in: another process was faster."""
    values: dict[str, Any] = {"state": state, "next_try_at": next_try_at, "attempts": 0}
    if posted_at:
        values["posted_at"] = posted_at
    result = connection.execute(
        update(payment_posting)
        .where(payment_posting.c.payment_id == payment_id, payment_posting.c.state == was)
        .values(**values, reason=reason[:200])
    )
    return result.rowcount > 0


def put_off(
    connection: Connection, payment_ids: Sequence[PaymentId], until: datetime, reason: str
) -> None:
    connection.execute(
        update(payment_posting)
        .where(payment_posting.c.payment_id.in_(payment_ids))
        .values(next_try_at=until, reason=reason[:200])
    )


def try_again(connection: Connection, order_id: OrderId, now: datetime) -> int:
    """What billing refused is looked after again; what waits is tried at once."""
    result = connection.execute(
        update(payment_posting)
        .where(payment_posting.c.order_id == order_id)
        .where(payment_posting.c.state.in_([Posting.WAITING, Posting.REFUSED, Posting.POSTED]))
        # What billing refused stands in its table: there is nothing to be posted a second time.
        .values(
            next_try_at=now,
            attempts=0,
            state=case(
                (payment_posting.c.posted_at.is_(None), Posting.WAITING.value),
                else_=Posting.POSTED.value,
            ),
        )
    )
    return result.rowcount


def withdraw(connection: Connection, order_id: OrderId, reason: str) -> None:
    """What is not known to be in billing's table stays out of it."""
    connection.execute(
        update(payment_posting)
        .where(payment_posting.c.order_id == order_id)
        .where(payment_posting.c.state == Posting.WAITING)
        .values(state=Posting.REFUSED, reason=reason[:200])
    )


def make_due(connection: Connection, now: datetime) -> None:
    """All that is under way is looked after at once; what is locked is so already."""
    under_way = (
        select(payment_posting.c.payment_id)
        .where(payment_posting.c.state.in_([Posting.WAITING, Posting.POSTED]))
        .with_for_update(skip_locked=True)
    )
    connection.execute(
        update(payment_posting)
        .where(payment_posting.c.payment_id.in_(under_way))
        .values(next_try_at=now)
    )


def list_states(connection: Connection, order_id: OrderId) -> list[Posting]:
    """Each that there is once."""
    query = select(payment_posting.c.state).where(payment_posting.c.order_id == order_id)
    return [Posting(state) for state in connection.scalars(query.distinct())]


def mark_overdue(connection: Connection, before: datetime) -> list[OrderId]:
    """Of paid orders with a payment that has been under way since before then: staff sees them
    from now on."""
    under_way = select(payment_posting.c.order_id).where(
        payment_posting.c.state.in_([Posting.WAITING, Posting.POSTED]),
        payment_posting.c.created_at < before,
    )
    statement = (
        update(payment_order)
        .where(
            payment_order.c.id.in_(under_way),
            payment_order.c.state == State.PAID,
            payment_order.c.problem.is_(None),
        )
        .values(problem=Problem.NOT_TAKEN)
        .returning(payment_order.c.id)
    )
    return [OrderId(row.id) for row in connection.execute(statement)]


def count_by_state(connection: Connection) -> dict[Posting, int]:
    query = select(payment_posting.c.state, func.count()).group_by(payment_posting.c.state)
    return {Posting(state): count for state, count in connection.execute(query).all()}


@dataclass(frozen=True, kw_only=True, slots=True)
class Expected:
    """What should stand in billing of a captured payment."""

    payment_id: PaymentId
    contract_code: ContractCode
    invoice_number: InvoiceNumber
    amount: Decimal
    posting: Posting


def list_expected(connection: Connection, since: datetime, until: datetime) -> list[Expected]:
    """Of the payments captured in that time."""
    query = (
        select(payment_posting.c.payment_id, payment_posting.c.state, payment_line.c.amount)
        .add_columns(payment_line.c.contract_code, payment_line.c.invoice_number)
        .join(payment_line, payment_line.c.id == payment_posting.c.line_id)
        .join(payment_order, payment_order.c.id == payment_posting.c.order_id)
        .where(payment_order.c.captured_at >= since, payment_order.c.captured_at < until)
        .order_by(payment_posting.c.payment_id)
    )
    return [
        Expected(
            payment_id=PaymentId(row.payment_id),
            contract_code=ContractCode(row.contract_code),
            invoice_number=InvoiceNumber(row.invoice_number),
            amount=row.amount,
            posting=Posting(row.state),
        )
        for row in connection.execute(query)
    ]


def find_known(connection: Connection, payment_ids: Sequence[PaymentId]) -> set[PaymentId]:
    """Those of them that were made here."""
    known: set[PaymentId] = set()
    for start in range(0, len(payment_ids), IDS_AT_ONCE):
        ids = payment_ids[start : start + IDS_AT_ONCE]
        query = select(payment_posting.c.payment_id).where(payment_posting.c.payment_id.in_(ids))
        known |= {PaymentId(found) for found in connection.scalars(query)}
    return known
