"""Who has paid here for which contract."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import Connection, select

from app.accounts.records import AccountId
from app.payments.store.orders import CODES_AT_ONCE
from app.payments.store.tables import payment_line, payment_order
from legacy_adapters.records import ContractCode


def list_payers(
    connection: Connection, codes: Sequence[ContractCode], since: date
) -> set[tuple[AccountId, ContractCode]]:
    """Which accounts have paid here for which of these contracts since the day before that one."""
    begun = datetime.combine(since, time(), UTC) - timedelta(days=1)
    found: set[tuple[AccountId, ContractCode]] = set()
    for start in range(0, len(codes), CODES_AT_ONCE):
        query = (
            select(payment_order.c.account_id, payment_line.c.contract_code)
            .join_from(payment_line, payment_order, payment_line.c.order_id == payment_order.c.id)
            .where(
                payment_line.c.contract_code.in_(codes[start : start + CODES_AT_ONCE]),
                payment_order.c.captured_at >= begun,
                payment_order.c.account_id.is_not(None),
            )
        )
        found |= {
            (AccountId(row.account_id), ContractCode(row.contract_code))
            for row in connection.execute(query)
        }
    return found
