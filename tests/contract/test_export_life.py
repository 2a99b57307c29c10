"""Exports that something happens to on their way: none serves half a file as a whole one."""

import errno
import os
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from sqlalchemy import update
from structlog.testing import capture_logs

from app.accounts.records import SignedIn
from app.database.engine import Database, DatabaseUnavailable
from app.exports import store, working
from app.exports.records import (
    ContractsChanged,
    ExportNotFound,
    FileGone,
    Note,
    Reference,
    State,
)
from app.exports.working import Worker
from app.gateways.errors import GatewayUnavailable
from app.gateways.storage.folder import FolderStorage
from app.gateways.storage.port import StorageKey
from app.processes import MACHINE
from legacy_adapters.errors import BillingUnavailable, MappingError
from legacy_adapters.records import ContractCode
from tests.accounts import HOME, Clock
from tests.exporting import MANY, Asked, Office, SmallStorage

TOLD = "invoices.csv"


@pytest.fixture
def office(
    database: Database,
    clock: Clock,
    demo_file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Office]:
    monkeypatch.setattr(working, "BEAT_SECONDS", 0.05)
    monkeypatch.setattr(working, "AWAY_SECONDS", 0.2)
    monkeypatch.setattr("app.exports.reading.CONTRACTS_AT_ONCE", 5)  # eight pages
    office = Office(database, tmp_path, demo_file, clock)
    yield office
    office.close()


@pytest.fixture
def me(office: Office) -> SignedIn:
    return office.settle("Elbasan Market", MANY)


def change(office: Office, **values: Any) -> None:
    with office.database.write() as connection:
        connection.execute(update(store.account_export).values(**values))


def errors(logs: list[Any]) -> list[str]:
    return [f"{e['event']}: {e['reason']}" for e in logs if e["log_level"] == "error"]


# Cancelled, or left


def test_cancelled_before_it_begins(office: Office, me: SignedIn) -> None:
    reference = office.order(me, TOLD)
    office.desk.cancel(reference, me.account.id)
    office.work()
    assert office.get(me, reference).state is State.CANCELLED
    assert office.order(me, TOLD), "another may be made"


def test_cancelled_in_the_middle(office: Office, me: SignedIn) -> None:
    def cancel(name: str, count: int) -> None:
        if count == 6:
            office.desk.cancel(reference, me.account.id)
            time.sleep(0.3)

    billing = Asked(office.billing, cancel)
    reference = office.order(me, TOLD)
    office.work(office.make_shared(billing))
    assert office.get(me, reference).state is State.CANCELLED
    assert billing.count < 16, "it goes on no further"
    assert office.files() == [] and office.mails() == []
    with pytest.raises(ExportNotFound):
        office.take(me, reference)


def test_how_far_it_is(office: Office, me: SignedIn) -> None:
    seen: list[tuple[State, int, int]] = []

    def look(name: str, count: int) -> None:
        if name == "list_contracts":
            time.sleep(0.15)
            export = office.get(me, reference)
            seen.append((export.state, export.done, export.total))

    reference = office.order(me, TOLD)
    office.work(office.with_billing(look))
    assert [one[0] for one in seen] == [State.RUNNING] * 8
    assert seen[-1][1:] == (35, 40)
    done = [one[1] for one in seen]
    assert done == sorted(done)


def test_the_process_has_to_end(office: Office, me: SignedIn) -> None:
    stops: list[bool] = []
    reference = office.order(me, TOLD)
    Worker(office.with_billing(lambda name, count: stops.append(True))).run(lambda: len(stops) > 4)
    export = office.get(me, reference)
    assert (export.state, export.note) == (State.WAITING, Note.INTERRUPTED)
    assert (export.attempts, export.total) == (0, 0), "deployments are nobody's failure"
    assert office.files() == []
    office.work()
    assert office.get(me, reference).state is State.READY


def test_cancelled_while_documents_are_counted(office: Office, me: SignedIn) -> None:
    def cancel(name: str, count: int) -> None:
        if count == 2:
            office.desk.cancel(reference, me.account.id)
            time.sleep(0.3)

    billing = Asked(office.billing, cancel)
    reference = office.order(me, "documents.zip")
    office.work(office.make_shared(billing))
    assert office.get(me, reference).state is State.CANCELLED
    assert billing.count < 8


# Processes that die


def test_a_process_that_died_over_it(office: Office, me: SignedIn) -> None:
    reference = office.order(me, TOLD)
    gone = f"{MACHINE}999999999/1"
    change(office, state=State.RUNNING, process=gone, claim="gone", beat_at=office.clock.now)
    (office.shared.folder / "gone").mkdir(parents=True)
    left = office.shared.folder / gone.replace("/", "%2F")
    left.mkdir()
    (left / "half of a file").write_text("half")
    office.work()
    export = office.get(me, reference)
    assert export.state is State.READY
    assert not left.exists(), "nor is anything left of it"


