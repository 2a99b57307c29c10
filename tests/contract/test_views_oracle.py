"""Oracle's DDL of `flask billing export-views`, run and read through the real driver.

The server is tests/oracle_net over H2 in Oracle mode, not Oracle: that the DDL runs there and
gives equal answers says that SQL and driver agree, and nothing of Oracle's own planner, CHAR
rule or grants. H2 knows no GRANT READ, so those lines are left out.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.billing_schemas.copies import copy_to_h2
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
    with H2Database() as database:
        copy_to_h2(database, "BILLING", sqlite_file)
        yield database


def test_views_on_h2_through_the_driver(
    name: str, sqlite_file: Path, database: H2Database, tmp_path: Path
) -> None:
    mapping, codes = SCHEMAS[name]
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
