"""From what a driver returns to the records' types. An old database holds NULLs, padded
CHARs, dates with a time of day and numbers of every kind; none of that goes further.

Each reader takes a row's values and the name of its field. What has no sensible reading is a
BillingDataError that names the field and never the value: that may be somebody's data.
"""

import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any, TypeVar

from sqlalchemy import RowMapping

from config.home import HOME
from legacy_adapters.errors import BillingDataError
from legacy_adapters.records import NO_MONEY, Period

CENT = Decimal("0.01")
FOUR_PLACES = Decimal("0.0001")
SMALLEST, LARGEST = Decimal("-1e12"), Decimal("1e12")
ZERO = Decimal(0)
EARLIEST_YEAR = 1900  # earlier ones are the "no date" of old systems
T = TypeVar("T")
Values = Mapping[str, Any] | RowMapping  # of a row, by the names of its fields


def _reader(convert: Callable[[Any], T]) -> Callable[[Values, str], T]:
    def read(row: Values, field: str) -> T:
        try:
            return convert(row[field])
        except (ValueError, TypeError, ArithmeticError):
            kind = convert.__name__.removeprefix("_to_")
            raise BillingDataError(f"{field}: what billing holds is no {kind}") from None

    return read


def _to_text(value: Any) -> str:
    if value is None:
        return ""
    if type(value) is str and value.isprintable() and "  " not in value:
        return value.strip()  # nearly every text: of all space, blanks alone can be printed
    kept = " ".join(str(value).split())
    if kept.isprintable():  # nearly every text is; asking each character takes ten times longer
        return kept
    return "".join(c for c in kept if unicodedata.category(c) not in {"Cc", "Cf", "Cs"})


def _to_optional_number(value: Any) -> Decimal | None:
    if value is None:
        return None
    kind = type(value)
    if kind is int:
        decimal = Decimal(value)
    elif kind is float:
        decimal = Decimal(repr(value))
    else:
        decimal = value if kind is Decimal else Decimal(str(value).strip())
    if not SMALLEST <= decimal <= LARGEST:  # comparing NaN fails too
        raise ValueError
    return decimal


def _to_optional_quantity(value: Any) -> Decimal | None:
    if type(value) is int:
        return _to_optional_number(value)
    decimal = _to_optional_number(value)
    if decimal is None:
        return None
    whole = decimal.to_integral_value()
    return whole if decimal == whole else decimal.quantize(FOUR_PLACES).normalize()


def _to_quantity(value: Any) -> Decimal:
    return _to_optional_quantity(value) or ZERO


def _to_money(value: Any) -> Decimal:
    decimal = _to_optional_number(value)
    if not decimal:
        return NO_MONEY
    return decimal.quantize(CENT, ROUND_HALF_UP) or NO_MONEY  # no minus before a zero


def _to_amount(value: Any) -> Decimal:
    if value is None:  # what is not known is not nothing
        raise ValueError
    return _to_money(value)


def _to_day(value: Any) -> date | None:
    if value is None:
        return None
    if type(value) is date:
        pass  # the usual case
    elif isinstance(value, datetime):
        value = _at_home(value)
    elif not isinstance(value, date):
        return _day_of(str(value))
    return value if value.year >= EARLIEST_YEAR else None


@lru_cache(maxsize=5_000)
def _day_of(text: str) -> date | None:
    """Kept, because the days of all customers' invoices are the same few. Blanks and zeros
    stand for no day. Raises: ValueError."""
    if not text.strip(" 0-:."):
        return None
    if text[4:5] != "-" or text[7:8] != "-":  # SQL compares days by their text: 20260131 is none
        raise ValueError
    found = _at_home(datetime.fromisoformat(text.rstrip(" ")))
    return found if found.year >= EARLIEST_YEAR else None


def _at_home(moment: datetime) -> date:
    """A moment with a time zone is told in any: midnight at home is the day before in UTC."""
    return (moment.astimezone(HOME) if moment.tzinfo else moment).date()


def _to_period(value: Any) -> Period | None:
    number = value if type(value) is int else _to_optional_number(value)
    return None if number is None else _month(int(number))


@lru_cache(maxsize=1_000)
def _month(number: int) -> Period | None:
    """Kept, because the months of all customers' invoices are the same few."""
    year, month = divmod(number, 100)
    is_one = 1 <= month <= 12 and EARLIEST_YEAR <= year <= date.max.year  # noqa: PLR2004
    return Period(year, month) if is_one else None


text = _reader(_to_text)  # one line, without padding and control characters; "" for NULL
number = _reader(_to_optional_number)
quantity = _reader(_to_quantity)  # without trailing zeros; 0 for NULL
optional_quantity = _reader(_to_optional_quantity)
money = _reader(_to_money)  # two decimals, halves away from zero; 0 for NULL
amount = _reader(_to_amount)  # money that has to be known
day = _reader(_to_day)
period = _reader(_to_period)
