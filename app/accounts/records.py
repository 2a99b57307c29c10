"""Accounts as the portal knows them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import Enum, StrEnum, auto
from types import MappingProxyType
from typing import NamedTuple, NewType

from legacy_adapters.records import ContractCode, InvoiceNumber

AccountId = NewType("AccountId", int)
SessionToken = NewType("SessionToken", str)
LinkToken = NewType("LinkToken", str)  # stands in a mailed address; kept as a hash


class Right(StrEnum):
    """What an account may do with a contract; each includes those before it."""

    VIEW = "view"
    PAY = "pay"
    HOLDER = "holder"

    def includes(self, other: "Right") -> bool:
        order = list(Right)
        return order.index(self) >= order.index(other)


DELEGATED = (Right.VIEW, Right.PAY)


class Account(NamedTuple):
    id: AccountId
    user_name: str
    email: str
    phone: str
    language: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Credentials:
    """temporary_hash: of a password from a recovery that is still waiting to be used."""

    account: Account
    password_hash: str
    temporary_hash: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Label:
    """What an account calls a contract, and where it groups it; "" for neither."""

    name: str = ""
    group: str = ""


NO_LABELS: Mapping[ContractCode, Label] = MappingProxyType({})


class SignedIn(NamedTuple):
    """The account behind a request, and those of its contracts that the request is about.

    must_change: came in by a temporary password and has not chosen a new one yet;
    restricted_until: for a while after a recovery the account cannot be taken over further;
    preferences: what is switched on, of those that profile.py names. labels: of those of the
    contracts that have one. beside: what another topic
    tells of these contracts, where it was asked.
    """

    account: Account
    session_id: int
    seen_at: datetime
    must_change: bool
    restricted_until: datetime | None
    preferences: frozenset[str]
    rights: Mapping[ContractCode, Right]
    labels: Mapping[ContractCode, Label] = NO_LABELS
    beside: tuple[object, ...] | None = None

    @property
    def contracts(self) -> tuple[ContractCode, ...]:
        return tuple(sorted(self.rights))


@dataclass(frozen=True, kw_only=True, slots=True)
class Proof:
    """What an applicant shows of a contract beside its number and the holder's name."""

    invoice_number: InvoiceNumber | None = None
    invoice_amount: Decimal | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """Somebody says that a contract is theirs."""

    contract_code: ContractCode
    name: str
    proof: Proof = Proof()


@dataclass(frozen=True, kw_only=True, slots=True)
class Applicant:
    """What somebody typed to register, already cleaned."""

    contract_code: ContractCode
    user_name: str
    password: str
    phone: str
    email: str
    language: str
    proof: Proof = Proof()

    @property
    def claim(self) -> Claim:
        return Claim(contract_code=self.contract_code, name=self.user_name, proof=self.proof)


@dataclass(frozen=True, kw_only=True, slots=True)
class Visitor:
    """Where a request comes from. marks: the accounts that have signed in from this browser
    before, with the random word each was given then."""

    address: str
    device: str
    marks: Mapping[AccountId, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Welcome:
    """A new session. fingerprint: of the password that opened it, for the browser's mark."""

    token: SessionToken
    account: Account
    must_change: bool = False
    fingerprint: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class CodeSent:
    """A code may be on its way to the phone that billing has; it is asked for with `token`.
    Whether it is depends on the claim being right, which nobody is told."""

    token: LinkToken


@dataclass(frozen=True, kw_only=True, slots=True)
class Lost:
    """What somebody typed who forgot the password; phone as `+355691234567`, "" if none."""

    user_name: str
    email: str
    phone: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Device:
    """One signed-in browser."""

    session_id: int
    device: str
    address: str
    created_at: datetime
    seen_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Delegate:
    account_id: AccountId
    user_name: str
    right: Right
    linked_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Invitation:
    id: int
    contract_code: ContractCode
    email: str
    right: Right
    created_at: datetime
    expires_at: datetime
    invited_by: AccountId
    inviter: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Link:
    """A contract in an account's list. label: what the account calls it; granted_by: the
    holder's name, for a delegate."""

    contract_code: ContractCode
    right: Right
    linked_at: datetime
    granted_by: str | None
    delegates: int
    label: Label = Label()


@dataclass(frozen=True, kw_only=True, slots=True)
class Profile:
    """What the account page shows beside the account itself. pending_until: how long the link to
    the pending address works; preferences_since: ISO days."""

    created_at: datetime
    email_confirmed_at: datetime | None
    pending_email: str | None
    pending_until: datetime | None
    preferences: frozenset[str]
    preferences_since: Mapping[str, str]
    phone_is_confirmed: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class TakenBack:
    """What a new password ended beside sessions: somebody else may have begun it. again_from: since
    when it can be begun anew, where not at once."""

    invitations: bool
    email_change: bool
    again_from: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class SwitchOff:
    """What a mailed link ends. contract_code: None for what is not about single contracts."""

    account_id: AccountId
    contract_code: ContractCode | None
    preference: str


class PasswordProblem(Enum):
    TOO_SHORT = auto()
    TOO_LONG = auto()
    NEEDS_LETTER_AND_DIGIT = auto()
    TOO_COMMON = auto()


class AccountError(Exception):
    """The root of what an account service refuses."""


class RegistrationRefused(AccountError):
    """The data do not fit together. Never says which: it would tell strangers who is a customer."""


class ClaimRefused(AccountError):
    """The contract cannot be added with these data; one answer for all reasons."""


class SignInRefused(AccountError):
    """Wrong name, wrong password or too many tries for this name: one answer for all."""


class RecoveryRefused(AccountError):
    """No such account, wrong data, too many tries, disabled: one answer for all."""


class TooManyTries(AccountError):
    """This network has tried too often, whoever was meant."""


class TooManyMails(TooManyTries):
    """So many links were mailed for this account that the next has to wait for tomorrow."""


class TooManyCodes(TooManyTries):
    """So many codes were sent for this account, to this number, or in all, that the next waits."""


class PhoneNotServed(AccountError):
    """SMS are not sent to numbers that begin so."""


class CodeRefused(AccountError):
    """A wrong code, too many tries, or none was sent: one answer for all."""


class TooBusy(AccountError):
    """As many as one process serves at once are signing in, registering or recovering."""


class WrongPassword(AccountError):
    """The current password, or the name beside it, is not the account's."""


class Restricted(AccountError):
    """Not for a while after a recovery. until: the moment it ends."""

    def __init__(self, until: datetime) -> None:
        super().__init__(until)
        self.until = until


class SessionEnded(AccountError):
    """The session, or the account, ended while this request was under way."""


class LastContract(AccountError):
    """An account keeps at least one contract."""


class LinkGone(AccountError):
    """A mailed link is unknown, used or too old."""


class NotYours(AccountError):
    """The account has no such contract, delegate, invitation or session."""


class AlreadyLinked(AccountError):
    """The account has this contract already."""


class EmailTaken(AccountError):
    """Another account has the address by now."""
