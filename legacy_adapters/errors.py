"""What can go wrong when billing is read. Nothing else leaves the adapter."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import exc

REASON_LENGTH = 200


class BillingError(Exception):
    """The root of all below."""


class BillingUnavailable(BillingError):
    """Billing does not answer now; the same question may be answered later.

    may_retry: the same question may be asked again at once, on a new connection.
    refuses_us: the user name or password is refused; every further try counts against it.
    """

    def __init__(self, reason: str, *, may_retry: bool = False, refuses_us: bool = False) -> None:
        super().__init__(reason)
        self.may_retry = may_retry
        self.refuses_us = refuses_us


class BillingHangs(BillingUnavailable):
    """Not even the driver's own time-out ended a question."""


class BillingOutOfTime(BillingUnavailable):
    """The page's time ended before billing had its own: that says nothing of billing."""


class BillingSlow(BillingUnavailable):
    """Billing answers, but it ended this question itself, because that took too long."""


class BillingPaused(BillingUnavailable):
    """Billing was away a moment ago and is not asked again yet."""


class BillingBusy(BillingUnavailable):
    """Billing answers, but as many are asking as may at once."""


class BillingDataError(BillingError):
    """Billing answered with something that the fixed contract does not allow."""


class MappingError(BillingError):
    """The mapping file is wrong in itself or does not fit the database."""


class NotThere(MappingError):
    """A table or column that was asked for is not there, or not for this user.

    reason: the database's own words.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(f"the database lacks what the mapping names: {reason}")
        self.reason = reason


class ContractNotFound(BillingError):
    """Billing has no contract of this code."""


class InvoiceNotFound(BillingError):
    """The contract has no invoice of this number."""


# Oracle: connection lost or refused for a moment, snapshot too old, package state discarded.
RETRY_CODES = {
    *("DPY-1001", "DPY-4011", "DPY-6000", "DPY-6005", "ORA-00028", "ORA-01012", "ORA-01033"),
    *("ORA-01089", "ORA-01555", "ORA-02396", "ORA-03113", "ORA-03114", "ORA-03135"),
    *("ORA-04068", "ORA-12514", "ORA-12528"),
}
# A statement that the database's own limit ended, or its DBA. Oracle's drivers say so only where
# the server has answered their break; PostgreSQL has a limit for locks, too.
SLOW_CODES = {
    *("DPY-4024", "DPI-1067", "ORA-01013", "ORA-00040", "ORA-07455"),
    *("57014", "55P03"),
}
SLOW_IN_SQLITE = "SQLITE_INTERRUPT"
# Oracle: wrong password, locked, expired. PostgreSQL: the classes 28P01 and 28000.
REFUSED_CODES = {"ORA-01017", "ORA-28000", "ORA-28001", "28P01", "28000"}
# What the mapping names is not there, or not for this user.
MISSING_CODES = {
    *("ORA-00942", "ORA-00904", "ORA-01031", "ORA-00932"),
    *("42P01", "42703", "42501", "3F000", "42804", "42846"),
    # Functions that do not suit the types of what the mapping names.
    *("ORA-00907", "ORA-00909", "ORA-00920", "ORA-00923", "ORA-00938", "42883"),
}
MISSING_IN_SQLITE = re.compile(
    "no such (table|column|function)|table .* has no column|wrong number of arguments"
)
# PostgreSQL: shutting down, starting up, cannot connect now; a conflict with recovery; a statement
# that was prepared before a column's type changed.
RETRY_STATES = {"57P01", "57P02", "57P03", "40001", "0A000"}
# A value that its own database cannot convert or hold; the messages of some quote it.
VALUE_CODES = {
    *("ORA-01476", "ORA-01722", "ORA-01830", "ORA-01839", "ORA-01840", "ORA-01841", "ORA-01843"),
    *("ORA-01847", "ORA-01858", "ORA-01861", "ORA-06502", "ORA-01426", "ORA-01489", "ORA-12899"),
    *("ORA-01438", "ORA-01428", "ORA-01801", "ORA-01850", "ORA-01851", "ORA-01878", "ORA-22835"),
    "ORA-29275",
    # Values and types that the driver cannot read, a time zone's name; others refuse a connection.
    *("DPY-3002", "DPY-3006", "DPY-3007", "DPY-3022"),
}
VALUE_CLASS = "22"  # PostgreSQL's data exceptions
# What a table's own rules say of a row: some quote it whole.
UNIQUE_CODES = {"ORA-00001", "23505"}
RULE_CODES = {*UNIQUE_CODES, "ORA-01400", "ORA-02290", "ORA-02291"}
RULE_CLASS = "23"  # PostgreSQL's integrity violations
UNIQUE_IN_SQLITE = {"SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY"}
# Texts that somebody wrote into a trigger or a function: nobody here knows what they quote.
OWN_TEXT = re.compile(r"ORA-20\d{3}|(?:P0|45)\w{3}")
# What a view's own sub-queries and functions make of a row: several rows or none where one is to
# be, no case that fits, more than fits into a value.
ROW_CODES = {"ORA-01422", "ORA-01427", "ORA-06503", "ORA-06592"}
ROW_CLASSES = {"20", "21", "45", "54", "P0"}
ROW_IN_SQLITE = re.compile("malformed JSON|bad JSON path|JSON path error|integer overflow")
RECURSIVE = "ORA-00604"  # a trigger at log-in, perhaps: that is nobody's row
CODE = re.compile(r"\b(?:ORA|DPY|DPI)-\d{4,5}\b")
DRIVER_ERRORS = ("oracledb", "cx_Oracle")
# What drivers and SQLAlchemy raise as they read a value of its column's type; such a message may
# hold the value.
CANNOT_READ = (ValueError, TypeError, ArithmeticError, LookupError, NotImplementedError)


@contextmanager
def translated_errors() -> Iterator[None]:
    """The one place where a driver's errors become the adapter's own.

    Statement and parameters stay out of the message: they hold customers' codes.
    """
    try:
        yield
    except exc.DBAPIError as error:
        raise _translated(error.orig, lost=error.connection_invalidated) from error
    except exc.StatementError as error:  # a value that does not suit its column's type
        raise MappingError(f"a column is of another type: {type(error.orig).__name__}") from error
    except (exc.TimeoutError, OSError) as error:
        raise BillingUnavailable(f"{type(error).__name__}: {error}") from error
    except Exception as error:
        # A pool of the driver's own, and some of its connects, raise past SQLAlchemy.
        if not type(error).__module__.startswith(DRIVER_ERRORS):
            raise
        raise _translated(error, lost=False) from error


def _translated(error: Any, *, lost: bool) -> BillingError:
    message = str(error)
    codes, state = _codes_of(error)
    reason = f"{type(error).__name__}: {_first_lines(message)[:REASON_LENGTH]}"
    if own := next(filter(OWN_TEXT.fullmatch, sorted(codes)), None):
        reason = f"{type(error).__name__}: {own}"
    if not lost and (told := _wrong_with_the_row(error, message, codes, state)):
        return BillingDataError(told)
    if codes & MISSING_CODES or MISSING_IN_SQLITE.match(message):
        return NotThere(reason)
    if "DPI-1047" in codes:
        return BillingUnavailable(NO_CLIENT)
    if not lost and (codes & SLOW_CODES or _sqlite_name(error) == SLOW_IN_SQLITE):
        return BillingSlow(reason)
    return BillingUnavailable(
        reason,
        may_retry=lost or bool(codes & (RETRY_CODES | RETRY_STATES)),
        refuses_us=is_refused(error),
    )


def is_refused(error: Any) -> bool:
    """Whether a driver says that user or password is."""
    codes, _state = _codes_of(error)
    return bool(codes & REFUSED_CODES) or "password authentication failed" in str(error)


def is_unique_violation(error: exc.DBAPIError) -> bool:
    """Whether a row is there already that this one would double."""
    codes, _state = _codes_of(error.orig)
    return bool(codes & UNIQUE_CODES) or _sqlite_name(error.orig) in UNIQUE_IN_SQLITE


def _codes_of(error: Any) -> tuple[set[str], str]:
    """Of Oracle and PostgreSQL; the last is PostgreSQL's alone, or another text."""
    state = str(getattr(error, "sqlstate", None))
    return set(CODE.findall(str(error))) | {state}, state


