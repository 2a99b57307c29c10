"""Exports over a storage that is away, full or changed, and for how long it keeps them."""

import errno
import os
import time
from datetime import timedelta
from typing import Any, BinaryIO

import pytest
from structlog.testing import capture_logs

from app.accounts.records import SignedIn
from app.exports import working
from app.exports.records import ExportNotFound, FileGone, Note, Reference, State
from app.gateways.errors import GatewayUnavailable
from app.gateways.storage.folder import FolderStorage
from app.gateways.storage.port import StorageKey
from tests.exporting import TOLD, Office, SmallStorage, errors, me, office

__all__ = ["me", "office"]


def test_a_storage_that_is_away_for_a_moment(
    office: Office, me: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Away(FolderStorage):
        failures = 2

        def put(self, key: StorageKey, content: BinaryIO) -> None:
            if self.failures:
                self.failures -= 1
                content.read()  # a part of it was sent
                raise GatewayUnavailable("no answer")
            super().put(key, content)

    monkeypatch.setattr(working, "PUT_PAUSES", (0.1, 0.1))
    storage = Away(office.kept)
    reference = office.order(me, TOLD)
    office.work(office.make_shared(storage=storage))
    assert office.take(me, reference)
    storage.failures = 9
    second = office.order(me, TOLD)
    with capture_logs() as logs:
        office.work(office.make_shared(storage=storage))
    assert office.get(me, second).note is Note.STORAGE_AWAY
    assert errors(logs) == ["an export failed: no answer"]


def test_a_storage_that_is_away_when_files_are_to_go(office: Office, me: SignedIn) -> None:
    class Away(FolderStorage):
        asked = 0

        def delete(self, key: StorageKey) -> None:
            self.asked += 1
            raise GatewayUnavailable("no answer")

    storage = Away(office.kept)
    office.shared = office.make_shared(storage=storage)
    for _ in range(3):
        office.order(me, TOLD)
        office.work()
    office.clock.now += timedelta(hours=73)
    office.desk.forget_old()
    assert storage.asked == 2, "once for those of rows, once for others, not for each"

    def gone(before: Any) -> Any:
        raise GatewayUnavailable("no answer")

    storage.list_older = gone  # type: ignore[method-assign]
    with capture_logs() as logs:
        office.desk.forget_old()
    assert errors(logs) == ["exports not swept: no answer"]


def test_a_storage_that_is_full(office: Office, me: SignedIn) -> None:
    storage = SmallStorage(office.kept)
    shared = office.make_shared(storage=storage)
    reference = office.order(me, TOLD)
    with capture_logs() as logs:
        office.work(shared)
    export = office.get(me, reference)
    assert (export.state, export.note) == (State.FAILED, Note.NO_SPACE)
    assert errors(logs) == [
        "an export failed: the documents' folder cannot be used: No space left on device"
    ]
    storage.room = True
    second = office.order(me, TOLD)
    office.work(shared)
    assert office.take(me, second)


@pytest.mark.parametrize(
    ("number", "note"), [(errno.ENOSPC, Note.NO_SPACE), (errno.EIO, Note.BROKEN)]
)
def test_a_disk_that_fails(office: Office, me: SignedIn, number: int, note: Note) -> None:
    def fail(name: str, count: int) -> None:
        if count == 3:
            raise OSError(number, os.strerror(number))

    reference = office.order(me, TOLD)
    with capture_logs() as logs:
        office.work(office.with_billing(fail))
    export = office.get(me, reference)
    assert (export.state, export.note) == (State.FAILED, note)
    assert len(errors(logs)) == 1 and office.files() == []


@pytest.mark.parametrize("content", [None, b"", b"half"])
def test_a_file_that_is_not_as_it_was_made(
    office: Office, me: SignedIn, content: bytes | None
) -> None:
    reference = office.order(me, TOLD)
    office.work()
    [file] = office.files()
    if content is None:
        file.unlink()
    else:
        file.write_bytes(file.read_bytes()[:100] if content else b"")
    with capture_logs() as logs, pytest.raises(FileGone):
        office.take(me, reference)
    assert logs[0]["event"] == "an export's file is lost" and logs[0]["do"]


# Kept for a while


def test_kept_for_its_time(office: Office, me: SignedIn) -> None:
    reference = office.order(me, TOLD)
    office.work()
    office.clock.now += timedelta(hours=71)
    office.desk.forget_old()
    assert office.take(me, reference)
    office.clock.now += timedelta(hours=1)
    with pytest.raises(ExportNotFound):
        office.take(me, reference)
    assert office.desk.list_of(me.account.id) == []
    assert len(office.files()) == 1
    office.desk.forget_old()
    assert office.files() == []


def test_a_file_that_no_row_names(office: Office, me: SignedIn) -> None:
    reference = office.order(me, TOLD)
    office.work()
    [kept] = office.files()
    stray = office.kept / "00" / ("0" * 32)
    stray.parent.mkdir()
    stray.write_bytes(b"left by a process that died")
    office.desk.forget_old()
    assert stray.exists(), "it may be on its way to its row"
    for file in (kept, stray):
        os.utime(file, times=(time.time() - 3 * 86_400, time.time() - 3 * 86_400))
    office.desk.forget_old()
    assert not stray.exists()
    assert office.take(me, reference)


def test_the_oldest_gives_way(office: Office, me: SignedIn) -> None:
    office.shared = office.with_settings(most_kept=3)
    references: list[Reference] = []
    for _ in range(5):
        references.append(office.order(me, TOLD))
        office.work()
    assert [e.reference for e in office.desk.list_of(me.account.id)] == references[:1:-1]
    assert len(office.files()) == 3


def test_deleted_by_its_owner(office: Office, me: SignedIn) -> None:
    reference = office.order(me, TOLD)
    office.desk.delete(reference, me.account.id)
    assert office.get(me, reference).state is State.WAITING, "what is under way is cancelled first"
    office.work()
    office.desk.delete(reference, me.account.id)
    assert office.files() == []
