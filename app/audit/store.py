"""The audit trail's table. There is no statement here that changes or deletes."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, Connection, Integer, String, Table, insert, select

from app.audit.records import Action, Actor, Event
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
    query = select(audit_event).order_by(audit_event.c.id.desc()).limit(limit)
    if account_id is not None:
        query = query.where(audit_event.c.account_id == account_id)
    if staff_id is not None:
        query = query.where(audit_event.c.staff_id == staff_id)
    if contract_code is not None:
        query = query.where(audit_event.c.contract_code == contract_code)
    if since is not None:
        query = query.where(audit_event.c.at >= since)
    return [_event(row) for row in connection.execute(query)]


def _event(row: Any) -> Event:
    return Event(
        at=row.at,
        actor=Actor(row.actor),
        action=Action(row.action),
        account_id=row.account_id,
        staff_id=row.staff_id,
        contract_code=row.contract_code,
        address=row.address,
        detail=row.detail,
    )
