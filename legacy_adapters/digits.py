"""Whether a text is of digits alone, in words that all databases know."""

from typing import Any

from sqlalchemy import ColumnElement, String
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement


class Zeroed(FunctionElement[Any]):
    """A text with a 0 for each of its digits."""

    inherit_cache = True
    name = "zeroed"
    type = String()


@compiles(Zeroed)
def _translated(element: Zeroed, compiler: Any, **options: Any) -> str:
    return f"translate({compiler.process(element.clauses, **options)}, '123456789', '000000000')"


@compiles(Zeroed, "sqlite")
def _replaced(element: Zeroed, compiler: Any, **options: Any) -> str:
    text = str(compiler.process(element.clauses, **options))
    for digit in "123456789":
        text = f"replace({text}, '{digit}', '0')"
    return text


def all_digits(text: ColumnElement[Any], length: int) -> ColumnElement[bool]:
    return Zeroed(text) == "0" * length
