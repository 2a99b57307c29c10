"""Accounts as the portal knows them."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import NewType

from legacy_adapters.records import ContractCode

AccountId = NewType("AccountId", int)
SessionToken = NewType("SessionToken", str)


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    id: AccountId
    user_name: str
    email: str
    phone: str
    language: str


@dataclass(frozen=True, kw_only=True, slots=True)
class SignedIn:
    """The account behind a request, and those of its contracts that the request is about."""

    account: Account
    session_id: int
    seen_at: datetime
    contracts: tuple[ContractCode, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Applicant:
    """What somebody typed to register, already cleaned."""

    contract_code: ContractCode
    user_name: str
    password: str
    phone: str
    email: str
    language: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Visitor:
    """Where a request comes from."""

    address: str
    device: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Welcome:
    """A new session; user_name may differ from what was asked for at registration."""

    token: SessionToken
    account: Account


class PasswordProblem(Enum):
    TOO_SHORT = auto()
    TOO_LONG = auto()
    NEEDS_LETTER_AND_DIGIT = auto()
    TOO_COMMON = auto()


class AccountError(Exception):
    """The root of what an account service refuses."""


class RegistrationRefused(AccountError):
    """The data do not fit together. Never says which: it would tell strangers who is a customer."""


class SignInRefused(AccountError):
    """Wrong name, wrong password or too many tries for this name: one answer for all."""


class TooManyTries(AccountError):
    """This network has tried too often, whoever was meant."""
