"""What the certificates' services take, give and raise."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import NewType

from app.accounts.records import AccountId
from legacy_adapters.records import Contract, ContractCode, Statement

ApplicationId = NewType("ApplicationId", int)
CertificateCode = NewType("CertificateCode", str)  # 26 letters and digits, 130 random bits
FormKey = NewType("FormKey", str)  # of one form: it files once, however often it is sent
Typed = Mapping[str, str]  # field -> what was typed into it


class Kind(StrEnum):
    HOUSEHOLD = "household"
    BUSINESS = "business"
    PROCUREMENT = "procurement"


class State(StrEnum):
    WAITING = "waiting"  # for the staff
    ISSUED = "issued"
    REFUSED = "refused"


class Ended(StrEnum):
    """Why a certificate says no longer what is true."""

    INVOICE = "invoice"  # the next one was issued
    DEBT = "debt"
    REVOKED = "revoked"  # by the staff
    TIME = "time"


class Validity(StrEnum):
    VALID = "valid"
    ENDED = "ended"
    UNSURE = "unsure"  # billing does not tell right now


@dataclass(frozen=True, kw_only=True, slots=True)
class Application:
    """reason: of the staff, for refusing; decided_by: one of them, "" where the portal did."""

    id: ApplicationId
    account_id: AccountId | None
    language: str
    kind: Kind
    contract_code: ContractCode
    holder: str
    state: State
    filed_at: datetime
    due_on: date
    decided_at: datetime | None
    decided_by: str
    reason: str

    @property
    def number(self) -> str:
        return number_of(self.id)


@dataclass(frozen=True, kw_only=True, slots=True)
class Certificate:
    """valid_until: the last day; ended_on: since when it is not valid, where that was found."""

    code: CertificateCode
    issued_at: datetime
    valid_until: date
    ended_on: date | None
    ended_why: Ended | None
    is_signed: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Listed:
    application: Application
    certificate: Certificate | None


@dataclass(frozen=True, kw_only=True, slots=True)
class ApplicationFile:
    """All of one application. typed: None where it cannot be read any more."""

    application: Application
    certificate: Certificate | None
    typed: Typed | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Checked:
    """What anybody who holds the paper may know. ended_on, ended_why: only of one that ended."""

    application: Application
    certificate: Certificate
    contracts: int
    validity: Validity
    ended_on: date | None = None
    ended_why: Ended | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Ground:
    """What billing told a moment ago. newest: the day of each contract's newest invoice."""

    contracts: tuple[Contract, ...]
    newest: Mapping[ContractCode, date | None]


def number_of(application_id: ApplicationId) -> str:
    return f"VD{application_id:09}"


class CertificateError(Exception):
    """The root of what the certificates' services refuse."""


class NotFound(CertificateError):
    """There is none, or it is another's."""


class Wrong(CertificateError):
    """What was typed does not hold. problems: field -> what is wrong with it."""

    def __init__(self, problems: Mapping[str, "Problem"]) -> None:
        super().__init__(", ".join(sorted(problems)))
        self.problems = problems


class Problem(StrEnum):
    MISSING = "missing"
    TOO_LONG = "too long"
    NOT_A_NID = "not a nid"
    NOT_A_NIPT = "not a nipt"
    NOT_YOURS = "not yours"  # the account is not the contract's holder
    NOT_THE_HOLDER = "not the holder"  # the name is another than billing's
    NOT_OF_THE_CONTRACT = "not of the contract"  # the NIPT is another than billing's
    TOO_MANY = "too many"  # contracts of one NIPT


class Owing(CertificateError):
    """Something is owed. statements: of those contracts that owe which the account has, the first
    of them; count: of all that owe."""

    def __init__(self, statements: tuple[Statement, ...], count: int) -> None:
        super().__init__(f"{count} contracts owe")
        self.statements = statements
        self.count = count


class TooManyApplications(CertificateError):
    """The account has applied as often within a day as it may."""


class AlreadyFiled(CertificateError):
    """This form was sent before."""

    def __init__(self, application_id: ApplicationId) -> None:
        super().__init__(number_of(application_id))
        self.application_id = application_id


class NotNow(CertificateError):
    """The application is decided, or the certificate has ended."""


class NotSigned(CertificateError):
    """The paper or its signature could not be made; nothing was issued. The message says why."""


class ReasonMissing(CertificateError):
    """The customer must read why."""
