"""The documents' service over SQLite and PostgreSQL, over a folder and with a real clamd."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from sqlalchemy import Connection, select
from structlog.testing import capture_logs

from app.audit.records import Action
from app.audit.service import Audit
from app.clock import now
from app.database.engine import Database
from app.documents.records import (
    Document,
    DocumentGone,
    DocumentId,
    DocumentRefused,
    InspectionBusy,
    InspectionUnavailable,
    Refusal,
    Scan,
    StillScanning,
    StorageFull,
    StorageUnavailable,
)
from app.documents.service import Documents
from app.documents.store import document
from app.gateways.errors import GatewayUnavailable
from app.gateways.storage.folder import FolderStorage
from app.gateways.storage.port import NoSpace
from config.documents import DocumentSettings
from config.settings import ROOT
from tests.accounts import Clock
from tests.clamav import VIRUS, ClamdServer, clamd
from tests.components import free_port
from tests.documents import docx, make_documents, pdf, picture

MINE, ANOTHERS = 7, 8
# Tells whether a child can read its parent's environment, before and after that is hidden.
CURIOUS = """
import ctypes, os
from app.documents.inspection import hide_environment
if os.getuid() == 0:  # who may read everything proves nothing
    os.setgid(65534)
    os.setuid(65534)
    ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)
def can_read():
    child = os.fork()
    if not child:
        try:
            open(f"/proc/{os.getppid()}/environ").close()
        except OSError:
            os._exit(1)
        os._exit(0)
    return os.waitpid(child, 0)[1] == 0
