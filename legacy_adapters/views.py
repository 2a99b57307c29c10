"""From a table mapping to the DDL of the views that a DBA may make instead: one view per
relation, with every field of the fixed contract as a column of that name.

Nothing is created here: the text is for the DBA to read, change and run.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Date,
    Dialect,
    Float,
    FromClause,
    Integer,
    Join,
    Numeric,
    String,
    TypeCoerce,
    and_,
    case,
    cast,
    func,
    null,
    or_,
    type_coerce,
)
from sqlalchemy.dialects import oracle, postgresql, sqlite
from sqlalchemy.exc import CompileError, NoSuchTableError
from sqlalchemy.sql import operators
from sqlalchemy.types import NullType

from legacy_adapters.digits import all_digits
from legacy_adapters.errors import MappingError
from legacy_adapters.mapping import VIEW_PREFIX, Mapping, TableUse
from legacy_adapters.relations import RELATIONS, Field, Kind
from legacy_adapters.schema import LiveTables, Relation
from legacy_adapters.text_dates import TextDate

KINDS: dict[str, Any] = {
    "oracle": oracle.dialect,
    "postgresql": postgresql.dialect,
    "sqlite": sqlite.dialect,
}
DIALECTS = tuple(KINDS)
LONGEST_NAME = {"oracle": 30, "postgresql": 63, "sqlite": 128}  # Oracle before 12.2: 30
LEGAL_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
TYPES: dict[Kind, Any] = {
    Kind.CODE: String(60),
    Kind.TEXT: String(400),
    Kind.WORD: String(20),
    Kind.MONEY: Numeric(14, 4),
    Kind.NUMBER: Numeric(14, 4),
    Kind.PERIOD: Integer(),
    Kind.DATE: Date(),
}

LONG_MONTHS = ("01", "03", "05", "07", "08", "10", "12")
# By their last two digits: of the centuries' years, 2000 alone is near enough to be billed.
LEAP_YEARS = [f"{year:02}" for year in range(4, 100, 4)]

# What a column of the kind is in Oracle, as docs/mapping.md tells it.
ORACLE_COLUMNS: dict[Kind, str] = {
    Kind.CODE: "VARCHAR2 or NUMBER",
    Kind.TEXT: "VARCHAR2",
    Kind.WORD: "VARCHAR2",
    Kind.MONEY: "NUMBER, lek",
    Kind.NUMBER: "NUMBER",
    Kind.PERIOD: "NUMBER(6)",
    Kind.DATE: "DATE",
}


def oracle_column(field: Field) -> str:
    """The field's column in a view, with its words where only those are right."""
    words = f": {', '.join(field.words)}" if field.words else ""
    return ORACLE_COLUMNS[field.kind] + words


class Target(NamedTuple):
    """What the DBA asked for. schema, user: empty for none."""

    dialect: str
    schema: str = ""
    prefix: str = VIEW_PREFIX
    user: str = ""


def export_views(connection: Connection, mapping: Mapping, target: Target) -> str:
    """The statements, as text. Raises: MappingError."""
    if mapping.reads_views:
        raise MappingError(f"{mapping.file} reads views already: there is nothing to export")
    _refuse_wrong_names(mapping, target)
    tables = _Tables(connection)
    writer = _Writer(connection, mapping, target)
    views = []
    for name in mapping.relations:
        try:
            relation = Relation(mapping, mapping.relations[name], tables)
        except NoSuchTableError as error:
            told = f"the database has no {error}, or does not show it to this user"
            raise mapping.wrong(name, "table", told) from None
        views.append(writer.view(name, relation))
    parts = [_head(mapping, target), *views, writer.grants(list(mapping.relations))]
    return "\n\n".join([*parts, _mapping_text(mapping, target)]) + "\n"


def _refuse_wrong_names(mapping: Mapping, target: Target) -> None:
    longest = LONGEST_NAME[target.dialect]
    names = [target.prefix + name.upper() for name in mapping.relations]
    for name in filter(None, [*names, target.schema, target.user]):
        if not LEGAL_NAME.fullmatch(name) or len(name) > longest:
            told = f"letters, digits and _, a letter first, at most {longest} in all"
            raise MappingError(f"{name!r} is no name for a view, schema or user: {told}")


