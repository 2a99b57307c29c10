"""Oracle takes an empty text for NULL, and no other database does. Expressions are Oracle's, so
they mean everywhere what they mean there."""

from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Date, DateTime, Null, String
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import NullType


class EmptyForNull(FunctionElement[Any]):
    """A text that joins others."""

    inherit_cache = True
    name = "empty_for_null"
    type = String()


class NullForEmpty(FunctionElement[Any]):
    """A value that is asked whether it is NULL."""

    inherit_cache = True
    name = "null_for_empty"

    def __init__(self, value: ColumnElement[Any]) -> None:
        super().__init__(value)
        self.type = value.type


def null_for_empty(value: ColumnElement[Any]) -> ColumnElement[Any]:
    if isinstance(value, BindParameter | Null):
        return value
    is_asked = isinstance(value.type, String | Date | DateTime | NullType)
    return NullForEmpty(value) if is_asked else value


@compiles(EmptyForNull)
def _coalesced(element: EmptyForNull, compiler: Any, **options: Any) -> str:
    return f"coalesce({compiler.process(element.clauses, **options)}, '')"


@compiles(NullForEmpty)
def _without_empty(element: NullForEmpty, compiler: Any, **options: Any) -> str:
    value = str(compiler.process(element.clauses, **options))
    return f"nullif({value}, '')" if isinstance(element.type, String) else value


@compiles(NullForEmpty, "sqlite")
def _without_blank(element: NullForEmpty, compiler: Any, **options: Any) -> str:
    value = str(compiler.process(element.clauses, **options))
    if isinstance(element.type, Date | DateTime):  # a text there, and blanks and zeros are no day
        return f"CASE WHEN {value} >= '1900-' THEN {value} END"
    return f"nullif({value}, '')"


@compiles(EmptyForNull, "oracle")
@compiles(NullForEmpty, "oracle")
def _as_it_is(element: EmptyForNull | NullForEmpty, compiler: Any, **options: Any) -> str:
    return str(compiler.process(element.clauses, **options))
