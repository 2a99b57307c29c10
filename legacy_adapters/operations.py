"""The operations a mapping may use for a column, and how each becomes SQL.

An operation is a column's name ("f.STATUS"), or a table with one of the keys of OPERATIONS.
There is no way to pass SQL text through: `expr` is taken apart and built again.
"""

import importlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from functools import reduce
from typing import Any

from sqlalchemy import (
    CLOB,
    Boolean,
    ColumnElement,
    Date,
    DateTime,
    Float,
    Integer,
    LargeBinary,
    Numeric,
    String,
    case,
    cast,
    func,
    literal,
    literal_column,
    not_,
    or_,
    type_coerce,
)
from sqlalchemy.types import NullType

from legacy_adapters.known import Known
from legacy_adapters.moments import MonthOf
from legacy_adapters.text_dates import TextDate, known_day
from legacy_adapters.wide import wide

SMALLEST, LARGEST = Decimal("1e-9"), Decimal("1e15")
LONGEST_NUMBER = 18  # digits
Lookup = Callable[[str], ColumnElement[Any]]


class Wrong(Exception):
    """What is wrong with an operation; the caller adds file, relation and field."""


class NoColumn(Wrong):
    """The name leads to no column, or to several."""


@dataclass(frozen=True)
class Operation:
    """One parsed operation; `build` turns it into SQL once the live columns are known."""

    columns: tuple[str, ...]
    build: Callable[[Lookup], ColumnElement[Any]]
    codes: Mapping[str, tuple[str, ...]] | None = None  # of a map: word -> billing's codes
    otherwise: str | None = None
    is_plain: bool = False  # nothing but a column
    counted: tuple[str, ...] = ()  # the columns that it counts with, as they are
    count: Callable[[Lookup], ColumnElement[Any]] | None = None  # build, without a look at those

    def equals(self, word: str, lookup: Lookup) -> ColumnElement[bool]:
        """A condition that lets the database use an index where it can."""
        if self.codes is None:
            return self.build(lookup) == word
        column = lookup(self.columns[0])
        stated = any_of(column, self.codes.get(word, ()))
        if self.otherwise != word:
            return stated
        return or_(stated, none_of(column, [c for codes in self.codes.values() for c in codes]))

    def differs(self, word: str, lookup: Lookup) -> ColumnElement[bool]:
        if self.otherwise == word:  # NULL is that word too
            return not_(self.equals(word, lookup))
        column = lookup(self.columns[0]) if self.codes is not None else self.build(lookup)
        return or_(column.is_(None), not_(self.equals(word, lookup)))


def parse(value: Any) -> Operation:
    """An operation from its TOML value. Raises: Wrong."""
    if isinstance(value, str):
        return _column(value)
    if not isinstance(value, dict):
        raise Wrong(f"expected a column's name or an operation, found {value!r}")
    names = [name for name in OPERATIONS if name in value]
    if len(names) != 1:
        known = ", ".join(OPERATIONS)
        raise Wrong(f"expected exactly one of the operations {known}; found {sorted(value)}")
    parser, companions = OPERATIONS[names[0]]
    unknown = value.keys() - {names[0]} - companions
    if unknown:
        raise Wrong(f"{names[0]} takes no {', '.join(sorted(unknown))}")
    return parser(value)


def is_nameable(column: str) -> bool:
    """What stands before a dot is a table's short name."""
    return bool(column) and column == column.strip() and "." not in column


def _column(name: str) -> Operation:
    if not name or name != name.strip():
        raise Wrong(f"{name!r} is not a column's name")
    return Operation((name,), lambda lookup: lookup(name), is_plain=True, counted=(name,))


def _several(value: Any, key: str) -> list[Operation]:
    parts = value[key]
    if not isinstance(parts, list) or len(parts) < 2:  # noqa: PLR2004
        raise Wrong(f"{key} takes a list of at least two columns or operations")
    return [parse(part) for part in parts]


def _names(parts: list[Operation]) -> tuple[str, ...]:
    return tuple(name for part in parts for name in part.columns)


def _number(value: Any, key: str) -> ColumnElement[Any]:
    number = value.get(key)
    if isinstance(number, bool) or not isinstance(number, int | Decimal) or not _is_usable(number):
        told = repr(number) if isinstance(number, str) else str(number)
        raise Wrong(f"`{key}` must be a number other than 0, found {told[:30]}")
    return _constant(number)


def _is_usable(number: int | Decimal) -> bool:
    exact = Decimal(number)
    return exact.is_finite() and SMALLEST <= exact.copy_abs() <= LARGEST


def _constant(value: str | int | Decimal) -> ColumnElement[Any]:
    if isinstance(value, Decimal):  # written out: a bind would go through a float on SQLite
        return literal_column(f"{value:f}", Numeric(asdecimal=False))
    return literal(value)


