"""Counts tries per subject and span in the portal's database, so that all web processes of
all machines count together. One atomic statement counts: two tries at once are two."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import BigInteger, Column, Connection, Integer, String, Table, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from app.database.tables import metadata

DAY = 24 * 60  # minutes

account_try = Table(
    "account_try",
    metadata,
    Column("subject", String(64), primary_key=True),
    Column("span", BigInteger, primary_key=True, autoincrement=False),  # its end, in seconds
    Column("used", Integer, nullable=False),
    Column("account_id", Integer),  # whose they are, for who lets them in again
)


@dataclass(frozen=True, kw_only=True)
class Budget:
    """So many tries by one subject in each span of so many minutes. account_id: whose they use
    up, where they are for one account."""

    subject: str
    limit: int
    minutes: int = DAY
    account_id: int | None = None


class Tries:
    def spend(self, connection: Connection, budget: Budget, now: datetime) -> bool:
        """Counts one try; False when the budget was already used up."""
        return self.count(connection, budget, now) <= budget.limit

    def count(self, connection: Connection, budget: Budget, now: datetime) -> int:
        """Counts one try, and tells which it was in its span."""
        row = {
            "subject": _hashed(budget),
            "span": _end(budget, now),
            "used": 1,
            "account_id": budget.account_id,
        }
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
        return int(connection.execute(statement).scalar_one())

    def is_used_up(self, connection: Connection, budget: Budget, now: datetime) -> bool:
        """Without counting."""
        used = connection.execute(select(account_try.c.used).where(_row(budget, now))).scalar()
        return (used or 0) >= budget.limit

    def give_back(self, connection: Connection, budget: Budget, now: datetime) -> None:
        """After a success: what a person gets right does not count against their network."""
        connection.execute(
            account_try.update()
            .where(_row(budget, now), account_try.c.used > 0)
            .values(used=account_try.c.used - 1)
        )

    def forget_of(self, connection: Connection, account_id: int) -> None:
        """From wherever they came: the next one is the first again."""
        connection.execute(delete(account_try).where(account_try.c.account_id == account_id))

    def forget_old(self, connection: Connection, now: datetime) -> None:
        connection.execute(delete(account_try).where(account_try.c.span < int(now.timestamp())))


def _row(budget: Budget, now: datetime) -> Any:
    return (account_try.c.subject == _hashed(budget)) & (account_try.c.span == _end(budget, now))


def _end(budget: Budget, now: datetime) -> int:
    seconds = budget.minutes * 60
    return (int(now.timestamp()) // seconds + 1) * seconds


def _hashed(budget: Budget) -> str:
    return sha256(budget.subject.encode()).hexdigest()
