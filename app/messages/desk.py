"""Statements for operators, and over what becomes of messages that were sent."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select, update

from app.messages.records import (
    Channel,
    MessageId,
    Queue,
    Reference,
    Report,
    State,
    Status,
    Wanted,
)
from app.messages.rules import masked
from app.messages.store import message


def count_by_state(connection: Connection) -> dict[State, int]:
    """Without those sent, which are many."""
    query = (
        select(message.c.state, func.count())
        .where(message.c.state != State.SENT)
        .group_by(message.c.state)
    )
    found = {State(row[0]): int(row[1]) for row in connection.execute(query)}
    return {state: found.get(state, 0) for state in State if state is not State.SENT}


def find_longest_due(connection: Connection) -> datetime | None:
    """Since when the longest waiting message is due of those that somebody waits for; None when
    nothing waits."""
    query = select(func.min(message.c.next_try_at)).where(
        message.c.state == State.WAITING, message.c.is_bulk.is_(False)
    )
    found: datetime | None = connection.scalar(query)
    return found


def list_queues(connection: Connection) -> list[Queue]:
    """What waits, by channel and whether somebody waits for it."""
    failed = func.count().filter(message.c.attempts > 0, message.c.problem != "")
    query = (
        select(
            message.c.is_bulk,
            message.c.channel,
            func.count().label("waiting"),
            failed.label("failed"),
            func.min(message.c.created_at).label("oldest"),
            func.min(message.c.next_try_at).label("next_try_at"),
        )
        .where(message.c.state == State.WAITING)
        .group_by(message.c.is_bulk, message.c.channel)
        .order_by(message.c.is_bulk, message.c.channel)
    )
    return [
        Queue(
            channel=Channel(row.channel),
            is_bulk=bool(row.is_bulk),
            waiting=row.waiting,
            failed=row.failed,
            oldest=row.oldest,
            next_try_at=row.next_try_at,
        )
        for row in connection.execute(query)
    ]


def count_sent(connection: Connection, since: datetime) -> list[tuple[Channel, str, int, int]]:
    """Channel, kind, how many were sent since then, and of how many a bad report came."""
    bad = func.count().filter(message.c.report.in_([Report.FAILED, Report.REFUSED]))
    query = (
        select(message.c.channel, message.c.kind, func.count(), bad)
        .where(message.c.sent_at >= since)
        .group_by(message.c.channel, message.c.kind)
        .order_by(message.c.channel, message.c.kind)
    )
    return [(Channel(row[0]), row[1], row[2], row[3]) for row in connection.execute(query)]


def list_newest(connection: Connection, wanted: Wanted, *, limit: int) -> list[Status]:
    query = select(message).order_by(message.c.id.desc()).limit(limit)
    if wanted.states:
        query = query.where(message.c.state.in_(list(wanted.states)))
    if wanted.recipient:
        query = query.where(message.c.recipient == wanted.recipient)
    if wanted.before is not None:
        query = query.where(message.c.id < wanted.before)
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
        is_bulk=bool(row.is_bulk),
        contract_code=row.contract_code,
        report=Report(row.report) if row.report else None,
        reported_at=row.reported_at,
    )


def revive(connection: Connection, message_id: MessageId | None, now: datetime) -> int:
    """Has one message tried again from the start that was given up or may not have arrived, or
    all that were given up; those that have expired say nothing any more and stay as they are.
    Returns how many are tried."""
    states = [State.DEAD] if message_id is None else [State.DEAD, State.UNSURE]
    statement = update(message).where(
        message.c.state.in_(states),
        message.c.body != "",
        or_(message.c.expires_at.is_(None), message.c.expires_at > now),
    )
    if message_id is not None:
        statement = statement.where(message.c.id == message_id)
    values = {
        "state": State.WAITING,
        "attempts": 0,
        "next_try_at": now,
        "claimed_until": None,
        "handed_at": None,
    }
    return connection.execute(statement.values(values)).rowcount


# Reports


def set_report(connection: Connection, name: Reference, report: Report, *, at: datetime) -> bool:
    """The last word counts, but what has arrived has arrived. False when there is no such SMS."""
    statement = (
        update(message)
        .where(
            _named(name),
            message.c.channel == Channel.SMS,
            or_(message.c.report.is_(None), message.c.report != Report.DELIVERED),
        )
        .values(report=report, reported_at=at)
    )
    return connection.execute(statement).rowcount > 0


def set_bounced(
    connection: Connection, name: Reference, *, at: datetime
) -> tuple[int | None, str] | None:
    """Account and recipient of a mail that was sent; each comes back once."""
    statement = (
        update(message)
        .where(
            _named(name),
            message.c.channel == Channel.MAIL,
            message.c.state == State.SENT,
            message.c.bounced_at.is_(None),
        )
        .values(bounced_at=at)
        .returning(message.c.account_id, message.c.recipient)
    )
    row = connection.execute(statement).first()
    return (row.account_id, row.recipient) if row else None


def _named(name: Reference) -> ColumnElement[bool]:
    """All of it: a number alone could be guessed, or be another message's by now."""
    return and_(
        message.c.id == name.id,
        message.c.created_at == name.created_at,
        message.c.mark == name.mark,
    )
