"""SQLite connections that stay open: what is read through them, and when they are let go."""

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from app.database.engine import Database, DatabaseError
from config.settings import BillingSettings
from legacy_adapters import open_billing
from legacy_adapters.records import ContractCode
from tests.conftest import DEMO_MAPPING

CODE = ContractCode("AL0000001")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "own.sqlite3"


@pytest.fixture
def database(file: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{file}")
    database.make()
    with database.write() as connection:
        connection.exec_driver_sql("CREATE TABLE thing (name TEXT)")
    yield database
    database.close()


def things(database: Database) -> list[str]:
    with database.read() as connection:
        return list(connection.scalars(text("SELECT name FROM thing ORDER BY name")))


def add(database: Database, name: str) -> None:
    with database.write() as connection:
        connection.execute(text("INSERT INTO thing VALUES (:name)"), {"name": name})


def descriptors(file: Path) -> int:
    """How many of this process are open on the file."""
    links = [link for link in Path("/proc/self/fd").iterdir() if link.is_symlink()]
    return sum(link.exists() and link.samefile(file) for link in links)


def test_a_connection_is_used_again(database: Database) -> None:
    with database.read() as first:
        pass
    with database.read() as second, database.read() as beside:
        assert second is first
        assert beside is not first


def test_what_others_wrote_is_read_at_once(database: Database) -> None:
    assert things(database) == []
    add(database, "a")
    assert things(database) == ["a"]


def test_a_kept_connection_holds_no_snapshot(database: Database, file: Path) -> None:
    add(database, "a")
    things(database)
    with sqlite3.connect(file) as other:
        other.execute("INSERT INTO thing VALUES ('b')")
    busy, *_pages = other.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    other.close()
    assert busy == 0
    assert things(database) == ["a", "b"]


def test_a_connection_that_failed_is_not_kept(database: Database) -> None:
    with pytest.raises(DatabaseError), database.read() as failed:
        failed.exec_driver_sql("SELECT * FROM nothing")
    assert failed.closed
    assert things(database) == []


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc to count files")
def test_closing_leaves_nothing_for_a_forked_process(database: Database, file: Path) -> None:
    things(database)
    assert descriptors(file) > 0
    database.close()
    assert descriptors(file) == 0
    assert things(database) == []  # and it can be used again


def test_a_replaced_billing_file_is_read(demo_file: Path, tmp_path: Path) -> None:
    used, new = (Path(shutil.copy(demo_file, tmp_path / name)) for name in ("used", "new"))
    with sqlite3.connect(new) as connection:
        connection.execute("UPDATE KONTRATE SET ADRESA = 'RRUGA E RE'")
    connection.close()
    billing = open_billing(f"sqlite:///{used}", BillingSettings(mapping=DEMO_MAPPING))
    before = billing.find_contract(CODE)
    assert before and before.address != "RRUGA E RE"
    new.replace(used)
    after = billing.find_contract(CODE)
    assert after and after.address == "RRUGA E RE"
    billing.close()
