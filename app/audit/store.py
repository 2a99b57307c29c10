"""The audit trail's table. There is no statement here that changes or deletes."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Integer,
    Select,
    String,
    Table,
    and_,
    insert,
    or_,
    select,
)

from app.audit.records import Action, Actor, Event, Filter, Place
from app.database.tables import Moment, metadata

audit_event = Table(
    "audit_event",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Moment, nullable=False, index=True),
    Column("actor", String(20), nullable=False),
    Column("action", String(60), nullable=False),
    Column("account_id", Integer, index=True),
    Column("contract_code", String(20), index=True),
    Column("address", String(45), nullable=False),
    Column("detail", String(200), nullable=False),
    Column("staff_id", Integer, index=True),
    Column("about_staff_id", Integer, index=True),
)


def add(connection: Connection, event: Event) -> None:
    connection.execute(
        insert(audit_event).values(
            at=event.at,
            actor=event.actor,
            action=event.action,
            account_id=event.account_id,
            contract_code=event.contract_code,
            address=event.address[:45],
            detail=event.detail[:200],
            staff_id=event.staff_id,
            about_staff_id=event.about_staff_id,
        )
    )


def list_newest(
    connection: Connection,
    *,
    account_id: int | None = None,
    staff_id: int | None = None,
    contract_code: str | None = None,
    since: datetime | None = None,
    limit: int = 100,
) -> list[Event]:
    wanted = Filter(
        account_id=account_id, staff_id=staff_id, contract_code=contract_code, since=since
    )
    query = _wanted(wanted).order_by(audit_event.c.id.desc()).limit(limit)
    return [_event(row) for row in connection.execute(query)]


def list_older(
    connection: Connection, wanted: Filter, *, than: Place | None, limit: int
) -> list[Event]:
    """The newest first. than: None for the newest of all."""
    at, number = audit_event.c.at, audit_event.c.id
    query = _wanted(wanted)
    if than is not None:
        # Said twice: the first half is what an index finds the beginning by.
        query = query.where(at <= than.at, or_(at < than.at, number < than.id))
    query = query.order_by(at.desc(), number.desc()).limit(limit)
    return [_event(row) for row in connection.execute(query)]


def list_newer(connection: Connection, wanted: Filter, *, than: Place, limit: int) -> list[Event]:
    """Those next to it, the oldest first."""
    at, number = audit_event.c.at, audit_event.c.id
    query = (
        _wanted(wanted)
        .where(at >= than.at, or_(at > than.at, number > than.id))
        .order_by(at, number)
        .limit(limit)
    )
    return [_event(row) for row in connection.execute(query)]


def find_newest(
    connection: Connection, account_id: int, *actions: Action, staff_id: int | None = None
) -> Event | None:
    """The last time that one of these was done to the account, perhaps by this member."""
    query = select(audit_event).where(
        audit_event.c.account_id == account_id, audit_event.c.action.in_(actions)
    )
    if staff_id is not None:
        query = query.where(audit_event.c.staff_id == staff_id)
    row = connection.execute(query.order_by(audit_event.c.id.desc()).limit(1)).first()
    return _event(row) if row else None


def _wanted(wanted: Filter) -> Select[Any]:
    c = audit_event.c
    query = select(audit_event)
    if wanted.since is not None:
        query = query.where(c.at >= wanted.since)
    if wanted.until is not None:
        query = query.where(c.at < wanted.until)
    if wanted.staff_id is not None:
        query = query.where(or_(c.staff_id == wanted.staff_id, c.about_staff_id == wanted.staff_id))
    equal = {
        c.actor: wanted.actor,
        c.action: wanted.action,
        c.account_id: wanted.account_id,
        c.contract_code: wanted.contract_code,
    }
    return query.where(
        and_(True, *(column == value for column, value in equal.items() if value is not None))
    )


def _event(row: Any) -> Event:
    return Event(
        id=row.id,
        at=row.at,
        actor=Actor(row.actor),
        action=Action(row.action),
        account_id=row.account_id,
        staff_id=row.staff_id,
        about_staff_id=row.about_staff_id,
        contract_code=row.contract_code,
        address=row.address,
        detail=row.detail,
    )
