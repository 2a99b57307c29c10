"""How far the look through billing has come. Several processes may be at it: each page is
handled by whoever moves the place on, and what two read at once only one of them tells."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects import postgresql, sqlite

from app.notifications.records import Pass, Place
from app.notifications.store.tables import notification_pass

ONLY = 1
_ROW = notification_pass.c.id == ONLY


def find(connection: Connection) -> Pass | None:
    """The one under way, or the last one; None before the first."""
    row = connection.execute(select(notification_pass).where(_ROW)).first()
    if row is None:
        return None
    return Pass(
        begun_at=row.begun_at,
        since=row.since,
        place=Place(row.contract_code, row.account_id),
        read=row.read,
        told=row.told,
        ended_at=row.ended_at,
    )


def begin(connection: Connection, last: Pass | None, *, at: datetime, since: date) -> None:
    """A new one after this one, unless another process has begun it already."""
    start = Place()
    values: dict[str, Any] = {
        "begun_at": at,
        "since": since,
        "contract_code": start.contract_code,
        "account_id": start.account_id,
        "read": 0,
        "told": 0,
        "ended_at": None,
    }
    if last is None:
        dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
        connection.execute(
            dialect.insert(notification_pass).values(id=ONLY, **values).on_conflict_do_nothing()
        )
        return
    connection.execute(
        update(notification_pass)
        .where(
            _ROW,
            notification_pass.c.begun_at == last.begun_at,
            notification_pass.c.ended_at.is_not(None),
        )
        .values(values)
    )


def move_on(
    connection: Connection, now: Pass, to: Place | None, *, read: int, told: int, at: datetime
) -> bool:
    """From the place that the caller began at; to: None when all is handled. False when another
    process has moved it on: what the caller has told stays told."""
    end = {"ended_at": at} if to is None else {**to._asdict()}
    statement = (
        update(notification_pass)
        .where(
            _ROW,
            notification_pass.c.begun_at == now.begun_at,
            notification_pass.c.ended_at.is_(None),
            notification_pass.c.contract_code == now.place.contract_code,
            notification_pass.c.account_id == now.place.account_id,
        )
        .values(read=notification_pass.c.read + read, told=notification_pass.c.told + told, **end)
    )
    return connection.execute(statement).rowcount > 0
