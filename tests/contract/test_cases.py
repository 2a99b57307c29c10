"""A case's whole life, from the draft to the answer and back, over SQLite and PostgreSQL."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path
from threading import Barrier, Lock
from typing import Any

import pytest

from app.accounts.store.phones import take_phone
from app.audit.records import Action
from app.cases.following import documents_asked_for
from app.cases.handling import NoSuchMember, NoteMissing, WaitsForScan
from app.cases.records import (
    AlreadyFiled,
    By,
    CaseError,
    CaseNotFound,
    CaseNumber,
    ChangedMeanwhile,
    NotNow,
    State,
    TooManyDocuments,
    What,
)
from app.cases.shared import Move
from app.database.engine import Database
from app.documents.records import DocumentId
from app.staff.records import MemberId
from legacy_adapters.port import Billing
from tests.accounts import HOME as FROM_HOME
from tests.accounts import posted
from tests.case_world import CODE, MOST_DOCUMENTS, World, make_world
from tests.documents import pdf

WEDNESDAY = date(2026, 12, 2)
ENDS = {State.DONE, State.REFUSED}


@pytest.fixture
def world(database: Database, demo_billing: Billing, tmp_path: Path) -> World:
    return make_world(database, demo_billing, tmp_path)


def together(*steps: Callable[[], Any]) -> list[Any]:
    """Runs them at the same time; what they return, or the case's error they raise."""
    start = Barrier(len(steps))

    def run(step: Callable[[], Any]) -> Any:
        start.wait()
        try:
            return step()
        except CaseError as error:
            return error

    with ThreadPoolExecutor(len(steps)) as pool:
        return list(pool.map(run, steps))


# The whole life


def test_from_filing_to_the_second_answer(world: World) -> None:
    number = world.file(why="Fatura")
    summary = world.case(number).summary
    assert (number, summary.state, summary.due_on) == (
        *("T1000000001", State.WAITING),
        date(2026, 12, 16),
    )
    world.at(WEDNESDAY)
    world.move(number, State.IN_PROGRESS, remark="begun")
    world.move(number, State.WAITING_INFORMATION, "Shkruani edhe adresën.", documents=["proof"])
    summary = world.case(number).summary
    assert (summary.due_on, summary.days_left) == (None, 9)
    assert world.handling.days_left(summary) == 9
    assert world.handling.get(number).events[-1].note == (
        "Ju lutemi shtoni:\n– Prova\nShkruani edhe adresën."
    )
    # Over Youth Day and two weekends nothing runs; over Christmas it does not either.
    world.at(date(2026, 12, 14))
    world.following.answer(world.vera, number, note="Ja ku është.")
    summary = world.case(number).summary
    assert (summary.state, summary.due_on) == (State.IN_PROGRESS, date(2026, 12, 28))
    world.at(date(2026, 12, 28))
    world.move(number, State.DONE, answer="E nderuara Vera,\n\nKeni të drejtë.")
    case = world.case(number)
    assert not case.summary.is_open and case.answer.endswith("Keni të drejtë.")
    assert world.handling.days_left(case.summary) is None
    world.at(date(2026, 12, 30))
    world.following.reopen(world.vera, number, note="Ende jo.")
    summary = world.case(number).summary
    assert (summary.state, summary.due_on) == (State.WAITING, date(2027, 1, 15))
    world.move(number, State.REFUSED, "Nuk ka ndryshim.")
    case = world.case(number)
    assert (case.state, case.answer) == (State.REFUSED, "")  # the first one stands in the history
    notes = [event.note for event in world.handling.get(number).events]
    assert "E nderuara Vera,\n\nKeni të drejtë." in notes


