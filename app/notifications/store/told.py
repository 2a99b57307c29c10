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


def add_new(connection: Connection, keys: Sequence[Key], at: datetime) -> set[Key]:
    """Those that were not told before: from now on they are. Of two at once, one gets each."""
    wanted = list(dict.fromkeys(keys))
    if not wanted:
        return set()
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    columns = notified.c
    statement = (
        dialect.insert(notified)
        .on_conflict_do_nothing()
        .returning(
            *(columns.account_id, columns.contract_code, columns.what),
            *(columns.subject, columns.channel),
        )
    )
    rows = [{**key._asdict(), "told_at": at} for key in wanted]
    return {_key(row) for row in connection.execute(statement, rows)}


def _key(row: Any) -> Key:
    return Key(
        AccountId(row.account_id),
        ContractCode(row.contract_code),
        What(row.what),
        row.subject,
        Channel(row.channel),
    )


def kept_of(connection: Connection, account_id: AccountId) -> list[dict[str, str]]:
    """For the owner's copy of their data, the newest first."""
    query = (
        select(notified)
        .where(notified.c.account_id == account_id)
        .order_by(notified.c.told_at.desc())
    )
    return [
        {
            "contract": row.contract_code,
            "about": row.what,
            "which": row.subject,
            "channel": row.channel,
            "told_at": row.told_at.isoformat(timespec="seconds"),
        }
        for row in connection.execute(query)
    ]


def forget_of(connection: Connection, account_id: AccountId) -> None:
    connection.execute(delete(notified).where(notified.c.account_id == account_id))