class _Tables(LiveTables):
    """A short name is the mapping's own: PostgreSQL would quote its capitals."""

    def aliased(self, use: TableUse) -> FromClause:
        return super().aliased(replace(use, alias=use.alias.lower()))


class _Writer:
    def __init__(self, connection: Connection, mapping: Mapping, target: Target) -> None:
        self._mapping = mapping
        self._target = target
        self._dialect = make_dialect(target.dialect, live=connection.dialect.name)
        # A view in another schema than its tables must say where those are; where the live
        # database is of another kind, nobody here knows.
        is_same_kind = connection.dialect.name == target.dialect != "sqlite"
        default = connection.dialect.default_schema_name
        self._schema = default if is_same_kind and target.schema else None

    def view(self, name: str, relation: Relation) -> str:
        fields = RELATIONS[name]
        columns = [
            f"    {self._field(relation, field)} AS {self._label(field)}" for field in fields
        ]
        lines = [
            f"CREATE VIEW {self._view_name(name)} AS",
            "SELECT",
            ",\n".join(columns),
            *self._from(relation.joined),
        ]
        for index, condition in enumerate(relation.conditions):
            sql = self._sql(condition.self_group(against=operators.and_))
            lines.append(f"{'  AND' if index else 'WHERE'} {sql}")
        return "\n".join(lines) + ";"

    def grants(self, names: list[str]) -> str:
        if self._target.dialect == "sqlite":
            return "-- SQLite has no users, so nothing is granted."
        right = "READ" if self._target.dialect == "oracle" else "SELECT"
        user = self._target.user or "the_portals_user"
        lines = [f"GRANT {right} ON {self._view_name(name)} TO {user};" for name in names]
        if self._target.dialect == "postgresql" and self._target.schema:
            lines.insert(0, f"GRANT USAGE ON SCHEMA {self._target.schema} TO {user};")
        if self._target.user:
            return "\n".join(lines)
        return "\n".join(["-- Say --user, or put it in:", *(f"-- {line}" for line in lines)])

    def _view_name(self, relation: str) -> str:
        name = f"{self._target.prefix}{relation.upper()}"
        return f"{self._target.schema}.{name}" if self._target.schema else name

    def _label(self, field: str) -> str:
        return str(self._dialect.identifier_preparer.quote(field))

    def _column(self, relation: Relation, field: str) -> ColumnElement[Any]:
        kind = RELATIONS[relation.name][field].kind
        column = relation.expression(field)
        if column is None:
            return cast(null(), TYPES[kind])
        if isinstance(column.type, TextDate):
            return _day(column, column.type.pattern, self._target.dialect)
        is_number = isinstance(column.type, Integer | Numeric | Float)
        if kind is Kind.CODE and is_number and not isinstance(column, Column):
            # SQLite's views tell no types: without one, no text would equal this number.
            return cast(column, Integer) if self._target.dialect == "sqlite" else column
        if isinstance(column.type, NullType) and self._target.dialect != "sqlite":
            return cast(column, TYPES[kind])  # PostgreSQL would take it for a text
        return column

    def _field(self, relation: Relation, field: str) -> str:
        try:
            return self._sql(self._column(relation, field))
        except CompileError as error:
            told = "its type cannot be written into a view; make one by hand"
            raise self._mapping.wrong(relation.name, f"columns.{field}", told) from error

    def _sql(self, element: ColumnElement[Any]) -> str:
        compiled = element.compile(dialect=self._dialect, compile_kwargs={"literal_binds": True})
        return str(compiled)

    def _from(self, joined: FromClause) -> Iterator[str]:
        if not isinstance(joined, Join):
            yield f"FROM {self._table(joined)}"
            return
        yield from self._from(joined.left)
        kind = "LEFT JOIN" if joined.isouter else "JOIN"
        condition = self._sql(joined.onclause)  # type: ignore[arg-type]
        yield f"  {kind} {self._table(joined.right)} ON {condition}"

    def _table(self, alias: Any) -> str:
        quote = self._dialect.identifier_preparer.quote
        schema = alias.element.schema or self._schema
        name, short = quote(alias.element.name), quote(alias.name)
        table = f"{quote(schema)}.{name}" if schema else name
        return table if short == name else f"{table} {short}"


