"""Where topics leave what is to be sent: within the transaction of what it tells of."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from app.database.engine import after_commit
from app.messages.records import Channel, Letter, Posted, State
from app.messages.store import message


@dataclass(frozen=True, kw_only=True, slots=True)
class Addressee:
    """recipient: an e-mail address or a phone number (`+355691234567`)."""

    recipient: str
    language: str
    account_id: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Purpose:
    """kind: its name for operators; key: the same is never posted twice; expires_at: when it is
    no longer worth sending."""

    kind: str
    key: str | None = None
    expires_at: datetime | None = None


class Outbox:
    def __init__(self, *, clock: Callable[[], datetime], wake: Callable[[], None]) -> None:
        """wake: tells the job process that something waits, and never raises; that process looks
        by itself too."""
        self._clock = clock
        self._wake = wake

    def post_mail(
        self, connection: Connection, letter: Letter, to: Addressee, purpose: Purpose
    ) -> None:
        """Raises: IntegrityError, when a mail with this key was posted before."""
        body = json.dumps(asdict(letter), ensure_ascii=False)
        self._post(connection, Channel.MAIL, body, to, purpose)

    def post_sms(self, connection: Connection, text: str, to: Addressee, purpose: Purpose) -> None:
        """Raises: IntegrityError, when an SMS with this key was posted before."""
        self._post(connection, Channel.SMS, text, to, purpose)

    def _post(
        self, connection: Connection, channel: Channel, body: str, to: Addressee, purpose: Purpose
    ) -> None:
        now = self._clock()
        connection.execute(
            insert(message).values(
                key=purpose.key and f"{channel} {purpose.key}",
                channel=channel,
                kind=purpose.kind,
                account_id=to.account_id,
                recipient=to.recipient,
                language=to.language,
                body=body,
                state=State.WAITING,
                attempts=0,
                created_at=now,
                next_try_at=now,
                expires_at=purpose.expires_at,
                problem="",
            )
        )
        after_commit(connection, self._wake)

    def forget_of(self, connection: Connection, account_id: int) -> None:
        """All that was sent to an account that is no more; what still waits is sent."""
        theirs = message.c.account_id == account_id
        waits = message.c.state == State.WAITING
        connection.execute(delete(message).where(theirs, ~waits))
        connection.execute(update(message).where(theirs).values(account_id=None))

    def list_of(self, connection: Connection, account_id: int) -> list[Posted]:
        """What was or is to be sent to an account, the newest first."""
        query = (
            select(message).where(message.c.account_id == account_id).order_by(message.c.id.desc())
        )
        return [
            Posted(
                channel=Channel(row.channel),
                kind=row.kind,
                recipient=row.recipient,
                created_at=row.created_at,
                sent_at=row.sent_at,
            )
            for row in connection.execute(query)
        ]
