"""What ends an export: a cancel, the end of its process, of its list, of its account."""

import time
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update
from structlog.testing import capture_logs

from app.accounts.records import SignedIn
from app.database.engine import DatabaseUnavailable
from app.exports import store, working
from app.exports.records import ContractsChanged, ExportNotFound, Note, State
from app.exports.working import Worker
from app.processes import MACHINE
from legacy_adapters.records import ContractCode
from tests.accounts import HOME
from tests.exporting import MANY, TOLD, Asked, Office, errors, me, office

__all__ = ["me", "office"]


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


def change(office: Office, **values: Any) -> None:
    with office.database.write() as connection:
        connection.execute(update(store.account_export).values(**values))


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


def test_names_are_of_the_account_alone(office: Office, me: SignedIn) -> None:
    office.label(me, AL0000005="Dyqani 12/Elbasan")
    other = office.label(office.settle("Another", ["AL0000005"]), AL0000005="Njehsori")
    assert other.labels[ContractCode("AL0000005")].group == ""
    text = office.at_once(other, TOLD).decode()
    assert "Njehsori" in text and "Dyqani" not in text


# An account that is closed


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
