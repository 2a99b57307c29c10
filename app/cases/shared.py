"""What all case services work with."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import BinaryIO

import structlog
from sqlalchemy import Connection

from app.accounts.ownership import Ownership
from app.accounts.records import AccountId, Restricted, Right, SignedIn
from app.accounts.telling import Telling
from app.accounts.tries import Budget, Tries
from app.audit.records import Action, Actor
from app.audit.service import Audit
from app.cases import letters, rules
from app.cases.addresses import CaseAddresses
from app.cases.calendar import Calendar
from app.cases.catalogue import Catalogue, RequestForm
from app.cases.records import (
    Attached,
    By,
    Case,
    CaseFile,
    ChangedMeanwhile,
    Event,
    NotNow,
    State,
    Summary,
    TooManyFiles,
    What,
)
from app.cases.rules import Clock, LegalClock
from app.cases.store import cases
from app.cases.store.cases import NO_DAY, Row
from app.clock import now, today
from app.database.engine import Database
from app.documents.records import Document
from app.documents.service import Documents
from app.messages.outbox import Outbox, Purpose
from app.messages.records import Letter
from app.sealing import WordSealer
from app.staff.records import Member
from config.cases import CaseSettings
from legacy_adapters.records import ContractCode

log = structlog.get_logger("selfcare")
ACTORS = {By.CUSTOMER: Actor.CUSTOMER, By.STAFF: Actor.STAFF, By.PORTAL: Actor.PORTAL}


@dataclass(frozen=True, kw_only=True, slots=True)
class Move:
    """One step of a case. note: for the customer; remark: for colleagues; answer: the letter that
    ends it."""

    to: State
    note: str = ""
    remark: str = ""
    answer: str = ""
    what: What = What.MOVED


@dataclass(frozen=True, kw_only=True)
class Shared:
    database: Database
    settings: CaseSettings
    catalogue: Catalogue
    calendar: Calendar
    documents: Documents
    ownership: Ownership
    telling: Telling
    addresses: CaseAddresses
    audit: Audit
    outbox: Outbox
    seal: WordSealer  # its owner: the draft's key, which the case keeps
    tries: Tries = field(default_factory=Tries)
    clock: Callable[[], datetime] = now
    today: Callable[[], date] = today

    def opened(self, row: Row) -> Case:
        """answers is empty where they cannot be read any more; one line tells operators."""
        answers = self.seal.open(row.draft_key, row.answers)
        if answers is None:
            log.error(
                "a case cannot be read",
                case=row.summary.number,
                do="are all keys it was written with in SELFCARE_CASES_KEYS?",
            )
        return Case(
            summary=row.summary,
            account_id=row.account_id,
            language=row.language,
            answers=answers or {},
            debt=row.debt,
            debt_amount=row.debt_amount,
            answer=self.seal.open_text(row.draft_key, row.answer),
            version=row.version,
        )

    def legal_clock(self, form: RequestForm) -> LegalClock:
        return LegalClock(deadline=form.deadline, calendar=self.calendar, today=self.today())

    def days_left(self, summary: Summary) -> int | None:
        """Counted as the deadline is; negative when it is past, None for a closed case."""
        if not summary.is_open:
            return None
        if summary.due_on is None:
            return summary.days_left
        return self.legal_clock(summary.form).days_to(summary.due_on)

    def refuse_if_restricted(self, signed_in: SignedIn, form: RequestForm) -> None:
        """A request that changes who or what the contract is stays as it is while the account was
        recovered just now. Raises: Restricted."""
        until = signed_in.restricted_until
        if form.sensitive and until is not None and until > self.clock():
            raise Restricted(until)

    def take(
        self, account_id: AccountId, file: BinaryIO, *, name: str, actor: Actor = Actor.CUSTOMER
    ) -> Document:
        """A customer's file, looked into and held. Each try counts, also one that is refused: it
        costs a process.

        Raises: TooManyFiles; as Documents.take.
        """
        most = self.settings.files_per_day
        budget = Budget(subject=f"files {account_id}", limit=most, account_id=account_id)
        with self.database.write() as connection:
            if not self.tries.spend(connection, budget, self.clock()):
                raise TooManyFiles
        return self.documents.take(file, name=name, account_id=account_id, actor=actor)

    def let_go(self, document: Document) -> None:
        """What was taken and is not wanted any more."""
        with self.database.write() as connection:
            self.documents.drop(connection, [document.id])

    def is_holder(self, connection: Connection, account_id: AccountId, code: ContractCode) -> bool:
        return self.ownership.find_right(connection, account_id, code) is Right.HOLDER

    def file_of(self, connection: Connection, row: Row) -> CaseFile:
        attached = cases.list_documents(connection, row.summary.id)
        found = self.documents.list(connection, [one.document_id for one in attached])
        by_id = {document.id: document for document in found}
        return CaseFile(
            case=self.opened(row),
            documents=tuple(
                Attached(document=by_id[one.document_id], purpose=one.purpose, by=one.by, at=one.at)
                for one in attached
                if one.document_id in by_id
            ),
            events=tuple(
                replace(
                    event,
                    note=self.seal.open_text(row.draft_key, event.note),
                    remark=self.seal.open_text(row.draft_key, event.remark),
                )
                for event in cases.list_events(connection, row.summary.id)
            ),
        )

    def move(
        self,
        connection: Connection,
        row: Row,
        step: Move,
        *,
        by: By,
        member: Member | None = None,
        **more: object,
    ) -> None:
        """Takes a case that this transaction has locked to another state, with its clock, its
        history, the audit trail and a mail. more: columns that change with it.

        Raises: NotNow, ChangedMeanwhile.
        """
        was, now = row.summary, self.clock()
        if step.to not in rules.may_follow(was.state, by):
            raise NotNow
        is_open = step.to in rules.OPEN
        clock = self.legal_clock(was.form).moved(
            Clock(due_on=was.due_on, days_left=was.days_left), was.state, step.to
        )
        if not is_open:  # an earlier one, from before it was reopened, stays in the history
            more["answer"] = self.seal.close_text(row.draft_key, step.answer)
        self.change(
            connection,
            row,
            state=step.to,
            is_open=is_open,
            closed_at=None if is_open else now,
            due_on=clock.due_on or NO_DAY,
            days_left=clock.days_left,
            **more,
        )
        self.tell(connection, row, step, by=by, member=member)
        address = self.addresses.case(was.number)
        if by is not By.CUSTOMER:  # who has just pressed the button knows
            self.sms(
                connection,
                row,
                lambda _: letters.moved_sms(_, was.number, step.to, address),
            )
        self.mail(  # also of what was done in the customer's name
            connection,
            row,
            lambda _, language: letters.moved(
                _,
                language,
                was,
                step.to,
                note=step.note,
                has_answer=bool(step.answer),
                address=address,
            ),
        )

    def change(self, connection: Connection, row: Row, **values: object) -> None:
        """Raises: ChangedMeanwhile."""
        values.setdefault("changed_at", self.clock())
        if not cases.change_case(connection, row.summary.id, row.version, **values):
            raise ChangedMeanwhile

    def tell(
        self,
        connection: Connection,
        row: Row,
        step: Move,
        *,
        by: By,
        member: Member | None = None,
        action: Action = Action.CASE_MOVED,
    ) -> None:
        """Writes it into the case's history and into the audit trail."""
        words = "\n\n".join(filter(None, (step.note, step.answer)))
        was = row.summary.state
        cases.add_event(
            connection,
            row.summary.id,
            at=self.clock(),
            what=step.what,
            by=by,
            state=step.to,
            staff_id=member.id if member else None,
            note=self.seal.close_text(row.draft_key, words),
            remark=self.seal.close_text(row.draft_key, step.remark),
        )
        self.audit.record(
            connection,
            action,
            actor=ACTORS[by],
            account_id=row.account_id,
            staff_id=member.id if member else None,
            contract_code=row.summary.contract_code,
            detail=f"{row.summary.number}: {step.what}, "
            + (step.to if step.to is was else f"{was} -> {step.to}"),
        )

    def mail(
        self, connection: Connection, row: Row, write: Callable[[letters.Translate, str], Letter]
    ) -> None:
        """Tells the customer, if there is an account that wants to hear of it. write: the letter
        in a language."""
        if row.account_id is not None:
            self.telling.mail(connection, row.account_id, "case", write, Purpose(kind="case"))

    def sms(
        self, connection: Connection, row: Row, write: Callable[[letters.Translate], str]
    ) -> None:
        """The same by SMS."""
        if row.account_id is not None:
            self.telling.sms(connection, row.account_id, "case", write, CASE_SMS)


# Not in the night: nobody waits for it by the minute.
CASE_SMS = Purpose(kind="case", is_bulk=True)


def public_events(events: Sequence[Event]) -> list[Event]:
    """What the customer sees of a case's history: no remarks, and nothing of who works on it."""
    hidden = {What.NOTED, What.ASSIGNED}
    return [event for event in events if event.what not in hidden]


def is_theirs(row: Row | None, account_id: AccountId) -> bool:
    return row is not None and row.account_id == account_id
