"""What joins do to the rows that tell of money: a row that a join leaves out is a debt that nobody
sees, and one that it doubles is shown twice, or to several customers."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, FromClause, and_, case, func, inspect, select, tuple_

from legacy_adapters.doctor.kinds import TableName
from legacy_adapters.doctor.patient import Fitted, Patient
from legacy_adapters.doctor.questions import FAILURES, reason
from legacy_adapters.doctor.report import Finding, Level, Topic
from legacy_adapters.schema import Relation

ROWS = 300  # the first and the last by the table's primary key
TELLING = {"invoice": "outstanding", "invoice_line": "net", "payment": "amount"}
KEPT = "rows without a partner kept by `optional = true`, or rows of contracts that are gone"
ONCE = "each row once and under one contract: a join by columns that name one row"


def check(patient: Patient) -> Iterator[Finding]:
    for name, field in TELLING.items():
        fitted = patient.fitted.get(name)
        if fitted is None or fitted.relation is None or not fitted.mapping.joins:
            continue
        alias = _alias(fitted, field)
        if alias is None:
            continue
        table, place = fitted.tables[alias], patient.place(name, "joins")
        try:
            level, told, expected = _look(patient, fitted.relation, alias, table)
        except FAILURES as error:
            told = f"what the joins do to {table} cannot be looked at: {reason(error)}"
            level, expected = Level.NOTE, ""
        if told:
            yield Finding(level=level, topic=Topic.KEYS, place=place, found=told, expected=expected)


def _alias(fitted: Fitted, field: str) -> str | None:
    """Of the table that tells of money."""
    operation = fitted.mapping.columns.get(field)
    names = operation.columns if operation else ()
    found = names[0].rpartition(".")[0] if names else ""
    return found if found in fitted.tables else None


def _look(
    patient: Patient, relation: Relation, alias: str, table: TableName
) -> tuple[Level, str, str]:
    joined = relation.alias(alias)
    key = patient.ask(lambda c: _key(c, table))
    columns = [column for column in joined.c if column.name.lower() in key]
    if not columns or len(columns) < len(key):
        return Level.OK, "", ""  # a view, or a table whose rows nobody can tell apart
    rows = set(patient.ask(lambda c: _sample(c, joined, [column.name for column in columns])))
    if not rows:
        return Level.OK, "", ""
    is_kept = and_(True, *relation.conditions)
    statement = (
        select(*columns, func.count(case((is_kept, 1))).label("kept"))
        .select_from(relation.joined)
        .where(tuple_(*columns).in_([tuple(row) for row in rows]))
        .group_by(*columns)
    )
    found = patient.ask(lambda c: c.execute(statement).all())
    if doubled := sum(1 for row in found if row.kept > 1):
        told = f"{doubled} of {len(rows)} rows of {table} come out more than once"
        return Level.BROKEN, told, ONCE
    if len(found) < len(rows):
        told = f"{len(rows) - len(found)} of {len(rows)} rows of {table} are left out by the joins"
        return Level.WARNING, told, KEPT
    return Level.OK, f"{len(rows)} rows of {table} come through the joins, each once", ""


def _key(connection: Connection, table: TableName) -> list[str]:
    found = inspect(connection).get_pk_constraint(table.name, schema=table.schema)
    return [column.lower() for column in found["constrained_columns"]]


def _sample(connection: Connection, joined: FromClause, names: list[str]) -> list[Any]:
    plain: Any = getattr(joined, "element", joined)
    columns = [plain.c[name] for name in names]
    rows: list[Any] = []
    for order in ([c.asc() for c in columns], [c.desc() for c in columns]):
        rows += connection.execute(select(*columns).order_by(*order).limit(ROWS)).all()
    return rows
