"""Whether a column's type can serve a field's kind, as decode.py and the statements read it."""

from enum import StrEnum
from typing import Any

from sqlalchemy import Boolean, Date, DateTime, Dialect, Float, Integer, Numeric, String
from sqlalchemy.types import CLOB, Interval, LargeBinary, NullType, Text, Time, TypeEngine
from sqlalchemy.types import _Binary as Binary

from legacy_adapters.doctor.report import Level
from legacy_adapters.relations import Kind
from legacy_adapters.text_dates import TextDate

Verdict = tuple[Level, str]  # and what is expected


class Family(StrEnum):
    TEXT = "text"
    LONG_TEXT = "a large object of text"
    WHOLE = "whole numbers"
    DECIMAL = "decimal numbers"
    FLOAT = "binary floating-point numbers"
    DAY = "days"
    TEXT_DAY = "days kept as text or number"
    TRUTH = "true or false"
    BYTES = "bytes"
    OTHER = "something else"
    UNKNOWN = "not told by the database"


# The first that fits; subclasses stand before what they are made from.
FAMILIES: tuple[tuple[tuple[type[Any], ...], Family], ...] = (
    ((TextDate,), Family.TEXT_DAY),
    ((NullType,), Family.UNKNOWN),
    ((Boolean,), Family.TRUTH),
    ((LargeBinary, Binary), Family.BYTES),
    ((Date, DateTime), Family.DAY),
    ((Time, Interval), Family.OTHER),
    ((Integer,), Family.WHOLE),
    ((Float,), Family.FLOAT),
    ((String,), Family.TEXT),
)


def family_of(column_type: TypeEngine[Any], dialect: Dialect) -> Family:
    if isinstance(column_type, Numeric) and not isinstance(column_type, Float | Integer):
        return Family.DECIMAL if column_type.scale else Family.WHOLE
    if dialect.name == "oracle" and isinstance(column_type, CLOB | Text):
        return Family.LONG_TEXT
    for types, family in FAMILIES:
        if isinstance(column_type, types):
            return family
    return Family.OTHER


def type_name(column_type: TypeEngine[Any], dialect: Dialect) -> str:
    """As a DBA writes it: CHAR(2), VARCHAR2(20 CHAR), NUMBER(12, 2)."""
    if isinstance(column_type, NullType):
        return "(type unknown)"
    written = column_type.compile(dialect)
    if dialect.name == "oracle" and written.startswith("VARCHAR("):
        return written.replace("VARCHAR(", "VARCHAR2(", 1)
    return written


SAY_HOW = 'say how it writes days: { date = "...", format = "..." }'
NUMBER_TEXT = "a number; text is read only where every row is a plain number such as 1234.50"
NOT_TRIED = "text or whole numbers; try it with `flask billing map try`"
# What is not named here is broken; UNKNOWN is left to the samples.
GOOD: dict[Kind, set[Family]] = {
    Kind.CODE: {Family.TEXT, Family.WHOLE},
    Kind.TEXT: {Family.TEXT, Family.LONG_TEXT, Family.WHOLE, Family.DECIMAL},
    Kind.MONEY: {Family.WHOLE, Family.DECIMAL},
    Kind.NUMBER: {Family.WHOLE, Family.DECIMAL, Family.FLOAT},
    Kind.DATE: {Family.DAY, Family.TEXT_DAY},
    Kind.PERIOD: {Family.WHOLE},
    Kind.WORD: {Family.TEXT},
}
DOUBTFUL: dict[tuple[Kind, Family], Verdict] = {
    (Kind.CODE, Family.DECIMAL): (Level.WARNING, "whole numbers or text, to compare exactly"),
    (Kind.CODE, Family.FLOAT): (Level.WARNING, "whole numbers or text, to compare exactly"),
    (Kind.CODE, Family.OTHER): (Level.WARNING, NOT_TRIED),
    (Kind.TEXT, Family.FLOAT): (Level.WARNING, "text; a 5 may be shown as 5.0"),
    (Kind.TEXT, Family.DAY): (Level.WARNING, "text; a day is shown as the database writes it"),
    (Kind.TEXT, Family.TEXT_DAY): (Level.WARNING, "text; name the column without `date`"),
    (Kind.TEXT, Family.TRUTH): (Level.WARNING, "text; it is shown as True or False: use a `map`"),
    (Kind.TEXT, Family.OTHER): (Level.WARNING, "text; it is shown as the driver writes it"),
    (Kind.MONEY, Family.FLOAT): (Level.NOTE, "decimals; floats are rounded to two of them"),
    (Kind.MONEY, Family.TEXT): (Level.WARNING, NUMBER_TEXT),
    (Kind.NUMBER, Family.TEXT): (Level.WARNING, NUMBER_TEXT),
    (Kind.PERIOD, Family.TEXT): (Level.WARNING, "a number YYYYMM; text is read only if it is one"),
    (Kind.PERIOD, Family.FLOAT): (Level.WARNING, "a whole number YYYYMM"),
    (Kind.PERIOD, Family.DECIMAL): (Level.WARNING, "a whole number YYYYMM"),
}
EXPECTED: dict[Kind, str] = {
    Kind.CODE: "text or whole numbers",
    Kind.TEXT: "text",
    Kind.MONEY: "decimal or whole numbers",
    Kind.NUMBER: "numbers",
    Kind.DATE: f"a date or timestamp; or {SAY_HOW}",
    Kind.PERIOD: "a month as the number YYYYMM; for a date use { month_of = ... }",
    Kind.WORD: "the portal's words as text, usually by a `map`",
}


def judge(kind: Kind, family: Family) -> Verdict | None:
    """None: it can serve."""
    if family is Family.UNKNOWN or family in GOOD[kind]:
        return None
    return DOUBTFUL.get((kind, family), (Level.BROKEN, EXPECTED[kind]))
