"""What the doctor asks PostgreSQL."""

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select

from legacy_adapters.doctor.facts import can_write, cannot_write, driver, fact, hidden_rows
from legacy_adapters.doctor.kinds import Scan, TableName, explained, known_indexes
from legacy_adapters.doctor.questions import FAILURES, Ask, reason
from legacy_adapters.doctor.report import Finding, Level, Topic

TABLE = """
    SELECT c.oid, c.reltuples, c.relpages, c.relkind
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relname = %(name)s
      AND (n.nspname = %(schema)s
           OR %(schema)s::text IS NULL AND pg_catalog.pg_table_is_visible(c.oid))
"""
WRITING = "INSERT, UPDATE, DELETE, TRUNCATE"
MAY_WRITE = f"""
    SELECT pg_catalog.has_table_privilege(%(oid)s::oid, '{WRITING}')
           OR pg_catalog.has_any_column_privilege(%(oid)s::oid, 'INSERT, UPDATE')
"""
# False also for whoever the policies do not bind: the owner, superusers, BYPASSRLS.
IS_FILTERED = "SELECT pg_catalog.row_security_active(%(oid)s::oid)"
ALL_ROWS = "a policy that shows this user every row, or a user with BYPASSRLS"
TELLS_UNKNOWN = (14,)  # the version from which on reltuples is -1 where it is not known
VIEW_KINDS = {"v", "f"}  # a foreign table's indexes are elsewhere, like a view's


class PostgresqlKind:
    title = "PostgreSQL"

    def limit(self, connection: Connection, seconds: float) -> None:
        """The engine sets statement_timeout."""

    def facts(self, ask: Ask) -> Iterator[Finding]:
        topic = Topic.CONNECTION
        for name, question in (
            ("database", _shown("'PostgreSQL ' || current_setting('server_version')")),
            ("user", _shown("current_user")),
            ("character set", _shown("current_setting('server_encoding')")),
            ("driver", driver),
        ):
            yield fact(ask, name, question, topic)
        yield self._role(ask)

    def rights(self, ask: Ask, tables: Iterable[TableName]) -> Iterator[Finding]:
        writable: list[TableName] = []
        safe: list[TableName] = []
        filtered: list[TableName] = []
        for name in tables:
            try:
                may_write = ask(lambda c, n=name: self._has(c, n, MAY_WRITE))  # type: ignore[misc]
                is_filtered = ask(lambda c, n=name: self._has(c, n, IS_FILTERED))  # type: ignore[misc]
            except FAILURES as error:
                told = f"whether this user may write to {name} cannot be seen: {reason(error)}"
                yield Finding(level=Level.NOTE, topic=Topic.RIGHTS, found=told)
                continue
            (writable if may_write else safe).append(name)
            filtered += [name] if is_filtered else []
        if writable:
            names = ", ".join(str(name) for name in writable)
            yield can_write(f"this user may write to {names}")
        if safe:
            yield cannot_write(safe)
        if filtered:
            yield hidden_rows(filtered, how="row-level security", remedy=ALL_ROWS)

    def indexes(self, connection: Connection, name: TableName) -> list[tuple[str, ...]]:
        return known_indexes(connection, name)

    def is_view(self, connection: Connection, name: TableName) -> bool:
        found = self._find(connection, name)
        return found is not None and found.relkind in VIEW_KINDS

    def estimate(self, connection: Connection, name: TableName) -> int | None:
        found = self._find(connection, name)
        if found is None or found.reltuples < 0:
            return None  # never analysed
        # Before 14 what was never analysed looks like an analysed table without rows.
        is_clear = (connection.dialect.server_version_info or (0,)) >= TELLS_UNKNOWN
        return int(found.reltuples) if is_clear or found.relpages else None

    def scans(
        self, connection: Connection, statement: Select[Any], values: dict[str, Any],
        aliases: dict[str, TableName],
    ) -> list[Scan]:  # fmt: skip
        rows = explained(connection, "EXPLAIN (FORMAT JSON, VERBOSE)", statement, values)
        answer = rows[0][0]
        plans = json.loads(answer) if isinstance(answer, str) else answer
        default = connection.dialect.default_schema_name
        found: list[Scan] = []
        for plan in plans or []:
            for scan in read_plan(plan["Plan"], default):
                if scan not in found:
                    found.append(scan)
        return found

    def utc_now(self, connection: Connection) -> datetime | None:
        now: datetime = connection.exec_driver_sql("SELECT clock_timestamp()").scalar_one()
        return now

    def _role(self, ask: Ask) -> Finding:
        found = fact(
            ask,
            "role",
            _shown("CASE WHEN pg_is_in_recovery() THEN 'standby' ELSE 'primary' END"),
            Topic.CONNECTION,
        )
        return _standby(found) if found.found == "role: standby" else found

    def _find(self, connection: Connection, name: TableName) -> Row[Any] | None:
        values = {"name": name.name, "schema": name.schema}
        return connection.exec_driver_sql(TABLE, values).first()

    def _has(self, connection: Connection, name: TableName, question: str) -> bool:
        found = self._find(connection, name)
        if found is None:
            return False
        return bool(connection.exec_driver_sql(question, {"oid": found.oid}).scalar())


def _standby(found: Finding) -> Finding:
    return Finding(
        level=Level.NOTE,
        topic=found.topic,
        found=found.found,
        expected="what it tells may be older than on the primary",
    )


def _shown(expression: str) -> Any:
    def question(connection: Connection) -> str:
        return str(connection.exec_driver_sql(f"SELECT {expression}").scalar())

    return question


def read_plan(node: dict[str, Any], default_schema: str | None) -> Iterator[Scan]:
    kind = str(node.get("Node Type", ""))
    is_whole = kind == "Seq Scan" or (
        kind in {"Index Scan", "Index Only Scan"} and "Index Cond" not in node
    )
    if is_whole and "Relation Name" in node:
        schema = node.get("Schema")
        name = TableName(None if schema == default_schema else schema, node["Relation Name"])
        yield Scan(name, f"{kind} on {name}")
    for child in node.get("Plans", []):
        yield from read_plan(child, default_schema)
