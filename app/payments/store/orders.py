"""Statements over orders, their lines, holds and events."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from app.accounts.records import AccountId
from app.gateways.cards.port import OrderReference
from app.gateways.cards.values import find_reference
from app.payments.records import (
    Event,
    Line,
    LinkId,
    Order,
    OrderId,
    Payer,
    PostedLine,
    Posting,
    Problem,
    Source,
    State,
)
from app.payments.store.tables import (
    payment_event,
    payment_hold,
    payment_line,
    payment_order,
    payment_posting,
)
from legacy_adapters.posting.port import PaymentId
from legacy_adapters.records import ContractCode, InvoiceNumber, Period

CODES_AT_ONCE = 900  # of an IN list
LEASE = timedelta(minutes=2)  # for whoever asks the bank of an order


def read_order(row: Any) -> Order:
    values = {name: getattr(row, name) for name in ORDER_FIELDS}
    values["state"] = State(row.state)
    values["problem"] = Problem(row.problem) if row.problem else None
    return Order(**values)


ORDER_FIELDS = tuple(Order.__dataclass_fields__)
ORDER_COLUMNS = tuple(payment_order.c[name] for name in ORDER_FIELDS)


def add_order(connection: Connection, values: Mapping[str, Any]) -> OrderId:
    result = connection.execute(insert(payment_order).values(**values))
    return OrderId(result.inserted_primary_key.id)  # type: ignore[union-attr]


def add_lines(connection: Connection, order_id: OrderId, lines: Sequence[Line]) -> None:
    rows = [
        {
            "order_id": order_id,
            "contract_code": line.contract_code,
            "holder": line.holder[:200],
            "invoice_number": line.invoice_number,
            "period": line.period and line.period.year * 100 + line.period.month,
            "principal": line.principal,
            "tv_fee": line.tv_fee,
            "interest": line.interest,
            "amount": line.amount,
        }
        for line in lines
    ]
    connection.execute(insert(payment_line), rows)


def hold(connection: Connection, order_id: OrderId, lines: Sequence[Line]) -> list[Line]:
    """Takes the lines' invoices for this order; returns the lines whose invoices another one
    has. An invoice that this order has already stays its own."""
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    taken = []
    # In one order for all: two payers of the same invoices must not wait for each other.
    for line in sorted(lines, key=lambda one: (one.contract_code, one.invoice_number)):
        row = {
            "contract_code": line.contract_code,
            "invoice_number": line.invoice_number,
            "order_id": order_id,
            "amount": line.amount,
        }
        statement = (
            dialect.insert(payment_hold)
            .values(row)
            .on_conflict_do_update(
                index_elements=["contract_code", "invoice_number"],
                set_={"order_id": order_id},
                where=payment_hold.c.order_id == order_id,
            )
            .returning(payment_hold.c.order_id)
        )
        if connection.execute(statement).first() is None:
            taken.append(line)
    return taken


def release(connection: Connection, order_id: OrderId) -> None:
    connection.execute(delete(payment_hold).where(payment_hold.c.order_id == order_id))


def release_invoice(
    connection: Connection, order_id: OrderId, code: ContractCode, number: InvoiceNumber
) -> None:
    connection.execute(
        delete(payment_hold).where(
            payment_hold.c.order_id == order_id,
            payment_hold.c.contract_code == code,
            payment_hold.c.invoice_number == number,
        )
    )


def find_order(
    connection: Connection, reference: OrderReference, *, lock: bool = False
) -> Order | None:
    """lock: until the transaction ends."""
    if find_reference(reference) is None:
        return None  # from an address: PostgreSQL refuses some characters
    query = select(*ORDER_COLUMNS).where(payment_order.c.reference == reference)
    if lock:
        query = query.with_for_update()
    row = connection.execute(query).first()
    return read_order(row) if row else None


def find_by_id(connection: Connection, order_id: OrderId) -> Order | None:
    row = connection.execute(select(*ORDER_COLUMNS).where(payment_order.c.id == order_id)).first()
    return read_order(row) if row else None


def get_order(connection: Connection, order_id: OrderId, *, lock: bool = False) -> Order:
    query = select(*ORDER_COLUMNS).where(payment_order.c.id == order_id)
    if lock:
        query = query.with_for_update()
    return read_order(connection.execute(query).one())


def change_order(connection: Connection, order_id: OrderId, **values: Any) -> None:
    connection.execute(update(payment_order).where(payment_order.c.id == order_id).values(**values))


def list_lines(connection: Connection, order_id: OrderId) -> list[PostedLine]:
    query = (
        select(payment_line, payment_posting.c.payment_id)
        .add_columns(payment_posting.c.state, payment_posting.c.reason)
        .outerjoin(payment_posting, payment_posting.c.line_id == payment_line.c.id)
        .where(payment_line.c.order_id == order_id)
        .order_by(payment_line.c.id)
    )
    return [
        PostedLine(
            line=read_line(row),
            payment_id=PaymentId(row.payment_id) if row.payment_id else None,
            posting=Posting(row.state) if row.state else None,
            reason=row.reason or "",
        )
        for row in connection.execute(query)
    ]


def read_line(row: Any) -> Line:
    return Line(
        contract_code=ContractCode(row.contract_code),
        holder=row.holder,
        invoice_number=InvoiceNumber(row.invoice_number),
        period=Period(*divmod(row.period, 100)) if row.period else None,
        principal=row.principal,
        tv_fee=row.tv_fee,
        interest=row.interest,
        amount=row.amount,
    )


# Events


def add_event(
    connection: Connection,
    order_id: OrderId,
    *,
    at: datetime,
    state: State,
    source: Source,
    detail: str = "",
) -> None:
    row = {"order_id": order_id, "at": at, "state": state, "source": source}
    connection.execute(insert(payment_event).values(**row, detail=detail[:300]))


def list_events(connection: Connection, order_id: OrderId) -> list[Event]:
    query = (
        select(payment_event)
        .where(payment_event.c.order_id == order_id)
        .order_by(payment_event.c.id)
    )
    return [
        Event(at=row.at, state=State(row.state), source=Source(row.source), detail=row.detail)
        for row in connection.execute(query)
    ]


# Lists


def list_of_account(
    connection: Connection, account_id: AccountId, *, limit: int | None, offset: int = 0
) -> list[Order]:
    """The newest first."""
    return _list(connection, payment_order.c.account_id == account_id, limit=limit, offset=offset)


def list_open_of_links(connection: Connection, link_ids: Sequence[LinkId]) -> list[Order]:
    """Begun by these links and not gone to the bank; locked until the transaction ends."""
    query = (
        select(*ORDER_COLUMNS)
        .where(payment_order.c.link_id.in_(link_ids), payment_order.c.state == State.OPEN)
        .order_by(payment_order.c.id)
        .with_for_update()
    )
    return [read_order(row) for row in connection.execute(query)]


def list_with_problem(connection: Connection, *, limit: int) -> list[Order]:
    """The longest waiting first."""
    query = (
        select(*ORDER_COLUMNS)
        .where(payment_order.c.problem.is_not(None))
        .order_by(payment_order.c.state_at, payment_order.c.id)
        .limit(limit)
    )
    return [read_order(row) for row in connection.execute(query)]


def list_captured(connection: Connection, since: datetime, until: datetime) -> list[Order]:
    when = payment_order.c.captured_at
    return _list(connection, (when >= since) & (when < until), limit=None)


def list_of_references(
    connection: Connection, references: Sequence[OrderReference]
) -> dict[OrderReference, Order]:
    found = {}
    for start in range(0, len(references), CODES_AT_ONCE):
        chunk = references[start : start + CODES_AT_ONCE]
        for order in _list(connection, payment_order.c.reference.in_(chunk), limit=None):
            found[order.reference] = order
    return found


def _list(
    connection: Connection, which: ColumnElement[bool], *, limit: int | None, offset: int = 0
) -> list[Order]:
    query = select(*ORDER_COLUMNS).where(which).order_by(payment_order.c.id.desc())
    query = query.limit(limit).offset(offset)
    return [read_order(row) for row in connection.execute(query)]


def count_of_account(connection: Connection, account_id: AccountId) -> int:
    query = select(func.count()).where(payment_order.c.account_id == account_id)
    return int(connection.execute(query).scalar_one())


def count_begun(connection: Connection, payer: Payer, since: datetime) -> int:
    """How many orders this payer has begun since then."""
    whose = (
        payment_order.c.link_id == payer.link_id
        if payer.account_id is None
        else payment_order.c.account_id == payer.account_id
    )
    query = select(func.count()).where(whose, payment_order.c.created_at > since)
    return int(connection.execute(query).scalar_one())


# Asking the bank


def claim_to_ask(connection: Connection, now: datetime, *, most: int) -> list[Order]:
    """Orders of which the bank is to be asked, for this process alone for a while."""
    due = (
        select(payment_order.c.id)
        .where(payment_order.c.next_ask_at <= now)
        .order_by(payment_order.c.next_ask_at)
        .limit(most)
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    statement = (
        update(payment_order)
        .where(payment_order.c.id.in_(select(due.c.id)))
        .values(next_ask_at=now + LEASE)
        .returning(*ORDER_COLUMNS)
    )
    return [read_order(row) for row in connection.execute(statement)]


def make_due(connection: Connection, now: datetime) -> None:
    """The bank is asked at once of all that it has not decided; what is locked changes now."""
    undecided = (
        select(payment_order.c.id)
        .where(
            payment_order.c.state.in_([State.AT_BANK, State.UNKNOWN]),
            payment_order.c.next_ask_at.is_not(None),
        )
        .with_for_update(skip_locked=True)
    )
    connection.execute(
        update(payment_order).where(payment_order.c.id.in_(undecided)).values(next_ask_at=now)
    )


def mark_long_unknown(connection: Connection, before: datetime) -> list[OrderId]:
    """Of orders undecided for so long: staff sees them from now on."""
    statement = (
        update(payment_order)
        .where(
            payment_order.c.state == State.UNKNOWN,
            payment_order.c.problem.is_(None),
            payment_order.c.expires_at < before,
        )
        .values(problem=Problem.UNKNOWN_LONG)
        .returning(payment_order.c.id)
    )
    return [OrderId(row.id) for row in connection.execute(statement)]


def find_receipt(connection: Connection, code: str) -> tuple[Order, int] | None:
    """The paid order of this receipt, and how many invoices it paid."""
    invoices = (
        select(func.count()).where(payment_line.c.order_id == payment_order.c.id).scalar_subquery()
    )
    query = select(*ORDER_COLUMNS, invoices.label("invoices")).where(
        payment_order.c.receipt_code == code
    )
    row = connection.execute(query).first()
    return (read_order(row), row.invoices) if row else None