def test_each_change_is_told_by_mail_whose_subject_tells_nothing(world: World) -> None:
    number = world.file()
    world.move(number, State.WAITING_INFORMATION, "Rruga?\nNumri?")
    world.following.answer(world.vera, number, note="Rruga e Dibrës")
    world.handling.add_document(number, BytesIO(pdf()), name="letra.pdf", by=world.agent)
    world.move(number, State.DONE, answer="Letra jonë")
    world.following.reopen(world.vera, number, note="Jo")
    world.following.withdraw(world.vera, number)
    mails = posted(world.database, "case")
    assert len(mails) == 7
    for mail in mails:
        assert mail["to"] == "vera@example.org" and number in mail["text"]
        assert mail["links"] == [f"https://portal.example/cases/{number}"]
        for secret in (number, "Vera", "AL0000004", "A test"):
            assert secret not in mail["subject"]
    assert "Rruga?" in mails[1]["text"].splitlines()
    assert "Letra jonë" not in mails[4]["text"]  # it stands on the page alone
    assert "Përgjigjja jonë gjendet" in mails[4]["text"]


def test_who_wants_no_mails_gets_none(world: World) -> None:
    world.shared.telling._preferences.set_all(world.vera, frozenset(), FROM_HOME)
    number = world.file()
    world.move(number, State.DONE, "Po")
    assert posted(world.database, "case") == []


def test_who_wants_sms_hears_where_the_request_stands(world: World) -> None:
    preferences = world.shared.telling._preferences
    preferences.set_all(world.vera, frozenset({"case_by_sms"}), FROM_HOME)
    number = world.file()
    world.move(number, State.IN_PROGRESS)  # to no phone that is not confirmed
    with world.database.write() as connection:
        take_phone(connection, world.vera.account.id, world.vera.account.phone)
    world.move(number, State.WAITING_INFORMATION, "Rruga?")
    world.following.answer(world.vera, number, note="Rruga e Dibrës")
    (sms,) = posted(world.database, "case")
    assert sms["to"] == world.vera.account.phone
    start = f"Kërkesa juaj {number} është tani: Në Pritje Të Informacionit."
    assert sms["text"].startswith(f"{start} https://portal.example/cases/{number}")
    assert len(sms["text"]) <= 160 and "Rruga" not in sms["text"]


def test_each_change_stands_in_the_audit_trail(world: World) -> None:
    number = world.file()
    world.move(number, State.IN_PROGRESS)
    world.handling.note(number, "pyeta", by=world.agent)
    world.handling.assign(number, None, version=world.case(number).version, by=world.agent)
    found = world.shared.audit.list_newest(contract_code="AL0000004", limit=20)
    told = [(event.action, event.detail) for event in reversed(found) if "case" in event.action]
    assert told == [
        (Action.CASE_FILED, f"{number}: filed, waiting"),
        (Action.CASE_ASSIGNED, f"{number}: assigned, waiting"),
        (Action.CASE_MOVED, f"{number}: moved, waiting -> in progress"),
        (Action.CASE_NOTED, f"{number}: noted, in progress"),
        (Action.CASE_ASSIGNED, f"{number}: assigned, in progress"),
    ]


def test_the_customer_sees_no_remark_and_nobodys_name(world: World) -> None:
    number = world.file()
    world.move(number, State.IN_PROGRESS, "Po punojmë.", remark="kujdes")
    world.handling.note(number, "edhe më shumë kujdes", by=world.agent)
    events = world.following.get(world.vera.account.id, number).events
    assert [event.what for event in events] == [What.FILED, What.MOVED]


# What is refused


def test_moves_that_no_state_allows(world: World) -> None:
    number = world.file()
    wrong = {
        State.WAITING: {State.WAITING, State.WITHDRAWN},
        State.WAITING_INFORMATION: {State.WAITING, State.WAITING_INFORMATION, State.WITHDRAWN},
        State.IN_PROGRESS: {State.WAITING, State.IN_PROGRESS, State.WITHDRAWN},
        State.DONE: set(State),
    }
    for state, others in wrong.items():
        if state is not State.WAITING:
            world.move(number, state, "x")
        for other in others:
            with pytest.raises(NotNow):
                world.move(number, other, "x")
        assert world.case(number).state is state


