"""What differs between kinds of databases: one Protocol, and what its modules share."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Connection, Dialect, Select, func, inspect, literal, select, table
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.base import Executable

from legacy_adapters.doctor.questions import Ask
from legacy_adapters.doctor.report import Finding


@dataclass(frozen=True)
class TableName:
    """A table, view or synonym as SQLAlchemy spells it: Oracle's capitals in small letters.

    shown: as a DBA spells it, where that differs.
    """

    schema: str | None
    name: str
    shown: str = field(default="", compare=False)

    def __str__(self) -> str:
        return self.shown or (f"{self.schema}.{self.name}" if self.schema else self.name)


def table_name(dialect: Dialect, schema: str | None, name: str) -> TableName:
    """schema, name: as SQLAlchemy spells them."""
    if dialect.name != "oracle":
        return TableName(schema, name)
    spell: Callable[[str], str] = dialect.denormalize_name
    return TableName(schema, name, ".".join(spell(part) for part in (schema, name) if part))


@dataclass(frozen=True)
class Scan:
    """A table that a plan reads whole, by way of the table or of an index."""

    table: TableName
    how: str
    is_known: bool = True  # False: a name that stands inside a view


class DatabaseKind(Protocol):
    """Every method that takes a connection may raise what the driver raises."""

    title: str

    def limit(self, connection: Connection, seconds: float) -> None:
        """Ends each statement of this connection in time, where the engine does not."""

    def facts(self, ask: Ask) -> Iterator[Finding]:
        """Which database this is. What the user may not read becomes a note."""

    def rights(self, ask: Ask, tables: Iterable[TableName]) -> Iterator[Finding]:
        """Whether the user could write to these tables."""

    def indexes(self, connection: Connection, name: TableName) -> list[tuple[str, ...]]:
        """The columns, in small letters, of each index that a plan may use."""

    def is_view(self, connection: Connection, name: TableName) -> bool: ...

    def estimate(self, connection: Connection, name: TableName) -> int | None:
        """Rows, from the database's statistics; None where it has none."""

    def scans(
        self, connection: Connection, statement: Select[Any], values: dict[str, Any],
        aliases: dict[str, TableName],
    ) -> list[Scan]:  # fmt: skip
        """What the plan of this statement reads whole. aliases: of the mapping's tables."""

    def utc_now(self, connection: Connection) -> datetime | None:
        """None where billing has no clock of its own."""


class Prefixed(Executable, ClauseElement):
    """A statement as the portal sends it, with its binds, behind EXPLAIN."""

    inherit_cache = False

    def __init__(self, prefix: str, statement: Select[Any]) -> None:
        self.prefix = prefix
        self.statement = statement


def explained(
    connection: Connection, prefix: str, statement: Select[Any], values: dict[str, Any]
) -> list[Any]:
    """The rows as the driver gives them: they are not the statement's own columns."""
    result = connection.execute(Prefixed(prefix, statement), values)
    return list(result.cursor.fetchall()) if result.cursor and result.cursor.description else []


@compiles(Prefixed)
def _compile_prefixed(element: Prefixed, compiler: Any, **options: Any) -> str:
    return f"{element.prefix} {compiler.process(element.statement, **options)}"


def known_indexes(connection: Connection, name: TableName) -> list[tuple[str, ...]]:
    """By SQLAlchemy's inspector: indexes, primary key and unique constraints."""
    ask = inspect(connection)
    found: list[list[str | None]] = [
        index["column_names"]
        for index in ask.get_indexes(name.name, schema=name.schema)
        # A partial index serves some rows only, one whose making failed none.
        if not any(o.endswith(("_where", "_invalid")) for o in index.get("dialect_options", {}))
    ]
    found.append([*ask.get_pk_constraint(name.name, schema=name.schema)["constrained_columns"]])
    found += [
        [*unique["column_names"]]
        for unique in ask.get_unique_constraints(name.name, schema=name.schema)
    ]
    # An expression has no column's name.
    return [tuple((column or "").lower() for column in columns) for columns in found if columns]


def known_as_view(connection: Connection, name: TableName) -> bool:
    return name.name in inspect(connection).get_view_names(schema=name.schema)


def count_up_to(connection: Connection, name: TableName, limit: int) -> int:
    """Rows, but no more than limit are looked at."""
    rows = select(literal(1).label("one")).select_from(table(name.name, schema=name.schema))
    counted = select(func.count()).select_from(rows.limit(limit).subquery("s"))
    return int(connection.execute(counted).scalar_one())
