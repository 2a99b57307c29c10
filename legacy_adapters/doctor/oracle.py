"""What the doctor asks Oracle, from 12.1 on."""

import re
import secrets
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Select
from sqlalchemy.exc import DBAPIError

from legacy_adapters.doctor.facts import can_write, cannot_write, driver, fact, hidden_rows
from legacy_adapters.doctor.kinds import Scan, TableName, explained, table_name
from legacy_adapters.doctor.questions import FAILURES, Ask, reason
from legacy_adapters.doctor.report import Finding, Level, Topic

SESSION_USER = "SELECT sys_context('userenv', 'session_user') FROM dual"
VERSION = "SELECT banner FROM v$version WHERE banner LIKE 'Oracle%'"
ROLE = "SELECT database_role || ', ' || open_mode FROM v$database"
ROLE_OF_SESSION = "SELECT sys_context('userenv', 'database_role') FROM dual"
CHARACTER_SET = "SELECT value FROM nls_database_parameters WHERE parameter = 'NLS_CHARACTERSET'"
NOW = "SELECT sys_extract_utc(systimestamp) FROM dual"
OBJECT = """
    SELECT object_type FROM all_objects
    WHERE owner = :owner AND object_name = :name
      AND object_type IN ('TABLE', 'VIEW', 'MATERIALIZED VIEW')
"""
SYNONYM = """
    SELECT owner, table_owner, table_name, db_link FROM all_synonyms
    WHERE synonym_name = :name AND owner IN (:owner, 'PUBLIC')
"""
# An index that is invisible or unusable serves no plan; a partitioned one is N/A here.
INDEXES = """
    SELECT c.index_owner, c.index_name, c.column_name
    FROM all_ind_columns c
    JOIN all_indexes i ON i.owner = c.index_owner AND i.index_name = c.index_name
    WHERE c.table_owner = :owner AND c.table_name = :name
      AND i.status IN ('VALID', 'N/A') AND i.visibility = 'VISIBLE'
    ORDER BY c.index_owner, c.index_name, c.column_position
"""
INDEXED = (
    "SELECT table_owner, table_name FROM all_indexes WHERE owner = :owner AND index_name = :name"
)
ROWS = "SELECT num_rows FROM all_tables WHERE owner = :owner AND table_name = :name"
PLAN = """
    SELECT operation, options, object_owner, object_name FROM plan_table
    WHERE statement_id = :statement ORDER BY id
"""
POLICIES = """
    SELECT object_owner, object_name FROM all_policies WHERE sel = 'YES' AND enable = 'YES'
"""
EXEMPT = "EXEMPT ACCESS POLICY"
PRIVILEGES = "SELECT privilege FROM session_privs"
# Who may do what with whose table; each of these views knows a part of it.
GRANTS = {
    "user_tab_privs": "SELECT owner, table_name, privilege FROM user_tab_privs"
    " WHERE grantee = :grantee",
    "user_col_privs": "SELECT owner, table_name, privilege FROM user_col_privs"
    " WHERE grantee = :grantee",
    "role_tab_privs": "SELECT owner, table_name, privilege FROM role_tab_privs",
    "all_tab_privs": "SELECT table_schema, table_name, privilege FROM all_tab_privs"
    " WHERE grantee = 'PUBLIC' AND privilege IN ('INSERT', 'UPDATE', 'DELETE', 'ALTER')",
}
WRITES_ANY = re.compile(
    r"(INSERT|UPDATE|DELETE|ALTER|DROP) ANY TABLE|GRANT ANY \w.*|EXECUTE ANY PROCEDURE|BECOME USER"
)
READS_ANY = {"SELECT ANY TABLE", "READ ANY TABLE"}
WRITES = {"INSERT", "UPDATE", "DELETE", "ALTER"}
WHOLE_TABLE = {"TABLE ACCESS", "MAT_VIEW ACCESS"}
ALL_ROWS = f"policies that let this user see every row, or a user with {EXEMPT}"
MAY_SAVE = (
    "SELFCARE_BILLING_READ_ONLY_TRANSACTIONS may be set to false: it saves two round trips per"
    " question"
)
LONGEST_CHAIN = 5  # of synonyms
Grants = dict[tuple[str, str], set[str]]


