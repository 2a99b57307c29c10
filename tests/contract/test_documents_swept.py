"""Documents that run out or were never finished, over a storage that fails."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from app.clock import now
from app.database.engine import Database
from app.documents.records import DocumentGone, StorageFull, StorageUnavailable
from app.documents.service import Documents
from app.documents.store import document
from app.gateways.errors import GatewayUnavailable
from app.gateways.storage.folder import FolderStorage
from app.gateways.storage.port import NoSpace
from config.documents import DocumentSettings
from tests.accounts import Clock
from tests.handed_in import (
    DAY,
    Make,
    documents,
    drop,
    files,
    folder,
    held,
    keep,
    make,
    read,
    rows,
    take,
)

__all__ = ["documents", "folder", "make"]


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