def _fold(key: str, combine: Callable[[Any, Any], Any]) -> Callable[[dict[str, Any]], Operation]:
    def parser(value: dict[str, Any]) -> Operation:
        parts = _several(value, key)

        def build(lookup: Lookup) -> ColumnElement[Any]:
            counted = [func.coalesce(_counted(part, lookup, key), 0) for part in parts]
            return reduce(combine, counted)

        return _counting(parts, build)

    return parser


def _counting(parts: list[Operation], build: Callable[[Lookup], ColumnElement[Any]]) -> Operation:
    names = tuple(name for part in parts for name in part.counted)

    def look_and_build(lookup: Lookup) -> ColumnElement[Any]:
        value = build(lookup)
        return Known(value, *map(lookup, names)) if names else value

    return Operation(_names(parts), look_and_build, counted=names, count=build)


def _counted(part: Operation, lookup: Lookup, key: str) -> ColumnElement[Any]:
    return wide(_number_of(part, lookup, key))


def _number_of(part: Operation, lookup: Lookup, key: str) -> ColumnElement[Any]:
    """Each database counts with days in a way of its own, and with texts as far as it can read
    them: SQLite takes 12 of '12 lek'."""
    value = (part.count or part.build)(lookup)
    if isinstance(value.type, Date | DateTime | TextDate | Boolean):
        raise Wrong(f"{key} is for numbers, and this is a day, or true or false")
    if isinstance(value.type, String):
        raise Wrong(f'{key} is for numbers; {{ expr = "CAST(... AS NUMBER)" }} makes one of a text')
    return value


def _divide(value: dict[str, Any]) -> Operation:
    part, by = parse(value["divide"]), _number(value, "by")
    return _counting([part], lambda lookup: _number_of(part, lookup, "divide") / by)


def _times(value: dict[str, Any]) -> Operation:
    part, by = parse(value["times"]), _number(value, "by")
    return _counting([part], lambda lookup: _counted(part, lookup, "times") * by)


def _map(value: dict[str, Any]) -> Operation:
    name = value["column"]
    if not isinstance(name, str):
        raise Wrong("`column` is a column's name")
    table = value.get("map")
    otherwise = value.get("else")
    if not isinstance(table, dict) or not table:
        raise Wrong('`map` must be a table such as {P = "paid", H = "open"}')
    words = [*table.values(), *([otherwise] if otherwise is not None else [])]
    if not all(isinstance(word, str) for word in words):
        raise Wrong("`map` and `else` give words, as text")
    codes: dict[str, tuple[str, ...]] = {}
    for code, word in table.items():
        codes[word] = (*codes.get(word, ()), code)

    def build(lookup: Lookup) -> ColumnElement[Any]:
        column = lookup(name)
        whens = [(any_of(column, found), literal(word)) for word, found in codes.items()]
        return case(*whens, else_=literal(otherwise) if otherwise is not None else None)

    return Operation((name,), build, codes, otherwise)


def _nvl(value: dict[str, Any]) -> Operation:
    parts = _several(value, "nvl")

    def build(lookup: Lookup) -> ColumnElement[Any]:
        return func.coalesce(*(known_day(part.build(lookup)) for part in parts))

    counted = tuple(name for part in parts for name in part.counted)
    return Operation(_names(parts), build, counted=counted)


def _concat(value: dict[str, Any]) -> Operation:
    parts = _several(value, "concat")
    separator = value.get("separator", " ")
    if not isinstance(separator, str):
        raise Wrong("`separator` is a text")

    def build(lookup: Lookup) -> ColumnElement[Any]:
        joined: ColumnElement[Any] = literal("")
        for part in parts:
            text = part.build(lookup)
            if not isinstance(text.type, String):
                text = cast(text, String(60))  # PostgreSQL compares no number with a text
            is_empty = or_(text.is_(None), text == literal(""))
            joined = joined.concat(
                case((is_empty, literal("")), else_=literal(separator).concat(text))
            )
        return func.substr(joined, len(separator) + 1, type_=String)

    return Operation(_names(parts), build)


def _text(value: dict[str, Any]) -> Operation:
    part = parse(value["text"])
    return Operation(part.columns, lambda lookup: cast(part.build(lookup), String(60)))


def _value(value: dict[str, Any]) -> Operation:
    constant = value["value"]
    if isinstance(constant, bool) or not isinstance(constant, str | int | Decimal):
        raise Wrong(f"`value` is a text or a number, found {constant!r}")
    if not isinstance(constant, str) and constant != 0 and not _is_usable(constant):
        raise Wrong(f"`value` must be a number of a sensible size, found {str(constant)[:30]}")
    return Operation((), lambda _lookup: _constant(constant))


def _year_month(value: dict[str, Any]) -> Operation:
    if "month" not in value:
        raise Wrong("`year` wants `month` beside it")
    year, month = parse(value["year"]), parse(value["month"])

    def build(lookup: Lookup) -> ColumnElement[Any]:
        return _counted(year, lookup, "year") * 100 + _number_of(month, lookup, "month")

    return Operation(_names([year, month]), build)


