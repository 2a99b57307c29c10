"""The commands that docs/operations.md prints for backup and restoring, as they stand there."""

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from app.database import schema
from app.database.engine import Database
from config.loading import variable_name
from config.settings import ROOT, SECTIONS
from tests.components import need
from tests.documents import make_documents
from tests.handed_in import held, read, rows, take

SECTION = (ROOT / "docs/operations.md").read_text(encoding="utf-8").partition("## Backup\n")[2]
SECTION = SECTION.partition("\n## ")[0]
BLOCKS = re.findall(r"```sh\n(.*?)```", SECTION, re.S)


def printed(word: str, places: dict[str, str]) -> None:
    """Runs the one block that has this word; places: instead of those that it names."""
    (block,) = (block for block in BLOCKS if word in block)
    for there, here in places.items():
        block = block.replace(there, here)
    done = subprocess.run(["sh", "-euc", block], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def make_portal(data_dir: Path, address: str) -> int:
    """One with a document; its number."""
    database = Database(address)
    schema.upgrade(database)
    one = take(make_documents(database, data_dir / "documents"))
    database.close()
    return one.id


def check_portal(data_dir: Path, address: str, wanted: int) -> None:
    database = Database(address)
    assert schema.is_current(database)
    assert [row[0] for row in rows(database)] == [wanted]
    documents = make_documents(database, data_dir / "documents")
    one = held(database, documents, wanted)
    assert len(read(documents, one)) == one.size  # compared with its checksum on the way
    database.close()


def test_every_key_is_named() -> None:
    keys = {variable_name(s, f) for s in SECTIONS for f in s.model_fields if f == "keys"}
    assert len(keys) >= 4
    signing = {"SELFCARE_CERTIFICATES_SIGNING_FILE", "SELFCARE_CERTIFICATES_SIGNING_PASSWORD"}
    named = set(re.findall(r"`(SELFCARE_\w+)`", SECTION))
    assert keys | signing | {"SELFCARE_SECRET_KEY"} <= named


def test_backup_of_sqlite_while_the_portal_runs(tmp_path: Path) -> None:
    need(shutil.which("sqlite3"), "sqlite3")
    data, other, backup = (tmp_path / name for name in ("data", "other", "backup"))
    address = f"sqlite:///{data}/portal.sqlite3"
    number = make_portal(data, address)
    running = Database(address)
    with running.write() as connection:
        connection.exec_driver_sql("UPDATE document SET name = 'newest.pdf'")
    places = {"/srv/selfcare": str(data), "/srv/backup": str(backup)}
    printed("VACUUM INTO", places)
    printed("tar -C /srv/selfcare -cf", places)
    running.close()
    assert backup.stat().st_mode & 0o077 == 0
    assert {f.name for f in backup.iterdir()} == {"portal.sqlite3", "documents.tar"}
    assert all(file.stat().st_mode & 0o077 == 0 for file in backup.iterdir())
    other.mkdir()
    places["/srv/selfcare"] = str(other)
    printed("cp /srv/backup/portal.sqlite3", places)
    printed("tar -C /srv/selfcare -xpf", places)
    check_portal(other, f"sqlite:///{other}/portal.sqlite3", number)


def test_backup_of_postgresql(tmp_path: Path, new_postgresql_database: Callable[[], str]) -> None:
    need(shutil.which("pg_dump"), "pg_dump")
    address, other = new_postgresql_database(), new_postgresql_database()
    number = make_portal(tmp_path, address)
    example = "postgresql://portal@db.example/portal"
    backup = {"/srv/backup": str(tmp_path / "backup")}
    printed("pg_dump", {**backup, example: address.replace("+psycopg", "")})
    printed("pg_restore", {**backup, example: other.replace("+psycopg", "")})
    check_portal(tmp_path, other, number)
