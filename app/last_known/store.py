"""The table of last known answers, and each statement over it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    LargeBinary,
    String,
    Table,
    and_,
    delete,
    func,
    or_,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite

from app.database.tables import Moment, metadata
from legacy_adapters.records import ContractCode

last_known = Table(
    "last_known",
    metadata,
    Column("contract_code", String(20), primary_key=True),
    Column("topic", String(20), primary_key=True),
    Column("told_at", Moment, nullable=False, index=True),
    Column("body", LargeBinary, nullable=False),
)
IsLinked = Callable[[ColumnElement[str]], ColumnElement[bool]]  # whether an account has it
IN_LIST = 900
AHEAD = timedelta(minutes=1)  # of now: what is later was written by a clock that was wrong


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    contract_code: ContractCode
    topic: str
    told_at: datetime
    body: bytes


def keep(connection: Connection, rows: Sequence[Kept], now: datetime) -> None:
    # Both databases spell it alike, but SQLAlchemy has an insert for each.
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    new = dialect.insert(last_known)
    statement = new.on_conflict_do_update(
        index_elements=["contract_code", "topic"],
        set_={"told_at": new.excluded.told_at, "body": new.excluded.body},
        where=or_(  # another process may know more
            last_known.c.told_at <= new.excluded.told_at, last_known.c.told_at > now + AHEAD
        ),
    )
    columns = [column.name for column in last_known.c]
    # In one order everywhere: two processes that write the same rows must not wait in a circle.
    ordered = sorted(rows, key=lambda row: (row.contract_code, row.topic))
    values = [{name: getattr(row, name) for name in columns} for row in ordered]
    connection.execute(statement, values)


def read(
    connection: Connection,
    codes: Sequence[ContractCode],
    topic: str,
    *,
    since: datetime,
    now: datetime,
) -> Iterator[Kept]:
    for start in range(0, len(codes), IN_LIST):
        chunk = codes[start : start + IN_LIST]
        query = select(last_known).where(
            last_known.c.contract_code.in_(chunk),
            last_known.c.topic == topic,
            last_known.c.told_at.between(since, now + AHEAD),
        )
        for row in connection.execute(query):
            yield Kept(**row._mapping)


def clean(connection: Connection, *, since: datetime, now: datetime) -> None:
    told_at = last_known.c.told_at
    _delete(connection, or_(told_at < since, told_at > now + AHEAD))


def forget_contract(connection: Connection, code: ContractCode) -> None:
    _delete(connection, last_known.c.contract_code == code)


def _delete(connection: Connection, which: ColumnElement[bool]) -> None:
    """Taken in the order in which they are written: two that take the same rows in another one
    would wait in a circle, and a customer's registration may be one of them."""
    rows = select(*last_known.primary_key).where(which).order_by(*last_known.primary_key)
    taken = rows.with_for_update(of=last_known).subquery()
    connection.execute(select(func.count()).select_from(taken))
    connection.execute(delete(last_known).where(which))


def list_unlinked(connection: Connection, is_linked: IsLinked) -> list[ContractCode]:
    """Contracts that no account has; some, where they are many."""
    code = last_known.c.contract_code
    query = select(code).where(~is_linked(code)).distinct().limit(IN_LIST)
    return [ContractCode(found) for found in connection.scalars(query)]


def forget_unlinked(
    connection: Connection, codes: Sequence[ContractCode], is_linked: IsLinked
) -> None:
    """Those of these contracts that no account has."""
    code = last_known.c.contract_code
    for start in range(0, len(codes), IN_LIST):
        some = code.in_(codes[start : start + IN_LIST])
        _delete(connection, and_(some, ~is_linked(code)))
