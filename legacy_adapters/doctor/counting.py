"""Which columns of an expression have to be numbers, because it counts with them or compares them.
What is only joined to a text, or chosen and read as it is, may be anything."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import BinaryExpression, Case, Cast, ColumnClause, String, UnaryExpression
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import ClauseElement
from sqlalchemy.sql.functions import FunctionElement

from legacy_adapters.text_as_number import TextAsNumber

ASKED_FOR_NULL = (operators.is_, operators.is_not)
OF_TEXTS = {"substr", "trim", "ltrim", "rtrim", "upper", "lower"}
OF_NUMBERS = {"round", "abs"}


def counted_columns(element: ClauseElement, *, counts: bool = False) -> Iterator[Any]:
    """counts: whether what the element gives is counted with."""
    if isinstance(element, ColumnClause):
        if counts:
            yield element
        return
    if isinstance(element, Case):
        for condition, value in element.whens:
            yield from counted_columns(condition, counts=True)
            yield from counted_columns(value, counts=counts)
        if element.else_ is not None:
            yield from counted_columns(element.else_, counts=counts)
        return
    inside = _counts_inside(element, counts)
    for child in element.get_children():
        yield from counted_columns(child, counts=inside)


def _counts_inside(element: ClauseElement, counts: bool) -> bool:
    if isinstance(element, TextAsNumber):
        return False  # its texts are looked at by themselves
    if isinstance(element, Cast):
        return not isinstance(element.type, String)
    if isinstance(element, BinaryExpression):
        return element.operator not in (operators.concat_op, *ASKED_FOR_NULL)
    if isinstance(element, UnaryExpression):
        return counts or element.operator is operators.neg
    if isinstance(element, FunctionElement):
        name = str(getattr(element, "name", ""))
        return name in OF_NUMBERS or (counts and name not in OF_TEXTS)
    return counts
