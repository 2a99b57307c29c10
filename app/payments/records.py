"""Payments as the portal knows them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import NewType

from app.accounts.records import AccountId
from app.gateways.cards.port import OrderReference, Verdict
from legacy_adapters.posting.port import PaymentId
from legacy_adapters.records import ContractCode, InvoiceNumber, Period

OrderId = NewType("OrderId", int)
LinkId = NewType("LinkId", int)


class State(StrEnum):
    """Where an order stands; rules.MAY_FOLLOW says which may follow which."""

    OPEN = "open"  # its payer has not gone to the bank
    AT_BANK = "at bank"  # its payer was sent there, and the bank has not decided
    UNKNOWN = "unknown"  # its time is up and the bank still does not say
    DECLINED = "declined"  # the bank refused; nothing was taken
    CANCELLED = "cancelled"  # given up by its payer; nothing was taken
    EXPIRED = "expired"  # its time is up; nothing was taken
    PAID = "paid"  # the bank took the money; it is on its way into billing
    BOOKED = "booked"  # billing has all of it
    REVIEW = "review"  # money and order do not agree: a person decides
    CLOSED = "closed"  # a person has decided


class Problem(StrEnum):
    """Why an order needs a person."""

    AMOUNT = "amount"  # the bank took another amount or currency
    TAKEN_TWICE = "taken twice"  # the bank took it twice, or for invoices paid here otherwise
    REVERSED = "reversed"  # the bank gave the money back after it was counted as paid
    UNKNOWN_LONG = "unknown long"  # the bank has not decided for too long
    REFUSED = "refused by billing"
    NOT_TAKEN = "not taken by billing"  # posted, but billing's job does not take it


class Posting(StrEnum):
    """Where a line's payment stands on its way into billing."""

    WAITING = "waiting"
    POSTED = "posted"  # in the staging table
    ACCEPTED = "accepted"
    REFUSED = "refused"


class Source(StrEnum):
    """By which way something was learnt of an order."""

    RETURN = "return"  # the payer's browser came back from the bank
    CALLBACK = "callback"
    POLLER = "poller"  # the bank was asked by itself
    PAYER = "payer"
    STAFF = "staff"
    OPERATOR = "operator"
    BILLING = "billing"
    CLOCK = "clock"


@dataclass(frozen=True, kw_only=True, slots=True)
class Chosen:
    """Invoices that somebody wants to pay, as the browser names them."""

    contract_code: ContractCode
    numbers: frozenset[str] | None = None  # None: all that are open


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One invoice of an order, as billing told it when the order was made."""

    contract_code: ContractCode
    holder: str
    invoice_number: InvoiceNumber
    period: Period | None
    principal: Decimal
    tv_fee: Decimal
    interest: Decimal
    amount: Decimal  # what is paid of it; paid before: the rest to principal + fee + interest


@dataclass(frozen=True, kw_only=True, slots=True)
class PostedLine:
    """A line and where its payment stands; posting is None before the order is paid."""

    line: Line
    payment_id: PaymentId | None
    posting: Posting | None
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """account_id: None for a payer by link, or whose account is closed. captured: what the bank
    took, None before; transaction: the bank's id of it. next_ask_at: when the bank is asked."""

    id: OrderId
    reference: OrderReference
    account_id: AccountId | None
    link_id: LinkId | None
    gateway: str
    bank_reference: str
    language: str
    amount: Decimal
    currency: str
    state: State
    state_at: datetime
    problem: Problem | None
    created_at: datetime
    expires_at: datetime
    sent_at: datetime | None
    asks: int
    next_ask_at: datetime | None
    captured: Decimal | None
    captured_currency: str
    captured_at: datetime | None
    transaction: str
    receipt_code: str | None

    @property
    def may_go_to_bank(self) -> bool:
        return self.state in (State.OPEN, State.AT_BANK)

    @property
    def was_taken(self) -> bool:
        """Whether the bank took the order's money, whatever came after."""
        return self.receipt_code is not None


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """One thing that happened to an order."""

    at: datetime
    state: State
    source: Source
    detail: str


@dataclass(frozen=True, kw_only=True, slots=True)
class OrderFile:
    """An order with all that belongs to it."""

    order: Order
    lines: tuple[PostedLine, ...]
    events: tuple[Event, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class UnderWay:
    """An invoice that is in an order now. reference: where it was begun by who asks."""

    contract_code: ContractCode
    invoice_number: InvoiceNumber
    amount: Decimal
    state: State
    reference: OrderReference | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Payer:
    """Who pays: an account, or whoever has a link."""

    account_id: AccountId | None
    link_id: LinkId | None
    language: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Receipt:
    """What /verify/ tells of a receipt: no more than the paper."""

    code: str
    reference: OrderReference
    amount: Decimal
    paid_at: datetime
    is_valid: bool
    invoices: int


class Refusal(StrEnum):
    """Why invoices cannot be paid as chosen."""

    NOTHING = "nothing chosen"
    GONE = "no longer open"
    NOT_PAYABLE = "nothing to pay on it"
    NOTHING_LEFT = "nothing left to pay on these contracts"
    TOO_MANY = "too many invoices"
    TOO_MUCH = "too large"
    TOO_OFTEN = "too many payments begun"


class PaymentError(Exception):
    """The root of what the payment services refuse."""


class ChoiceRefused(PaymentError):
    """numbers: the invoices it is about."""

    def __init__(self, refusal: Refusal, numbers: Sequence[str] = ()) -> None:
        super().__init__(refusal)
        self.refusal = refusal
        self.numbers = tuple(numbers)


class InPayment(PaymentError):
    """Invoices that are in another order now. reference: of that order, if who asks began it."""

    def __init__(self, numbers: Sequence[str], reference: OrderReference | None) -> None:
        super().__init__(numbers)
        self.numbers = tuple(numbers)
        self.reference = reference


class OrderNotFound(PaymentError):
    """No such order, or not of who asks: one answer for both."""


class NotNow(PaymentError):
    """The order's state does not allow it (any more)."""


class LinkGone(PaymentError):
    """A payment link that is unknown, revoked or too old."""


class PayingIsOff(PaymentError):
    """No bank is configured."""


def told(verdict: Verdict, amount: Decimal | None, currency: str) -> str:
    """A bank's word in an event's detail."""
    return " ".join(part for part in (verdict, str(amount or ""), currency) if part)
