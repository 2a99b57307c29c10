"""Writes and reads the audit trail."""

from collections.abc import Callable, Iterator
from datetime import datetime

from sqlalchemy import Connection

from app.audit import store
from app.audit.records import Action, Actor, Event, Filter, Leaf, Place
from app.database.engine import Database

EXPORT_AT_MOST = 50_000
AT_ONCE = 1_000  # of an export, in memory
PEOPLE = frozenset({Actor.VISITOR, Actor.CUSTOMER, Actor.STAFF})  # who sits at a browser


class Audit:
    def __init__(
        self,
        *,
        database: Database,
        clock: Callable[[], datetime],
        asked_from: Callable[[], str] = lambda: "",
    ) -> None:
        """asked_from: the network address of the request at hand, "" where there is none."""
        self._database = database
        self._clock = clock
        self._asked_from = asked_from

    def record(
        self,
        connection: Connection,
        action: Action,
        *,
        actor: Actor,
        account_id: int | None = None,
        staff_id: int | None = None,
        about_staff_id: int | None = None,
        contract_code: str | None = None,
        address: str = "",
        detail: str = "",
    ) -> None:
        """In the caller's transaction: what is undone is not told, what is told was done.
        address: where it is another than that of the request."""
        store.add(
            connection,
            Event(
                at=self._clock(),
                actor=actor,
                action=action,
                account_id=account_id,
                staff_id=staff_id,
                about_staff_id=about_staff_id,
                contract_code=contract_code,
                address=address or (self._asked_from() if actor in PEOPLE else ""),
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
        wanted = Filter(
            account_id=account_id, staff_id=staff_id, contract_code=contract_code, since=since
        )
        with self._database.read() as connection:
            return store.list_newest(connection, wanted, limit=limit)

    def find_newest(
        self, account_id: int, *actions: Action, staff_id: int | None = None
    ) -> Event | None:
        """The last time that one of these was done to the account, perhaps by this member."""
        with self._database.read() as connection:
            return store.find_newest(connection, account_id, *actions, staff_id=staff_id)

    # For who reads it

    def leaf(
        self,
        wanted: Filter,
        *,
        older: Place | None = None,
        newer: Place | None = None,
        length: int = 50,
    ) -> Leaf:
        """So many events that are older or newer than a place; the newest of all without one."""
        with self._database.read() as connection:
            if newer is not None:
                found = store.list_newer(connection, wanted, than=newer, limit=length + 1)
                events = tuple(reversed(found[:length]))
                return Leaf(events=events, has_newer=len(found) > length, has_older=True)
            found = store.list_older(connection, wanted, than=older, limit=length + 1)
            events = tuple(found[:length])
            return Leaf(events=events, has_newer=older is not None, has_older=len(found) > length)

    def export(
        self, wanted: Filter, *, by: int, address: str, detail: str, most: int = EXPORT_AT_MOST
    ) -> Iterator[Event]:
        """Up to so many events, the newest first. That they were taken is written down before
        the first one is given; whoever reads slowly keeps no connection meanwhile."""
        with self._database.write() as connection:
            self.record(
                connection,
                Action.TRAIL_EXPORTED,
                actor=Actor.STAFF,
                staff_id=by,
                address=address,
                detail=detail,
            )
        return self._read_on(wanted, most)

    def _read_on(self, wanted: Filter, most: int) -> Iterator[Event]:
        place, rest = None, most
        while rest > 0:
            with self._database.read() as connection:
                found = store.list_older(connection, wanted, than=place, limit=min(AT_ONCE, rest))
            yield from found
            if not found:
                return
            rest -= len(found)
            place = Place(at=found[-1].at, id=found[-1].id)
