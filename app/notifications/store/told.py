"""What was told already: the same is never told twice by the same channel."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from app.accounts.records import AccountId
from app.messages.records import Channel
from app.notifications.records import Key, What
from app.notifications.store.tables import notified
from legacy_adapters.records import ContractCode

AT_ONCE = 500  # rows in one statement: a database takes so many parameters


def add_new(connection: Connection, keys: Sequence[Key], at: datetime) -> set[Key]:
    """Those that were not told before: from now on they are. Of two at once, one gets each."""
    fresh: set[Key] = set()
    wanted = list(dict.fromkeys(keys))
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    columns = notified.c
    for start in range(0, len(wanted), AT_ONCE):
        rows = [{**key._asdict(), "told_at": at} for key in wanted[start : start + AT_ONCE]]
        statement = (
            dialect.insert(notified)
            .values(rows)
            .on_conflict_do_nothing()
            .returning(
                *(columns.account_id, columns.contract_code, columns.what),
                *(columns.subject, columns.channel),
            )
        )
        fresh |= {_key(row) for row in connection.execute(statement)}
    return fresh


def _key(row: Any) -> Key:
    return Key(
        AccountId(row.account_id),
        ContractCode(row.contract_code),
        What(row.what),
        row.subject,
        Channel(row.channel),
    )


def list_of(connection: Connection, account_id: AccountId) -> list[tuple[Key, datetime]]:
    """The newest first."""
    query = (
        select(notified)
        .where(notified.c.account_id == account_id)
        .order_by(notified.c.told_at.desc())
    )
    return [(_key(row), row.told_at) for row in connection.execute(query)]


def forget_of(connection: Connection, account_id: AccountId) -> None:
    connection.execute(delete(notified).where(notified.c.account_id == account_id))


def forget_older(connection: Connection, before: datetime) -> None:
    connection.execute(delete(notified).where(notified.c.told_at < before))
