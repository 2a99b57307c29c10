"""What an export is, and how it stands."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import NewType

from app.gateways.storage.port import StorageKey
from legacy_adapters.records import ContractCode

ExportId = NewType("ExportId", int)
Reference = NewType("Reference", str)  # 26 characters of app.codes, in its address


class What(StrEnum):
    OPEN = "open-invoices"  # what is owed now
    INVOICES = "invoices"  # what was billed in a period
    PAYMENTS = "payments"  # what was paid in a period
    DOCUMENTS = "documents"  # the invoices of a period themselves
    CONSUMPTION = "consumption"  # of a period, for other programs

    @property
    def has_period(self) -> bool:
        return self is not What.OPEN


class Format(StrEnum):
    PDF = "pdf"
    XLSX = "xlsx"
    CSV = "csv"
    ZIP = "zip"
    XML = "xml"


OFFERED: Mapping[What, tuple[Format, ...]] = {
    What.INVOICES: (Format.XLSX, Format.CSV),
    What.PAYMENTS: (Format.XLSX, Format.CSV),
    What.DOCUMENTS: (Format.PDF, Format.ZIP),
    What.CONSUMPTION: (Format.XML,),
    # Last on its page, where Enter in a day of the period presses the first button.
    What.OPEN: (Format.PDF, Format.XLSX, Format.CSV),
}
MEDIA_TYPES = {
    Format.PDF: "application/pdf",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Format.CSV: "text/csv",
    Format.ZIP: "application/zip",
    Format.XML: "application/atom+xml",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Scope:
    """Which of an account's contracts: all, those of one group of its own, or one."""

    group: str = ""
    contract: ContractCode | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """since, until: both days within the period; None where `what` has none."""

    what: What
    format: Format
    scope: Scope
    since: date | None
    until: date | None
    language: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Named:
    """A contract, and what its account calls it."""

    code: ContractCode
    name: str = ""
    group: str = ""


class State(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    READY = "ready"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_under_way(self) -> bool:
        return self in (State.WAITING, State.RUNNING)


class Note(StrEnum):
    """What happened to an export on its way, or why there is none."""

    NOTHING = ""
    BILLING_AWAY = "billing away"  # it waits for billing, or has waited too long
    INTERRUPTED = "interrupted"  # begun anew after its process died; or too often
    LIST_CHANGED = "list changed"  # begun anew because the account's contracts did; or too often
    NO_SPACE = "no space"
    STORAGE_AWAY = "storage away"
    TOO_LARGE = "too large"  # for one file of this kind
    TOO_OFTEN = "too often"
    NOTHING_THERE = "nothing there"  # no contract or invoice to make a file of
    NO_ROWS = "no rows"  # nothing of the period
    BROKEN = "broken"  # an operator has to look


@dataclass(slots=True)
class Tally:
    """What a file holds, counted while it is written. missing: contracts that billing does not
    have; unreadable: contracts, or invoices as `AL0000000/123`, of which it tells what cannot be
    read. All are left out."""

    rows: int = 0
    missing: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)

    @property
    def left_out(self) -> list[str]:
        return [*self.missing, *self.unreadable]


@dataclass(frozen=True, kw_only=True, slots=True)
class ExportFile:
    """codes: the contracts that it tells of, also those that were left out."""

    key: StorageKey
    name: str
    size: int
    sha256: str
    rows: int
    codes: tuple[ContractCode, ...]
    left_out: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Export:
    """total: how much is to be done, in contracts (of documents in invoices); 0 before that is
    known. ahead: how many of others are made before it, while it waits."""

    id: ExportId
    reference: Reference
    account_id: int
    wanted: Wanted
    state: State
    note: Note
    done: int
    total: int
    attempts: int
    created_at: datetime
    ended_at: datetime | None
    expires_at: datetime | None
    file: ExportFile | None
    ahead: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """Who makes an export now: worth something as long as nobody has taken it over."""

    export: Export
    token: str


class ExportError(Exception):
    """An export cannot be had."""


class ExportNotFound(ExportError):
    """Another's, or none."""


class UnderWay(ExportError):
    """The account has one under way."""

    def __init__(self, reference: Reference) -> None:
        super().__init__(reference)
        self.reference = reference


class NotMade(ExportError):
    """It cannot be made as it was asked for."""

    def __init__(self, note: Note) -> None:
        super().__init__(str(note))
        self.note = note


class FileGone(ExportError):
    """It was kept and is not there any more as it was."""


class ContractsChanged(ExportError):
    """It tells of contracts that the account no longer has."""


class Stopped(Exception):
    """The export was cancelled, another process has taken it over, or this one has to end."""
