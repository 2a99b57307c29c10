"""Sums of what can be counted with. SQLite keeps a text in a column of numbers, as many a copy has
it, and takes what it can read of one: 1 of '1.102,50', and 0 of an empty one. There such a value is
not known, as where pages read it; the other databases refuse it by themselves."""

from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement


class Known(FunctionElement[Any]):
    """A value that is counted from others, and NULL where one of those is no number."""

    inherit_cache = True
    name = "known"

    def __init__(self, value: ColumnElement[Any], *counted: ColumnElement[Any]) -> None:
        super().__init__(value, *counted)
        self.type = value.type


def known(value: ColumnElement[Any]) -> ColumnElement[Any]:
    """The value itself, where it is a number."""
    return Known(value, value)


@compiles(Known)
def _as_it_is(element: Known, compiler: Any, **options: Any) -> str:
    value, *_counted = element.clauses
    return f"({compiler.process(value, **options)})"


@compiles(Known, "sqlite")
def _looked_at(element: Known, compiler: Any, **options: Any) -> str:
    value, *counted = (compiler.process(clause, **options) for clause in element.clauses)
    are_numbers = " AND ".join(IS_NUMBER.format(f"trim({text})", text) for text in counted)
    return f"(CASE WHEN {are_numbers} THEN {value} END)"


# SQLite sorts every number before every text, and texts before bytes. NULL is left to who counts.
IS_NUMBER = (
    "({1} IS NULL OR {1} < '' OR typeof({1}) = 'text' AND {0} GLOB '*[0-9]*'"
    " AND NOT ({0} GLOB '*[^0-9.+-]*' OR {0} GLOB '*.*.*' OR substr({0}, 2) GLOB '*[+-]*'))"
)
