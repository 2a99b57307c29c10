"""What joins do to the rows that tell of money: a row that a join leaves out is a debt that nobody
sees, and one that it doubles is shown twice, or to several customers."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    and_,
    case,
    func,
    inspect,
    select,
    tuple_,
)

from legacy_adapters.doctor.doubled import Joins
from legacy_adapters.doctor.kinds import TableName
from legacy_adapters.doctor.patient import Fitted, Patient
from legacy_adapters.doctor.questions import FAILURES, level_of, reason
from legacy_adapters.doctor.report import Finding, Level, Topic
from legacy_adapters.schema import Relation

Told = tuple[Level, str, str]  # and what is expected
Pair = tuple[str, str]  # columns of two tables, in small letters
ROWS = 300  # the first and the last by the table's primary key
TELLING = {"invoice": "outstanding", "invoice_line": "net", "payment": "amount"}
KEPT = "rows without a partner kept by `optional = true`, or rows of contracts that are gone"
ONCE = "each row once and under one contract: a join by columns that name one row"


def check(patient: Patient) -> Iterator[Finding]:
    for name, fitted in patient.fitted.items():
        if fitted.relation is not None:
            yield from _past_declared_keys(patient, name, fitted)
            yield from _rows_of_money(patient, name, fitted)


def _rows_of_money(patient: Patient, name: str, fitted: Fitted) -> Iterator[Finding]:
    alias = telling(fitted) if fitted.mapping.joins else None
    if fitted.relation is None or alias is None:
        return
    relation, table = fitted.relation, fitted.tables[alias]
    joins = Joins(patient, fitted, relation, alias)
    found = _tried(table, lambda: ((Level.BROKEN, told, ONCE) for told in joins.told()))
    found += _tried(table, lambda: _look(patient, relation, alias, table))
    if not found and joins.are_looked_at:
        found = [(Level.OK, f"no join doubles the rows of {table}", "")]
    is_broken = any(level is Level.BROKEN for level, _told, _expected in found)
    for level, told, expected in found:
        if not (is_broken and level is Level.OK):
            place = patient.place(name, "joins")
            yield Finding(level=level, topic=Topic.KEYS, place=place, found=told, expected=expected)


def _tried(table: TableName, look: Callable[[], Iterable[Told]]) -> list[Told]:
    found: list[Told] = []
    try:
        found.extend(look())
    except FAILURES as error:
        told = f"what the joins do to {table} cannot be looked at: {reason(error)}"
        found.append((level_of(error), told, ""))
    return found


def _past_declared_keys(patient: Patient, name: str, fitted: Fitted) -> Iterator[Finding]:
    """Joins of two tables of which one refers to the other, by other columns than those."""
    for join in fitted.mapping.joins:
        own = join.use.alias
        written: dict[str, set[Pair]] = {}
        for left, right in join.on:
            (one, first), (other, second) = _parts(left), _parts(right)
            if own == other:
                (one, first), (other, second) = (other, second), (one, first)
            if own == one != other:
                written.setdefault(other, set()).add((first, second))
        for other, pairs in written.items():
            declared = _declared(patient, fitted.tables[own], fitted.tables[other])
            if declared and not any(key <= pairs for key in declared):
                told = ", ".join(f"{own}.{a} = {other}.{b}" for a, b in sorted(declared[0]))
                yield Finding(
                    level=Level.WARNING,
                    topic=Topic.KEYS,
                    place=patient.place(name, "joins"),
                    found=f"{own} and {other} are joined past the key that is declared: {told}",
                    expected="the declared key, or rows of one customer may be another's",
                )


def _parts(column: str) -> tuple[str, str]:
    alias, _, name = column.rpartition(".")
    return alias, name.lower()


def _declared(patient: Patient, own: TableName, other: TableName) -> list[set[Pair]]:
    """The foreign keys between two tables, as pairs of their columns in small letters."""

    def asked(connection: Connection) -> list[set[Pair]]:
        found = [*_references(connection, own, other)]
        return found + [{(b, a) for a, b in key} for key in _references(connection, other, own)]

    try:
        return patient.ask(asked)
    except FAILURES:
        return []  # nobody can say; a view has none


def _references(connection: Connection, source: TableName, goal: TableName) -> Iterator[set[Pair]]:
    for key in inspect(connection).get_foreign_keys(source.name, schema=source.schema):
        if key["referred_table"].lower() == goal.name.lower():
            there = key["referred_columns"] or _key(connection, goal)
            here = key["constrained_columns"]
            yield {(a.lower(), b.lower()) for a, b in zip(here, there, strict=False)}


def telling(fitted: Fitted) -> str | None:
    """The short name of the table that tells of money."""
    operation = fitted.mapping.columns.get(TELLING.get(fitted.mapping.name, ""))
    names = operation.columns if operation else ()
    found = names[0].rpartition(".")[0] if names else ""
    return found if found in fitted.tables else None


def is_own(fitted: Fitted, field: str) -> bool:
    """Whether a second row of another table leaves the field as it is."""
    table = telling(fitted)
    tables = {name.rpartition(".")[0] for name in fitted.mapping.columns[field].columns}
    return table is None or tables <= {table}


def _look(patient: Patient, relation: Relation, alias: str, table: TableName) -> Iterator[Told]:
    joined = relation.alias(alias)
    key = _known_key(patient, table)
    columns = [column for column in joined.c if column.name.lower() in key]
    if not columns or len(columns) < len(key):
        return  # a view, or a table whose rows nobody can tell apart
    rows = set(patient.ask(lambda c: _sample(c, joined, [column.name for column in columns])))
    if not rows:
        return
    is_kept = and_(True, *relation.conditions)
    statement = (
        select(*columns, func.count(case((is_kept, 1))).label("kept"))
        .select_from(relation.joined)
        .where(_is_one_of(columns, rows))
        .group_by(*columns)
    )
    found = patient.ask(lambda c: c.execute(statement).all())
    if doubled := sum(1 for row in found if row.kept > 1):
        told = f"{doubled} of {len(rows)} rows of {table} come out more than once"
        yield Level.BROKEN, told, ONCE
    elif len(found) < len(rows):
        told = f"{len(rows) - len(found)} of {len(rows)} rows of {table} are left out by the joins"
        yield Level.WARNING, told, KEPT
    else:
        yield Level.OK, f"{len(rows)} rows of {table} come through the joins, each once", ""


def _is_one_of(columns: Sequence[ColumnElement[Any]], rows: Collection[Any]) -> ColumnElement[bool]:
    if len(columns) == 1:
        return columns[0].in_([row[0] for row in rows])
    return tuple_(*columns).in_([tuple(row) for row in rows])


def _known_key(patient: Patient, table: TableName) -> list[str]:
    try:
        return patient.ask(lambda c: _key(c, table))
    except FAILURES:
        return []  # a synonym's, or one that this user may not see


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