def _sqlite_name(error: Any) -> str:
    return str(getattr(error, "sqlite_errorname", ""))


def _breaks_a_rule(error: Any, codes: set[str], state: str) -> bool:
    in_sqlite = _sqlite_name(error).startswith("SQLITE_CONSTRAINT")
    return in_sqlite or bool(codes & RULE_CODES) or state.startswith(RULE_CLASS)


def _wrong_with_the_row(error: Any, message: str, codes: set[str], state: str) -> str:
    """Nothing, where it is not the row."""
    if _breaks_a_rule(error, codes, state):
        return f"a rule of the table refuses the row ({_rule(error, codes)})"
    told = ", ".join(sorted(codes - {"None"})) or type(error).__name__
    if _fails_within(message, codes, state):
        return f"the row makes the database's own code fail ({told})"
    if _cannot_convert(error, codes, state) and RECURSIVE not in codes:
        return f"a value that the database itself cannot convert ({told})"
    return ""


def _fails_within(message: str, codes: set[str], state: str) -> bool:
    is_raised = any(map(OWN_TEXT.fullmatch, codes)) or state[:2] in ROW_CLASSES
    is_made = bool(codes & ROW_CODES) or bool(ROW_IN_SQLITE.match(message))
    return (is_raised or is_made) and RECURSIVE not in codes


def _rule(error: Any, codes: set[str]) -> str:
    """The code, and the rule's own name where the driver tells it apart from the row."""
    told = _sqlite_name(error) or ", ".join(sorted(codes - {"None"}))
    name = getattr(getattr(error, "diag", None), "constraint_name", None)
    found = RULE_NAME.search(str(error)) if "ORA-" in told else None
    return " ".join(filter(None, (told, name or (found and found[1]))))


def quotes_a_value(error: Any) -> bool:
    """Whether a driver's message may hold somebody's data."""
    codes, state = _codes_of(error)
    return _cannot_convert(error, codes, state) or any(map(OWN_TEXT.fullmatch, codes))


def _cannot_convert(error: Any, codes: set[str], state: str) -> bool:
    of_driver = any(code.startswith("DPY-2") for code in codes)  # values it cannot read or write
    return (
        of_driver
        or type(error).__name__ == "DataError"
        or bool(codes & VALUE_CODES)
        or state.startswith(VALUE_CLASS)
    )


def _first_lines(message: str) -> str:
    """What is wrong; of a connect that failed, also why, which Oracle's driver tells next."""
    lines = [line for line in message.splitlines() if not line.startswith("Help: ")]
    told = CONNECTION_ID.sub("", " ".join(lines[: 2 if "DPY-6" in message else 1]))
    return told.strip()


RULE_NAME = re.compile(r"constraint \(([\w$#.]+)\)")
CONNECTION_ID = re.compile(r" \(CONNECTION_ID=[^)]*\)")
NO_CLIENT = (
    "cx_Oracle is installed, but Oracle Instant Client, which it needs, is not (DPI-1047):"
    " install it and make it known to the system's loader, or use oracle+oracledb://,"
    " which needs no client for databases from 12.1 on"
)
