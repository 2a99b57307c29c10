"""From what a driver returns to the records' types. An old database holds NULLs, padded
CHARs, dates with a time of day and numbers of every kind; none of that goes further.

Raises (all): ValueError, for what has no sensible reading.
"""

import unicodedata
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from legacy_adapters.records import Period

CENT = Decimal("0.01")
LARGEST = Decimal("1e15")


def text(value: Any) -> str:
    """One line, without padding and control characters; "" for NULL."""
    if value is None:
        return ""
    words = str(value).split()
    kept = " ".join(words)
    return "".join(c for c in kept if unicodedata.category(c) not in {"Cc", "Cf", "Cs"})


def number(value: Any) -> Decimal | None:
    if value is None:
        return None
    try:
        decimal = Decimal(str(value).strip())
    except InvalidOperation:
        raise ValueError(f"{value!r} is not a number") from None
    if not decimal.is_finite() or abs(decimal) > LARGEST:
        raise ValueError(f"{value!r} is out of range")
    return decimal


def quantity(value: Any) -> Decimal:
    """A number of units, without trailing zeros; 0 for NULL."""
    decimal = (number(value) or Decimal(0)).quantize(Decimal("0.0001")).normalize()
    return decimal if decimal.as_tuple().exponent <= 0 else decimal.quantize(Decimal(1))  # type: ignore[operator]


def optional_quantity(value: Any) -> Decimal | None:
    return None if value is None else quantity(value)


def money(value: Any) -> Decimal:
    """Lek with two decimals, halves rounded away from zero; 0 for NULL."""
    return (number(value) or Decimal(0)).quantize(CENT, ROUND_HALF_UP)


def day(value: Any) -> date | None:
    if value is None:
        return None
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    return datetime.fromisoformat(str(value).strip()).date()


def period(value: Any) -> Period | None:
    decimal = number(value)
    if decimal is None:
        return None
    year, month = divmod(int(decimal), 100)
    return Period(year, month) if 1 <= month <= 12 and 1900 <= year <= 9999 else None  # noqa: PLR2004