class OracleKind:
    title = "Oracle"

    def limit(self, connection: Connection, seconds: float) -> None:
        """The engine sets call_timeout."""

    def facts(self, ask: Ask) -> Iterator[Finding]:
        topic = Topic.CONNECTION
        version = fact(ask, "database", _scalar(VERSION), topic)
        if version.level is not Level.OK:
            version = fact(ask, "database", _version_of_login, topic)
        yield version
        yield fact(ask, "user", _scalar(SESSION_USER), topic)
        yield from self._role(ask)
        yield self._character_set(ask)
        yield fact(ask, "driver", driver, topic)

    def rights(self, ask: Ask, tables: Iterable[TableName]) -> Iterator[Finding]:
        try:
            user = str(ask.value(SESSION_USER))
        except FAILURES as error:
            yield _note(f"who this user is cannot be seen: {reason(error)}")
            return
        system, notes = self._system_privileges(ask)
        grants, more = self._grants(ask, user)
        yield from [*notes, *more]
        if system & READS_ANY:
            told = f"{', '.join(sorted(system & READS_ANY))}: more than the portal needs"
            yield _note(told, "READ on the mapped tables alone")
        names = {name: self._resolved(ask, name) for name in tables}
        if filtered := [] if EXEMPT in system else self._filtered(ask, names):
            yield hidden_rows(filtered, how="policies (DBMS_RLS)", remedy=ALL_ROWS)
        own = [name for name, (owner, _) in names.items() if owner == user]
        given = {name: grants.get(real, set()) for name, real in names.items() if name not in own}
        if lockable := sorted(str(name) for name in given if "SELECT" in given[name]):
            told = f"SELECT on {', '.join(lockable)} allows SELECT ... FOR UPDATE, which locks rows"
            yield _note(told, "GRANT READ instead (from 12.1.0.2 on)")
        writable = [
            *(f"{p} (a system privilege)" for p in sorted(system) if WRITES_ANY.fullmatch(p)),
            *(f"everything on {name}, as its owner" for name in own),
            *(
                f"{', '.join(sorted(found & WRITES))} on {name}"
                for name, found in given.items()
                if found & WRITES
            ),
        ]
        if writable:
            yield can_write(f"this user may write: {'; '.join(writable)}")
        elif notes or more:
            yield _note("no right to write was found, but not all of the rights can be seen")
        else:
            yield cannot_write(names, more=MAY_SAVE)

    def indexes(self, connection: Connection, name: TableName) -> list[tuple[str, ...]]:
        owner, table = resolve(connection, name)
        found: dict[tuple[str, str], list[str]] = {}
        values = {"owner": owner, "name": table}
        for index_owner, index, column in connection.exec_driver_sql(INDEXES, values):
            found.setdefault((index_owner, index), []).append(str(column).lower())
        return [tuple(columns) for columns in found.values()]

    def is_view(self, connection: Connection, name: TableName) -> bool:
        owner, table = resolve(connection, name)
        values = {"owner": owner, "name": table}
        types = set(connection.exec_driver_sql(OBJECT, values).scalars())
        return types == {"VIEW"}

    def estimate(self, connection: Connection, name: TableName) -> int | None:
        owner, table = resolve(connection, name)
        rows = connection.exec_driver_sql(ROWS, {"owner": owner, "name": table}).scalar()
        return None if rows is None else int(rows)

    def scans(
        self, connection: Connection, statement: Select[Any], values: dict[str, Any],
        aliases: dict[str, TableName],
    ) -> list[Scan]:  # fmt: skip
        # EXPLAIN PLAN writes into PLAN_TABLE, which a read-only transaction forbids: end the
        # one that every connection begins with. What is written is rolled back below.
        raw: Any = connection.connection
        raw.rollback()
        label = f"VH{secrets.token_hex(6)}"
        prefix = f"EXPLAIN PLAN SET STATEMENT_ID = '{label}' FOR"
        try:
            self._explain(connection, prefix, statement, values)
            steps = connection.exec_driver_sql(PLAN, {"statement": label}).all()
        finally:
            raw.rollback()
        spelled = {_denormalized(connection, table): table for table in aliases.values()}
        found: list[Scan] = []
        for operation, options, owner, read in steps:
            if _reads_all(operation, options or ""):
                table = self._table_of(connection, operation, owner, read)
                name = spelled.get(table) or _normalized(connection, *table)
                if (scan := Scan(name, f"{operation} {options}")) not in found:
                    found.append(scan)
        return found

    def utc_now(self, connection: Connection) -> datetime | None:
        now: datetime = connection.exec_driver_sql(NOW).scalar_one()
        return now.replace(tzinfo=UTC)

    def _explain(
        self, connection: Connection, prefix: str, statement: Select[Any], values: dict[str, Any]
    ) -> None:
        try:
            explained(connection, prefix, statement, values)
        except DBAPIError as error:
            if "ORA-01036" not in str(error.orig):
                raise
            # Oracle's client, under cx_Oracle, takes the names of binds here but no values.
            bare = statement.params(values).compile(
                dialect=connection.dialect, compile_kwargs={"render_postcompile": True}
            )
            connection.exec_driver_sql(f"{prefix} {bare}")

    def _table_of(
        self, connection: Connection, operation: str, owner: str, name: str
    ) -> tuple[str, str]:
        if operation != "INDEX":
            return owner, name
        values = {"owner": owner, "name": name}
        found = connection.exec_driver_sql(INDEXED, values).first()
        return (found[0], found[1]) if found else (owner, name)

    def _role(self, ask: Ask) -> Iterator[Finding]:
        found = fact(ask, "role", _scalar(ROLE), Topic.CONNECTION)
        if found.level is Level.NOTE:  # V$DATABASE is seldom open to such a user
            found = fact(ask, "role", _scalar(ROLE_OF_SESSION), Topic.CONNECTION)
        if "STANDBY" in found.found:
            expected = "what it tells may be older than on the primary"
            found = replace(found, level=Level.NOTE, expected=expected)
        yield found

    def _character_set(self, ask: Ask) -> Finding:
        found = fact(ask, "character set", _scalar(CHARACTER_SET), Topic.CONNECTION)
        if "US7ASCII" in found.found:
            expected = "a character set that has ë and ç: names may be shown with ? in them"
            return replace(found, level=Level.WARNING, expected=expected)
        return found

    def _system_privileges(self, ask: Ask) -> tuple[set[str], list[Finding]]:
        try:
            rows = ask(lambda c: c.exec_driver_sql(PRIVILEGES).scalars().all())
        except FAILURES as error:
            return set(), [_note(f"session_privs cannot be read: {reason(error)}")]
        return {str(row) for row in rows}, []

    def _grants(self, ask: Ask, user: str) -> tuple[Grants, list[Finding]]:
        grants: Grants = {}
        notes = []
        for view, sql in GRANTS.items():
            values = {"grantee": user} if ":grantee" in sql else None
            try:
                rows = ask(lambda c, s=sql, v=values: c.exec_driver_sql(s, v).all())  # type: ignore[misc]
            except FAILURES as error:
                notes.append(_note(f"{view} cannot be read: {reason(error)}"))
                continue
            for owner, table, privilege in rows:
                grants.setdefault((owner, table), set()).add(privilege)
        return grants, notes

    def _filtered(self, ask: Ask, names: dict[TableName, tuple[str, str]]) -> list[TableName]:
        try:
            rows = ask(lambda c: c.exec_driver_sql(POLICIES).all())
        except FAILURES:
            return []  # nobody can say
        bound = {(owner, table) for owner, table in rows}
        return [name for name, real in names.items() if real in bound]

    def _resolved(self, ask: Ask, name: TableName) -> tuple[str, str]:
        try:
            return ask(lambda connection: resolve(connection, name))
        except FAILURES:
            return (name.schema or "").upper(), name.name.upper()


