"""Deleting much: a thousand rows at a time, so that no statement takes long and nobody waits."""

from typing import Any

from sqlalchemy import ColumnElement, Table, delete, select, tuple_

from app.database.engine import Database

AT_ONCE = 1_000


def delete_all(database: Database, table: Table, which: ColumnElement[bool]) -> int:
    """In transactions of its own; returns how many rows that were."""
    key: Any = tuple_(*table.primary_key.columns)
    some = select(*table.primary_key.columns).where(which).limit(AT_ONCE)
    total = 0
    while True:
        with database.write() as connection:
            deleted = connection.execute(delete(table).where(key.in_(some))).rowcount
        total += deleted
        if deleted < AT_ONCE:
            return total
