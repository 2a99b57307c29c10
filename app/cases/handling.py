"""A case as the utility's people handle it: the queue, and each step to the answer."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import BinaryIO

from sqlalchemy import Connection

from app.accounts.rules import name_key
from app.audit.records import Action
from app.cases import letters, rules
from app.cases.catalogue import Catalogue
from app.cases.records import (
    By,
    CaseError,
    CaseFile,
    CaseNotFound,
    CaseNumber,
    ChangedMeanwhile,
    NotNow,
    State,
    Summary,
    TooManyDocuments,
    What,
)
from app.cases.shared import Move, Shared
from app.cases.store import cases, queue
from app.cases.store.cases import Row
from app.cases.store.queue import (
    NOBODY,
    Colleague,
    Counts,
    KindLoad,
    Load,
    Place,
    Queued,
    Wanted,
)
from app.documents.records import Document, DocumentId
from app.messages.texts import texts
from app.staff.records import Member, MemberId

PAGE_SIZE = 50
MOST_OVERDUE = 20
RELATED = 20  # other cases of a contract
NOTE_LENGTH = 2_000
ANSWER_LENGTH = 10_000
NUMBER = re.compile(r"[A-Z]{1,3}[0-9]{0,3}[0-9]{9}")

__all__ = [
    "NOBODY",
    "Colleague",
    "Counts",
    "Handling",
    "KindLoad",
    "Load",
    "Place",
    "Queued",
    "Wanted",
]


class NoteMissing(CaseError):
    """The step wants words for the customer."""


class WaitsForScan(CaseError):
    """A document has not been looked at for viruses: nobody decides without having read it."""


class NoSuchMember(CaseError):
    """Nobody to give the case to."""


@dataclass(frozen=True, kw_only=True, slots=True)
class QueuePage:
    """A part of the queue. has_earlier, has_later: whether there is more before and after it."""

    cases: tuple[Queued, ...]
    has_earlier: bool
    has_later: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Overview:
    loads: tuple[Load, ...]
    kinds: tuple[KindLoad, ...]
    most_overdue: tuple[Queued, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Desk:
    """What a case's page shows beside its file. related: others of the same contract; is_more: of
    them than are listed here."""

    file: CaseFile
    related: tuple[Summary, ...]
    is_more: bool
    colleagues: Sequence[Colleague]


class Handling:
    def __init__(self, shared: Shared, *, most_documents: int) -> None:
        self._shared = shared
        self.most_documents = most_documents

    @property
    def catalogue(self) -> Catalogue:
        return self._shared.catalogue

    # Lists

    def wanted(self, *, search: str = "", overdue: bool = False, **more: object) -> Wanted:
        """A list's filter. search: as it was typed."""
        search = search.replace("\0", "").strip()[:200]
        return Wanted(
            search=search,
            search_key=name_key(search)[:200],
            overdue=self._shared.today() if overdue else None,
            **more,  # type: ignore[arg-type]
        )

    def find_number(self, typed: str) -> CaseNumber | None:
        """The case of this number, however it is spaced and written."""
        number = CaseNumber("".join(typed.split()).upper())
        if not NUMBER.fullmatch(number):
            return None
        with self._shared.database.read() as connection:
            return number if cases.find_case(connection, number) else None

    def list_page(
        self, wanted: Wanted, *, after: Place | None = None, before: Place | None = None
    ) -> QueuePage:
        """One statement, whatever the number of cases."""
        with self._shared.database.read() as connection:
            found = queue.list_queued(
                connection, wanted, after=after, before=before, limit=PAGE_SIZE + 1
            )
        is_more = len(found) > PAGE_SIZE
        if before is not None:
            shown = found[-PAGE_SIZE:]
            return QueuePage(cases=tuple(shown), has_earlier=is_more, has_later=True)
        shown = found[:PAGE_SIZE]
        return QueuePage(cases=tuple(shown), has_earlier=after is not None, has_later=is_more)

    def overview(self) -> Overview:
        """Three statements."""
        today = self._shared.today()
        with self._shared.database.read() as connection:
            late = queue.list_queued(connection, Wanted(overdue=today), limit=MOST_OVERDUE)
            return Overview(
                loads=tuple(queue.list_loads(connection, today)),
                kinds=tuple(queue.list_kind_loads(connection, today)),
                most_overdue=tuple(late),
            )

    def counts(self, me: MemberId) -> Counts:
        """One statement."""
        with self._shared.database.read() as connection:
            return queue.count_views(connection, me, self._shared.today())

    def list_colleagues(self) -> Sequence[Colleague]:
        with self._shared.database.read() as connection:
            return queue.list_colleagues(connection)

    # One case

    def open_desk(self, number: CaseNumber) -> Desk:
        """Raises: CaseNotFound."""
        with self._shared.database.read() as connection:
            file = self._shared.file_of(connection, self._find(connection, number))
            code = file.case.summary.contract_code
            # One for the case itself, and one to tell whether there are more.
            found = queue.list_of_contract(connection, code, limit=RELATED + 2)
            related = [one for one in found if one.number != number]
            return Desk(
                file=file,
                related=tuple(related[:RELATED]),
                is_more=len(related) > RELATED,
                colleagues=queue.list_colleagues(connection),
            )

    def get(self, number: CaseNumber) -> CaseFile:
        """Raises: CaseNotFound."""
        with self._shared.database.read() as connection:
            return self._shared.file_of(connection, self._find(connection, number))

    def days_left(self, summary: Summary) -> int | None:
        """See Shared.days_left."""
        return self._shared.days_left(summary)

    @staticmethod
    def may_move_to(state: State) -> frozenset[State]:
        return rules.may_follow(state, By.STAFF)

    def _find(self, connection: Connection, number: CaseNumber, *, lock: bool = False) -> Row:
        row = cases.find_case(connection, number, lock=lock)
        if row is None:
            raise CaseNotFound
        return row

    def _hold(self, connection: Connection, number: CaseNumber, version: int) -> Row:
        row = self._find(connection, number, lock=True)
        if row.version != version:
            raise ChangedMeanwhile
        return row

    # Steps

    def move(
        self,
        number: CaseNumber,
        step: Move,
        *,
        version: int,
        by: Member,
        documents: Sequence[str] = (),
    ) -> None:
        """Another state. Who moves a case that nobody has takes it. documents: those of the form
        that the customer is asked for, by their codes; the note then begins with their names.

        Raises: CaseNotFound, ChangedMeanwhile, NotNow, NoteMissing, WaitsForScan.
        """
        shared = self._shared
        with shared.database.write() as connection:
            row = self._hold(connection, number, version)
            if step.to not in self.may_move_to(row.summary.state):
                raise NotNow
            if step.to is State.WAITING_INFORMATION:
                step = replace(step, note=_asking(row, documents, step.note))
            if step.to in rules.NEED_NOTE and not (step.note or step.answer):
                raise NoteMissing
            is_end = step.to not in rules.OPEN
            if is_end and queue.waiting_for_scan(connection, row.summary.id):
                raise WaitsForScan
            takes = {}
            if row.summary.assignee is None:
                takes["assigned_to"] = by.id
                self._tell_assigned(connection, row, by.called, by=by)
            shared.move(connection, row, step, by=By.STAFF, member=by, **takes)

    def assign(self, number: CaseNumber, to: MemberId | None, *, version: int, by: Member) -> str:
        """Returns the name of who has it now. to: None for nobody.

        Raises: CaseNotFound, ChangedMeanwhile, NotNow, NoSuchMember.
        """
        with self._shared.database.write() as connection:
            row = self._hold(connection, number, version)
            if not row.summary.is_open:
                raise NotNow
            colleagues = queue.list_colleagues(connection)
            names = {one.id: one.name for one in colleagues if one.is_active}
            if to is not None and to not in names:
                raise NoSuchMember
            name = names[to] if to is not None else ""
            has = row.summary.assignee.id if row.summary.assignee else None
            if has != to:
                self._shared.change(connection, row, assigned_to=to)
                self._tell_assigned(connection, row, name, by=by)
            return name

    def assign_many(
        self, picked: Mapping[CaseNumber, int], to: MemberId | None, *, by: Member
    ) -> Mapping[CaseNumber, CaseError | None]:
        """Each in a transaction of its own. picked: number -> version. Returns what was refused,
        and None for what was done.

        Raises: NoSuchMember.
        """
        told: dict[CaseNumber, CaseError | None] = {}
        for number, version in picked.items():
            try:
                self.assign(number, to, version=version, by=by)
                told[number] = None
            except (CaseNotFound, ChangedMeanwhile, NotNow) as error:
                told[number] = error
        return told

    def _tell_assigned(self, connection: Connection, row: Row, name: str, *, by: Member) -> None:
        step = Move(to=row.summary.state, what=What.ASSIGNED, remark=name)
        self._shared.tell(
            connection, row, step, by=By.STAFF, member=by, action=Action.CASE_ASSIGNED
        )

    def note(self, number: CaseNumber, remark: str, *, by: Member) -> None:
        """For colleagues alone; changes nothing that another may be changing.

        Raises: CaseNotFound, NoteMissing.
        """
        if not remark:
            raise NoteMissing
        with self._shared.database.write() as connection:
            row = self._find(connection, number)
            step = Move(to=row.summary.state, what=What.NOTED, remark=remark)
            self._shared.tell(
                connection, row, step, by=By.STAFF, member=by, action=Action.CASE_NOTED
            )

    def add_document(
        self, number: CaseNumber, file: BinaryIO, *, name: str, by: Member
    ) -> Document:
        """A document of the utility's, such as a scanned letter, for the customer too.

        Raises: CaseNotFound, NotNow, TooManyDocuments, DocumentRefused, StorageFull,
        StorageUnavailable.
        """
        shared = self._shared
        with shared.database.read() as connection:
            row = self._find(connection, number)
            if not row.summary.is_open:
                raise NotNow
        document = shared.documents.take(file, name=name, staff_id=by.id)
        with shared.database.write() as connection:
            row = self._find(connection, number, lock=True)
            if not row.summary.is_open:
                raise NotNow
            there = cases.list_documents(connection, row.summary.id)
            if sum(one.by is By.STAFF for one in there) >= self.most_documents:
                raise TooManyDocuments
            shared.documents.keep(connection, [document.id])
            cases.attach(
                connection,
                row.summary.id,
                [(document.id, "")],
                by=By.STAFF,
                at=shared.clock(),
            )
            shared.change(connection, row)
            step = Move(to=row.summary.state, what=What.DOCUMENTS, note=document.name)
            shared.tell(connection, row, step, by=By.STAFF, member=by, action=Action.CASE_CHANGED)
            address = shared.addresses.case(number)
            shared.mail(
                connection,
                row,
                lambda _, _language: letters.added(_, row.summary, address=address),
            )
        return document

    # Documents

    def get_document(self, number: CaseNumber, document_id: DocumentId) -> Document:
        """Raises: CaseNotFound, also where the case has no such document."""
        for one in self.get(number).documents:
            if one.document.id == document_id:
                return one.document
        raise CaseNotFound

    def tell_unsafe(self, connection: Connection, document_id: DocumentId) -> None:
        """A document that was taken while the virus scanner was away carries a virus."""
        number = cases.find_case_of_document(connection, document_id)
        row = cases.find_case(connection, number, lock=True) if number else None
        if row is not None:
            self._tell_unsafe(connection, row, document_id)

    def _tell_unsafe(self, connection: Connection, row: Row, document_id: DocumentId) -> None:
        shared = self._shared
        [document] = shared.documents.list(connection, [document_id])
        step = Move(to=row.summary.state, what=What.UNSAFE, note=document.name)
        shared.tell(connection, row, step, by=By.PORTAL, action=Action.CASE_CHANGED)
        address = shared.addresses.case(row.summary.number)
        shared.mail(
            connection,
            row,
            lambda _, _language: letters.unsafe(_, row.summary, address=address),
        )


def _asking(row: Row, documents: Sequence[str], note: str) -> str:
    """In the customer's language."""
    names = [
        spec.name.in_language(row.language)
        for spec in row.summary.form.documents
        if spec.code in documents
    ]
    return letters.asking(texts(row.language), names, note)
