"""How the doctor asks: one question per connection, and no customer's value in an answer's
error."""

from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from legacy_adapters.errors import CODE, REASON_LENGTH, BillingError
from legacy_adapters.guard import Guard

T = TypeVar("T")
# What these say may quote a value: texts that are no number, days that are none.
QUOTING_STATE = "22"
QUOTING_CODES = ("ORA-017", "ORA-018", "ORA-06502", "ORA-12899", "ORA-01489", "ORA-01426", "DPY-2")
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


def reason(error: BaseException) -> str:
    """What went wrong, without any value of billing's."""
    orig: Any = getattr(error, "orig", None) or getattr(error.__cause__, "orig", None)
    if orig is None:
        return str(error) if isinstance(error, BillingError) else type(error).__name__
    state = str(getattr(orig, "sqlstate", None) or "")
    codes = CODE.findall(str(orig))
    if state.startswith(QUOTING_STATE) or any(c.startswith(QUOTING_CODES) for c in codes):
        return f"{type(orig).__name__} {state or codes[0]}"
    return f"{type(orig).__name__}: {str(orig).partition(chr(10))[0][:REASON_LENGTH]}"
