"""Texts in what should be numbers, as an import of CSV leaves them: SQLite keeps them anywhere. It
takes what it can read of them, 1.1 of '1.102,50' and 0 of an empty one, so a sum hides a debt."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Float,
    Integer,
    Numeric,
    and_,
    case,
    func,
    select,
)
from sqlalchemy.types import NullType

from legacy_adapters.doctor.counting import counted_columns
from legacy_adapters.doctor.patient import Patient
from legacy_adapters.doctor.questions import FAILURES, level_of, reason
from legacy_adapters.doctor.report import Finding, Level, Topic
from legacy_adapters.errors import BillingUnavailable
from legacy_adapters.known import known
from legacy_adapters.relations import RELATIONS, Kind
from legacy_adapters.schema import Relation

ROWS = 1_000  # the first, where there is no time for all
NUMBERS = (Integer, Numeric, Float, Boolean)
COUNTED = (Kind.MONEY, Kind.NUMBER, Kind.PERIOD)
SUMMED = ("invoice", "outstanding")  # by the lists of debts
IN_SUMS = "numbers: SQLite counts with what it can read of a text, 1.23 of 1.234,50"
AS_IT_IS = "numbers, or NULL: pages that meet others fail, and sums take 1.23 of 1.234,50"


@dataclass(frozen=True)
class Used:
    """A column that a field counts with; is_plain: the field is the column itself."""

    field: str
    name: str
    column: ColumnElement[Any]
    is_plain: bool


def kept_as_text(patient: Patient, relation: Relation) -> Iterator[Finding]:
    used = [one for field in RELATIONS[relation.name] for one in _used(patient, relation, field)]
    if not used:
        return
    try:
        counted, where = _count(patient, relation, used)
    except FAILURES as error:
        told = f"texts among its numbers cannot be looked for: {reason(error)}"
        place = patient.place(relation.name)
        yield Finding(level=level_of(error), topic=Topic.SAMPLES, place=place, found=told)
        return
    for one, texts, wrong in zip(used, counted[::2], counted[1::2], strict=True):
        if wrong:
            whose = "" if one.is_plain else f"{one.name}: "
            is_broken = one.is_plain or (relation.name, one.field) == SUMMED
            yield Finding(
                level=Level.BROKEN if is_broken else Level.WARNING,
                topic=Topic.SAMPLES,
                place=patient.place(relation.name, f"columns.{one.field}"),
                found=f"{whose}no plain number in {wrong} of {texts} texts{where}",
                expected=AS_IT_IS if one.is_plain else IN_SUMS,
            )


def _used(patient: Patient, relation: Relation, field: str) -> Iterator[Used]:
    operation = patient.fitted[relation.name].mapping.columns.get(field)
    expression = relation.expression(field) if relation.has(field) else None
    if operation is None or expression is None or operation.codes is not None:
        return  # codes are looked at as such
    is_number = RELATIONS[relation.name][field].kind in COUNTED
    counted = {id(column) for column in counted_columns(expression)}
    for name in dict.fromkeys(operation.columns):
        column = relation.column(field, name)
        may_count = isinstance(column.type, NUMBERS) or (
            is_number and isinstance(column.type, NullType)
        )
        if (is_number and operation.is_plain) or (may_count and id(column) in counted):
            yield Used(field, name, column, operation.is_plain)


def _count(patient: Patient, relation: Relation, used: Sequence[Used]) -> tuple[list[int], str]:
    """Texts and those that are no plain number, of each; and where, if not everywhere."""
    try:
        return _of_rows(patient, relation, used, None), ""
    except BillingUnavailable:
        return _of_rows(patient, relation, used, ROWS), f" of the first {ROWS:,} rows"


def _of_rows(
    patient: Patient, relation: Relation, used: Sequence[Used], limit: int | None
) -> list[int]:
    columns = [one.column.label(f"c{place}") for place, one in enumerate(used)]
    rows = relation.select(()).add_columns(*columns).limit(limit).subquery()
    sums: list[ColumnElement[int]] = []
    for column in rows.c:
        is_text = func.typeof(column) == "text"
        sums += [_times(is_text), _times(and_(is_text, known(column).is_(None)))]
    found: Sequence[Any] = patient.ask(lambda c: c.execute(select(*sums)).one())
    return [int(number) for number in found]


def _times(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)
