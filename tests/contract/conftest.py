"""The portal's own database, over SQLite and over a real PostgreSQL, and the accounts in it."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from app.database import schema
from app.database.engine import Database
from legacy_adapters.port import Billing
from legacy_adapters.posting import PaymentPosting
from tests.accounts import Accounts, Clock
from tests.billing_schemas.copies import run_in_postgresql
from tests.components import PostgresqlDatabases
from tests.contract.odd import MAPPING, SCHEMA, Run
from tests.notified import Town
from tests.outbox import Post
from tests.staff import Staff
from tests.staging import Site, oracle_site, postgresql_site, sqlite_site

# Its machine checks at each step: what it finds is told as a test tells it.
pytest.register_assert_rewrite("tests.order_life")


@pytest.fixture(scope="session")
def empty_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """SQLite's, with the tables alone; each test gets a copy."""
    file = tmp_path_factory.mktemp("empty") / "portal.sqlite3"
    _make_tables(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="session")
def empty_postgresql(postgresql_databases: PostgresqlDatabases) -> str:
    address = postgresql_databases.make()
    _make_tables(address)
    return address


def _make_tables(address: str) -> None:
    database = Database(address)
    schema.upgrade(database)
    database.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    if request.param == "sqlite":
        file = tmp_path / "portal.sqlite3"
        shutil.copy(request.getfixturevalue("empty_file"), file)
        database = Database(f"sqlite:///{file}")
        yield database
        database.close()
        return
    databases: PostgresqlDatabases = request.getfixturevalue("postgresql_databases")
    address = databases.make(request.getfixturevalue("empty_postgresql"))
    database = Database(address)
    yield database
    database.close()
    databases.drop(address)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def accounts(database: Database, demo_billing: Billing, clock: Clock) -> Accounts:
    return Accounts(database, demo_billing, clock)


@pytest.fixture
def staff(database: Database, clock: Clock) -> Staff:
    staff = Staff(database, clock)
    staff.add()
    return staff


@pytest.fixture
def post(database: Database, clock: Clock) -> Post:
    return Post(database, clock)


@pytest.fixture
def town(database: Database, clock: Clock, demo_file: Path, tmp_path: Path) -> Iterator[Town]:
    """Nothing is owed of its first contracts, and nothing of them is new."""
    town = Town(database, tmp_path, demo_file, clock)
    for code in ("AL0000001", "AL0000002", "AL0000003", "AL0000004"):
        town.quiet(code)
    yield town
    town.close()


@pytest.fixture(scope="module")
def made_site(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    if request.param == "sqlite":
        with sqlite_site(tmp_path_factory.mktemp("staging")) as site:
            yield site
    else:
        with {"postgresql": postgresql_site, "oracle": oracle_site}[request.param]() as site:
            yield site


@pytest.fixture
def site(made_site: Site) -> Site:
    made_site.do(f"DELETE FROM {made_site.settings.table};")
    return made_site


@pytest.fixture
def posting(site: Site) -> Iterator[PaymentPosting]:
    with site.posting() as posting:
        yield posting


@pytest.fixture
def mapping(tmp_path: Path) -> Path:
    file = tmp_path / "odd.toml"
    file.write_text(MAPPING, encoding="utf-8")
    return file


@pytest.fixture
def on_postgresql(new_postgresql_database: Callable[[], str]) -> Callable[..., tuple[str, Run]]:
    def made(number: str = "BIGINT", money: str = "NUMERIC(12, 2)") -> tuple[str, Run]:
        address = new_postgresql_database()
        run_in_postgresql(address, SCHEMA.format(number=number, money=money, net="'100.50'"))
        return address, lambda sql: run_in_postgresql(address, sql)

    return made


@pytest.fixture
def on_sqlite(tmp_path: Path) -> tuple[str, Run]:
    file = tmp_path / "odd.sqlite3"

    def run(sql: str) -> None:
        with closing(sqlite3.connect(file)) as connection:
            connection.executescript(sql)

    run(SCHEMA.format(number="INTEGER", money="NUMERIC(12, 2)", net="100.5"))
    return f"sqlite:///{file}", run
