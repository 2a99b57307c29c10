"""cx_Oracle: it builds, says in words what it lacks, and would send what oracledb sends.

Without Oracle Instant Client nothing of it can be executed here.
"""

import importlib.util
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from config.settings import BillingSettings
from legacy_adapters import open_billing
from legacy_adapters.contracts import LIST_SIZES
from legacy_adapters.errors import BillingUnavailable, MappingError
from legacy_adapters.mapping import load_mapping
from legacy_adapters.schema import compile_relations
from legacy_adapters.statements import Statements
from tests.components import need
from tests.conftest import MAPPINGS
from tests.oracle_net import H2Database, OracleServer

ADDRESS = "oracle+cx_oracle://portal:secret@127.0.0.1:1/?service_name=BILLING"
LEARNED_AT_CONNECT = ("server_version_info", "max_identifier_length", "supports_native_boolean")
IS_BUILT = importlib.util.find_spec("cx_Oracle") is not None


def test_missing_package_is_told_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cx_Oracle", None)
    with pytest.raises(MappingError, match="WITH_CX_ORACLE=1"):
        open_billing(ADDRESS, BillingSettings())


def test_missing_client_is_told_in_words() -> None:
    need(IS_BUILT, "cx_Oracle")
    if "ORACLE_HOME" in os.environ:
        pytest.skip("ORACLE_HOME is set: a client may be installed")
    billing = open_billing(ADDRESS, BillingSettings())
    with pytest.raises(BillingUnavailable, match=r"Instant Client.*oracle\+oracledb://"):
        billing.find_contract("AL0000000")  # type: ignore[arg-type]
    billing.close()


@pytest.mark.parametrize("schema", list(MAPPINGS))
def test_compiled_statements_are_those_of_oracledb(oracle_data: H2Database, schema: str) -> None:
    need(IS_BUILT, "cx_Oracle")
    mapping = load_mapping(Path(MAPPINGS[schema]))
    with OracleServer({schema: "secret"}, oracle_data) as server:
        engine = create_engine(server.url(schema), poolclass=NullPool)
        with engine.connect() as connection:
            statements = Statements(compile_relations(connection, mapping))
            dialect = engine.dialect
        other = create_engine(ADDRESS).dialect
        for learned_at_connect in LEARNED_AT_CONNECT:
            setattr(other, learned_at_connect, getattr(dialect, learned_at_connect))
        compared = set()
        for name, statement in named(statements):
            assert str(statement.compile(dialect=dialect)) == str(
                statement.compile(dialect=other)
            ), name
            compared.add(name)
        assert len(compared) == 14


def named(statements: Statements) -> Iterator[tuple[str, Any]]:
    """Lists of contracts have a statement for each length."""
    for name, found in vars(statements).items():
        for statement in [found[s] for s in LIST_SIZES] if isinstance(found, dict) else [found]:
            yield name, statement.statement
