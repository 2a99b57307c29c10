"""A case as its customer follows it: list, history, details, and what can still be changed."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import BinaryIO

from sqlalchemy import Connection

from app.accounts.records import AccountId, Restricted, SignedIn
from app.audit.records import Action
from app.cases import letters, rules
from app.cases.fields import Problem
from app.cases.filing import NotComplete, check_answers
from app.cases.records import (
    Answers,
    By,
    Case,
    CaseError,
    CaseFile,
    CaseNotFound,
    CaseNumber,
    ChangedMeanwhile,
    NothingAnswered,
    NotNow,
    State,
    Summary,
    TooManyCases,
    TooManyChanges,
    TooManyDocuments,
    What,
)
from app.cases.shared import Move, Shared, is_theirs, public_events
from app.cases.store import cases
from app.cases.store.cases import Row
from app.documents.records import Document, DocumentId
from app.messages.texts import texts
from legacy_adapters.records import ContractCode, Invoice

PAGE_SIZE = 25
CHANGES_AT_MOST = 50  # each stands in the case's history, and on its paper


@dataclass(frozen=True, kw_only=True, slots=True)
class CasePage:
    """One page of an account's cases about a contract, the newest first."""

    cases: tuple[Summary, ...]
    page: int
    pages: int


class Following:
    def __init__(self, shared: Shared, *, most_documents: int) -> None:
        self._shared = shared
        self.most_documents = most_documents

    def list_page(self, account_id: AccountId, code: ContractCode, *, page: int = 1) -> CasePage:
        """A page past the end is the last one."""
        with self._shared.database.read() as connection:
            count = cases.count_of(connection, account_id, code)
            pages = max(1, -(-count // PAGE_SIZE))
            page = min(max(page, 1), pages)
            skip = (page - 1) * PAGE_SIZE
            found = cases.list_of(connection, account_id, code, limit=PAGE_SIZE, skip=skip)
        return CasePage(cases=tuple(found), page=page, pages=pages)

    def get(self, account_id: AccountId, number: CaseNumber) -> CaseFile:
        """With what is the customer's to see. Raises: CaseNotFound, also for another's."""
        with self._shared.database.read() as connection:
            file = self._shared.file_of(connection, self._find(connection, account_id, number))
        return replace(file, events=tuple(public_events(file.events)))

    def _find(
        self,
        connection: Connection,
        account_id: AccountId,
        number: CaseNumber,
        *,
        lock: bool = False,
    ) -> Row:
        row = cases.find_case(connection, number, lock=lock)
        if row is None or not is_theirs(row, account_id):
            raise CaseNotFound
        return row

    def days_left(self, summary: Summary) -> int | None:
        """See Shared.days_left."""
        return self._shared.days_left(summary)

    def reopen_until(self, case: Case) -> datetime | None:
        """None where it cannot be reopened (any more)."""
        until = rules.reopen_until(case, self._shared.settings.reopen_days)
        return until if until and until > self._shared.clock() else None

    def download(self, account_id: AccountId) -> list[dict[str, object]]:
        """All cases of an account, ready for JSON."""
        with self._shared.database.read() as connection:
            numbers = cases.list_numbers(connection, account_id)
        return [_told(self.get(account_id, number)) for number in numbers]

    # Changing

    def change(
        self,
        signed_in: SignedIn,
        number: CaseNumber,
        typed: Answers,
        invoices: tuple[Invoice, ...] | None,
        *,
        version: int,
    ) -> None:
        """Fills it in anew, as long as nobody works on it. invoices: those that the contract has,
        None while billing does not tell.

        Raises: CaseNotFound, NotNow, Restricted, ChangedMeanwhile, TooManyChanges, NotComplete.
        """
        shared = self._shared
        with shared.database.write() as connection:
            row = self._hold(connection, signed_in, number, version)
            answers, problems, _doubtful = check_answers(
                row.summary.form, typed, invoices, shared.today()
            )
            before = shared.seal.open(row.draft_key, row.answers) or {}
            for name in _kept_invoices(typed, before, problems):
                answers[name] = before[name]
                del problems[name]
            if problems:
                raise NotComplete(problems, (), None, ())
            if answers == before:
                return
            if cases.count_changes(connection, row.summary.id) >= CHANGES_AT_MOST:
                raise TooManyChanges
            changed = sorted(k for k in {*answers, *before} if answers.get(k) != before.get(k))
            shared.change(connection, row, answers=shared.seal.close(row.draft_key, answers))
            step = Move(to=row.summary.state, what=What.CHANGED, remark=", ".join(changed))
            shared.tell(connection, row, step, by=By.CUSTOMER, action=Action.CASE_CHANGED)

    def _find_to_act(self, connection: Connection, signed_in: SignedIn, number: CaseNumber) -> Row:
        """The case, locked. Who filed it may read it for ever, and acts as the contract's holder.

        Raises: CaseNotFound, NotNow, Restricted.
        """
        account_id = signed_in.account.id
        row = self._find(connection, account_id, number, lock=True)
        if not self._shared.is_holder(connection, account_id, row.summary.contract_code):
            raise NotNow
        self._shared.refuse_if_restricted(signed_in, row.summary.form)
        return row

    def may_act(self, account_id: AccountId, code: ContractCode) -> bool:
        """Whether the account still holds the contract: billing is asked for nobody else."""
        with self._shared.database.read() as connection:
            return self._shared.is_holder(connection, account_id, code)

    def _hold(
        self, connection: Connection, signed_in: SignedIn, number: CaseNumber, version: int | None
    ) -> Row:
        """The case, locked, as long as its customer may change it."""
        row = self._find_to_act(connection, signed_in, number)
        if row.summary.state not in rules.EDITABLE:
            raise NotNow
        if version is not None and row.version != version:
            raise ChangedMeanwhile
        return row

    def add_document(
        self,
        signed_in: SignedIn,
        number: CaseNumber,
        purpose: str,
        file: BinaryIO,
        *,
        name: str,
    ) -> Document:
        """Raises: CaseNotFound, NotNow, Restricted, TooManyDocuments, TooManyFiles,
        DocumentRefused, DocumentError."""
        shared, account_id = self._shared, signed_in.account.id
        with shared.database.read() as connection:
            row = self._find(connection, account_id, number)
            shared.refuse_if_restricted(signed_in, row.summary.form)
            is_holder = shared.is_holder(connection, account_id, row.summary.contract_code)
            if row.summary.state not in rules.EDITABLE or not is_holder:
                raise NotNow
            if len(cases.list_documents(connection, row.summary.id)) >= self.most_documents:
                raise TooManyDocuments
        document = shared.take(account_id, file, name=name)
        try:
            with shared.database.write() as connection:
                self._attach(connection, signed_in, number, (document, purpose))
        except (CaseError, Restricted):
            shared.let_go(document)
            raise
        return document

    def _attach(
        self,
        connection: Connection,
        signed_in: SignedIn,
        number: CaseNumber,
        added: tuple[Document, str],
    ) -> None:
        shared, (document, purpose) = self._shared, added
        row = self._hold(connection, signed_in, number, None)
        case_id = row.summary.id
        if len(cases.list_documents(connection, case_id)) >= self.most_documents:
            raise TooManyDocuments
        shared.documents.keep(connection, [document.id])
        documents = [(document.id, purpose)]
        cases.attach(connection, case_id, documents, by=By.CUSTOMER, at=shared.clock())
        shared.change(connection, row)
        step = Move(to=row.summary.state, what=What.DOCUMENTS, note=document.name)
        shared.tell(connection, row, step, by=By.CUSTOMER, action=Action.CASE_CHANGED)

    def answer(self, signed_in: SignedIn, number: CaseNumber, *, note: str) -> None:
        """The information asked for is given: the utility goes on, and its clock with it.

        Raises: CaseNotFound, NotNow, NothingAnswered, Restricted.
        """
        with self._shared.database.write() as connection:
            row = self._find_to_act(connection, signed_in, number)
            was_asked = row.summary.state is State.WAITING_INFORMATION
            if was_asked and not note and not _has_acted(connection, row):
                raise NothingAnswered
            step = Move(to=State.IN_PROGRESS, note=note)
            self._shared.move(connection, row, step, by=By.CUSTOMER)

    def withdraw(self, signed_in: SignedIn, number: CaseNumber, *, note: str = "") -> None:
        """Raises: CaseNotFound, NotNow, Restricted."""
        with self._shared.database.write() as connection:
            row = self._find_to_act(connection, signed_in, number)
            step = Move(to=State.WITHDRAWN, note=note)
            self._shared.move(connection, row, step, by=By.CUSTOMER)

    def reopen(self, signed_in: SignedIn, number: CaseNumber, *, note: str) -> None:
        """Raises: CaseNotFound, NotNow, Restricted, TooManyCases."""
        step = Move(to=State.WAITING, note=note, what=What.REOPENED)
        with self._shared.database.write() as connection:
            row = self._find_to_act(connection, signed_in, number)
            if self.reopen_until(self._shared.opened(row)) is None:
                raise NotNow
            most = self._shared.settings.open_per_account
            if cases.count_open(connection, signed_in.account.id) >= most:
                raise TooManyCases
            self._shared.move(connection, row, step, by=By.CUSTOMER)

    # Documents

    def get_document(
        self, account_id: AccountId, number: CaseNumber, document_id: DocumentId
    ) -> Document:
        """Raises: CaseNotFound, also where the case has no such document."""
        file = self.get(account_id, number)
        for one in file.documents:
            if one.document.id == document_id:
                return one.document
        raise CaseNotFound


def documents_asked_for(file: CaseFile) -> dict[str, datetime]:
    """The form's documents that the utility waits for, by their codes, and since when."""
    case = file.case
    moves = [event for event in file.events if event.what is What.MOVED]
    if case.state is not State.WAITING_INFORMATION or not moves:
        return {}
    asked = moves[-1]
    names = letters.names_asked(texts(case.language), asked.note)
    return {
        spec.code: asked.at
        for spec in case.form.documents
        if spec.name.in_language(case.language) in names
    }


def _has_acted(connection: Connection, row: Row) -> bool:
    """Whether the customer has done something since the case last moved."""
    for event in reversed(cases.list_events(connection, row.summary.id)):
        if event.what is What.MOVED:
            return False
        if event.by is By.CUSTOMER:
            return True
    return False


def _kept_invoices(typed: Answers, before: Answers, problems: Mapping[str, Problem]) -> list[str]:
    """An invoice that the case names already may stay, though billing's list moved on."""
    return [
        name
        for name, problem in problems.items()
        if problem is Problem.NOT_AN_INVOICE and typed.get(name) == before.get(name)
    ]


def _told(file: CaseFile) -> dict[str, object]:
    case = file.case
    return {
        "number": case.number,
        "contract": case.summary.contract_code,
        "request": case.form.title("en"),
        "state": case.state.value,
        "filed_at": case.summary.filed_at.isoformat(),
        "answers": dict(case.answers),
        "answer": case.answer,
        "documents": [one.document.name for one in file.documents],
        "history": [
            {"at": e.at.isoformat(), "state": e.state.value, "note": e.note} for e in file.events
        ],
    }
