"""Moments as they are told at home, whatever zone the database keeps them in."""

from typing import Any

from sqlalchemy import (
    DATE,
    ColumnElement,
    Integer,
    String,
    and_,
    case,
    cast,
    extract,
    func,
    literal_column,
    type_coerce,
)
from sqlalchemy.dialects.oracle import TIMESTAMP
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from config.home import HOME


def at_home(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """Oracle's with a time zone as the day it is at home: its driver drops the zone, and EXTRACT
    counts in UTC. PostgreSQL does this by the session's time zone."""
    kind = column.type
    if not isinstance(kind, TIMESTAMP) or not (kind.timezone or kind.local_timezone):
        return column
    at_home = column.op("AT TIME ZONE")(literal_column(f"'{HOME.key}'"))
    return func.to_date(func.to_char(at_home, DAY), DAY, type_=DATE)


DAY: ColumnElement[str] = literal_column("'YYYY-MM-DD'")


class MonthOf(FunctionElement[int]):
    """The day's year and month, as 202601."""

    inherit_cache = True
    name = "month_of"

    type = Integer()

    def __init__(self, day: ColumnElement[Any]) -> None:
        super().__init__(day)


@compiles(MonthOf)
def _extracted(element: MonthOf, compiler: Any, **options: Any) -> str:
    (day,) = element.clauses
    counted = extract("year", day) * 100 + extract("month", day)
    return f"({compiler.process(counted, **options)})"


@compiles(MonthOf, "sqlite")
def _cut_out(element: MonthOf, compiler: Any, **options: Any) -> str:
    """A moment with an offset is read as its clock says; SQLite's own functions go to UTC. What is
    not written as decode reads days has none."""
    (day,) = element.clauses
    text = type_coerce(day, String)
    year, month = func.substr(text, 1, 4), func.substr(text, 6, 2)
    is_day = and_(func.substr(text, 5, 1) == "-", func.substr(text, 8, 1) == "-")
    counted = case((is_day, cast(year, Integer) * 100 + cast(month, Integer)))
    return f"({compiler.process(counted, **options)})"
