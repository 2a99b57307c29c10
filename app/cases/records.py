"""Cases as the portal knows them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import NewType

from app.accounts.records import AccountId
from app.cases.catalogue import RequestForm
from app.documents.records import Document
from app.staff.records import MemberId
from legacy_adapters.records import ContractCode

CaseId = NewType("CaseId", int)
CaseNumber = NewType("CaseNumber", str)  # the request's code and nine digits
DraftKey = NewType("DraftKey", str)
Answers = Mapping[str, str]  # field -> value, in the form that fields.py keeps
NOTE = "note"  # the customer's own words, beside the form's fields


class State(StrEnum):
    WAITING = "waiting"
    WAITING_INFORMATION = "waiting information"
    IN_PROGRESS = "in progress"
    DONE = "done"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class By(StrEnum):
    CUSTOMER = "customer"
    STAFF = "staff"
    PORTAL = "portal"


class What(StrEnum):
    """What an event of a case tells."""

    FILED = "filed"
    MOVED = "moved"
    CHANGED = "changed"  # the customer changed what was filled in
    DOCUMENTS = "documents"  # further ones
    NOTED = "noted"  # for colleagues
    ASSIGNED = "assigned"
    REOPENED = "reopened"
    UNSAFE = "unsafe"  # a document was found to carry a virus


class Debt(StrEnum):
    """What billing said of the holder's debt when the case was filed."""

    NOT_ASKED = "not asked"
    NONE = "none"  # nothing but what is disputed
    AGREED = "agreed"  # the customer says that there is an agreement
    UNKNOWN = "unknown"  # billing was away


@dataclass(frozen=True, kw_only=True, slots=True)
class Attached:
    """A document of a case or a draft. purpose: of the form's documents, "" for another;
    by: who handed it in."""

    document: Document
    purpose: str
    by: By
    at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Draft:
    """What somebody began to fill in and has not sent."""

    key: DraftKey
    account_id: AccountId
    contract_code: ContractCode
    request_code: str
    answers: Answers
    documents: tuple[Attached, ...]
    kept_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Begun:
    """A draft in a list. documents: how many it has."""

    key: DraftKey
    request_code: str
    answers: Answers
    documents: int
    kept_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Filled:
    """What somebody has typed into a request's form so far."""

    key: DraftKey
    code: ContractCode
    form: RequestForm
    typed: Answers


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """One step of a case. note: for the customer; remark: for colleagues alone; state: after it;
    staff: whose it was, where it was the utility's."""

    at: datetime
    what: What
    by: By
    staff: str
    state: State
    note: str
    remark: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Assignee:
    id: MemberId
    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Summary:
    """A case in a list. due_on: None while the clock stands still, or was when the case ended;
    days_left: then, and only then."""

    id: CaseId
    number: CaseNumber
    contract_code: ContractCode
    holder: str
    request_code: str
    form: RequestForm
    state: State
    filed_at: datetime
    due_on: date | None
    days_left: int | None
    closed_at: datetime | None
    assignee: Assignee | None

    @property
    def is_open(self) -> bool:
        return self.closed_at is None


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """One case with what was filled in. version: counts its changes, against two at once."""

    summary: Summary
    account_id: AccountId | None
    language: str
    answers: Answers
    debt: Debt
    debt_amount: Decimal
    answer: str
    version: int

    @property
    def number(self) -> CaseNumber:
        return self.summary.number

    @property
    def form(self) -> RequestForm:
        return self.summary.form

    @property
    def state(self) -> State:
        return self.summary.state


@dataclass(frozen=True, kw_only=True, slots=True)
class CaseFile:
    """All of a case: events and documents, the oldest first."""

    case: Case
    documents: tuple[Attached, ...]
    events: tuple[Event, ...]


class CaseError(Exception):
    """The root of what the case services refuse."""


class CaseNotFound(CaseError):
    """There is none, or it is another's."""


class DraftNotFound(CaseError):
    """There is none, it was too old, or it is another's."""


class NotNow(CaseError):
    """The case's state does not allow it."""


class ChangedMeanwhile(CaseError):
    """Somebody else has changed the case since the page was opened."""


class TooManyCases(CaseError):
    """The account has as many open as it may."""


class NothingAnswered(CaseError):
    """Nothing was written, added or changed since the utility asked."""


class TooManyToday(CaseError):
    """The account has filed as many within a day as it may."""


class TooManyDrafts(CaseError):
    """The account has begun as many requests as it may."""


class TooManyFiles(CaseError):
    """The account has sent as many files within a day as it may."""


class TooManyChanges(CaseError):
    """The case was changed as often as its customer may."""


class AlreadyFiled(CaseError):
    """This draft has become a case."""

    def __init__(self, number: CaseNumber) -> None:
        super().__init__(number)
        self.number = number


class TooManyDocuments(CaseError):
    """A case may hold no more."""
