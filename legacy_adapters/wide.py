"""Whole numbers that must not overflow: PostgreSQL adds two of its integers in their own width."""

from typing import Any

from sqlalchemy import ColumnElement, Integer
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement


class Wide(FunctionElement[Any]):
    """The number itself, in arithmetic of any width."""

    inherit_cache = True
    name = "wide"

    def __init__(self, number: ColumnElement[Any]) -> None:
        super().__init__(number)
        self.type = number.type


@compiles(Wide)
def _as_it_is(element: Wide, compiler: Any, **options: Any) -> str:
    return str(compiler.process(element.clauses, **options))


@compiles(Wide, "postgresql")
def _as_numeric(element: Wide, compiler: Any, **options: Any) -> str:
    return f"CAST({compiler.process(element.clauses, **options)} AS NUMERIC)"


def wide(number: ColumnElement[Any]) -> ColumnElement[Any]:
    return Wide(number) if isinstance(number.type, Integer) else number
