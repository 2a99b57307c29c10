"""How the doctor asks: one question per connection, and no customer's value in an answer's
error."""

from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from legacy_adapters.doctor.report import Level
from legacy_adapters.errors import (
    CODE,
    REASON_LENGTH,
    BillingError,
    BillingUnavailable,
    quotes_a_value,
)
from legacy_adapters.guard import Guard

T = TypeVar("T")
FAILURES = (BillingError, SQLAlchemyError, ValueError, TypeError, ArithmeticError)


class Ask:
    """limit: of the database's kind, for what its engine does not limit."""

    def __init__(
        self, guard: Guard, seconds: float, limit: Callable[[Connection, float], None]
    ) -> None:
        self._guard = guard
        self._limit = limit
        self.seconds = seconds

    def __call__(self, question: Callable[[Connection], T], *, seconds: float | None = None) -> T:
        """Raises: one of FAILURES."""
        allowed = seconds or self.seconds

        def limited(connection: Connection) -> T:
            # On Oracle a transaction is open already: now SQLAlchemy ends it in any case.
            if not connection.in_transaction():
                connection.begin()
            self._limit(connection, allowed)
            return question(connection)

        return self._guard.connect(limited, seconds=allowed)

    def value(self, sql: str, **values: Any) -> Any:
        """The first column of the first row."""
        return self(lambda connection: connection.exec_driver_sql(sql, values or None).scalar())


def level_of(error: BaseException) -> Level:
    """Of a check that failed. What the database cannot give to a question, it cannot give to a
    page; what took too long says nothing of pages, which ask for less."""
    return Level.NOTE if isinstance(error, BillingUnavailable) else Level.BROKEN


def reason(error: BaseException) -> str:
    """What went wrong, without any value of billing's."""
    orig: Any = getattr(error, "orig", None) or getattr(error.__cause__, "orig", None)
    if orig is None:
        return str(error) if isinstance(error, BillingError) else type(error).__name__
    state = str(getattr(orig, "sqlstate", None) or "")
    codes = set(CODE.findall(str(orig)))
    if quotes_a_value(orig):
        return f"{type(orig).__name__} {state or ', '.join(sorted(codes))}"
    return f"{type(orig).__name__}: {str(orig).partition(chr(10))[0][:REASON_LENGTH]}"
