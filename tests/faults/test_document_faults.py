"""Processes that die while they take a file in, and disks that are full."""

import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import select

from app.clock import now
from app.database import schema
from app.database.engine import Database
from app.documents.records import DocumentId, StorageFull
from app.documents.service import Documents
from app.documents.store import document
from config.settings import ROOT
from tests.documents import make_documents, pdf

KILLED = 40
SEED = 2026
# Takes files in, one after the other, and tells each that is held.
TAKING = """
import sys
from io import BytesIO
from pathlib import Path
from app.database.engine import Database
from tests.documents import make_documents
documents = make_documents(Database(sys.argv[1]), Path(sys.argv[2]))
content = b"x" * 1_000_000
print("ready", flush=True)
while True:
    documents.take(BytesIO(content), name="a.pdf", account_id=1)
"""
# Looking into a file takes most of the time; what is killed here is what comes after it.
QUICK = """
from app.documents import inspection
from app.documents.records import Kind
inspection.Inspection.look_into = lambda *_: Kind.PDF
from app.documents import service
service.HELD_AT_ONCE = 10_000
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/portal.sqlite3"
    found: str = request.getfixturevalue("new_postgresql_database")()
    return found


def files(folder: Path) -> set[str]:
    return {f.name for f in folder.rglob("*") if f.is_file()}


def check_all_served(database: Database, documents: Documents) -> int:
    with database.read() as connection:
        ids = [DocumentId(found) for found in connection.scalars(select(document.c.id))]
        listed = documents.list(connection, ids)
    for one in listed:
        with documents.open(one) as content:  # raises if it is not all of it
            assert len(content.read()) == one.size
    return len(listed)


def kill_while_taking(address: str, folder: Path, chance: random.Random) -> None:
    command = [sys.executable, "-c", QUICK + TAKING, address, str(folder)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, start_new_session=True)
    assert process.stdout and process.stdout.readline() == b"ready\n"
    time.sleep(chance.uniform(0.0, 0.25))
    assert process.poll() is None, "it died by itself"
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()


def test_killed_in_the_middle_nothing_stays_and_nothing_half_is_served(
    address: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, chance = tmp_path / "documents", random.Random(SEED)
    database = Database(address)
    schema.upgrade(database)
    later: list[timedelta] = [timedelta()]

    def clock() -> datetime:
        return now() + later[0]

    documents = make_documents(database, folder, clock=clock)
    for _ in range(KILLED):
        kill_while_taking(address, folder, chance)
    with database.read() as connection:
        known = set(connection.scalars(select(document.c.storage_key)))
    orphans = len(files(folder) - known)
    assert known <= files(folder), "a row without its file"
    served = check_all_served(database, documents)
    later[0] = timedelta(days=1, minutes=1)
    documents.sweep()
    with database.read() as connection:  # a server may have committed for one that was dead
        known = set(connection.scalars(select(document.c.storage_key)))
    left = len(files(folder) - known)
    with capsys.disabled():
        print(
            f"\ndocuments: {KILLED} processes killed while taking files in (seed {SEED}),"
            f" {served} held whole, {orphans} files without rows, {left} after the sweep"
        )
    assert served > 0, "it was killed before it did anything"
    assert orphans > 0, "no kill came in the middle"
    assert left == 0
    assert check_all_served(database, documents) >= served
    database.close()


def test_killed_while_dropping(address: str, tmp_path: Path) -> None:
    """Between the commit and the files' end."""
    folder = tmp_path / "documents"
    database = Database(address)
    schema.upgrade(database)
    documents = make_documents(database, folder)
    ids = [documents.take(BytesIO(pdf()), name="a.pdf", account_id=1).id for _ in range(3)]
    if (child := os.fork()) == 0:
        other = Database(address)
        dying = make_documents(other, folder)
        dying._sweeping.remove = lambda _ids: os.kill(os.getpid(), signal.SIGKILL)  # type: ignore[method-assign]
        with other.write() as connection:
            dying.drop(connection, ids[:2])
        os._exit(0)
    _pid, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL
    assert len(files(folder)) == 3
    with database.read() as connection:
        assert [one.id for one in documents.list(connection, ids)] == ids[2:]
    documents.sweep_often()
    assert len(files(folder)) == 1
    database.close()


def noise() -> BytesIO:
    """A picture of 100 kB that cannot be packed."""
    written = BytesIO()
    Image.effect_noise((320, 320), 90).save(written, "PNG")
    written.seek(0)
    return written


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """64 kB of room, by a file system of its own, or where that may not be mounted by a limit
    on the size of files."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    if (
        os.geteuid() == 0
        and subprocess.run(mount, capture_output=True, check=False).returncode == 0
    ):
        try:
            yield
        finally:
            subprocess.run(["umount", str(folder)], check=True)
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (64_000, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/portal.sqlite3")
    schema.upgrade(database)
    folder = tmp_path / "documents"
    with small_disk(folder):
        documents = make_documents(database, folder)
        small = documents.take(BytesIO(pdf()), name="a.pdf", account_id=1)
        with pytest.raises(StorageFull, match=r"No space left|File too large"):
            documents.take(noise(), name="a.png", account_id=1)
        assert len(files(folder)) == 1
        with database.read() as connection:
            assert len(list(connection.scalars(select(document.c.id)))) == 1
        with documents.open(small) as content:
            assert content.read()
        documents.sweep()
        documents.take(BytesIO(pdf()), name="b.pdf", account_id=1)
    database.close()
