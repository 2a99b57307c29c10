"""What operators see of the messages, and the cleaning of what is past."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog

from app.audit.records import Action, Actor
from app.audit.service import Audit
from app.database.clearing import delete_all
from app.database.engine import Database, after_commit
from app.messages import desk, store
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

log = structlog.get_logger("selfcare")
ASK = "is the number right? The operator's gateway knows why"
COUNTED = timedelta(hours=24)
LATE_AFTER = timedelta(minutes=10)


@dataclass(frozen=True, kw_only=True, slots=True)
class Backlog:
    """overdue: for how long the longest waiting message should have been tried already."""

    waiting: int
    dead: int
    overdue: timedelta


@dataclass(frozen=True, kw_only=True, slots=True)
class Overview:
    """sent: channel, kind, how many in the last 24 hours, of how many a bad report came."""

    queues: tuple[Queue, ...]
    dead: int
    unsure: int
    sent: tuple[tuple[Channel, str, int, int], ...]


def read_reference(reference: str) -> Reference | None:
    """None for what is no message's name."""
    found = re.fullmatch(r"([0-9]{1,9})\.([0-9]{20})([0-9]{8})?", reference)
    if found is None:
        return None
    try:
        created_at = datetime.strptime(found[2], "%Y%m%d%H%M%S%f").replace(tzinfo=UTC)
    except ValueError:
        return None
    return Reference(MessageId(int(found[1])), created_at, found[3] or "")


class MessageService:
    def __init__(
        self,
        *,
        database: Database,
        audit: Audit,
        keep_days: int,
        clock: Callable[[], datetime],
        wake: Callable[[], None],
    ) -> None:
        """wake: as the outbox's."""
        self._database = database
        self._audit = audit
        self._keep = timedelta(days=keep_days)
        self._clock = clock
        self._wake = wake

    def list_newest(self, wanted: Wanted, *, limit: int) -> list[Status]:
        with self._database.read() as connection:
            return desk.list_newest(connection, wanted, limit=limit)

    def retry(
        self,
        message_id: MessageId | None = None,
        *,
        by_staff: int | None = None,
        address: str = "",
    ) -> int:
        """Tries a message again from the start that was given up or may not have arrived, or all
        that were given up. Those past their time say nothing any more and are left. Returns how
        many are tried. by_staff: None for an operator."""
        with self._database.write() as connection:
            after_commit(connection, self._wake)
            tried = desk.revive(connection, message_id, self._clock())
            if tried:
                self._audit.record(
                    connection,
                    Action.MESSAGES_RETRIED,
                    actor=Actor.OPERATOR if by_staff is None else Actor.STAFF,
                    staff_id=by_staff,
                    address=address,
                    detail=f"{tried} messages" if message_id is None else f"message {message_id}",
                )
            return tried

    def get_backlog(self) -> Backlog:
        with self._database.read() as connection:
            counts = desk.count_by_state(connection)
            since = desk.find_longest_due(connection)
        overdue = max(self._clock() - since, timedelta()) if since else timedelta()
        return Backlog(waiting=counts[State.WAITING], dead=counts[State.DEAD], overdue=overdue)

    def get_overview(self) -> Overview:
        now = self._clock()
        with self._database.read() as connection:
            counts = desk.count_by_state(connection)
            return Overview(
                queues=tuple(desk.list_queues(connection)),
                dead=counts[State.DEAD],
                unsure=counts[State.UNSURE],
                sent=tuple(desk.count_sent(connection, now - COUNTED)),
            )

    def take_report(self, reference: str, report: Report) -> bool:
        """reference: as it was sent with the SMS. False when there is no such SMS."""
        found = read_reference(reference)
        if found is None:
            return False
        with self._database.write() as connection:
            is_known = desk.set_report(connection, found, report, at=self._clock())
        if is_known and report is not Report.DELIVERED:
            log.warning("SMS not delivered", message=found.id, report=str(report), do=ASK)
        return is_known

    def take_bounce(self, reference: str) -> tuple[int | None, str] | None:
        """A mail came back: its account and recipient, by its name outside. None when no such
        mail was sent, or it came back before."""
        found = read_reference(reference)
        if found is None:
            return None
        with self._database.write() as connection:
            return desk.set_bounced(connection, found, at=self._clock())

    def is_late(self) -> bool:
        """Whether a message waits although it should have been tried long ago."""
        with self._database.read() as connection:
            since = desk.find_longest_due(connection)
        return since is not None and self._clock() - since > LATE_AFTER

    def forget_old(self) -> int:
        """Deletes what was sent or given up long ago; returns how many messages that were."""
        now = self._clock()
        with self._database.write() as connection:
            store.forget_expired_bodies(connection, now)
        return delete_all(self._database, store.message, store.is_older(now - self._keep))
