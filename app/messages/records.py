"""What is sent to customers, before it is laid out as a mail or an SMS."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, NewType

MessageId = NewType("MessageId", int)


class Reference(NamedTuple):
    """What a message is called outside, taken apart."""

    id: MessageId
    created_at: datetime
    mark: str


class Channel(StrEnum):
    MAIL = "mail"
    SMS = "sms"


class State(StrEnum):
    WAITING = "waiting"
    SENT = "sent"
    DEAD = "dead"  # given up; an operator may have it tried again
    # Handed over by a process that ended before it heard the answer. The gateway has it in all
    # likelihood, so it is not sent again by itself: that could make it two.
    UNSURE = "unsure"


class Report(StrEnum):
    """What the SMS gateway says became of an SMS."""

    DELIVERED = "delivered"
    FAILED = "failed"  # the phone was not reached, or the number does not exist
    REFUSED = "refused"  # by the operator


class Kind(StrEnum):
    TEXT = "text"
    LINK = "link"  # a button in HTML, an address of its own line in text
    SECRET = "secret"  # set apart to be copied  # noqa: S105 - a kind's name


@dataclass(frozen=True, kw_only=True, slots=True)
class Block:
    """One paragraph. address: where a link leads."""

    kind: Kind = Kind.TEXT
    text: str
    address: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Enclosure:
    """The document of an invoice: drawn when the mail is sent, not kept with it."""

    contract_code: str
    invoice_number: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Letter:
    """A mail's words in one language; greeting and signature are the layout's. switch_off: the
    page that ends letters of this kind, for mail programs' own button; "" where that cannot be.

    The subject holds no personal data: it shows on locked screens.
    """

    subject: str
    blocks: tuple[Block, ...]
    enclosure: Enclosure | None = None
    switch_off: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """One mail or SMS on its way. letter: for a mail; text: for an SMS."""

    id: MessageId
    channel: Channel
    recipient: str
    language: str
    letter: Letter | None
    text: str
    attempts: int
    created_at: datetime
    expires_at: datetime | None
    mark: str = ""  # eight digits that nobody can guess

    @property
    def reference(self) -> str:
        """Its name outside: no other portal's, and no other after a database begun anew; who
        knows one knows no other."""
        return f"{self.id}.{self.created_at:%Y%m%d%H%M%S%f}{self.mark}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Posted:
    """A message as its addressee may see it listed."""

    channel: Channel
    kind: str
    recipient: str
    created_at: datetime
    sent_at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Status:
    """A message as an operator sees it: without what it says. is_bulk: nobody waits for it."""

    id: MessageId
    channel: Channel
    kind: str
    state: State
    account_id: int | None
    recipient: str  # masked
    attempts: int
    created_at: datetime
    next_try_at: datetime
    sent_at: datetime | None
    problem: str
    is_bulk: bool
    contract_code: str | None
    report: Report | None
    reported_at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Queue:
    """What waits of one channel. failed: how many of these were tried already."""

    channel: Channel
    is_bulk: bool
    waiting: int
    failed: int
    oldest: datetime
    next_try_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """Which messages are looked for; recipient: the whole address or number; before: older ones
    than this."""

    states: tuple[State, ...] = ()
    recipient: str = ""
    before: MessageId | None = None
