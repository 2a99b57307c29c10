"""What is in an order now: asked alone, and beside the contracts that come with a session."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, select

from app.accounts.records import AccountId
from app.accounts.store.sessions import Beside
from app.gateways.cards.port import OrderReference
from app.payments.records import State, UnderWay
from app.payments.store.tables import payment_hold, payment_order
from legacy_adapters.prepared import Row
from legacy_adapters.records import ContractCode, InvoiceNumber

CODES_AT_ONCE = 900  # of an IN list
COLUMNS = (
    payment_hold.c.contract_code.label("held_contract"),
    payment_hold.c.invoice_number.label("held_invoice"),
    payment_hold.c.amount.label("held_amount"),
    payment_order.c.state.label("order_state"),
    payment_order.c.reference.label("order_reference"),
    payment_order.c.account_id.label("order_account"),
)
OF_ORDER = payment_order.c.id == payment_hold.c.order_id


def list_under_way(
    connection: Connection, codes: Sequence[ContractCode], account_id: AccountId | None
) -> list[UnderWay]:
    """What of these contracts is in an order now; with its reference if this account began it."""
    found = []
    for start in range(0, len(codes), CODES_AT_ONCE):
        some = codes[start : start + CODES_AT_ONCE]
        query = select(*COLUMNS).join_from(payment_hold, payment_order, OF_ORDER)
        rows = connection.execute(query.where(payment_hold.c.contract_code.in_(some)))
        found += [_read(row._asdict(), account_id) for row in rows]
    return found


def _read(row: Row, account_id: AccountId | None) -> UnderWay:
    is_own = account_id is not None and row["order_account"] == account_id
    return UnderWay(
        contract_code=ContractCode(row["held_contract"]),
        invoice_number=InvoiceNumber(row["held_invoice"]),
        amount=row["held_amount"],
        state=State(row["order_state"]),
        reference=OrderReference(row["order_reference"]) if is_own else None,
    )


def _join(source: FromClause, code: ColumnElement[Any]) -> FromClause:
    held = source.outerjoin(payment_hold, payment_hold.c.contract_code == code)
    return held.outerjoin(payment_order, OF_ORDER)


def _find(row: Row, account_id: AccountId) -> UnderWay | None:
    return _read(row, account_id) if row["held_invoice"] else None


# For pages that would ask list_under_way of all that the session's statement brings.
UNDER_WAY = Beside(join=_join, columns=COLUMNS, find=_find)