def _month_of(value: dict[str, Any]) -> Operation:
    part = parse(value["month_of"])

    def build(lookup: Lookup) -> ColumnElement[Any]:
        day = part.build(lookup)
        if isinstance(day.type, TextDate):
            return day.type.month_of(day)
        if isinstance(day.type, Integer | Numeric | Float):
            raise Wrong("month_of is for days; { date = ..., format = ... } makes one of a number")
        return MonthOf(day)

    return Operation(part.columns, build)


def _date(value: dict[str, Any]) -> Operation:
    part = parse(value["date"])
    pattern = DATE_PATTERNS.get(str(value.get("format", "")))
    if pattern is None:
        told = str(value.get("format", "nothing"))[:30]
        raise Wrong(f"`format` must be one of {', '.join(DATE_PATTERNS)}; found {told}")

    def build(lookup: Lookup) -> ColumnElement[Any]:
        text = part.build(lookup)
        if not isinstance(text.type, String) or isinstance(text.type, CLOB):
            text = cast(text, String(40))
        return type_coerce(func.substr(text, 1, len(pattern) + 2), TextDate(pattern))

    return Operation(part.columns, build)


def _expr(value: dict[str, Any]) -> Operation:
    text = value["expr"]
    if not isinstance(text, str):
        raise Wrong("`expr` is a text")
    # The parser costs 15 MB and a fifth of a second; few mappings want it.
    expressions = importlib.import_module("legacy_adapters.expressions")

    def build(lookup: Lookup) -> ColumnElement[Any]:
        with _refusing(expressions.Refused):  # what the columns are is known only now
            return expression.build(lookup)  # type: ignore[no-any-return]

    with _refusing(expressions.Refused):
        expression = expressions.Expression(text)
    return Operation(expression.columns, build)


@contextmanager
def _refusing(refused: type[Exception]) -> Iterator[None]:
    try:
        yield
    except refused as error:
        raise Wrong(f"the expression is refused: {error}") from None


# Only formats whose text sorts like the dates: ranges are compared by the database.
DATE_PATTERNS = {"YYYYMMDD": "%Y%m%d", "YYYY-MM-DD": "%Y-%m-%d", "YYYY/MM/DD": "%Y/%m/%d"}

Parser = Callable[[dict[str, Any]], Operation]
OPERATIONS: dict[str, tuple[Parser, frozenset[str]]] = {
    "sum": (_fold("sum", lambda a, b: a + b), frozenset()),
    "minus": (_fold("minus", lambda a, b: a - b), frozenset()),
    "times": (_times, frozenset({"by"})),
    "divide": (_divide, frozenset({"by"})),
    "column": (_map, frozenset({"map", "else"})),
    "nvl": (_nvl, frozenset()),
    "concat": (_concat, frozenset({"separator"})),
    "text": (_text, frozenset()),
    "value": (_value, frozenset()),
    "year": (_year_month, frozenset({"month"})),
    "month_of": (_month_of, frozenset()),
    "date": (_date, frozenset({"format"})),
    "expr": (_expr, frozenset()),
}


def any_of(column: ColumnElement[Any], codes: Iterable[str]) -> ColumnElement[bool]:
    compared = as_compared(column)
    return compared.in_(_written(compared, codes))


def none_of(column: ColumnElement[Any], codes: Iterable[str]) -> ColumnElement[bool]:
    compared = as_compared(column)
    return or_(compared.is_(None), compared.not_in(_written(compared, codes)))


def as_compared(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """With codes. SQLite tells no type of a view's expression, and its 1 is not equal to '1'."""
    return cast(column, String(60)) if isinstance(column.type, NullType) else column


def _written(column: ColumnElement[Any], codes: Iterable[str]) -> list[ColumnElement[Any]]:
    """Each a bind of its own: a list of values would be spelled out for every question."""
    return [literal(_as_stored(column, code), column.type) for code in codes]


def _as_stored(column: ColumnElement[Any], code: str) -> Any:
    """TOML's keys are texts; a numeric code column wants numbers, a boolean one truth."""
    if isinstance(column.type, Date | DateTime):
        raise Wrong("the column holds days, which have no codes; a view can choose rows by them")
    if isinstance(column.type, LargeBinary):
        raise Wrong("the column holds bytes, which have no codes")
    if isinstance(column.type, Boolean):
        if code.lower() not in {"true", "false"}:
            raise Wrong(f"the column is true or false, but the code is {code!r}")
        return code.lower() == "true"
    if not isinstance(column.type, Integer | Numeric | Float):
        return code
    try:
        if len(code) > LONGEST_NUMBER:
            raise ValueError
        return int(code)
    except ValueError:
        raise Wrong(f"the column holds numbers, but the code is {code!r}") from None
