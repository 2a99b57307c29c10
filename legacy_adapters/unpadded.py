"""A CHAR as Oracle and PostgreSQL compare it, without the blanks that it is filled up with. SQLite
compares those too, and a copy keeps them."""

from typing import Any

from sqlalchemy import CHAR, ColumnElement
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement


class Unpadded(FunctionElement[Any]):
    """The column, which on SQLite no index finds any more."""

    inherit_cache = True
    name = "unpadded"

    def __init__(self, column: ColumnElement[Any]) -> None:
        super().__init__(column)
        self.type = column.type


@compiles(Unpadded)
def _as_it_is(element: Unpadded, compiler: Any, **options: Any) -> str:
    (column,) = element.clauses
    return str(compiler.process(column, **options))


@compiles(Unpadded, "sqlite")
def _trimmed(element: Unpadded, compiler: Any, **options: Any) -> str:
    return f"rtrim({compiler.process(element.clauses, **options)})"


def unpadded(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """A CHAR(1) has no padding, and stays what an index finds."""
    is_padded = isinstance(column.type, CHAR) and column.type.length != 1
    return Unpadded(column) if is_padded else column
