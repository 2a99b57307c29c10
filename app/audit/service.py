"""Writes and reads the audit trail."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection

from app.audit import store
from app.audit.records import Action, Actor, Event
from app.database.engine import Database


class Audit:
    def __init__(self, *, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def record(
        self,
        connection: Connection,
        action: Action,
        *,
        actor: Actor,
        account_id: int | None = None,
        staff_id: int | None = None,
        contract_code: str | None = None,
        address: str = "",
        detail: str = "",
    ) -> None:
        """In the caller's transaction: what is undone is not told, what is told was done."""
        store.add(
            connection,
            Event(
                at=self._clock(),
                actor=actor,
                action=action,
                account_id=account_id,
                staff_id=staff_id,
                contract_code=contract_code,
                address=address,
                detail=detail,
            ),
        )

    def list_newest(
        self,
        *,
        account_id: int | None = None,
        staff_id: int | None = None,
        contract_code: str | None = None,
        since: datetime | None = None,
        limit: int = 100,
    ) -> list[Event]:
        """The newest first."""
        with self._database.read() as connection:
            return store.list_newest(
                connection,
                account_id=account_id,
                staff_id=staff_id,
                contract_code=contract_code,
                since=since,
                limit=limit,
            )
