"""Texts that CAST makes numbers of, in the first rows. A database stops at one that is no number
and takes the page away; SQLite takes what it can read of it."""

import re
from collections.abc import Iterator

from sqlalchemy import ColumnElement, String, select, type_coerce
from sqlalchemy.sql import visitors

from legacy_adapters.doctor.loose import kept_as_text
from legacy_adapters.doctor.patient import Patient
from legacy_adapters.doctor.questions import FAILURES, level_of, reason
from legacy_adapters.doctor.report import Finding, Level, Topic
from legacy_adapters.schema import Relation
from legacy_adapters.text_as_number import TextAsNumber

ROWS = 1_000
# What all databases read alike; with a comma, or a dot between thousands, it is another number.
PLAIN = re.compile(r" *[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+) *")
EXPECTED = "plain numbers such as 1234.50; or a view that makes numbers of them"


def check(patient: Patient) -> Iterator[Finding]:
    is_loose = patient.kind.title == "SQLite"
    for name, fitted in patient.fitted.items():
        if fitted.relation is None:
            continue
        for field in filter(fitted.relation.has, fitted.mapping.columns):
            expression = fitted.relation.expression(field)
            for text in _texts(expression):
                yield _finding(patient, name, field, _look(patient, fitted.relation, text))
        if is_loose:
            yield from kept_as_text(patient, fitted.relation)


def _texts(expression: ColumnElement[object] | None) -> list[ColumnElement[str]]:
    """expression: what the mapping says for a field."""
    if expression is None:
        return []
    casts = [found for found in visitors.iterate(expression) if isinstance(found, TextAsNumber)]
    return [type_coerce(cast.clause, String) for cast in casts]


def _look(patient: Patient, relation: Relation, text: ColumnElement[str]) -> tuple[Level, str]:
    rows = relation.select(()).add_columns(text.label("text")).limit(ROWS).subquery()
    try:
        found = patient.ask(lambda c: c.execute(select(rows.c.text)).scalars().all())
    except FAILURES as error:
        told = f"the texts that it makes numbers of cannot be read: {reason(error)}"
        return level_of(error), told
    given = [value for value in found if value is not None]
    wrong = sum(1 for value in given if not PLAIN.fullmatch(str(value)))
    if wrong:
        return Level.WARNING, f"no plain number in {wrong} of {len(given)} texts"
    return Level.OK, f"plain numbers in {len(given)} texts"


def _finding(patient: Patient, name: str, field: str, told: tuple[Level, str]) -> Finding:
    level, found = told
    return Finding(
        level=level,
        topic=Topic.SAMPLES,
        place=patient.place(name, f"columns.{field}"),
        found=found,
        expected=EXPECTED if level is Level.WARNING else "",
    )
