"""Every table and column that the mapping names: is it there, and can it serve?"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from difflib import get_close_matches
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause
from sqlalchemy.exc import NoSuchTableError, SQLAlchemyError
from sqlalchemy.types import CHAR, NullType, TypeEngine

from legacy_adapters.doctor.column_types import SAY_HOW, Family, family_of, judge, type_name
from legacy_adapters.doctor.kinds import table_name
from legacy_adapters.doctor.patient import Fitted, Patient
from legacy_adapters.doctor.questions import reason
from legacy_adapters.doctor.report import Finding, Level, Topic
from legacy_adapters.doctor.sqlite import odd_types
from legacy_adapters.errors import MappingError
from legacy_adapters.mapping import Problem, RelationMapping, TableUse
from legacy_adapters.operations import NoColumn, Operation, Wrong, any_of
from legacy_adapters.relations import OPTIONAL_RELATIONS, RELATIONS, Kind
from legacy_adapters.schema import LiveTables, Relation, find_column

OF_LETTERS = (Kind.CODE, Kind.TEXT, Kind.WORD)
NO_TYPE = (
    "VARCHAR or TEXT, before the rows are put in: of 0012 it makes 12; or a view, by CAST AS TEXT"
)
Types = dict[str, TypeEngine[Any]]  # column in small letters -> type as the database has it


def check(patient: Patient, problems: list[Problem], connection: Connection) -> list[Finding]:
    """Fills patient.fitted. problems: what is wrong with the file itself."""
    tables = LiveTables(connection)
    findings = []
    for name, mapping in patient.mapping.relations.items():
        check = _RelationCheck(patient, mapping, tables, connection)
        wrong = {place for relation, place, _what in problems if relation == name}
        # Tables that hang on nothing: what is asked of them would be all rows beside all rows.
        found = check.all_findings(is_joined="joins" not in wrong)
        findings += found
        is_broken = any(finding.level is Level.BROKEN for finding in found)
        check.fitted.is_whole = not wrong and not is_broken
        patient.fitted[name] = check.fitted
    for name in OPTIONAL_RELATIONS - patient.mapping.relations.keys():
        findings.append(
            Finding(
                level=Level.NOTE,
                topic=Topic.COLUMNS,
                place=f"[{name}]",
                found="is left out: the document shows totals only",
            )
        )
    return findings


class _RelationCheck:
    def __init__(
        self,
        patient: Patient,
        mapping: RelationMapping,
        tables: LiveTables,
        connection: Connection,
    ) -> None:
        self.fitted = Fitted(mapping=mapping)
        self._patient = patient
        self._mapping = mapping
        self._tables = tables
        self._connection = connection
        self._dialect = connection.dialect
        self._aliases: dict[str, FromClause] = {}
        self._types: dict[str, Types] = {}  # by alias

    def all_findings(self, *, is_joined: bool) -> list[Finding]:
        """Those before a failure too, and the failure."""
        found: list[Finding] = []
        try:
            found.extend(self.findings(is_joined=is_joined))
        except SQLAlchemyError as error:
            self.fitted.relation = None
            found.append(self._finding(Level.BROKEN, "", f"cannot be looked at: {reason(error)}"))
        return found

    def findings(self, *, is_joined: bool) -> Iterator[Finding]:
        for place, use in self._uses():
            if use.table:  # else the file's own problem, told already
                yield from self._table(place, use)
        is_joined = is_joined and len(self._aliases) == len(self._mapping.uses)
        for finding in self._joins_and_conditions():
            is_joined = is_joined and finding.level is not Level.BROKEN
            yield finding
        good = {}
        for field, operation in self._mapping.columns.items():
            found = self._field(field, operation)
            if found is None:
                continue
            yield found
            if found.level is not Level.BROKEN:
                good[field] = operation
        if is_joined:
            yield from self._fit(good)

    def _uses(self) -> Iterator[tuple[str, TableUse]]:
        yield "table", self._mapping.use
        for join in self._mapping.joins:
            yield "joins", join.use

    def _finding(self, level: Level, place: str, found: str, expected: str = "") -> Finding:
        return Finding(
            level=level,
            topic=Topic.COLUMNS,
            place=self._patient.place(self._mapping.name, place),
            found=found,
            expected=expected,
        )

    def _table(self, place: str, use: TableUse) -> Iterator[Finding]:
        try:
            self._aliases[use.alias] = self._tables.aliased(use)
            name = table_name(self._dialect, *self._tables.find(use))
            columns = self._tables.columns(name.schema, name.name)
        except NoSuchTableError as error:
            told = f"the database has no {error}, or does not show it to this user"
            yield self._finding(Level.BROKEN, place, told, self._similar_tables(use))
            return
        except SQLAlchemyError as error:
            self._aliases.pop(use.alias, None)
            told = f"the columns of {use.table} cannot be read: {reason(error)}"
            yield self._finding(Level.BROKEN, place, told, "a table that this user may read")
            return
        self._types[use.alias] = {column["name"].lower(): column["type"] for column in columns}
        self.fitted.tables[use.alias] = name
        if self._dialect.name == "sqlite":
            self.fitted.odd[use.alias] = odd_types(self._connection, name)
        yield self._finding(Level.OK, place, f"{name} ({len(columns)} columns)")

    def _similar_tables(self, use: TableUse) -> str:
        try:
            schema = self._tables.real_schema(use.schema)
            names = {name.lower(): name for name in self._tables.names(schema)}
        except SQLAlchemyError:
            return "an existing schema, or a grant on its tables"
        close = get_close_matches(use.table.lower(), names, n=3)
        like = f", such as {', '.join(names[name] for name in close)}" if close else ""
        return f"an existing table or view{like}; or a grant on it"

    def _joins_and_conditions(self) -> Iterator[Finding]:
        for join in self._mapping.joins:
            for left, right in join.on:
                yield from self._join(left, right)
        for key, conditions in (("only", self._mapping.only), ("except", self._mapping.without)):
            for column, codes in conditions.items():
                try:
                    any_of(self._lookup(column), codes)
                except _Elsewhere:
                    continue
                except Wrong as wrong:
                    expected = self._expected(wrong, [column])
                    yield self._finding(Level.BROKEN, key, f"{column}: {wrong}", expected)

    def _join(self, left: str, right: str) -> Iterator[Finding]:
        families = []
        for name in (left, right):
            try:
                self._lookup(name)
                families.append(family_of(self._live_type(name), self._dialect))
            except _Elsewhere:
                return
            except Wrong as wrong:
                expected = self._expected(wrong, [name])
                yield self._finding(Level.BROKEN, "joins", str(wrong), expected)
                return
        if len(set(families) - {Family.UNKNOWN}) > 1:
            told = f"{self._described(left)} is compared with {self._described(right)}"
            expected = "columns of one type: a conversion may fail, and keeps indexes from use"
            yield self._finding(Level.WARNING, "joins", told, expected)

    def _field(self, field: str, operation: Operation) -> Finding | None:
        """None where a table is missing, which is told already."""
        place = f"columns.{field}"
        try:
            built = operation.build(self._lookup)
        except _Elsewhere:
            return None
        except Wrong as wrong:
            expected = self._expected(wrong, operation.columns)
            return self._finding(Level.BROKEN, place, str(wrong), expected)
        described = ", ".join(dict.fromkeys(self._described(name) for name in operation.columns))
        found = described or "a constant"
        verdict = self._verdict(field, operation, built)
        if verdict is None:
            return self._finding(Level.OK, place, found)
        return self._finding(verdict[0], place, found, verdict[1])

    def _verdict(
        self, field: str, operation: Operation, built: ColumnElement[Any]
    ) -> tuple[Level, str] | None:
        kind = RELATIONS[self._mapping.name][field].kind
        family = self._family_of(operation, built)
        if family is Family.TEXT_DAY and self._reads_days(operation):
            level = Level.BROKEN if self._dialect.name == "oracle" else Level.WARNING
            return level, "a date needs no `date`: name the column alone"
        verdict = judge(kind, family)
        if kind in OF_LETTERS and any(map(self.fitted.odd_type, operation.columns)):
            level = Level.NOTE if kind is Kind.TEXT else Level.WARNING
            return (verdict[0] if verdict else level), NO_TYPE
        if kind is Kind.DATE and verdict and family in {Family.TEXT, Family.WHOLE, Family.DECIMAL}:
            return Level.BROKEN, SAY_HOW
        return verdict

    def _family_of(self, operation: Operation, built: ColumnElement[Any]) -> Family:
        if operation.is_plain:
            # The driver may read it as another type than the database has it.
            return family_of(self._live_type(operation.columns[0]), self._dialect)
        family = family_of(built.type, self._dialect)
        if family is Family.FLOAT and self._dialect.name == "sqlite":
            return Family.DECIMAL  # schema.py reads SQLite's decimals so; they are rounded
        return family

    def _reads_days(self, operation: Operation) -> bool:
        live = [family_of(self._live_type(name), self._dialect) for name in operation.columns]
        return Family.DAY in live

    def _fit(self, good: dict[str, Operation]) -> Iterator[Finding]:
        try:
            mapping = replace(self._mapping, columns=good)
            self.fitted.relation = Relation(self._patient.mapping, mapping, self._tables)
        except (MappingError, SQLAlchemyError) as error:
            yield self._finding(Level.BROKEN, "", reason(error), "see docs/mapping.md")

    def _lookup(self, name: str) -> ColumnElement[Any]:
        alias = name.rpartition(".")[0]
        if self._is_missing(alias):
            raise _Elsewhere
        if not alias and len(self._mapping.uses) > 1:
            aliases = ", ".join(use.alias for use in self._mapping.uses)
            raise NoColumn(f"{name!r} needs the name of its table: {aliases}")
        return find_column(self._aliases, alias, name.rpartition(".")[2])

    def _is_missing(self, alias: str) -> bool:
        wanted = {use.alias for use in self._mapping.uses}
        if not alias:
            return not self._aliases
        return alias in wanted and alias not in self._aliases

    def _described(self, name: str) -> str:
        table = self.fitted.tables[self._alias(name)]
        column = name.rpartition(".")[2]
        live = self._live_type(name)
        if odd := self.fitted.odd_type(name):
            return f"{table}.{column} {odd}, of which SQLite makes numbers"
        padded = ", padded with blanks" if isinstance(live, CHAR) and (live.length or 0) > 1 else ""
        return f"{table}.{column} {type_name(live, self._dialect)}{padded}"

    def _live_type(self, name: str) -> TypeEngine[Any]:
        types = self._types[self._alias(name)]
        return types.get(name.rpartition(".")[2].lower(), NullType())

    def _expected(self, wrong: Wrong, columns: Iterable[str]) -> str:
        if isinstance(wrong, NoColumn):
            return "an existing column"
        return NO_TYPE if any(map(self.fitted.odd_type, columns)) else "see docs/mapping.md"

    def _alias(self, name: str) -> str:
        return name.rpartition(".")[0] or self._mapping.use.alias


class _Elsewhere(Exception):
    """The name stands in a table that is missing, which has a finding of its own."""
