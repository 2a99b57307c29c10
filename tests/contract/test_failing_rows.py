"""Rows of one contract that make the database's own code fail: views' sub-queries and functions."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy.exc import DatabaseError

from config.settings import BillingSettings
from legacy_adapters import open_billing
from legacy_adapters.errors import BillingDataError, BillingUnavailable, translated_errors
from legacy_adapters.records import ContractCode
from tests.billing_schemas.copies import run_in_postgresql
from tests.contract.test_odd_types import MAPPING, SCHEMA

WRONG, RIGHT = ContractCode("4200000001"), ContractCode("2")
VIEW = """
ALTER TABLE con RENAME TO con_table;
CREATE VIEW con AS SELECT nr, CASE WHEN nr = 2 THEN who ELSE CAST({failing} AS TEXT) END AS who,
    since FROM con_table
"""
FUNCTION = """
CREATE FUNCTION look(who TEXT) RETURNS TEXT LANGUAGE plpgsql AS $$ DECLARE found TEXT; BEGIN
    {body};
    RETURN who;
END $$;
"""
IN_POSTGRESQL = {
    "21000": "",
    "P0001": "RAISE EXCEPTION 'nothing of %', who",
    "P0002": "SELECT c.who INTO STRICT found FROM con_table c WHERE c.nr < 0",
    "P0003": "SELECT c.who INTO STRICT found FROM con_table c",
    "45000": "RAISE EXCEPTION 'nothing of %', who USING ERRCODE = '45000'",
}


def check(address: str, mapping: Path, told: str) -> None:
    mapping.write_text(MAPPING, "utf-8")
    settings = BillingSettings(mapping=mapping)
    with closing(open_billing(address, settings)) as billing:
        for _ in range(5):
            with pytest.raises(BillingDataError, match=told) as caught:
                billing.find_contract(WRONG)
            assert "ANA" not in str(caught.value)
        assert billing.find_contract(RIGHT)


@pytest.mark.parametrize("state", IN_POSTGRESQL)
def test_in_postgresql(
    new_postgresql_database: Callable[[], str], tmp_path: Path, state: str
) -> None:
    address, body = new_postgresql_database(), IN_POSTGRESQL[state]
    run_in_postgresql(address, SCHEMA.format(number="BIGINT", money="NUMERIC", net="1"))
    failing = "look(who)" if body else "(SELECT c.who FROM con_table c)"
    made = FUNCTION.format(body=body) if body else ""
    run_in_postgresql(address, made + VIEW.format(failing=failing))
    check(address, tmp_path / "odd.toml", state)


@pytest.mark.parametrize(
    "failing", ["json_extract(who, '$.x')", "abs(-9223372036854775808 + nr - nr)"]
)
def test_in_sqlite(tmp_path: Path, failing: str) -> None:
    file = tmp_path / "billing.sqlite3"
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(SCHEMA.format(number="INTEGER", money="NUMERIC", net="1"))
        connection.executescript(VIEW.format(failing=failing))
    check(f"sqlite:///{file}", tmp_path / "odd.toml", "OperationalError")


@pytest.mark.parametrize("cause", ["ORA-20001: not from ANA's host", "ORA-01438: ANA is too long"])
def test_what_fails_at_the_log_in_is_nobodys_row(cause: str) -> None:
    told = f"ORA-00604: error occurred at recursive SQL level 1\n{cause}"
    with pytest.raises(BillingUnavailable) as caught, translated_errors():
        raise DatabaseError("SELECT", None, Exception(told))
    assert "ANA" not in str(caught.value)
