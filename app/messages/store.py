"""The outbox's table, and each statement over it."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Index,
    Integer,
    String,
    Table,
    Text,
    delete,
    func,
    or_,
    select,
    text,
    update,
)

from app.database.tables import Moment, metadata
from app.messages.records import Block, Channel, Kind, Letter, Message, MessageId, State, Status
from app.messages.rules import masked

message = Table(
    "message",
    metadata,
    Column("id", Integer, primary_key=True),
    # What it tells of: the same is never told twice by the same channel.
    Column("key", String(120), unique=True),
    Column("channel", String(4), nullable=False),
    Column("kind", String(40), nullable=False),
    Column("account_id", Integer, index=True),
    Column("recipient", String(254), nullable=False),
    Column("language", String(2), nullable=False),
    Column("body", Text, nullable=False),  # emptied once it is sent
    Column("state", String(8), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("next_try_at", Moment, nullable=False),
    Column("expires_at", Moment),
    Column("claimed_until", Moment),
    Column("sent_at", Moment, index=True),
    Column("problem", String(200), nullable=False),
    Index(
        "ix_message_waiting",
        "next_try_at",
        sqlite_where=text("state = 'waiting'"),
        postgresql_where=text("state = 'waiting'"),
    ),
)

EXPIRED = "expired"
CLAIMED = (
    message.c.id,
    message.c.channel,
    message.c.recipient,
    message.c.language,
    message.c.body,
    message.c.attempts,
    message.c.created_at,
    message.c.expires_at,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Claimed:
    """A row that this process may send; its body is not read yet, because it may be broken."""

    id: MessageId
    channel: str
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
        )


def _letter(body: dict[str, Any]) -> Letter:
    blocks = (
        Block(kind=Kind(block["kind"]), text=block["text"], address=block["address"])
        for block in body["blocks"]
    )
    return Letter(subject=body["subject"], blocks=tuple(blocks))


# Sending


def claim(
    connection: Connection, channel: Channel, *, now: datetime, until: datetime, most: int
) -> list[Claimed]:
    """Takes due messages for this process alone until then: another one gets others, or none.

    Counts the try here, so that a message over which the process dies does not come for ever.
    """
    due = (
        select(message.c.id)
        .where(
            message.c.state == State.WAITING,
            message.c.channel == channel,
            message.c.next_try_at <= now,
            or_(message.c.claimed_until.is_(None), message.c.claimed_until <= now),
        )
        .order_by(message.c.next_try_at, message.c.id)
        .limit(most)
        .with_for_update(skip_locked=True)  # SQLite writes one at a time anyway
        .cte("due")  # asked once; an IN (SELECT ... LIMIT) may be asked once per row
    )
    statement = (
        update(message)
        .where(message.c.id.in_(select(due.c.id)))
        .values(claimed_until=until, attempts=message.c.attempts + 1)
        .returning(*CLAIMED)
    )
    found = [Claimed(**row._mapping) for row in connection.execute(statement)]
    return sorted(found, key=lambda one: one.id)


def release(connection: Connection, claimed: Iterable[Claimed]) -> None:
    """Gives back what was claimed and not tried."""
    for one in claimed:
        _set(connection, one, {"attempts": one.attempts - 1})


def set_sent(connection: Connection, one: Claimed, at: datetime) -> None:
    """Forgets what it said, which may be a password or a code; whoever claims it by now."""
    connection.execute(
        update(message)
        .where(message.c.id == one.id)
        .values(state=State.SENT, sent_at=at, body="", problem="", claimed_until=None)
    )


def set_failed(connection: Connection, one: Claimed, problem: str, next_try_at: datetime) -> None:
    _set(connection, one, {"problem": problem[:200], "next_try_at": next_try_at})


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
        .values({"claimed_until": None, **values})
    )


# For operators


def count_by_state(connection: Connection) -> dict[State, int]:
    query = select(message.c.state, func.count()).group_by(message.c.state)
    found = {State(row[0]): int(row[1]) for row in connection.execute(query)}
    return {state: found.get(state, 0) for state in State}


def find_longest_due(connection: Connection) -> datetime | None:
    """Since when the longest waiting message is due; None when nothing waits."""
    query = select(func.min(message.c.next_try_at)).where(message.c.state == State.WAITING)
    found: datetime | None = connection.scalar(query)
    return found


def list_newest(connection: Connection, states: Iterable[State], *, limit: int) -> list[Status]:
    query = (
        select(message)
        .where(message.c.state.in_(list(states)))
        .order_by(message.c.id.desc())
        .limit(limit)
    )
    return [_status(row) for row in connection.execute(query)]


def _status(row: Any) -> Status:
    return Status(
        id=MessageId(row.id),
        channel=Channel(row.channel),
        kind=row.kind,
        state=State(row.state),
        account_id=row.account_id,
        recipient=masked(row.recipient),
        attempts=row.attempts,
        created_at=row.created_at,
        next_try_at=row.next_try_at,
        sent_at=row.sent_at,
        problem=row.problem,
    )


def revive(connection: Connection, message_id: MessageId | None, now: datetime) -> int:
    """Has a dead message tried again from the start, or all of them; those that have expired
    say nothing any more and stay dead. Returns how many are tried."""
    statement = update(message).where(
        message.c.state == State.DEAD,
        message.c.body != "",
        or_(message.c.expires_at.is_(None), message.c.expires_at > now),
    )
    if message_id is not None:
        statement = statement.where(message.c.id == message_id)
    values = {"state": State.WAITING, "attempts": 0, "next_try_at": now, "claimed_until": None}
    return connection.execute(statement.values(values)).rowcount


# Cleaning


def forget_expired_bodies(connection: Connection, now: datetime) -> None:
    """What a dead message said is kept for another try; not past its time."""
    connection.execute(
        update(message)
        .where(message.c.state == State.DEAD, message.c.expires_at <= now, message.c.body != "")
        .values(body="")
    )


def forget_older(connection: Connection, before: datetime) -> int:
    """Deletes what was sent before, and what is dead and was written before."""
    is_old = or_(
        message.c.sent_at < before,
        (message.c.state == State.DEAD) & (message.c.created_at < before),
    )
    return connection.execute(delete(message).where(is_old)).rowcount
