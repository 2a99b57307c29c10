"""Staff members as the portal knows them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType

from app.accounts.records import SessionToken

MemberId = NewType("MemberId", int)


class Role(StrEnum):
    """What a member may do; each includes those before it."""

    AGENT = "agent"
    SUPERVISOR = "supervisor"
    ADMINISTRATOR = "administrator"

    def includes(self, other: "Role") -> bool:
        order = list(Role)
        return order.index(self) >= order.index(other)


@dataclass(frozen=True, kw_only=True, slots=True)
class Member:
    id: MemberId
    name: str
    full_name: str
    role: Role

    @property
    def called(self) -> str:
        return self.full_name or self.name


@dataclass(frozen=True, kw_only=True, slots=True)
class Doer:
    """A member at work, and the address that the request comes from."""

    member: Member
    address: str


@dataclass(frozen=True, kw_only=True, slots=True)
class StaffCredentials:
    """password_until: of a first password, the moment from which it no longer works; None for
    one of the member's own. sealed_secret: of the second factor. last_step: the newest for which
    a code was used."""

    member: Member
    password_hash: str
    password_until: datetime | None
    sealed_secret: bytes
    last_step: int


@dataclass(frozen=True, kw_only=True, slots=True)
class StaffVisitor:
    """Where a request comes from. marks: the members who have signed in from this browser
    before, with the random word each was given then."""

    address: str
    device: str
    marks: Mapping[MemberId, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class StaffWelcome:
    """A new session. fingerprint: of the password that opened it, for the browser's mark."""

    token: SessionToken
    member: Member
    must_change: bool
    fingerprint: str


@dataclass(frozen=True, kw_only=True, slots=True)
class StaffSignedIn:
    """The member behind a request. must_change: came in by a first password and has not chosen
    another yet."""

    member: Member
    session_id: int
    seen_at: datetime
    must_change: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class ListedMember:
    """As operators see them. waits_until: a first password waits so long to be used; sessions:
    how many are open."""

    member: Member
    created_at: datetime
    disabled_at: datetime | None
    waits_until: datetime | None
    sessions: int


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenSession:
    id: int
    member: Member
    device: str
    address: str
    created_at: datetime
    seen_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class FirstSignIn:
    """What an operator or an administrator hands over, and nobody sees again. factor_address: `otpauth://...`."""

    member: Member
    password: str
    password_until: datetime
    secret: str
    factor_address: str


class StaffError(Exception):
    """The root of what the staff services refuse; the message is for an operator."""


class WrongCode(StaffError):
    """Not a code of the member's second factor, or one that was used."""


class NotOneself(StaffError):
    """Nobody takes their own power away by a page: the last administrator would be gone."""


class NotAdministrator(StaffError):
    """Whoever does this is none any more."""


class NoSuchSession(StaffError):
    """The member has no such session, or it has ended."""


class NameTaken(StaffError):
    """There is a member of this name."""


class NotAName(StaffError):
    """No member can be called so."""


class NoSuchMember(StaffError):
    """Nobody is called so."""
