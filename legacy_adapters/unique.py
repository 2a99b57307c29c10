"""What must come out of billing once, and of whom: a second row is another holder's name, or a
debt counted twice, and nobody here can tell which of the two is right."""

from collections.abc import Hashable, Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, String, func

from legacy_adapters import decode
from legacy_adapters.errors import BillingDataError
from legacy_adapters.prepared import Row


def once(field: str, count: int | None) -> None:
    """count: of rows with the value that was asked for; None: of an outer join without any.

    Raises: BillingDataError, which names the field and not the value.
    """
    if count is not None and count > 1:
        raise BillingDataError(f"{field}: comes out twice")


def each_once(field: str, found: Sequence[Hashable]) -> None:
    """Raises: BillingDataError, as once."""
    if len(set(found)) < len(found):
        raise BillingDataError(f"{field}: comes out twice")


def of_those(field: str, asked: Iterable[str], rows: Iterable[Row], column: str = "") -> None:
    """column: where the rows have their codes, NULL where there is none; field's name, as a rule.
    A column for which AB12 and ab12 are one finds another's rows, too.

    Raises: BillingDataError, as once.
    """
    name, codes = column or field, frozenset(asked)
    for row in rows:
        code = row[name]
        if code is None or (type(code) is str and code in codes):  # nearly every one
            continue
        if decode.text(row, name) not in codes:
            raise BillingDataError(f"{field}: is not spelled as the code that was asked for")


def each_number_once(numbers: Iterable[str]) -> None:
    """As each_once; invoices without a number cannot be told apart."""
    each_once("number", [number for number in numbers if number])


def named(number: ColumnElement[Any]) -> ColumnElement[Any]:
    """NULL also for a number of blanks."""
    if isinstance(number.type, String):
        return func.nullif(func.trim(number), "", type_=number.type)
    return number


def repeated(number: ColumnElement[Any]) -> ColumnElement[int]:
    """How many of a group's rows have a number that another has: each_number_once, in SQL."""
    counted: ColumnElement[int] = func.count(named(number)) - func.count(named(number).distinct())
    return counted
