"""What is sent to customers, before it is laid out as a mail or an SMS."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

MessageId = NewType("MessageId", int)


class Channel(StrEnum):
    MAIL = "mail"
    SMS = "sms"


class State(StrEnum):
    WAITING = "waiting"
    SENT = "sent"
    DEAD = "dead"  # given up; an operator may have it tried again


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
class Letter:
    """A mail's words in one language; greeting and signature are the layout's.

    The subject holds no personal data: it shows on locked screens.
    """

    subject: str
    blocks: tuple[Block, ...]


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
    """A message as an operator sees it: without what it says."""

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
