"""What the doctor asks SQLite."""

import re
import sqlite3
import time
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select

from legacy_adapters.doctor.facts import cannot_write, fact
from legacy_adapters.doctor.kinds import Scan, TableName, explained, known_as_view, known_indexes
from legacy_adapters.doctor.questions import Ask
from legacy_adapters.doctor.report import Finding, Topic

STEPS = 10_000  # of SQLite's machine, between two looks at the clock
SCAN = re.compile(r"SCAN (?:TABLE )?(\S+)(?: AS (\S+))?(.*)")
# It reads the whole table to make an index for this one statement.
AUTOMATIC = re.compile(r"SEARCH (?:TABLE )?(\S+)(?: AS (\S+))? (USING AUTOMATIC .*)")
# Also those that SQLite makes for UNIQUE, however a table's definition spells it.
INDEXES = """
    SELECT l.name AS index_name, i.name AS column_name
    FROM pragma_index_list(?) AS l JOIN pragma_index_info(l.name) AS i
    WHERE NOT l."partial" ORDER BY l.name, i.seqno
"""
# What it takes for a type by its name; of all others it makes numbers wherever it can.
KNOWN_TYPE = re.compile("INT|CHAR|CLOB|TEXT|BLOB|REAL|FLOA|DOUB|NUM|DEC|BOOL|DATE|TIME|^$", re.I)
DERIVED = re.compile(r"(?:MATERIALIZE|CO-ROUTINE) (\S+)")


class SqliteKind:
    title = "SQLite"

    def limit(self, connection: Connection, seconds: float) -> None:
        until = time.monotonic() + seconds
        raw: Any = connection.connection.driver_connection
        raw.set_progress_handler(lambda: time.monotonic() > until, STEPS)

    def facts(self, ask: Ask) -> Iterator[Finding]:
        topic = Topic.CONNECTION
        yield fact(ask, "database", lambda _: f"SQLite {sqlite3.sqlite_version}", topic)
        yield fact(ask, "role", lambda _: "a file, opened read-only", topic)
        yield fact(ask, "character set", self._encoding, topic)
        yield fact(ask, "driver", lambda _: "Python's own sqlite3", topic)

    def rights(self, ask: Ask, tables: Iterable[TableName]) -> Iterator[Finding]:
        yield cannot_write(tables, how="the file is opened read-only")

    def indexes(self, connection: Connection, name: TableName) -> list[tuple[str, ...]]:
        found: dict[str, list[str]] = {}
        for index, column in connection.exec_driver_sql(INDEXES, (name.name,)):
            found.setdefault(index, []).append((column or "").lower())  # an expression has no name
        # The key that is the row's own number has none of these.
        return [*known_indexes(connection, name), *map(tuple, found.values())]

    def is_view(self, connection: Connection, name: TableName) -> bool:
        return known_as_view(connection, name)

    def estimate(self, connection: Connection, name: TableName) -> int | None:
        has_statistics = "SELECT COUNT(*) FROM sqlite_master WHERE name = 'sqlite_stat1'"
        if not connection.exec_driver_sql(has_statistics).scalar():
            return None
        stat = connection.exec_driver_sql(
            "SELECT stat FROM sqlite_stat1 WHERE tbl = ? COLLATE NOCASE", (name.name,)
        ).scalar()
        first = str(stat or "").partition(" ")[0]
        return int(first) if first.isdigit() else None

    def scans(
        self, connection: Connection, statement: Select[Any], values: dict[str, Any],
        aliases: dict[str, TableName],
    ) -> list[Scan]:  # fmt: skip
        plan = explained(connection, "EXPLAIN QUERY PLAN", statement, values)
        return read_plan([(row[1], row[3]) for row in plan], aliases)

    def utc_now(self, connection: Connection) -> datetime | None:
        return None

    def _encoding(self, connection: Connection) -> str:
        return str(connection.exec_driver_sql("PRAGMA encoding").scalar())


def odd_types(connection: Connection, name: TableName) -> dict[str, str]:
    """Columns, in small letters, of a declared type that it does not know, such as STRING."""
    rows = connection.exec_driver_sql("SELECT name, type FROM pragma_table_info(?)", (name.name,))
    return {str(c).lower(): str(kind) for c, kind in rows if not KNOWN_TYPE.search(str(kind))}


def read_plan(steps: list[tuple[int, str]], aliases: dict[str, TableName]) -> list[Scan]:
    """steps: each one's parent and what it says."""
    # Beside its making, a subquery's name means the subquery and not a table's alias.
    # So does the alias of a view that is made first: what making it reads stands below it.
    derived = {(parent, made[1].lower()) for parent, told in steps if (made := DERIVED.match(told))}
    known = {alias.lower(): name for alias, name in aliases.items()}
    found = []
    for parent, told in steps:
        step = SCAN.match(told) or AUTOMATIC.match(told)
        if step is None or (parent, step[1].lower()) in derived or not _is_name(step[1]):
            continue
        table = known.get((step[2] or step[1]).lower()) or known.get(step[1].lower())
        if table and (parent, table.name.lower()) in derived:
            continue
        scan = Scan(table or TableName(None, step[1]), told, is_known=table is not None)
        if scan not in found:
            found.append(scan)
    return found


def _is_name(word: str) -> bool:
    """Not `SCAN CONSTANT ROW`, `SCAN 3 CONSTANT ROWS` or `SCAN (subquery-1)`."""
    return word != "CONSTANT" and not word.startswith("(") and not word[0].isdigit()
