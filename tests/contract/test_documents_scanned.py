"""Documents and the virus scanner: a real clamd that is there, away, back, or taken away."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection
from structlog.testing import capture_logs

from app.audit.records import Action
from app.audit.service import Audit
from app.database.engine import Database
from app.documents.records import (
    DocumentGone,
    DocumentId,
    DocumentRefused,
    Refusal,
    Scan,
    StillScanning,
)
from tests.clamav import VIRUS, ClamdServer, clamd
from tests.components import free_port
from tests.documents import pdf
from tests.handed_in import Make, drop, files, folder, keep, make, read, rows, take

__all__ = ["folder", "make"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClamdServer]:
    with clamd(tmp_path_factory.mktemp("clamd")) as started:
        yield started


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
