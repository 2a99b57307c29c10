"""What operators see of the messages, and the cleaning of what is past."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.database.engine import Database, after_commit
from app.messages import store
from app.messages.records import MessageId, State, Status

LATE_AFTER = timedelta(minutes=10)


@dataclass(frozen=True, kw_only=True, slots=True)
class Backlog:
    """overdue: for how long the longest waiting message should have been tried already."""

    waiting: int
    dead: int
    overdue: timedelta


class MessageService:
    def __init__(
        self,
        *,
        database: Database,
        keep_days: int,
        clock: Callable[[], datetime],
        wake: Callable[[], None],
    ) -> None:
        """wake: as the outbox's."""
        self._database = database
        self._keep = timedelta(days=keep_days)
        self._clock = clock
        self._wake = wake

    def list_newest(self, states: tuple[State, ...], *, limit: int) -> list[Status]:
        with self._database.read() as connection:
            return store.list_newest(connection, states, limit=limit)

    def retry(self, message_id: MessageId | None = None) -> int:
        """Tries a dead message again from the start, or all of them. Those past their time say
        nothing any more and are left. Returns how many are tried."""
        with self._database.write() as connection:
            after_commit(connection, self._wake)
            return store.revive(connection, message_id, self._clock())

    def get_backlog(self) -> Backlog:
        with self._database.read() as connection:
            counts = store.count_by_state(connection)
            since = store.find_longest_due(connection)
        overdue = max(self._clock() - since, timedelta()) if since else timedelta()
        return Backlog(waiting=counts[State.WAITING], dead=counts[State.DEAD], overdue=overdue)

    def is_late(self) -> bool:
        """Whether a message waits although it should have been tried long ago."""
        with self._database.read() as connection:
            since = store.find_longest_due(connection)
        return since is not None and self._clock() - since > LATE_AFTER

    def forget_old(self) -> int:
        """Deletes what was sent or given up long ago; returns how many messages that were."""
        now = self._clock()
        with self._database.write() as connection:
            store.forget_expired_bodies(connection, now)
            return store.forget_older(connection, now - self._keep)
