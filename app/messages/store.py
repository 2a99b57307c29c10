"""The outbox's table, and each statement over it."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Index,
    Integer,
    String,
    Table,
    Text,
    delete,
    false,
    or_,
    select,
    text,
    update,
)

from app.database.tables import Moment, metadata
from app.messages.records import (
    Block,
    Channel,
    Enclosure,
    Kind,
    Letter,
    Message,
    MessageId,
    State,
)


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


message = Table(
    "message",
    metadata,
    Column("id", Integer, primary_key=True),
    # What it tells of: the same is never told twice by the same channel.
    Column("key", String(120), unique=True),
    Column("channel", String(4), nullable=False),
    Column("kind", String(40), nullable=False),
    Column("account_id", Integer, index=True),
    Column("contract_code", String(20)),
    Column("preference", String(30)),  # which has to be on still when it is sent
    Column("recipient", String(254), nullable=False),
    Column("language", String(2), nullable=False),
    Column("body", Text, nullable=False),  # emptied once it is sent
    Column("state", String(8), nullable=False),
    Column("is_bulk", Boolean, nullable=False, server_default=false()),
    Column("attempts", Integer, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("next_try_at", Moment, nullable=False),
    Column("expires_at", Moment),
    Column("claimed_until", Moment),
    Column("claimed_by", String(120)),  # the process that sends it
    Column("handed_at", Moment),  # from when on the gateway may have it
    Column("sent_at", Moment, index=True),
    Column("problem", String(200), nullable=False),
    Column("report", String(10)),
    Column("reported_at", Moment),
    Column("mark", String(8), nullable=False, server_default=""),  # of its name outside
    Column("bounced_at", Moment),
    Index("ix_message_state", "state", "id"),
    # Few rows each, however many wait.
    Index("ix_message_claimed", "claimed_until", **_where("claimed_until IS NOT NULL")),
    Index("ix_message_handed", "handed_at", **_where("handed_at IS NOT NULL")),
    Index(
        "ix_message_waiting",
        "is_bulk",
        "channel",
        "next_try_at",
        **_where("state = 'waiting'"),
    ),
)

GIVEN_UP = (State.DEAD, State.UNSURE)
EXPIRED = "expired"
UNSURE = "its process ended before the gateway's answer was heard"
CLAIMED = (
    message.c.id,
    message.c.channel,
    message.c.account_id,
    message.c.contract_code,
    message.c.preference,
    message.c.is_bulk,
    message.c.mark,
    message.c.recipient,
    message.c.language,
    message.c.body,
    message.c.attempts,
    message.c.created_at,
    message.c.expires_at,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """by: the process."""

    at: datetime
    until: datetime
    by: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Claimed:
    """A row that this process may send; its body is not read yet, because it may be broken."""

    id: MessageId
    channel: str
    account_id: int | None
    contract_code: str | None
    preference: str | None
    is_bulk: bool
    mark: str
    recipient: str
    language: str
    body: str
    attempts: int
    created_at: datetime
    expires_at: datetime | None

    def read(self) -> Message:
        """Raises: ValueError, KeyError, TypeError, when the body is broken."""
        is_mail = self.channel == Channel.MAIL
        return Message(
            id=self.id,
            channel=Channel(self.channel),
            recipient=self.recipient,
            language=self.language,
            letter=_letter(json.loads(self.body)) if is_mail else None,
            text="" if is_mail else self.body,
            attempts=self.attempts,
            created_at=self.created_at,
            expires_at=self.expires_at,
            mark=self.mark,
        )


def _letter(body: dict[str, Any]) -> Letter:
    blocks = (
        Block(kind=Kind(block["kind"]), text=block["text"], address=block["address"])
        for block in body["blocks"]
    )
    enclosure = body.get("enclosure")
    return Letter(
        subject=body["subject"],
        blocks=tuple(blocks),
        enclosure=Enclosure(**enclosure) if enclosure else None,
        switch_off=body.get("switch_off", ""),
    )


# Sending


def claim(
    connection: Connection, channel: Channel, claim: Claim, *, is_bulk: bool, most: int
) -> list[Claimed]:
    """Takes due messages for this process alone until then: another one gets others, or none.

    Counts the try here, so that a message over which the process dies does not come for ever.
    """
    due = (
        select(message.c.id)
        .where(
            message.c.state == State.WAITING,
            message.c.is_bulk.is_(is_bulk),
            message.c.channel == channel,
            message.c.next_try_at <= claim.at,
            or_(message.c.claimed_until.is_(None), message.c.claimed_until <= claim.at),
            message.c.handed_at.is_(None),  # else it is for settle_unsure
        )
        .order_by(message.c.next_try_at, message.c.id)
        .limit(most)
        .with_for_update(skip_locked=True)  # SQLite writes one at a time anyway
        .cte("due")  # asked once; an IN (SELECT ... LIMIT) may be asked once per row
    )
    statement = (
        update(message)
        .where(message.c.id.in_(select(due.c.id)))
        .values(
            claimed_until=claim.until,
            claimed_by=claim.by,
            attempts=message.c.attempts + 1,
        )
        .returning(*CLAIMED)
    )
    found = [Claimed(**row._mapping) for row in connection.execute(statement)]
    return sorted(found, key=lambda one: one.id)


def list_claimants(connection: Connection, start: str) -> list[str]:
    """Who holds messages now, of those whose names begin so."""
    query = (
        select(message.c.claimed_by)
        .where(
            message.c.state == State.WAITING,
            message.c.claimed_until.is_not(None),
            message.c.claimed_by.startswith(start, autoescape=True),
        )
        .distinct()
    )
    return list(connection.scalars(query))


def free_claims_of(connection: Connection, by: str) -> None:
    """Of a process that is no more: what it held may be claimed at once."""
    held = message.c.claimed_by == by, message.c.claimed_until.is_not(None)
    connection.execute(
        update(message).where(message.c.state == State.WAITING, *held).values(claimed_until=None)
    )


def settle_unsure(connection: Connection, now: datetime) -> list[MessageId]:
    """What was handed over by processes that ended before they heard the answer."""
    ended = or_(message.c.claimed_until.is_(None), message.c.claimed_until <= now)
    statement = (
        update(message)
        .where(message.c.state == State.WAITING, message.c.handed_at.is_not(None), ended)
        .values(state=State.UNSURE, problem=UNSURE, claimed_until=None)
        .returning(message.c.id)
    )
    return [MessageId(row.id) for row in connection.execute(statement)]


def set_handed(connection: Connection, one: Claimed, at: datetime) -> bool:
    """False when somebody else has claimed it by now."""
    statement = (
        update(message)
        .where(
            message.c.id == one.id,
            message.c.state == State.WAITING,
            message.c.attempts == one.attempts,
        )
        .values(handed_at=at)
    )
    return connection.execute(statement).rowcount > 0


def release(connection: Connection, claimed: Iterable[Claimed]) -> None:
    """Gives back what was claimed and not tried."""
    for one in claimed:
        _set(connection, one, {"attempts": one.attempts - 1})


def set_sent(connection: Connection, one: Claimed, at: datetime) -> None:
    """Forgets what it said, which may be a password or a code; whoever claims it by now."""
    connection.execute(
        update(message)
        .where(message.c.id == one.id)
        .values(
            state=State.SENT, sent_at=at, body="", problem="", claimed_until=None, handed_at=None
        )
    )


def set_failed(connection: Connection, one: Claimed, problem: str, next_try_at: datetime) -> None:
    _set(connection, one, {"problem": problem[:200], "next_try_at": next_try_at})


def set_unsure(connection: Connection, one: Claimed, problem: str) -> None:
    _set(connection, one, {"state": State.UNSURE, "problem": problem[:200]})


def drop(connection: Connection, one: Claimed) -> None:
    """What nobody wants any more was never sent."""
    connection.execute(
        delete(message).where(
            message.c.id == one.id,
            message.c.state == State.WAITING,
            message.c.attempts == one.attempts,
        )
    )


def set_dead(connection: Connection, one: Claimed, problem: str) -> None:
    _set(connection, one, {"state": State.DEAD, "problem": problem[:200]})


def set_expired(connection: Connection, one: Claimed) -> None:
    _set(connection, one, {"state": State.DEAD, "problem": EXPIRED, "body": ""})


def _set(connection: Connection, one: Claimed, values: dict[str, Any]) -> None:
    # The count of tries tells whether the claim is still this one: each claim raises it.
    connection.execute(
        update(message)
        .where(
            message.c.id == one.id,
            message.c.state == State.WAITING,
            message.c.attempts == one.attempts,
        )
        .values({"claimed_until": None, "handed_at": None, **values})
    )


# Cleaning


def forget_expired_bodies(connection: Connection, now: datetime) -> None:
    """What was given up is kept for another try; not past its time."""
    connection.execute(
        update(message)
        .where(message.c.state.in_(GIVEN_UP), message.c.expires_at <= now, message.c.body != "")
        .values(body="")
    )


def is_older(before: datetime) -> ColumnElement[bool]:
    """What was sent before, and what was given up and written before."""
    return or_(
        message.c.sent_at < before,
        message.c.state.in_(GIVEN_UP) & (message.c.created_at < before),
    )