def resolve(connection: Connection, name: TableName) -> tuple[str, str]:
    """Owner and name as the dictionary has them, behind synonyms."""
    owner, table = _denormalized(connection, name)
    for _ in range(LONGEST_CHAIN):
        values = {"owner": owner, "name": table}
        if connection.exec_driver_sql(OBJECT, values).first():
            break
        synonyms = connection.exec_driver_sql(SYNONYM, values).all()
        # The user's own goes before a public one; what is behind a link is elsewhere.
        own = sorted(synonyms, key=lambda row: row.owner == "PUBLIC")
        if not own or own[0].db_link:
            break
        owner, table = own[0].table_owner, own[0].table_name
    return owner, table


def _denormalized(connection: Connection, name: TableName) -> tuple[str, str]:
    dialect: Any = connection.dialect
    schema = name.schema or dialect.default_schema_name
    return dialect.denormalize_name(schema), dialect.denormalize_name(name.name)


def _normalized(connection: Connection, owner: str | None, name: str) -> TableName:
    dialect: Any = connection.dialect
    schema = dialect.normalize_name(owner)
    return table_name(dialect, schema, dialect.normalize_name(name))


def _reads_all(operation: str, options: str) -> bool:
    if operation == "INDEX":
        return options.endswith("FULL SCAN")
    return operation in WHOLE_TABLE and "FULL" in options


def _scalar(sql: str) -> Callable[[Connection], str | None]:
    def question(connection: Connection) -> str | None:
        answer = connection.exec_driver_sql(sql).scalar()
        return None if answer is None else str(answer)

    return question


def _version_of_login(connection: Connection) -> str:
    return "Oracle " + ".".join(str(part) for part in connection.dialect.server_version_info or ())


def _note(found: str, expected: str = "") -> Finding:
    return Finding(level=Level.NOTE, topic=Topic.RIGHTS, found=found, expected=expected)
