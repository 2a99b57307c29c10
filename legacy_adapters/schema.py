"""Joins a mapping and the live database: checks every table and column that the mapping
names, and makes each relation something that statements can be built from."""

import warnings
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from sqlalchemy import (
    CHAR,
    REAL,
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Date,
    DateTime,
    Double,
    Enum,
    Float,
    FromClause,
    Integer,
    MetaData,
    Numeric,
    Select,
    String,
    Table,
    and_,
    cast,
    inspect,
    null,
    select,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import DOMAIN, MONEY
from sqlalchemy.dialects.postgresql.base import PGInspector
from sqlalchemy.engine.interfaces import ReflectedColumn
from sqlalchemy.exc import NoSuchTableError, SAWarning
from sqlalchemy.types import NullType, TypeDecorator, TypeEngine

from legacy_adapters.errors import MappingError
from legacy_adapters.mapping import Mapping, RelationMapping, TableUse
from legacy_adapters.moments import at_home
from legacy_adapters.operations import NoColumn, Operation, Wrong, any_of, none_of
from legacy_adapters.relations import RELATIONS, Kind
from legacy_adapters.unpadded import unpadded


class NumericCode(TypeDecorator[str]):
    """A code that the database keeps as a number. A text that is none finds nothing, which no
    number does: the rows of those that have no code may say -1."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> int | None:
        text = str(value)
        is_number = text.isascii() and text.isdigit() and len(text) < 19  # noqa: PLR2004
        # With zeros before it, 0012 would be 12: one contract by two names.
        return int(text) if is_number and text == str(int(text)) else None

    def process_result_value(self, value: Any, dialect: Any) -> str | None:
        if value is None:
            return None
        return str(int(value)) if value == int(value) else str(value)


class DayInSqlite(TypeDecorator[Any]):
    """SQLite has no dates: what a copy holds of one is told as it is, for decode to read."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> str | None:
        return None if value is None else str(value.isoformat())


class DomainWord(TypeDecorator[str]):
    """A DOMAIN over an ENUM: PostgreSQL compares it with neither of the two."""

    impl = String
    cache_ok = True


class Relation:
    """One relation of the fixed contract over the utility's own tables."""

    def __init__(self, mapping: Mapping, relation: RelationMapping, tables: "LiveTables") -> None:
        self.name = relation.name
        self._mapping = mapping
        self._operations = relation.columns
        self._reads_views, self._dialect = mapping.reads_views, tables.dialect
        self._aliases = self._tables(relation, tables)
        self.joined = self._joined(relation)
        self.conditions = [
            *(self._condition("only", any_of, *item) for item in relation.only.items()),
            *(self._condition("except", none_of, *item) for item in relation.without.items()),
        ]
        self._fields = {field: self._build(field) for field in RELATIONS[self.name]}

    def _tables(self, relation: RelationMapping, tables: "LiveTables") -> dict[str, FromClause]:
        found: dict[str, FromClause] = {}
        missing = []
        for use in relation.uses:
            try:
                found[use.alias] = tables.aliased(use)
            except NoSuchTableError as error:
                place = "table" if use is relation.use else "joins"
                told = f"the database has no {error}, or does not show it to this user"
                missing.append(str(self._mapping.wrong(self.name, place, told)))
        if missing:
            raise MappingError("\n".join(missing))
        return found

    def alias(self, name: str) -> FromClause:
        """A table by its short name in the mapping."""
        return self._aliases[name]

    def field(self, name: str) -> ColumnElement[Any]:
        return self._fields[name]

    def has(self, name: str) -> bool:
        """Whether the mapping fills this field."""
        return name in self._operations

    def column(self, field: str, name: str) -> ColumnElement[Any]:
        """A column that the field's operation reads, as it is compared."""
        found: ColumnElement[Any] = self._lookup_of(field)(name)
        return found

    def ignores_padding(self, field: str) -> bool:
        """Whether the database finds this field's values without the blanks at their end."""
        return self._dialect != "sqlite" and isinstance(self._fields[field].type, CHAR)

    def select(self, names: Iterable[str]) -> Select[Any]:
        """A select of these fields, labelled by their names, over the rows that exist."""
        columns = [as_told(self._fields[name]).label(name) for name in names]
        return select(*columns).select_from(self.joined).where(and_(True, *self.conditions))

    def equals(self, field: str, word: str) -> ColumnElement[bool]:
        return self._operations[field].equals(word, self._lookup_of(field))

    def differs(self, field: str, word: str) -> ColumnElement[bool]:
        return self._operations[field].differs(word, self._lookup_of(field))

    def expression(self, field: str) -> ColumnElement[Any] | None:
        """What the mapping says for the field, as the database's own types; None: nothing."""
        operation: Operation | None = self._operations.get(field)
        if operation is None:
            return None
        place = f"columns.{field}"
        try:
            return operation.build(self._lookup_of(field))
        except Wrong as wrong:
            raise self._mapping.wrong(self.name, place, str(wrong)) from None

    def _build(self, field: str) -> ColumnElement[Any]:
        column = self.expression(field)
        if column is None:
            return null()
        kind = RELATIONS[self.name][field].kind
        if kind is Kind.CODE and isinstance(column.type, Integer | Numeric | Float):
            return type_coerce(column, NumericCode())
        if kind is Kind.MONEY:
            return self._money(field, column)
        return self._day(field, column) if kind is Kind.DATE else column

    def _money(self, field: str, column: ColumnElement[Any]) -> ColumnElement[Any]:
        if self._dialect != "sqlite" and isinstance(column.type, Double | REAL):
            # PostgreSQL rounds no floats, and nobody adds up money in them. Its REAL would become
            # a number of six digits.
            return cast(cast(column, Double()), Numeric(38, 4))
        # SQLite adds up texts; the others do not, or each in the way of its own settings.
        if self._dialect != "sqlite" and isinstance(column.type, String | MONEY):
            told = "is text or the type MONEY; make a number of it by"
            told += ' { expr = "CAST(... AS NUMBER)" }, or by a view'
            raise self._mapping.wrong(self.name, f"columns.{field}", told)
        return column

    def _day(self, field: str, column: ColumnElement[Any]) -> ColumnElement[Any]:
        # SQLite's views tell no types; the contract says that this is a day, as ISO text.
        is_day = self._reads_views or isinstance(column.type, Date | DateTime | NullType)
        if self._dialect == "sqlite" and is_day:
            return type_coerce(column, DayInSqlite())
        if isinstance(column.type, String | Integer | Numeric | Float):
            told = 'is text or a number; say how it writes days: { date = "...", format = "..." }'
            raise self._mapping.wrong(self.name, f"columns.{field}", told)
        return column

    def _lookup(self, place: str) -> Any:
        def lookup(name: str) -> ColumnElement[Any]:
            alias, _, column = name.rpartition(".")
            try:
                return comparable(at_home(find_column(self._aliases, alias, column)))
            except Wrong as wrong:
                raise self._mapping.wrong(self.name, place, str(wrong)) from None

        return lookup

    def _lookup_of(self, field: str) -> Any:
        lookup = self._lookup(f"columns.{field}")
        operation = self._operations[field]
        if operation.is_plain:  # an index has to find it
            return lookup
        is_counted = self._dialect == "postgresql" and operation.codes is None
        return lambda name: unpadded(mixable(lookup(name)) if is_counted else lookup(name))

    def condition_column(self, place: str, name: str) -> ColumnElement[Any]:
        """A column of `only` or `except`, as it is compared."""
        return unpadded(self._lookup(place)(name))

    def _condition(self, place: str, build: Any, column: str, codes: list[str]) -> Any:
        found = self.condition_column(place, column)
        try:
            return build(found, codes)
        except Wrong as wrong:
            raise self._mapping.wrong(self.name, place, f"{column}: {wrong}") from None

    def _joined(self, relation: RelationMapping) -> FromClause:
        lookup = self._lookup("joins")
        joined: FromClause = self._aliases[relation.use.alias]
        for join in relation.joins:
            on = and_(*(same(lookup(left), lookup(right)) for left, right in join.on))
            joined = joined.join(self._aliases[join.use.alias], on, isouter=join.optional)
        return joined


def as_told(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """PostgreSQL's ENUM as text: it may have words since that it had not when it was looked at."""
    return type_coerce(column, String()) if isinstance(column.type, Enum) else column


def comparable(column: ColumnElement[Any]) -> ColumnElement[Any]:
    return cast(column, String()) if isinstance(column.type, DomainWord) else column


def mixable(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """What PostgreSQL puts together with others: it has no way to round a sum of which a part is a
    float, nor one to set a word of an ENUM beside a text."""
    if isinstance(column.type, Double | REAL):
        return cast(cast(column, Double()), Numeric())
    return cast(column, String()) if isinstance(column.type, Enum) else column


def same(left: ColumnElement[Any], right: ColumnElement[Any]) -> ColumnElement[bool]:
    """Of two that are padded to one length an index has to find the one by the other."""
    if isinstance(left.type, CHAR) is isinstance(right.type, CHAR):
        return left == right
    return unpadded(left) == unpadded(right)


def find_column(aliases: dict[str, FromClause], alias: str, column: str) -> ColumnElement[Any]:
    if not alias and len(aliases) > 1:
        raise NoColumn(f"{column!r} needs the name of its table: {', '.join(aliases)}")
    if alias and alias not in aliases:
        raise NoColumn(f"no table is named {alias!r} here; there are {', '.join(aliases)}")
    table = aliases[alias] if alias else next(iter(aliases.values()))
    alike = spelled_alike(column, [c.name for c in table.c])
    if len(alike) > 1:
        told = f"has {' and '.join(alike)}; write the one that is meant as it is spelled"
        raise NoColumn(f"the table {_told(table)} {told}")
    if not alike:
        names = ", ".join(c.name for c in table.c)
        raise NoColumn(f"the table {_told(table)} has no column {column!r}; it has {names}")
    return table.c[alike[0]]


def spelled_alike(wanted: str, names: Iterable[str]) -> list[str]:
    """The name itself where it is there; else those that differ in capitals alone."""
    alike = [name for name in names if name.lower() == wanted.lower()]
    return [name for name in alike if name == wanted] or alike


def _told(table: FromClause) -> str:
    """By its own name, and its short one where the mapping gives one."""
    name: str = getattr(getattr(table, "element", table), "name", "")
    alias: str = getattr(table, "name", "")
    return f"{name} ({alias})" if alias and alias.lower() != name.lower() else name


class LiveTables:
    """The tables, views and synonyms of the live database, read once each."""

    def __init__(self, connection: Connection) -> None:
        self._inspector = inspect(connection)
        self._metadata = MetaData()
        self.dialect = connection.dialect.name
        self._tables: dict[tuple[str | None, str], Table] = {}
        self._schemas: list[str] | None = None
        self._names: dict[str | None, list[str]] = {}

    def find(self, use: TableUse) -> tuple[str | None, str]:
        """Schema and name as the database spells them. Raises: NoSuchTableError."""
        schema = self.real_schema(use.schema)
        # Whatever case the mapping writes it in. A synonym stands in no list of tables.
        alike = spelled_alike(use.table, self.names(schema)) or [use.table.lower()]
        if len(alike) > 1:
            raise NoSuchTableError(f"{use.table}, but {' and '.join(alike)}")
        return schema, alike[0]

    def aliased(self, use: TableUse) -> FromClause:
        schema, name = self.find(use)
        if (schema, name) not in self._tables:
            try:
                self._tables[schema, name] = self._reflect(schema, name)
            except NoSuchTableError:
                raise NoSuchTableError(use.table) from None
        return self._tables[schema, name].alias(use.alias)

    def real_schema(self, schema: str | None) -> str | None:
        if schema is None:
            return None
        if self._schemas is None:
            self._schemas = self._inspector.get_schema_names()
        alike = spelled_alike(schema, self._schemas)
        if len(alike) > 1:
            raise NoSuchTableError(f"schema {schema}, but {' and '.join(alike)}")
        if not alike:
            raise NoSuchTableError(f"schema {schema}")
        return alike[0]

    def names(self, schema: str | None) -> list[str]:
        """Of tables and views, as the database spells them."""
        if schema not in self._names:
            ask = self._inspector
            names = [*ask.get_table_names(schema=schema), *ask.get_view_names(schema=schema)]
            # SQLAlchemy's own word for a kind of database that has none.
            with suppress(NotImplementedError):
                names += ask.get_materialized_view_names(schema=schema)
            if isinstance(ask, PGInspector):  # tables of another server
                names += ask.get_foreign_table_names(schema=schema)
            self._names[schema] = names
        return self._names[schema]

    def columns(self, schema: str | None, name: str) -> list[ReflectedColumn]:
        """Raises: NoSuchTableError."""
        options = {"oracle_resolve_synonyms": True} if self.dialect == "oracle" else {}
        with warnings.catch_warnings():
            # A type that SQLAlchemy does not know is refused only where it is used.
            warnings.simplefilter("ignore", SAWarning)
            found = self._inspector.get_columns(name, schema=schema, **options)
        for column in found:
            column["type"] = _without_domain(column["type"])
        return found

    def _reflect(self, schema: str | None, name: str) -> Table:
        columns = [
            Column(column["name"], self._type(column["type"]))
            for column in self.columns(schema, name)
        ]
        return Table(name, self._metadata, *columns, schema=schema)

    def _type(self, reflected: TypeEngine[Any]) -> TypeEngine[Any]:
        """What a value is written and read as. CHAR stays CHAR: Oracle finds nothing else."""
        if isinstance(reflected, Numeric) and not isinstance(reflected, Integer):
            if self.dialect == "sqlite":
                # It keeps decimals as floats; the row factories round them to what they are.
                return Float()
            if not isinstance(reflected, Float):
                # Exact, also where Oracle's NUMBER does not say how many decimals it has.
                return Numeric(reflected.precision, reflected.scale, asdecimal=True)
        return reflected


def _without_domain(kind: TypeEngine[Any]) -> TypeEngine[Any]:
    """PostgreSQL's DOMAIN is a name for another type."""
    plain = kind
    while isinstance(plain, DOMAIN):
        plain = plain.data_type
    return DomainWord() if isinstance(plain, Enum) and plain is not kind else plain


def compile_relations(connection: Connection, mapping: Mapping) -> dict[str, Relation]:
    """Every mapped relation over the live tables.

    Raises: MappingError, one line per problem.
    """
    tables = LiveTables(connection)
    compiled: dict[str, Relation] = {}
    problems = []
    for name, relation in mapping.relations.items():
        try:
            compiled[name] = Relation(mapping, relation, tables)
        except MappingError as error:
            problems.append(str(error))
    if problems:
        raise MappingError("\n".join(problems))
    return compiled
