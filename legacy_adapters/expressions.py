"""The last resort of a mapping: an expression in Oracle's SQL.

It is never passed on. Its syntax tree is checked against what is allowed here, node by
node, and built again with SQLAlchemy from real columns; anything else is refused.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import sqlglot
from sqlalchemy import (
    BinaryExpression,
    BindParameter,
    Boolean,
    ColumnElement,
    Date,
    DateTime,
    Float,
    Integer,
    Interval,
    Null,
    Numeric,
    String,
    and_,
    case,
    cast,
    column,
    func,
    literal,
    literal_column,
    not_,
    null,
    or_,
)
from sqlalchemy.sql import operators
from sqlalchemy.types import NullType
from sqlglot import exp
from sqlglot.errors import SqlglotError

from legacy_adapters.empty_texts import EmptyForNull, null_for_empty
from legacy_adapters.text_as_number import TextAsNumber

Lookup = Callable[[str], ColumnElement[Any]]
LONGEST = 1_000  # characters
SMALLEST, LARGEST = Decimal("1e-9"), Decimal("1e15")
DAYS = (Date, DateTime, Interval)
FORBIDDEN = (";", "--", "/*", ":", "@", "\0", "?", "\\")


class Refused(Exception):
    """What in an expression is not allowed; the message names it."""


class Expression:
    """A checked expression. columns: the names it reads."""

    def __init__(self, text: str) -> None:
        self._tree = _parsed(text)
        names: list[str] = []

        def note(name: str) -> ColumnElement[Any]:
            names.append(name)
            return column(name)  # of no type yet

        try:
            _Builder(note).build(self._tree)  # refuses what it cannot build
        except (RecursionError, ArithmeticError):
            raise Refused("is nested too deeply or has a number that is none") from None
        self.columns = tuple(names)

    def build(self, lookup: Lookup) -> ColumnElement[Any]:
        return _Builder(lookup).build(self._tree)


def _parsed(text: str) -> exp.Expr:
    if len(text) > LONGEST:
        raise Refused(f"is longer than {LONGEST} characters")
    for sign in FORBIDDEN:
        if sign in text:
            raise Refused(f"{sign!r} is not allowed in an expression")
    try:
        trees = sqlglot.parse(text, read="oracle")
    except (SqlglotError, RecursionError):
        raise Refused("is not an expression that can be read") from None
    if len(trees) != 1 or trees[0] is None:
        raise Refused("must be exactly one expression")
    return trees[0]


def _column_name(node: exp.Column) -> str:
    if node.args.get("db") or node.args.get("catalog") or isinstance(node.this, exp.Star):
        raise Refused(f"{node.sql()}: a column is written as alias.COLUMN")
    return f"{node.table}.{node.name}" if node.table else str(node.name)


class _Builder:
    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup

    def build(self, node: Any) -> ColumnElement[Any]:
        builder, parts = NODES.get(type(node), (None, frozenset()))
        if builder is None:
            raise Refused(f"{_told(node)} is not allowed in an expression")
        unknown = {key for key, value in node.args.items() if value} - parts
        if unknown:
            raise Refused(f"{_told(node)} with {', '.join(sorted(unknown))} is not allowed")
        return builder(self, node)

    def column(self, node: exp.Column) -> ColumnElement[Any]:
        return self._lookup(_column_name(node))

    def literal(self, node: exp.Literal) -> ColumnElement[Any]:
        if node.is_string:
            return literal(str(node.this))
        number = Decimal(str(node.this))
        if number and not SMALLEST <= number.copy_abs() <= LARGEST:
            raise Refused(f"{str(node.this)[:30]} is too large or too small")
        if number == number.to_integral_value():
            return literal(int(number))
        # Written out: a bind would go through a float on SQLite.
        return literal_column(f"{number:f}", Numeric(asdecimal=False))

    def binary(self, node: exp.Binary) -> ColumnElement[Any]:
        sides = self.build(node.left), self.build(node.right)
        if isinstance(node, COUNTING):
            _refuse(sides, (String, Boolean), node, "CAST(... AS NUMBER) makes a number of it")
            _refuse(sides, DAYS, node, "each database counts with days in a way of its own")
        elif isinstance(node, exp.DPipe):
            _refuse(sides, (Boolean, *DAYS), node, "only texts and numbers are joined")
        elif isinstance(node, COMPARING):
            if any(isinstance(side, Null) for side in sides):
                raise Refused(f"{_told(node)}: NULL is asked for by IS NULL or IS NOT NULL")
            left, right = _alike(sides, node)
            return BINARY[type(node)](left, right)  # type: ignore[no-any-return]
        return BINARY[type(node)](*sides)  # type: ignore[no-any-return]

    def inner(self, node: Any) -> ColumnElement[Any]:
        return self.build(node.this).self_group()

    def negative(self, node: exp.Neg) -> ColumnElement[Any]:
        value = self.build(node.this)
        _refuse((value,), (String, Boolean, *DAYS), node, "only a number has a minus")
        return -value

    def opposite(self, node: exp.Not) -> ColumnElement[Any]:
        value = self.build(node.this)
        _refuse((value,), (String,), node, "NOT is followed by a condition")
        return not_(value)

    def is_null(self, node: exp.Is) -> ColumnElement[Any]:
        if not isinstance(node.expression, exp.Null):
            raise Refused("IS is followed by NULL or NOT NULL only")
        return null_for_empty(self.build(node.this)).is_(None)

    def within(self, node: exp.In) -> ColumnElement[Any]:
        parts = [self.build(part) for part in (node.this, *node.expressions)]
        value, *listed = _alike(parts, node)
        return value.in_(listed)

    def between(self, node: exp.Between) -> ColumnElement[Any]:
        parts = [self.build(part) for part in (node.this, node.args["low"], node.args["high"])]
        value, low, high = _alike(parts, node)
        return value.between(low, high)

    def choose(self, node: exp.Case) -> ColumnElement[Any]:
        subject = self.build(node.this) if node.this else None
        whens = []
        for when in node.args["ifs"]:
            condition = self.build(when.this)
            if subject is not None and isinstance(condition, Null):
                raise Refused("WHEN NULL is never true: NULL is asked for by IS NULL")
            if subject is not None:
                left, right = _alike((subject, condition), node)
                condition = left == right
            whens.append((condition, self.build(when.args["true"])))
        default = self._or_none(node.args.get("default"))
        _refuse_unlike([*(value for _condition, value in whens), default], node)
        return case(*whens, else_=default)

    def decode(self, node: exp.DecodeCase) -> ColumnElement[Any]:
        subject, *rest = [self.build(part) for part in node.expressions]
        pairs = list(zip(rest[::2], rest[1::2], strict=False))
        default = rest[-1] if len(rest) % 2 else None
        if not pairs:
            raise Refused("DECODE wants a value, a code and a result")
        _refuse_unlike([*(value for _code, value in pairs), default], node)
        subject, *codes = _alike([subject, *(code for code, _value in pairs)], node)
        matches = [_decoded(subject, code) for code in codes]
        values = [value for _code, value in pairs]
        return case(*zip(matches, values, strict=True), else_=default)

    def nvl2(self, node: exp.Nvl2) -> ColumnElement[Any]:
        found, without = self.build(node.args["true"]), self._or_none(node.args.get("false"))
        _refuse_unlike([found, without], node)
        subject = null_for_empty(self.build(node.this))
        return case((subject.is_not(None), found), else_=without)

    def trim(self, node: exp.Trim) -> ColumnElement[Any]:
        _refuse((self.build(node.this),), DAYS, node, "it is for texts")
        name = {"LEADING": "ltrim", "TRAILING": "rtrim"}.get(str(node.args.get("position")), "trim")
        return getattr(func, name)(self.build(node.this), type_=String)  # type: ignore[no-any-return]

    def cast(self, node: exp.Cast) -> ColumnElement[Any]:
        goal = CASTS.get(node.to.this)
        if goal is None:
            raise Refused("CAST goes to VARCHAR2, INTEGER or NUMBER only")
        given = self.build(node.this)
        _refuse((given,), DAYS, node, "each database writes days in a way of its own")
        value: ColumnElement[Any]
        if isinstance(goal, String) or not isinstance(given.type, String | NullType):
            value = cast(given, goal)
        else:
            value = TextAsNumber(given, CASTS[exp.DType.DECIMAL])
        if isinstance(goal, Integer) and not isinstance(given.type, Integer | Boolean):
            # Else SQLite would cut off what the others round.
            number = value if isinstance(value, TextAsNumber) else given
            return cast(func.round(number), goal)
        sizes = [_size(size) for size in node.to.expressions]
        if sizes and isinstance(goal, String):  # SQLite would leave it as long as it is
            return func.substr(value, 1, sizes[0], type_=String)
        if sizes and isinstance(goal, Numeric):
            return func.round(value, sizes[1] if sizes[1:] else 0, type_=goal)
        return value

    def call(self, node: exp.Func) -> ColumnElement[Any]:
        name, returns = FUNCTIONS[type(node)]
        given = [node.args.get(key) for key in ARGUMENTS]
        arguments = [self.build(part) for part in [*given, *node.expressions] if part]
        if len(arguments) < FEWEST.get(type(node), 1):
            raise Refused(f"{_told(node)} has too few arguments")
        _refuse(arguments[:1], TAKES_NO[type(node)], node, "it is for texts or numbers")
        if isinstance(node, exp.Coalesce | exp.Nullif):
            _refuse_unlike(arguments, node)
        if isinstance(node, exp.Coalesce):
            arguments = [null_for_empty(argument) for argument in arguments]
        if isinstance(node.args.get("decimals"), exp.Neg):
            raise Refused(f"{_told(node)}: ROUND keeps a number of decimals from 0 on")
        start = node.args.get("start")
        if start is not None and not _is_from_one_on(start):
            raise Refused(f"{_told(node)}: SUBSTR begins at a number from 1 on")
        return getattr(func, name)(*arguments, type_=returns or arguments[0].type)  # type: ignore[no-any-return]

    def nothing(self, _node: exp.Null) -> ColumnElement[Any]:
        return null()

    def _or_none(self, node: Any) -> ColumnElement[Any] | None:
        return self.build(node) if node is not None else None


def _refuse(
    values: Sequence[ColumnElement[Any]], kinds: tuple[type, ...], node: Any, told: str
) -> None:
    """What databases would each understand in a way of their own, or not at all."""
    for value in values:
        if isinstance(value.type, kinds):
            names = {String: "text", Boolean: "condition"}
            kind = next((n for k, n in names.items() if isinstance(value.type, k)), "day")
            raise Refused(f"{_told(node)} has a {kind} in it; {told}")


def _refuse_unlike(values: Sequence[ColumnElement[Any] | None], node: Any) -> None:
    """Kinds that one database compares as numbers, the next as texts, and the third not at all."""
    kinds = {_kind(value) for value in values if value is not None} - {""}
    if len(kinds) > 1:
        raise Refused(f"{_told(node)} has a {' beside a '.join(sorted(kinds))}")


def _alike(values: Sequence[ColumnElement[Any]], node: Any) -> list[ColumnElement[Any]]:
    """To be compared. A SQLite view tells no types, and a 1 there is not equal to '1'."""
    _refuse_unlike(values, node)
    kinds = {_kind(value) for value in values}
    if "text" in kinds:
        return [cast(v, String(200)) if _is_untyped(v) else v for v in values]
    if "number" in kinds:
        return [TextAsNumber(v, CASTS[exp.DType.DECIMAL]) if _is_untyped(v) else v for v in values]
    return list(values)


def _is_untyped(value: ColumnElement[Any]) -> bool:
    return isinstance(value.type, NullType) and not isinstance(value, Null)


def _decoded(subject: ColumnElement[Any], code: ColumnElement[Any]) -> ColumnElement[bool]:
    """DECODE finds a NULL by a NULL."""
    if isinstance(code, Null):
        return null_for_empty(subject).is_(None)
    if isinstance(code, BindParameter):
        return subject == code
    return or_(subject == code, and_(subject.is_(None), code.is_(None)))


def _kind(value: ColumnElement[Any]) -> str:
    """Empty where it is not told, or is a condition."""
    kinds = {"day": DAYS, "text": (String,), "number": (Integer, Numeric, Float)}
    return next((name for name, types in kinds.items() if isinstance(value.type, types)), "")


def _joined(left: ColumnElement[Any], right: ColumnElement[Any]) -> ColumnElement[Any]:
    """NULL is an empty text, as it is in Oracle."""
    return _as_text(left).concat(_as_text(right))


def _as_text(value: ColumnElement[Any]) -> ColumnElement[Any]:
    is_joined = isinstance(value, BinaryExpression) and value.operator is operators.concat_op
    is_text = isinstance(value.type, String)
    if is_text and (is_joined or isinstance(value, BindParameter)):
        return value  # never NULL
    text = value if is_text else cast(value, String(200))
    return EmptyForNull(text)


def _size(node: Any) -> int:
    text = str(node.this)
    if not text.isdecimal() or len(text) > 4:  # noqa: PLR2004
        raise Refused(f"{_told(node)} is no size that CAST may have")
    return int(text)


def _is_from_one_on(start: Any) -> bool:
    """Each database counts in its own way from 0 or from the end."""
    return isinstance(start, exp.Literal) and not start.is_string and str(start.this) >= "1"


def _told(node: Any) -> str:
    return (node.sql(dialect="oracle") if isinstance(node, exp.Expr) else str(node))[:60]


BINARY: dict[type, Callable[[Any, Any], Any]] = {
    exp.Add: lambda a, b: a + b,
    exp.Sub: lambda a, b: a - b,
    exp.Mul: lambda a, b: a * b,
    exp.Div: lambda a, b: a / b,
    exp.DPipe: _joined,
    exp.EQ: lambda a, b: a == b,
    exp.NEQ: lambda a, b: a != b,
    exp.GT: lambda a, b: a > b,
    exp.GTE: lambda a, b: a >= b,
    exp.LT: lambda a, b: a < b,
    exp.LTE: lambda a, b: a <= b,
    exp.And: and_,
    exp.Or: or_,
}
COUNTING = (exp.Add, exp.Sub, exp.Mul, exp.Div)
COMPARING = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE)
# Only what SQLite, PostgreSQL and Oracle all have by this name, and mean the same by.
FUNCTIONS: dict[type, tuple[str, Any]] = {
    exp.Coalesce: ("coalesce", None),
    exp.Nullif: ("nullif", None),
    exp.Substring: ("substr", String()),
    exp.Upper: ("upper", String()),
    exp.Lower: ("lower", String()),
    exp.Round: ("round", None),
    exp.Abs: ("abs", None),
}
TAKES_NO: dict[type, tuple[type, ...]] = {
    exp.Coalesce: (),
    exp.Nullif: (),
    exp.Substring: DAYS,
    exp.Upper: DAYS,
    exp.Lower: DAYS,
    exp.Round: (String, Boolean, *DAYS),
    exp.Abs: (String, Boolean, *DAYS),
}
FEWEST: dict[type, int] = {exp.Coalesce: 2, exp.Nullif: 2, exp.Substring: 2}  # arguments
CASTS: dict[Any, Any] = {
    exp.DType.VARCHAR: String(200),
    exp.DType.INT: Integer(),
    exp.DType.BIGINT: Integer(),
    exp.DType.DECIMAL: Numeric(38, 10),
}
ARGUMENTS = ("this", "expression", "start", "length", "decimals")
Build = Callable[[_Builder, Any], ColumnElement[Any]]
# What may stand in an expression, how it is built, and which of its parts are known here.
NODES: dict[type, tuple[Build, frozenset[str]]] = {
    exp.Column: (_Builder.column, frozenset({"this", "table"})),
    exp.Literal: (_Builder.literal, frozenset({"this", "is_string"})),
    exp.Paren: (_Builder.inner, frozenset({"this"})),
    exp.Neg: (_Builder.negative, frozenset({"this"})),
    exp.Not: (_Builder.opposite, frozenset({"this"})),
    exp.Is: (_Builder.is_null, frozenset({"this", "expression"})),
    exp.In: (_Builder.within, frozenset({"this", "expressions"})),
    exp.Between: (_Builder.between, frozenset({"this", "low", "high"})),
    exp.Case: (_Builder.choose, frozenset({"this", "ifs", "default"})),
    exp.DecodeCase: (_Builder.decode, frozenset({"expressions"})),
    exp.Nvl2: (_Builder.nvl2, frozenset({"this", "true", "false"})),
    exp.Trim: (_Builder.trim, frozenset({"this", "position"})),
    exp.Cast: (_Builder.cast, frozenset({"this", "to"})),
    exp.Null: (_Builder.nothing, frozenset()),
    **dict.fromkeys(BINARY, (_Builder.binary, frozenset({"this", "expression", "safe", "typed"}))),
    **dict.fromkeys(FUNCTIONS, (_Builder.call, frozenset({*ARGUMENTS, "expressions", "is_nvl"}))),
}
