"""Counts tries per subject and span in the portal's database, so that all web processes of
all machines count together. One atomic statement counts: two tries at once are two."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy import BigInteger, Column, Connection, Integer, String, Table, delete
from sqlalchemy.dialects import postgresql, sqlite

from app.database.tables import metadata

account_try = Table(
    "account_try",
    metadata,
    Column("subject", String(64), primary_key=True),
    Column("span", BigInteger, primary_key=True, autoincrement=False),
    Column("used", Integer, nullable=False),
)


@dataclass(frozen=True, kw_only=True)
class Budget:
    """So many tries by one subject in one span."""

    subject: str
    limit: int


class Tries:
    def __init__(self, *, window_minutes: int) -> None:
        self._seconds = window_minutes * 60

    def spend(self, connection: Connection, budget: Budget, now: datetime) -> bool:
        """Counts one try; False when the budget was already used up."""
        row = {"subject": _hashed(budget.subject), "span": self._span(now), "used": 1}
        # Both databases spell it alike, but SQLAlchemy has an insert for each.
        dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
        statement = (
            dialect.insert(account_try)
            .values(row)
            .on_conflict_do_update(
                index_elements=["subject", "span"], set_={"used": account_try.c.used + 1}
            )
            .returning(account_try.c.used)
        )
        return bool(connection.execute(statement).scalar_one() <= budget.limit)

    def give_back(self, connection: Connection, budget: Budget, now: datetime) -> None:
        """After a success: what a person gets right does not count against their network."""
        row = (account_try.c.subject == _hashed(budget.subject)) & (
            account_try.c.span == self._span(now)
        )
        connection.execute(
            account_try.update()
            .where(row, account_try.c.used > 0)
            .values(used=account_try.c.used - 1)
        )

    def forget_old(self, connection: Connection, now: datetime) -> None:
        connection.execute(delete(account_try).where(account_try.c.span < self._span(now) - 1))

    def _span(self, now: datetime) -> int:
        return int(now.timestamp()) // self._seconds


def _hashed(subject: str) -> str:
    return sha256(subject.encode()).hexdigest()