def test_what_the_customer_may_not(world: World) -> None:
    number = world.file()
    with pytest.raises(NotNow):
        world.following.answer(world.vera, number, note="nothing was asked")
    with pytest.raises(NotNow):
        world.following.reopen(world.vera, number, note="it is open")
    world.following.withdraw(world.vera, number)
    for step in (world.following.withdraw, world.following.reopen, world.following.answer):
        with pytest.raises(NotNow):
            step(world.vera, number, note="x")
    done = world.file()
    world.move(done, State.DONE, "Po")
    world.clock.now += timedelta(days=30, seconds=1)
    with pytest.raises(NotNow):
        world.following.reopen(world.vera, done, note="too late")


def test_words_are_wanted_where_the_customer_must_know_why(world: World) -> None:
    number = world.file()
    for state in (State.WAITING_INFORMATION, *ENDS):
        with pytest.raises(NoteMissing):
            world.move(number, state)
    with pytest.raises(NoteMissing):
        world.move(number, State.WAITING_INFORMATION, documents=["none of the form's"])
    with pytest.raises(NoteMissing):
        world.handling.note(number, "", by=world.agent)
    world.move(number, State.WAITING_INFORMATION, documents=["identity"])


def test_nobody_ends_a_case_with_a_document_that_waits_for_the_scanner(world: World) -> None:
    number = world.file()
    world.handling.add_document(number, BytesIO(pdf()), name="x.pdf", by=world.agent)
    with world.database.write() as connection:
        connection.exec_driver_sql("UPDATE document SET scan = 'waiting'")
    [queued] = world.handling.list_page(world.handling.wanted()).cases
    assert queued.waits_for_scan
    for state in ENDS:
        with pytest.raises(WaitsForScan):
            world.move(number, state, "x")
    world.move(number, State.IN_PROGRESS)
    with world.database.write() as connection:
        connection.exec_driver_sql("UPDATE document SET scan = 'clean'")
    world.move(number, State.DONE, "x")


def test_documents_of_the_utilitys_own(world: World) -> None:
    number = world.file()
    for _ in range(MOST_DOCUMENTS):
        world.handling.add_document(number, BytesIO(pdf()), name="letra.pdf", by=world.agent)
    with pytest.raises(TooManyDocuments):
        world.handling.add_document(number, BytesIO(pdf()), name="letra.pdf", by=world.agent)
    documents = world.handling.get(number).documents
    assert [one.by for one in documents] == [By.STAFF] * MOST_DOCUMENTS
    found = world.handling.get_document(number, documents[0].document.id)
    assert found == documents[0].document
    other = world.file()
    with pytest.raises(CaseNotFound):
        world.handling.get_document(other, found.id)
    world.move(other, State.DONE, "x")
    with pytest.raises(NotNow):
        world.handling.add_document(other, BytesIO(pdf()), name="x.pdf", by=world.agent)


# Who has it


def test_what_is_asked_for_is_known_by_its_name(world: World) -> None:
    number = world.file()
    account_id = world.vera.account.id

    def asked() -> set[str]:
        return set(documents_asked_for(world.following.get(account_id, number)))

    assert asked() == set()
    world.move(number, State.WAITING_INFORMATION, "– Karta", documents=["proof"])
    assert asked() == {"proof", "identity"}, "a clerk may go on with the list by hand"
    world.following.answer(world.vera, number, note="Ja.")
    assert asked() == set()
    world.move(number, State.WAITING_INFORMATION, "Shkruani: – Karta")
    assert asked() == set(), "only what stands in the list, and in the last note"


def test_a_draft_takes_the_same_file_once(world: World) -> None:
    filled, content = world.draft(), pdf()
    account_id = world.vera.account.id

    def add(purpose: str, name: str, content: bytes) -> DocumentId:
        return world.drafting.add_document(
            account_id, filled.key, purpose, BytesIO(content), name=name
        ).id

    first = add("proof", "a.pdf", content)
    assert add("proof", "a.pdf", content) == first
    assert len({first, add("identity", "a.pdf", content), add("proof", "b.pdf", content)}) == 3
    [begun] = world.drafting.list_of(account_id, CODE)
    assert (begun.documents, begun.answers) == (3, {"why": "x"})
    number = world.send(filled)
    assert len(world.following.get(account_id, number).documents) == 3


