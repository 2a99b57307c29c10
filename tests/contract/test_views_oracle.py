"""Oracle's DDL of `flask billing export-views`, run and read through the real driver.

The server is tests/oracle_net over H2 in Oracle mode, not Oracle: that the DDL runs there and
gives equal answers says that SQL and driver agree, and nothing of Oracle's own planner, CHAR
rule or grants. H2 knows no GRANT READ, so those lines are left out.
"""

import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import oracledb
import pytest

from tests.components import java_and_h2
from tests.contract.test_guessing import compare, guessed
from tests.contract.test_views import SCHEMAS, assert_same, exported, opened, over_views
from tests.oracle_net import H2Database, OracleServer

PASSWORD = "secret"


@pytest.fixture(params=SCHEMAS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def sqlite_file(name: str, request: pytest.FixtureRequest) -> Path:
    return Path(request.getfixturevalue(f"{name}_file"))


@pytest.fixture
def database(name: str, sqlite_file: Path) -> Iterator[H2Database]:
    java_and_h2()
    oracledb.enable_thin_mode()  # type: ignore[no-untyped-call]
    _, schema, _ = SCHEMAS[name]
    text = schema.read_text(encoding="utf-8").replace("WITHOUT ROWID", "")
    text = re.sub(r"\bTEXT\b", "VARCHAR2(400)", text).replace("NUMERIC", "NUMBER")
    text = re.sub(r"\bVARCHAR\(", "VARCHAR2(", text)
    # As Oracle does, which has no other whole numbers; H2 divides its own INTEGERs to integers.
    text = re.sub(r"\bINTEGER\b", "NUMBER(12)", text)
    with H2Database(schemas=["BILLING"]) as database, sqlite3.connect(sqlite_file) as source:
        database.script(re.sub(r"(TABLE|INDEX|ON) (\w+)", r"\1 BILLING.\2", text))
        for table in re.findall(r"CREATE TABLE (\w+)", text):
            rows = source.execute(f"SELECT * FROM {table}")
            names = [column[0] for column in rows.description]
            database.load_rows(f"BILLING.{table}", names, rows)
        yield database


def test_views_on_h2_through_the_driver(
    name: str, sqlite_file: Path, database: H2Database, tmp_path: Path
) -> None:
    mapping, _, codes = SCHEMAS[name]
    with OracleServer({"billing": PASSWORD, "web": PASSWORD}, database) as server:
        address = server.url("billing")
        text = exported(address, mapping, "oracle", schema="WEB", user="WEB")
        # What the live tables' types say and what a copy in SQLite says come out the same.
        copied = exported(f"sqlite:///{sqlite_file}", mapping, "oracle", schema="WEB", user="WEB")
        assert text.replace(" BILLING.", " ") == copied
        lines = [line for line in text.splitlines() if not line.startswith(("--", "GRANT "))]
        database.script("\n".join(lines))
        as_web = server.url("web")
        with opened(address, mapping) as tables, over_views(as_web, text, tmp_path) as views:
            assert_same(tables, views, codes[::4])


def test_a_first_mapping_is_guessed_through_the_driver(name: str, database: H2Database) -> None:
    with OracleServer({"billing": PASSWORD}, database) as server:
        same, different = compare(guessed(server.url("billing")), SCHEMAS[name][0])
    assert (len(same), different) == ({"demo": 21, "wide": 16}[name], [])