def test_a_machine_that_is_gone(office: Office, me: SignedIn) -> None:
    reference = office.order(me, TOLD)
    then = office.clock.now - timedelta(seconds=90)
    change(office, state=State.RUNNING, process="other/1/1", claim="gone", beat_at=then)
    office.work()
    assert office.get(me, reference).state is State.RUNNING, "it may only be slow"
    office.clock.now += timedelta(seconds=60)
    office.work()
    assert office.get(me, reference).state is State.READY


def test_a_process_that_was_only_slow(office: Office, me: SignedIn) -> None:
    """Another took the export over and has made it: the slow one's file counts for nothing."""

    def take_over(name: str, count: int) -> None:
        if count == 14 and not taken:
            taken.append(1)
            change(office, state=State.WAITING, claim=None, process=None)
            office.work()

    taken: list[int] = []
    reference = office.order(me, TOLD)
    office.work(office.with_billing(take_over))
    export = office.get(me, reference)
    assert taken and export.state is State.READY and export.file is not None
    assert [f.name for f in office.files()] == [export.file.key]
    assert len(office.mails()) == 1
    assert office.take(me, reference)


def test_what_processes_die_over_is_given_up(office: Office, me: SignedIn) -> None:
    reference = office.order(me, TOLD)
    change(office, attempts=working.MOST_ATTEMPTS)
    with capture_logs() as logs:
        office.work()
    export = office.get(me, reference)
    assert (export.state, export.note) == (State.FAILED, Note.INTERRUPTED)
    assert office.order(me, TOLD)
    assert "too often" in str(logs)