def test_whoever_moves_what_nobody_has_takes_it(world: World) -> None:
    number = world.file()
    world.move(number, State.IN_PROGRESS)
    assignee = world.case(number).summary.assignee
    assert assignee is not None and assignee.id == world.agent.id
    version = world.case(number).version
    name = world.handling.assign(number, world.colleague.id, version=version, by=world.agent)
    assert name == "besa"
    world.move(number, State.DONE, "x")
    assignee = world.case(number).summary.assignee
    assert assignee is not None and assignee.id == world.colleague.id


def test_to_whom_it_cannot_be_given(world: World) -> None:
    number = world.file()
    with pytest.raises(NoSuchMember):
        world.handling.assign(number, MemberId(999), version=1, by=world.agent)
    world.handling.assign(number, world.colleague.id, version=1, by=world.agent)
    world.staff.members.disable(world.colleague)
    with pytest.raises(NoSuchMember):
        world.handling.assign(number, world.colleague.id, version=2, by=world.agent)
    gone = next(one for one in world.handling.list_colleagues() if not one.is_active)
    assert gone.id == world.colleague.id  # has some left
    world.handling.assign(number, None, version=2, by=world.agent)
    assert [one.name for one in world.handling.list_colleagues()] == ["agim"]


def test_many_are_given_one_by_one(world: World) -> None:
    first, second, third = (world.file() for _ in range(3))
    world.move(second, State.IN_PROGRESS)  # by somebody else, meanwhile
    world.move(third, State.DONE, "x")
    version = world.case(third).version
    told = world.handling.assign_many(
        {first: 1, second: 1, third: version, CaseNumber("T1999999999"): 1},
        world.colleague.id,
        by=world.colleague,
    )
    kinds = [type(error) for error in told.values()]
    assert kinds == [type(None), ChangedMeanwhile, NotNow, CaseNotFound]
    with pytest.raises(NoSuchMember):
        world.handling.assign_many({first: 2}, MemberId(999), by=world.colleague)


# At the same time


def test_numbers_have_no_gaps_whatever_fails(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every third filing fails at its last step, when its number was given already."""
    lock, tries = Lock(), iter(range(10_000))
    mail = world.shared.mail

    def fail_at_times(*args: Any, **kwargs: Any) -> None:
        with lock:
            number = next(tries)
        if number % 3 == 1:
            raise RuntimeError("injected")
        mail(*args, **kwargs)

    monkeypatch.setattr(type(world.shared), "mail", lambda _self, *a, **k: fail_at_times(*a, **k))

    def file_some() -> list[CaseNumber]:
        found = []
        while len(found) < 3:
            filled = world.draft()
            try:
                found.append(world.send(filled))
            except RuntimeError:
                continue
        return found

    filed = [number for numbers in together(*[file_some] * 8) for number in numbers]
    assert sorted(filed) == [f"T1{n:09}" for n in range(1, 25)]
    assert next(tries) > 24
    monkeypatch.undo()
    assert world.file("T2") == "T2000000001"  # each code counts for itself


def test_one_draft_sent_many_times_is_one_case(world: World) -> None:
    filled = world.draft()
    found = together(*[lambda: world.send(filled)] * 6)
    filed = [one for one in found if isinstance(one, str)]
    again = [one for one in found if isinstance(one, AlreadyFiled)]
    assert (len(filed), len(again)) == (1, 5)
    assert {one.number for one in again} == set(filed)
    assert len(world.handling.list_page(world.handling.wanted()).cases) == 1


def test_of_two_clerks_at_once_one_is_told(world: World) -> None:
    number = world.file()

    def refuse() -> None:
        step = Move(to=State.REFUSED, note="Jo")
        world.handling.move(number, step, version=1, by=world.agent)

    def begin() -> None:
        step = Move(to=State.IN_PROGRESS)
        world.handling.move(number, step, version=1, by=world.colleague)

    found = together(refuse, begin)
    assert [type(one) for one in found if one] == [ChangedMeanwhile]
    events = world.handling.get(number).events
    assert [event.what for event in events] == [What.FILED, What.ASSIGNED, What.MOVED]