print(can_read(), flush=True)
hide_environment()
print(can_read())
"""
DAY = timedelta(days=1)
Make = Callable[..., Documents]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "documents"


@pytest.fixture
def make(database: Database, folder: Path, clock: Clock) -> Make:
    return lambda **more: make_documents(database, folder, clock=clock, **more)


@pytest.fixture
def documents(make: Make) -> Documents:
    return make()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClamdServer]:
    with clamd(tmp_path_factory.mktemp("clamd")) as started:
        yield started


def take(documents: Documents, content: bytes = b"", name: str = "fatura.pdf") -> Document:
    return documents.take(BytesIO(content or pdf()), name=name, account_id=MINE)


def files(folder: Path) -> list[Path]:
    return [file for file in folder.rglob("*") if file.is_file()]


def rows(database: Database) -> list[tuple[int, str, str]]:
    with database.read() as connection:
        query = select(document.c.id, document.c.state, document.c.scan).order_by(document.c.id)
        return [tuple(row) for row in connection.execute(query)]


def keep(database: Database, documents: Documents, *ids: DocumentId) -> None:
    with database.write() as connection:
        documents.keep(connection, ids)


def drop(database: Database, documents: Documents, *ids: DocumentId) -> None:
    with database.write() as connection:
        documents.drop(connection, ids)


def read(documents: Documents, one: Document) -> bytes:
    with documents.open(one) as content:
        return content.read()


def held(database: Database, documents: Documents, one: DocumentId, account: int = MINE) -> Any:
    with database.read() as connection:
        return documents.find_held(connection, one, account_id=account)


# Taking and giving out


def test_what_is_taken_comes_back(documents: Documents, database: Database, clock: Clock) -> None:
    sent = pdf()
    one = take(documents, sent)
    assert (one.name, one.media_type, one.size) == ("fatura.pdf", "application/pdf", len(sent))
    assert (one.created_at, one.scan) == (clock.now, Scan.NOT_ASKED)
    assert read(documents, one) == sent
    assert held(database, documents, one.id) == one


def test_what_is_held_is_its_accounts_alone(documents: Documents, database: Database) -> None:
    one = take(documents)
    of_staff = documents.take(BytesIO(pdf()), name="a.pdf", staff_id=MINE)
    assert held(database, documents, one.id, ANOTHERS) is None
    assert held(database, documents, of_staff.id) is None
    assert held(database, documents, DocumentId(99)) is None


def test_the_trail_tells_who_took_what_in(documents: Documents, database: Database) -> None:
    take(documents)
    documents.take(BytesIO(pdf()), name="a.pdf", staff_id=3)
    with pytest.raises(DocumentRefused):
        take(documents, docx(members={"word/vbaProject.bin": b"x"}), "a.docx")
    events = Audit(database=database, clock=lambda: None).list_newest()  # type: ignore[arg-type, return-value]
    assert [(e.action, e.actor, e.account_id, e.staff_id) for e in events] == [
        (Action.DOCUMENT_REFUSED, "customer", MINE, None),
        (Action.DOCUMENT_TAKEN, "staff", None, 3),
        (Action.DOCUMENT_TAKEN, "customer", MINE, None),
    ]


def test_kept_is_held_no_more_and_stays(
    documents: Documents, database: Database, clock: Clock
) -> None:
    one = take(documents)
    keep(database, documents, one.id)
    assert held(database, documents, one.id) is None
    clock.now += 400 * DAY
    documents.sweep()
    assert read(documents, one)


def test_kept_once(documents: Documents, database: Database) -> None:
    """Two cases cannot have the same file."""
    one = take(documents)
    keep(database, documents, one.id)
    with pytest.raises(DocumentGone):
        keep(database, documents, one.id)


def test_of_two_at_once_one_keeps_it(documents: Documents, database: Database) -> None:
    ids = [take(documents).id for _ in range(4)]

    def work(one: DocumentId) -> bool:
        try:
            keep(database, documents, one)
        except DocumentGone:
            return False
        return True

    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(work, ids * 3)) == len(ids)


def test_keeping_is_undone_with_its_transaction(documents: Documents, database: Database) -> None:
    one = take(documents)
    with pytest.raises(RuntimeError), database.write() as connection:
        documents.keep(connection, [one.id])
        raise RuntimeError
    assert held(database, documents, one.id) == one


def test_dropped_is_gone_with_its_file(
    documents: Documents, database: Database, folder: Path
) -> None:
    one, kept = take(documents), take(documents)
    keep(database, documents, kept.id)
    with database.write() as connection:
        documents.drop(connection, [one.id, kept.id])
        assert len(files(folder)) == 2, "not before it is certain"
    assert (files(folder), rows(database)) == ([], [])
    with pytest.raises(DocumentGone):
        documents.open(one)


def test_dropping_is_undone_with_its_transaction(documents: Documents, database: Database) -> None:
    one = take(documents)
    with pytest.raises(RuntimeError), database.write() as connection:
        documents.drop(connection, [one.id])
        raise RuntimeError
    assert read(documents, one)


def test_list_keeps_the_order_and_leaves_out_what_is_gone(
    documents: Documents, database: Database
) -> None:
    one, two, three = (take(documents, name=f"{n}.pdf") for n in "abc")
    drop(database, documents, two.id)
    with database.read() as connection:
        found = documents.list(connection, [three.id, two.id, one.id, DocumentId(99)])
        assert documents.list(connection, []) == []
    assert found == [three, one]


def test_an_account_that_is_closed(documents: Documents, database: Database, folder: Path) -> None:
    one, kept = take(documents), take(documents)
    others = documents.take(BytesIO(pdf()), name="a.pdf", account_id=ANOTHERS)
    keep(database, documents, kept.id)
    with database.write() as connection:
        documents.drop_of_account(connection, MINE)
    assert [row[:2] for row in rows(database)] == [(kept.id, "kept"), (others.id, "held")]
    assert len(files(folder)) == 2
    with database.read() as connection:
        assert set(connection.scalars(select(document.c.account_id))) == {None, ANOTHERS}
    with pytest.raises(DocumentGone):
        documents.open(one)


def test_nobody_hoards(make: Make) -> None:
    documents = make(max_files_per_case=1)
    for _ in range(10):
        take(documents, picture("PNG"), "a.png")
    with pytest.raises(DocumentRefused) as caught:
        take(documents)
    assert caught.value.reason is Refusal.TOO_MANY
    documents.take(BytesIO(pdf()), name="a.pdf", account_id=ANOTHERS)
    documents.check_number(1)
    with pytest.raises(DocumentRefused):
        documents.check_number(2)


def test_a_source_that_breaks_leaves_nothing(
    documents: Documents, database: Database, folder: Path
) -> None:
    class Breaking(BytesIO):
        def read(self, *_size: Any) -> bytes:
            raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        documents.take(Breaking(), name="a.pdf", account_id=MINE)
    assert (files(folder), rows(database)) == ([], [])


def test_a_database_that_fails_leaves_nothing(
    documents: Documents, database: Database, folder: Path
) -> None:
    with database.write() as connection:
        connection.exec_driver_sql("ALTER TABLE document RENAME COLUMN sha256 TO away")
    with pytest.raises(Exception, match="sha256"):
        take(documents)
    assert files(folder) == []


# What is there is not what was taken


def test_another_content_is_never_given_out(documents: Documents, folder: Path) -> None:
    one = take(documents)
    [file] = files(folder)
    whole = file.read_bytes()
    for content in (whole[:-1], whole + b"x", whole[:-1] + b"x", b""):
        file.write_bytes(content)
        with capture_logs() as logs, pytest.raises(DocumentGone):
            documents.open(one)
        assert [log["event"] for log in logs] == ["document lost"]
    file.unlink()
    with pytest.raises(DocumentGone):
        documents.open(one)


# Sweeping


def test_what_nobody_keeps_runs_out(
    documents: Documents, database: Database, folder: Path, clock: Clock
) -> None:
    one = take(documents)
    clock.now += DocumentSettings().hold_days * DAY - timedelta(seconds=1)
    documents.sweep()
    assert held(database, documents, one.id) == one
    clock.now += timedelta(seconds=1)
    assert held(database, documents, one.id) is None
    with pytest.raises(DocumentGone):
        keep(database, documents, one.id)
    documents.sweep_often()
    assert (files(folder), rows(database)) == ([], [])


def test_files_without_rows_are_swept_when_they_are_old(
    documents: Documents, database: Database, folder: Path, clock: Clock
) -> None:
    clock.now = now()  # as the files' own
    take(documents)
    with database.write() as connection:
        connection.exec_driver_sql("DELETE FROM document")
    kept = take(documents)
    documents.sweep()
    assert len(files(folder)) == 2, "a row may still be on its way"
    clock.now += DAY + timedelta(minutes=1)
    documents.sweep_often()
    assert len(files(folder)) == 2
    with capture_logs() as logs:
        documents.sweep()
    assert len(files(folder)) == 1 and read(documents, kept)
    assert [log["number"] for log in logs] == [1]


def test_more_than_a_batch(documents: Documents, database: Database, clock: Clock) -> None:
    one = take(documents)
    values = {"name": "a.pdf", "media_type": "x", "size": 1, "sha256": "x", "state": "dropped"}
    many = [
        {**values, "storage_key": f"{n:032x}", "created_at": clock.now, "scan": "clean"}
        for n in range(250)
    ]
    with database.write() as connection:
        connection.execute(document.insert(), many)
    assert documents.sweep(lambda: True) == [] and len(rows(database)) == 251
    documents.sweep()
    assert [row[0] for row in rows(database)] == [one.id]


class Trouble(FolderStorage):
    """A storage that fails as it is told."""

    error: Exception | None = None

    def put(self, *args: Any) -> None:
        self._fail()
        super().put(*args)

    def open(self, *args: Any) -> Iterator[bytes]:
        self._fail()
        yield from super().open(*args)

    def delete(self, *args: Any) -> None:
        self._fail()
        super().delete(*args)

    def _fail(self) -> None:
        if self.error:
            raise self.error


def test_a_storage_that_is_away(make: Make, database: Database, folder: Path) -> None:
    storage = Trouble(folder)
    documents = make(storage=storage)
    one, two = take(documents), take(documents)
    storage.error = GatewayUnavailable("away")
    with capture_logs() as logs:
        with pytest.raises(StorageUnavailable):
            take(documents)
        with pytest.raises(StorageUnavailable):
            documents.open(one)
        drop(database, documents, two.id)
        documents.sweep()
    assert {log["log_level"] for log in logs} == {"error"}
    assert [row[:2] for row in rows(database)] == [(one.id, "held"), (two.id, "dropped")]
    with pytest.raises(DocumentGone):
        documents.open(two)
    storage.error = None
    documents.sweep_often()
    assert [row[0] for row in rows(database)] == [one.id]
    assert len(files(folder)) == 1 and read(documents, one)


def test_a_full_storage_is_told_once_to_the_operator(
    make: Make, database: Database, folder: Path
) -> None:
    storage = Trouble(folder)
    storage.error = NoSpace("full")
    with capture_logs() as logs, pytest.raises(StorageFull):
        take(make(storage=storage))
    assert [log["event"] for log in logs if log["log_level"] == "error"] == ["document not taken"]
    assert rows(database) == []


# Scanning


def test_scanned_when_it_is_taken(make: Make, server: ClamdServer, folder: Path) -> None:
    documents = make(clamd=server.place)
    assert take(documents).scan is Scan.CLEAN
    with pytest.raises(DocumentRefused) as caught:
        take(documents, VIRUS)
    assert caught.value.reason is Refusal.INFECTED
    assert len(files(folder)) == 1


def test_a_scanner_that_takes_less_is_no_scan(make: Make, tmp_path: Path) -> None:
    small = clamd(tmp_path / "small", most=1_000)
    with small as server, capture_logs() as logs, pytest.raises(DocumentRefused) as caught:
        take(make(clamd=server.place))
    assert caught.value.reason is Refusal.TOO_LARGE
    assert "StreamMaxLength" in next(log["do"] for log in logs if log["log_level"] == "error")


def test_without_the_scanner_it_waits_and_cannot_be_opened(
    make: Make, database: Database, tmp_path: Path
) -> None:
    """The one is clean, in the other the scanner knows a virus when it is back."""
    sent = pdf("Virus")
    told: list[tuple[int, bool]] = []
    documents = make(clamd=str(tmp_path / "clamd/clamd.sock"))

    def tell(connection: Connection, found: DocumentId) -> None:
        told.append((found, connection.in_transaction()))

    documents.when_infected(tell)
    with capture_logs() as logs:
        one, two = take(documents), take(documents, sent)
        keep(database, documents, two.id)
        assert documents.sweep() == []
    assert [log["event"] for log in logs if log["log_level"] == "error"] == [
        "document not scanned yet",
        "document not scanned yet",
        "documents wait for the scanner",
    ]
    for waiting in (one, two):
        assert waiting.scan is Scan.WAITING
        with pytest.raises(StillScanning):
            documents.open(waiting)
    (tmp_path / "clamd").mkdir()
    with clamd(tmp_path / "clamd", sent):
        assert documents.sweep_often() == [two.id]
        assert documents.sweep_often() == []
    assert [row[2] for row in rows(database)] == ["clean", "infected"]
    assert read(documents, one)
    with pytest.raises(DocumentRefused):
        documents.open(two)
    assert len(files(tmp_path / "documents")) == 1, "the other's file is deleted"
    assert [found for found, _ in told] == [two.id]
    events = Audit(database=database, clock=lambda: None).list_newest()  # type: ignore[arg-type, return-value]
    assert events[0].action is Action.DOCUMENT_INFECTED


def test_an_infected_one_is_not_kept(make: Make, database: Database, tmp_path: Path) -> None:
    documents = make(clamd=f"127.0.0.1:{free_port()}")
    one = take(documents)
    with database.write() as connection:
        connection.exec_driver_sql("UPDATE document SET scan = 'infected'")
    with pytest.raises(DocumentGone):
        keep(database, documents, one.id)


def test_a_scanner_that_was_taken_away_keeps_nothing_waiting(
    make: Make, database: Database
) -> None:
    one = take(make(clamd=f"127.0.0.1:{free_port()}"))
    documents = make()
    documents.sweep_often()
    assert [row[2] for row in rows(database)] == ["not asked"]
    assert read(documents, one)


def test_counts(make: Make, database: Database) -> None:
    documents = make(clamd=f"127.0.0.1:{free_port()}")
    one, two = take(documents), take(documents)
    keep(database, documents, one.id)
    found = documents.count()
    assert (found.held, found.kept, found.waiting, found.infected) == (1, 1, 2, 0)
    assert found.size == one.size + two.size
    drop(database, documents, one.id, two.id)
    assert documents.count().size == 0


# Looking into files


def test_what_takes_too_long_or_too_much_is_refused(make: Make) -> None:
    large = picture("PNG", (7_000, 7_000), mode="RGBA")
    for limits in ({"inspection_seconds": 1.0}, {"inspection_megabytes": 256}):
        begun = time.monotonic()
        with pytest.raises(DocumentRefused) as caught:
            take(make(**limits), large, "a.png")
        assert caught.value.reason is Refusal.BROKEN
        assert time.monotonic() - begun < 15


def test_a_place_is_free_again_after_each(make: Make) -> None:
    documents = make(inspections_at_once=1)
    for _ in range(3):
        with pytest.raises(DocumentRefused):
            take(documents, b"x")
    take(documents)


def test_a_crowd_is_asked_to_come_again(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.documents.inspection.WAIT_SECONDS", 0.1)
    documents = make(inspections_at_once=1)
    inside, leave = threading.Event(), threading.Event()
    run = documents._inspection._run

    def slowly(source: BinaryIO, target: BinaryIO) -> Any:
        inside.set()
        leave.wait(20)
        return run(source, target)

    monkeypatch.setattr(documents._inspection, "_run", slowly)
    with ThreadPoolExecutor(1) as other:
        first = other.submit(take, documents)
        assert inside.wait(20)
        with pytest.raises(InspectionBusy):
            take(documents)
        leave.set()
        assert first.result().name == "fatura.pdf"


def test_it_knows_no_secret_and_says_why_it_cannot_begin(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "python"
    program.write_text(f"#!/bin/sh\nenv > {tmp_path}/environment\necho no library >&2\nexit 1\n")
    program.chmod(0o700)
    monkeypatch.setenv("SELFCARE_SECRET_KEY", "secret")
    monkeypatch.setattr("app.documents.inspection.sys.executable", str(program))
    with pytest.raises(InspectionUnavailable, match="no library"):
        take(make())
    environment = (tmp_path / "environment").read_text()
    assert "secret" not in environment and "SELFCARE" not in environment
    program.unlink()
    with pytest.raises(InspectionUnavailable, match="No such file"):
        take(make())


@pytest.mark.parametrize("line", ["", "x", "[]", "{}", '{"kind": "exe"}', '{"refused": "x"}', "7"])
def test_nonsense_from_it_is_a_refusal(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    program = tmp_path / "python"
    program.write_text(f"#!/bin/sh\necho '{line}'\n")
    program.chmod(0o700)
    monkeypatch.setattr("app.documents.inspection.sys.executable", str(program))
    with pytest.raises(DocumentRefused) as caught:
        take(make())
    assert caught.value.reason is Refusal.BROKEN


def test_names_are_cleaned(documents: Documents) -> None:
    sent = "C:\\Users\\Arta\\<img src=x onerror=alert(1)>\u202e\r\n" + "ë" * 10_000 + ".PDF"
    name = take(documents, name=sent).name
    assert len(name) <= 120 and name.endswith("ë.pdf") and name.isprintable()
    assert not set(name) & set("<>\"'\\/&\r\n\u202e")


def test_no_process_of_the_same_user_can_read_the_portals_environment() -> None:
    """As the one that looks into a hostile file might, once that file has taken it over."""
    program = [sys.executable, "-c", CURIOUS]
    done = subprocess.run(program, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.stdout.split() == ["True", "False"], done.stdout + done.stderr