def test_a_commit_whose_answer_is_lost(
    office: Office, me: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The row names the file: it stays."""
    whole = Worker._publish

    def lose(self: Worker, claim: Any, file: Any) -> bool:
        whole(self, claim, file)
        raise DatabaseUnavailable("the connection was lost")

    monkeypatch.setattr(Worker, "_publish", lose)
    reference = office.order(me, TOLD)
    with pytest.raises(DatabaseUnavailable):
        office.work()
    assert office.take(me, reference)
    assert len(office.mails()) == 1


def test_a_database_that_is_away_at_the_end(
    office: Office, me: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same process, which still lives, begins it anew at once."""

    def fail(self: Worker, claim: Any, file: Any) -> bool:
        raise DatabaseUnavailable("no answer")

    reference = office.order(me, TOLD)
    with monkeypatch.context() as patched:
        patched.setattr(Worker, "_publish", fail)
        with pytest.raises(DatabaseUnavailable):
            office.work()
    assert office.get(me, reference).state is State.RUNNING
    office.work()
    assert office.get(me, reference).state is State.READY


# A list that changes


def test_a_contract_goes_in_the_middle(office: Office, me: SignedIn) -> None:
    def remove(name: str, count: int) -> None:
        if count == 3:
            office.unlink(me, MANY[0])

    reference = office.order(me, TOLD)
    office.work(office.with_billing(remove))
    export = office.get(me, reference)
    assert export.state is State.READY and export.file is not None
    assert export.file.codes == tuple(MANY[1:]) and export.attempts == 2
    assert MANY[0].encode() not in office.take(office.again(), reference)


def test_a_list_that_never_stands_still(office: Office, me: SignedIn) -> None:
    def remove(name: str, count: int) -> None:
        if name == "list_issued" and count % 7 == 1 and len(office.again().contracts) > 20:
            office.unlink(me, office.again().contracts[0])

    reference = office.order(me, TOLD)
    office.work(office.with_billing(remove))
    export = office.get(me, reference)
    assert (export.state, export.note) == (State.FAILED, Note.LIST_CHANGED)
    assert office.files() == []


def test_a_contract_that_is_lost_later(office: Office, me: SignedIn) -> None:
    reference = office.order(me, TOLD)
    office.work()
    assert office.take(me, reference)
    office.unlink(me, MANY[7])
    with pytest.raises(ContractsChanged):
        office.take(office.again(), reference)


# Billing away


def test_billing_goes_away_and_comes_back(office: Office, me: SignedIn) -> None:
    seen: list[Note] = []

    def away(name: str, count: int) -> None:
        if 5 <= count < 8:
            time.sleep(0.15)
            seen.append(office.get(me, reference).note)
            raise BillingUnavailable("no answer")

    reference = office.order(me, TOLD)
    office.work()
    whole = office.take(me, reference)
    reference = office.order(me, TOLD)
    with capture_logs() as logs:
        office.work(office.with_billing(away))
    assert seen == [Note.NOTHING, Note.BILLING_AWAY, Note.BILLING_AWAY]
    export = office.get(me, reference)
    assert (export.state, export.attempts) == (State.READY, 1), "it went on where it was"
    assert office.take(me, reference) == whole
    assert [e["event"] for e in logs if e["log_level"] == "warning"] == [
        "an export waits for billing"
    ]


def test_billing_stays_away(office: Office, me: SignedIn, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(name: str, count: int) -> None:
        if count >= 5:
            raise BillingUnavailable("no answer")

    shared = office.with_billing(away, wait_minutes=1)
    monkeypatch.setattr(working, "MINUTE", 0.5)
    reference = office.order(me, TOLD)
    office.work(shared)
    export = office.get(me, reference)
    assert (export.state, export.note) == (State.FAILED, Note.BILLING_AWAY)
    assert office.files() == []


def test_cancelled_while_billing_is_away(office: Office, me: SignedIn) -> None:
    def away(name: str, count: int) -> None:
        office.desk.cancel(reference, me.account.id)
        raise BillingUnavailable("no answer")

    reference = office.order(me, TOLD)
    office.work(office.with_billing(away))
    assert office.get(me, reference).state is State.CANCELLED


def test_a_question_that_is_too_much_for_billing(office: Office, me: SignedIn) -> None:
    def slow(name: str, codes: Any) -> None:
        if name == "list_issued" and len(codes) > 3:
            raise BillingUnavailable("no answer in time")

    class Slow(Asked):
        def __getattr__(self, name: str) -> Any:
            method = super().__getattr__(name)

            def ask(*args: Any, **kwargs: Any) -> Any:
                slow(name, args[0] if args else ())
                return method(*args, **kwargs)

            return ask

    reference = office.order(me, TOLD)
    office.work()
    whole = office.take(me, reference)
    reference = office.order(me, TOLD)
    office.work(office.make_shared(Slow(office.billing, lambda name, count: None)))
    assert office.take(me, reference) == whole


def test_a_mapping_that_does_not_fit(office: Office, me: SignedIn) -> None:
    def broken(name: str, count: int) -> None:
        raise MappingError("demo.toml: there is no such column")

    reference = office.order(me, TOLD)
    with capture_logs() as logs:
        office.work(office.with_billing(broken))
    assert office.get(me, reference).note is Note.BROKEN
    [line] = [entry for entry in logs if entry["log_level"] == "error"]
    assert line["do"] == "run: flask billing check"


# No room, and other trouble


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


def test_one_export_that_breaks_keeps_no_other_back(office: Office, me: SignedIn) -> None:
    def fail(name: str, count: int) -> None:
        if count == 3:
            raise ZeroDivisionError("a mistake of ours")

    other = office.settle("Agron Hoxha", ["AL0000001"])
    first = office.order(me, TOLD)
    second = office.order(other, TOLD)
    with capture_logs() as logs:
        office.work(office.with_billing(fail))
    assert office.get(me, first).note is Note.BROKEN
    assert office.get(other, second).state is State.READY
    assert errors(logs) == ["an export failed: ZeroDivisionError: a mistake of ours"]


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


def test_an_account_that_is_closed(office: Office, me: SignedIn) -> None:
    office.accounts.shared.when_closed.append(office.desk.forget_of)
    first = office.order(me, TOLD)
    office.work()
    office.order(me, TOLD)
    with office.database.read() as connection:
        kept = office.desk.kept_of(connection, me.account.id)
    assert [one["state"] for one in kept] == [State.WAITING, State.READY]
    office.accounts.profiles.close(me, password="dritare77", visitor=HOME)
    assert office.files() == []
    with pytest.raises(ExportNotFound):
        office.get(me, first)
    office.work()
    assert office.files() == []


def test_an_account_that_is_closed_in_the_middle(office: Office, me: SignedIn) -> None:
    def close(name: str, count: int) -> None:
        if count == 3:
            office.accounts.profiles.close(me, password="dritare77", visitor=HOME)

    office.accounts.shared.when_closed.append(office.desk.forget_of)
    office.order(me, TOLD)
    with capture_logs() as logs:
        office.work(office.with_billing(close))
    assert office.files() == [] and office.mails() == [] and errors(logs) == []


def test_names_are_of_the_account_alone(office: Office, me: SignedIn) -> None:
    office.label(me, AL0000005="Dyqani 12/Elbasan")
    other = office.label(office.settle("Another", ["AL0000005"]), AL0000005="Njehsori")
    assert other.labels[ContractCode("AL0000005")].group == ""
    text = office.at_once(other, TOLD).decode()
    assert "Njehsori" in text and "Dyqani" not in text
