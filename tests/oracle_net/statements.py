"""What Oracle does with a statement before, or instead of, running it: here, around H2."""

import re
from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING, Protocol

from tests.oracle_net import plan
from tests.oracle_net.cursors import Result
from tests.oracle_net.errors import OraError
from tests.oracle_net.facts import Relation
from tests.oracle_net.requests import State
from tests.oracle_net.sql import check_limits, first_words, names_in, replace_calls, tokens_of
from tests.oracle_net.values import Bind

if TYPE_CHECKING:
    from tests.oracle_net.server import OracleServer

_USERENV = re.compile(r"\bsys_context\s*\(\s*'userenv'\s*,\s*'(\w+)'\s*\)", re.I)
_READ_ONLY = "may not perform insert, delete, update operation inside a READ ONLY transaction"
_CHANGES = {"INSERT", "UPDATE", "DELETE", "MERGE", "EXPLAIN"}
_IMPLICIT_COMMITS = {"CREATE", "ALTER", "DROP", "COMMENT", "TRUNCATE", "GRANT", "REVOKE"}
_FACT_PREFIXES = ("V$", "NLS_", "USER_", "SESSION_", "ALL_", "PRODUCT_", "PLAN_")
_BLOCKS = {"BEGIN", "DECLARE", "CALL"}


class Executor(Protocol):
    """What runs the SQL. Raises OraError; is used and closed by one thread."""

    def execute(self, sql: str, binds: tuple[Bind, ...] = ()) -> Result: ...
    def explain(self, sql: str, binds: tuple[Bind, ...] = ()) -> tuple[str, plan.Indexes]: ...
    def provide(self, relations: dict[str, Relation]) -> None: ...
    def add_rows(self, table: str, rows: list[tuple[object, ...]]) -> None: ...
    def set_schema(self, schema: str) -> None: ...
    def begin_snapshot(self) -> None: ...
    def commit(self) -> None: ...
    def rollback(self) -> None: ...
    def close(self) -> None: ...


class Statements:
    """A session's statements and its transaction."""

    def __init__(self, server: "OracleServer", user: str, executor: Executor, state: State) -> None:
        self.in_transaction = False
        self._read_only = False
        self._server = server
        self._user = user
        self._executor = executor
        self._state = state
        self._schema = user

    def execute(self, sql: str, binds: tuple[Bind, ...]) -> Result:
        self._follow_schema(self._state.schema)
        words = first_words(sql)
        if handle := self._special(words):
            return handle(sql, binds)
        self._check(sql, words)
        sql = replace_calls(sql, _USERENV, self._userenv)
        self._provide_facts(sql)
        result = self._executor.execute(sql, binds)
        if result.columns is None:
            self.in_transaction = words[0] not in _IMPLICIT_COMMITS
        return result

    def commit(self) -> None:
        self._end(self._executor.commit)

    def rollback(self) -> None:
        self._end(self._executor.rollback)

    def close(self) -> None:
        self._executor.close()

    # ----- inside

    def _special(self, words: tuple[str, ...]) -> Callable[[str, tuple[Bind, ...]], Result] | None:
        if words == ("SET", "TRANSACTION", "READ", "ONLY"):
            return self._begin_read_only
        if words[:2] == ("EXPLAIN", "PLAN"):
            return self._explain_plan
        if words[:2] == ("ALTER", "SESSION"):
            return self._alter_session
        return {
            "COMMIT": lambda *_: self._end(self._executor.commit),
            "ROLLBACK": lambda *_: self._end(self._executor.rollback),
            "SET": lambda *_: Result(),
            **dict.fromkeys(_BLOCKS, _refuse_block),
        }.get(words[0] if words else "")

    def _end(self, finish: Callable[[], None]) -> Result:
        finish()
        self.in_transaction = self._read_only = False
        return Result()

    def _begin_read_only(self, *_: object) -> Result:
        if self.in_transaction:
            raise OraError(1453, "SET TRANSACTION must be first statement of transaction")
        self._executor.begin_snapshot()
        self.in_transaction = self._read_only = True
        return Result()

    def _explain_plan(self, sql: str, binds: tuple[Bind, ...]) -> Result:
        self._check(sql, first_words(sql))
        wanted = plan.parse(sql)
        self._executor.provide({"PLAN_TABLE": plan.TABLE})
        shown, indexes = self._executor.explain(wanted.query, binds)
        self._executor.add_rows("PLAN_TABLE", plan.rows(wanted.statement_id, shown, indexes))
        self.in_transaction = True
        return Result()

    def _alter_session(self, sql: str, _: object) -> Result:
        words = [token.word for token in tokens_of(sql) if token.kind == "name"]
        if words[2:4] == ["SET", "CURRENT_SCHEMA"]:
            self._follow_schema(words[4])
        return Result()

    def _follow_schema(self, schema: str | None) -> None:
        if schema and schema != self._schema:
            self._executor.set_schema(schema)
            self._schema = schema

    def _check(self, sql: str, words: tuple[str, ...]) -> None:
        version = self._server.facts.version
        check_limits(
            sql,
            in_list=1000 if version < (23,) else 65535,
            name_length=128 if version >= (12, 2) else 30,
        )
        if self._read_only and (words[0] in _CHANGES or _locks(sql)):
            raise OraError(1456, _READ_ONLY)

    def _provide_facts(self, sql: str) -> None:
        named = names_in(sql)
        if not any(name.startswith(_FACT_PREFIXES) for name in named):
            return
        relations = {**self._server.facts.relations(self._user), "PLAN_TABLE": plan.TABLE}
        self._executor.provide({name: relations[name] for name in relations.keys() & named})

    def _userenv(self, name: str) -> str:
        facts, tags = self._server.facts, self._state.tags
        known = {
            "CURRENT_SCHEMA": self._schema,
            "CURRENT_USER": self._user,
            "SESSION_USER": self._user,
            "MODULE": tags.get("module", ""),
            "ACTION": tags.get("action", ""),
            "CLIENT_IDENTIFIER": tags.get("client_identifier", ""),
            "DATABASE_ROLE": facts.database_role,
            "DB_NAME": facts.database_name,
            "DB_UNIQUE_NAME": facts.database_name,
            "INSTANCE_NAME": facts.instance_name,
            "SERVICE_NAME": facts.service_name,
            "SERVER_HOST": facts.host_name,
            "LANGUAGE": f"AMERICAN_AMERICA.{facts.nls_database.get('NLS_CHARACTERSET', '')}",
        }
        if name.upper() not in known:
            raise OraError(2003, "invalid USERENV parameter")
        return known[name.upper()]


def _locks(sql: str) -> bool:
    names = [token.word for token in tokens_of(sql) if token.is_name]
    return ("FOR", "UPDATE") in pairwise(names)


def _refuse_block(*_: object) -> Result:
    raise OraError(6550, "PL/SQL is not part of this test server")
