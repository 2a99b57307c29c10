"""What is told, and to whom."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from app.accounts.records import AccountId, Right
from app.messages.records import Channel
from legacy_adapters.records import NO_MONEY, ContractCode, Invoice, OpenInvoice, Payment


class What(StrEnum):
    """As the preferences spell it."""

    INVOICE = "invoice"
    REMINDER = "reminder"
    PAYMENT = "payment"


# A channel as the preferences spell it.
CHANNELS = {"email": Channel.MAIL, "sms": Channel.SMS}


@dataclass(frozen=True, kw_only=True, slots=True)
class Reader:
    """An account that wants to hear of one of its contracts. since: what of it, by which
    channel (a preference's name), and since which day; addresses: those that are confirmed;
    gets_receipts: of what it pays here, by mail."""

    account_id: AccountId
    contract_code: ContractCode
    right: Right
    language: str
    since: Mapping[str, date]
    addresses: Mapping[Channel, str]
    gets_receipts: bool


class Key(NamedTuple):
    """What was told once. subject: an invoice, an invoice and the day of its reminder, or a
    payment; at most 100 characters."""

    account_id: AccountId
    contract_code: ContractCode
    what: What
    subject: str
    channel: Channel


@dataclass(frozen=True, kw_only=True, slots=True)
class Stage:
    """A reminder so many days before (below 0) or after the last day to pay."""

    days: int


@dataclass(frozen=True, kw_only=True, slots=True)
class News:
    """Something to tell one reader by one channel. keys: all that is told with it, one for each
    invoice or payment; owed: of the contract in all, where invoices are reminded of; payments: of
    one day, made in one way."""

    reader: Reader
    what: What
    channel: Channel
    keys: tuple[Key, ...]
    invoice: Invoice | None = None
    is_owed: bool = False
    reminded: tuple[OpenInvoice, ...] = ()
    owed: Decimal = NO_MONEY
    payments: tuple[Payment, ...] = ()


class Place(NamedTuple):
    """Where a look through the links has come to: after this link."""

    contract_code: str = ""
    account_id: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Pass:
    """One look through billing. since: what is dated earlier is left out; read: how many links
    of accounts and contracts it has handled; told: how many messages it has written."""

    begun_at: datetime
    since: date
    place: Place
    read: int
    told: int
    ended_at: datetime | None