def _day(kept: ColumnElement[Any], pattern: str, dialect: str) -> ColumnElement[Any]:
    """A real date from one kept as text. What is no day is NULL: a date function that meets
    one would take the whole answer away."""
    text = type_coerce(kept, String)
    if isinstance(kept, TypeCoerce) and getattr(kept.clause, "name", "") == "substr":
        text = next(iter(kept.clause.clauses))  # its first part is enough below
    has_signs = pattern != "%Y%m%d"
    year = func.substr(text, 1, 4)
    month = func.substr(text, 6 if has_signs else 5, 2)
    day = func.substr(text, 9 if has_signs else 7, 2)
    short_year = func.substr(text, 3, 2)
    known = (
        year.between("1900", "9999"),
        month.between("01", "12"),
        day.between("01", "31"),
        all_digits(year.concat(month).concat(day), 8),
        or_(day <= "28", month.in_(LONG_MONTHS), _is_there(day, month, year, short_year)),
    )
    if dialect == "sqlite":
        found = year.concat("-").concat(month).concat("-").concat(day)
    else:
        form = pattern.replace("%Y", "YYYY").replace("%m", "MM").replace("%d", "DD")
        found = func.to_date(type_coerce(kept, String), form, type_=Date)
    return case((and_(*known), found))


def _is_there(day: Any, month: Any, year: Any, short_year: Any) -> ColumnElement[bool]:
    """The 29th and 30th of months that have fewer than 31 days, but for a February's 30th."""
    is_leap_year = or_(year == "2000", short_year.in_(LEAP_YEARS))
    return and_(day <= "30", or_(month != "02", and_(day == "29", is_leap_year)))


def make_dialect(name: str, *, live: str) -> Dialect:
    """A dialect that writes readable DDL. live: the kind of database that the names are from."""
    # "named": what a driver marks by % would double each % in texts.
    dialect: Any = KINDS[name](paramstyle="named")
    if name == "postgresql":
        dialect._backslash_escapes = False  # the standard's texts, PostgreSQL's own default
    maker = type("ReadablePreparer", (_ReadableNames, dialect.preparer), {"is_live": live == name})
    dialect.identifier_preparer = maker(dialect)
    return dialect  # type: ignore[no-any-return]


class _ReadableNames:
    """Quotes a name only where it must be: where it is reserved, has odd signs, or was made
    with capitals and small letters that count."""

    is_live: bool
    dialect: Any
    reserved_words: set[str]
    quote_identifier: Any

    def quote(self, ident: str, force: Any = None) -> str:
        kind = self.dialect.name
        if kind == "oracle" and not (self.is_live and ident not in (ident.lower(), ident.upper())):
            name, is_exact = ident.upper(), False
        else:
            name, is_exact = ident, kind != "sqlite" and self.is_live and ident != ident.lower()
        if not is_exact and LEGAL_NAME.fullmatch(name) and name.lower() not in self.reserved_words:
            return name
        if kind == "postgresql" and not self.is_live:
            name = name.lower()
        return str(self.quote_identifier(name))


def _head(mapping: Mapping, target: Target) -> str:
    lines = [f"The fixed contract's views, from the table mapping {mapping.file.name}."]
    if target.dialect == "oracle":
        lines += [
            "In SQL*Plus or SQLcl type SET DEFINE OFF first, and let NLS_LANG say AL32UTF8:",
            "this text is UTF-8.",
        ]
    if target.schema and target.dialect == "oracle":
        lines += [
            f"{target.schema} needs the right to read the tables WITH GRANT OPTION, and the",
            "tables' schema before their names where none is.",
        ]
    if target.schema and target.dialect == "postgresql":
        lines.append(f"The schema {target.schema} must be there: CREATE SCHEMA {target.schema};")
    return "\n".join(f"-- {_printable(line)}" for line in lines)


def _printable(text: str) -> str:
    """A file's name may hold anything, and must not end the comment."""
    return "".join(c if c.isprintable() else "?" for c in text)


def _mapping_text(mapping: Mapping, target: Target) -> str:
    lines = ["The mapping file that goes with these views:", "", "[views]"]
    if target.schema:
        lines.append(f'schema = "{target.schema}"')
    lines.append(f'prefix = "{target.prefix}"')
    lines.append(f"invoice_lines = {str('invoice_line' in mapping.relations).lower()}")
    return "\n".join(f"-- {line}".rstrip() for line in lines)
