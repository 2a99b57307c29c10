"""An index that leads on each column by which the portal looks something up."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Dialect

from legacy_adapters.doctor.kinds import TableName
from legacy_adapters.doctor.patient import Fitted, Patient
from legacy_adapters.doctor.questions import FAILURES, reason
from legacy_adapters.doctor.report import Finding, Level, Topic

# Any one of a relation's fields is enough to find its rows by.
LOOKED_UP = {
    "contract": ("code",),
    "contract_info": ("contract_code",),
    "invoice": ("contract_code",),
    "invoice_line": ("contract_code", "invoice_number"),
    "payment": ("contract_code",),
}
LONGEST_NAME = 30  # of Oracle up to 12.1


def check(patient: Patient, dialect: Dialect) -> Iterator[Finding]:
    for fitted in patient.fitted.values():
        if fitted.relation is not None:
            yield from _RelationIndexes(patient, fitted, dialect).findings()


class _RelationIndexes:
    def __init__(self, patient: Patient, fitted: Fitted, dialect: Dialect) -> None:
        self._patient = patient
        self._fitted = fitted
        self._dialect = dialect
        self._base = fitted.mapping.use.alias

    def findings(self) -> Iterator[Finding]:
        name, relation = self._fitted.mapping.name, self._fitted.relation
        columns = self._fitted.mapping.columns
        # What does not fit is told with the columns.
        mapped = [field for field in LOOKED_UP[name] if relation and relation.has(field)]
        plain = [field for field in mapped if columns[field].is_plain]
        if mapped and not plain:
            told = "is computed, so that an index on a column cannot serve the look-up"
            expected = "a column, or an index on the expression; the plan shows whether it is used"
            yield self._finding(Level.WARNING, f"columns.{mapped[0]}", told, expected)
            return
        yield from self._look_ups(plain)
        yield from self._joins({self._split(columns[field].columns[0])[0] for field in plain})

    def _look_ups(self, fields: list[str]) -> Iterator[Finding]:
        missing = []
        for field in fields:
            alias, column = self._split(self._fitted.mapping.columns[field].columns[0])
            found = self._judged(alias, [column], f"columns.{field}")
            if found.level is not Level.WARNING:
                yield found
                return
            missing.append(found)
        yield from missing[:1]

    def _joins(self, reached: set[str]) -> Iterator[Finding]:
        """From the tables where the look-up begins, each join leads to one more."""
        left = [join.on for join in self._fitted.mapping.joins]
        while left:
            step = next((s for on in left if (s := self._step(on, reached))), None)
            if step is None:
                return
            on, alias, columns = step
            left.remove(on)
            if alias not in reached:
                yield self._judged(alias, columns, "joins")
                reached.add(alias)

    def _step(
        self, on: tuple[tuple[str, str], ...], reached: set[str]
    ) -> tuple[tuple[tuple[str, str], ...], str, list[str]] | None:
        sides = [self._split(name) for pair in on for name in pair]
        if not any(alias in reached for alias, _ in sides):
            return None
        new = [(alias, column) for alias, column in sides if alias not in reached]
        alias = new[0][0] if new else next(iter(reached))
        return on, alias, [column for other, column in new if other == alias]

    def _judged(self, alias: str, columns: list[str], place: str) -> Finding:
        table = self._fitted.tables[alias]
        wanted = f"{table}.{' or '.join(columns)}"
        if self._patient.is_view(table):
            told = f"{table} is a view: the indexes behind it show in the plans only"
            return self._finding(Level.NOTE, place, told)
        try:
            indexes = self._patient.ask(lambda c: self._indexes(c, table))
        except FAILURES as error:
            told = f"the indexes of {table} cannot be read: {reason(error)}"
            return self._finding(Level.NOTE, place, told)
        if {index[0] for index in indexes} & {column.lower() for column in columns}:
            return self._finding(Level.OK, place, f"an index leads on {wanted}")
        if place == "joins" and not self._patient.is_big(table):
            told = f"no index leads on {wanted}, but the table is small"
            return self._finding(Level.NOTE, place, told)
        told = f"no index leads on {wanted}"
        return self._finding(Level.WARNING, place, told, self._create(table, columns))

    def _indexes(self, connection: Connection, table: TableName) -> list[tuple[str, ...]]:
        return self._patient.kind.indexes(connection, table)

    def _create(self, table: TableName, columns: list[str]) -> str:
        quote = self._dialect.identifier_preparer.quote
        short = LONGEST_NAME - len("_ix")
        name = quote(f"{table.name}_{columns[0]}"[:short].rstrip("_").lower() + "_ix")
        schema = f"{quote(table.schema)}." if table.schema else ""
        listed = ", ".join(quote(column.lower()) for column in columns)
        return f"CREATE INDEX {name} ON {schema}{quote(table.name)} ({listed})"

    def _split(self, name: str) -> tuple[str, str]:
        alias, _, column = name.rpartition(".")
        return alias or self._base, column

    def _finding(self, level: Level, place: str, found: str, expected: str = "") -> Finding:
        where = self._patient.place(self._fitted.mapping.name, place)
        values: dict[str, Any] = {"place": where, "found": found, "expected": expected}
        return Finding(level=level, topic=Topic.INDEXES, **values)
