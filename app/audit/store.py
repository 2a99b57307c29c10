"""The audit trail's table. There is no statement here that changes or deletes."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Index,
    Integer,
    Select,
    String,
    Table,
    func,
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
    Column("staff_id", Integer),
    Column("about_staff_id", Integer),
    # By moment too: of what is rare or frequent the newest are found without looking at the rest.
    *(
        Index(f"ix_audit_event_{name}_at", name, "at")
        for name in ("actor", "action", "staff_id", "about_staff_id")
    ),
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


def list_newest(connection: Connection, wanted: Filter, *, limit: int) -> list[Event]:
    """In the order in which they were written."""
    number = audit_event.c.id
    found = _read(connection, [q.order_by(number.desc()) for q in _queries(wanted)], limit)
    return sorted(found, key=lambda event: -event.id)[:limit]


def list_older(
    connection: Connection, wanted: Filter, *, than: Place | None, limit: int
) -> list[Event]:
    """The newest first. than: None for the newest of all."""
    at, number = audit_event.c.at, audit_event.c.id
    queries = _queries(wanted)
    if than is not None:
        # Said twice: the first half is what an index finds the beginning by.
        after = (at <= than.at, or_(at < than.at, number < than.id))
        queries = [query.where(*after) for query in queries]
    ordered = [query.order_by(at.desc(), number.desc()) for query in queries]
    found = _read(connection, ordered, limit)
    return sorted(found, key=_place, reverse=True)[:limit]


def list_newer(connection: Connection, wanted: Filter, *, than: Place, limit: int) -> list[Event]:
    """Those next to it, the oldest first."""
    at, number = audit_event.c.at, audit_event.c.id
    before = (at >= than.at, or_(at > than.at, number > than.id))
    ordered = [query.where(*before).order_by(at, number) for query in _queries(wanted)]
    return sorted(_read(connection, ordered, limit), key=_place)[:limit]


def _place(event: Event) -> tuple[datetime, int]:
    return event.at, event.id


def _read(connection: Connection, queries: list[Select[Any]], limit: int) -> list[Event]:
    """The first of each; none stands in two of them twice."""
    found = {}
    for query in queries:
        found.update({row.id: _event(row) for row in connection.execute(query.limit(limit))})
    return list(found.values())


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


def _queries(wanted: Filter) -> list[Select[Any]]:
    """For a member two, as who did it and as whom it is about: of both at once no index gives
    the newest."""
    c = audit_event.c
    query = select(audit_event)
    if wanted.since is not None:
        query = query.where(c.at >= wanted.since)
    if wanted.until is not None:
        query = query.where(c.at < wanted.until)
    few = {c.account_id: wanted.account_id, c.contract_code: wanted.contract_code}
    many = {c.actor: wanted.actor, c.action: wanted.action}
    is_few = any(value is not None for value in few.values())
    for column, value in few.items():
        query = query.where(column == value) if value is not None else query
    for column, value in many.items():
        query = query.where(_plain(column, is_few) == value) if value is not None else query
    if wanted.staff_id is None:
        return [query]
    theirs = (c.staff_id, c.about_staff_id)
    return [query.where(_plain(column, is_few) == wanted.staff_id) for column in theirs]


def _plain(column: Any, is_few: bool) -> Any:
    """Out of indexes' reach where an account or a contract is asked for: SQLite would rather walk
    in order through all of an actor than sort the few events of an account."""
    return func.coalesce(column, column) if is_few else column


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
