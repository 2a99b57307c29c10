"""Where topics leave what is to be sent: within the transaction of what it tells of."""

import json
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

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
    no longer worth sending; is_bulk: nobody waits for it, so that it goes after the others, and
    not in quiet hours; contract_code: which contract it is about; preference: what of the
    account's must be on still when it is sent."""

    kind: str
    key: str | None = None
    expires_at: datetime | None = None
    is_bulk: bool = False
    contract_code: str | None = None
    preference: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Post:
    """A message to be posted with others. content: a letter for a mail, a text for an SMS."""

    content: Letter | str
    to: Addressee
    purpose: Purpose


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
        self.post_all(connection, [Post(content=letter, to=to, purpose=purpose)])

    def post_sms(self, connection: Connection, text: str, to: Addressee, purpose: Purpose) -> None:
        """Raises: IntegrityError, when an SMS with this key was posted before."""
        self.post_all(connection, [Post(content=text, to=to, purpose=purpose)])

    def post_all(self, connection: Connection, posts: Sequence[Post]) -> None:
        """In one statement. Raises: IntegrityError, as above."""
        if posts:
            now = self._clock()
            connection.execute(insert(message), [_row(post, now) for post in posts])
            if not all(post.purpose.is_bulk for post in posts):
                after_commit(connection, self._wake)

    def forget_of(self, connection: Connection, account_id: int) -> None:
        """All that was sent to an account that is no more; what somebody waits for is sent."""
        theirs = message.c.account_id == account_id
        waits = (message.c.state == State.WAITING) & message.c.is_bulk.is_(False)
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


def _row(post: Post, now: datetime) -> dict[str, Any]:
    content, purpose = post.content, post.purpose
    channel = Channel.MAIL if isinstance(content, Letter) else Channel.SMS
    return {
        "key": purpose.key and f"{channel} {purpose.key}",
        "channel": channel,
        "kind": purpose.kind,
        "account_id": post.to.account_id,
        "contract_code": purpose.contract_code,
        "preference": purpose.preference,
        "mark": f"{secrets.randbelow(10**8):08}",
        "recipient": post.to.recipient,
        "language": post.to.language,
        "body": _written(content) if isinstance(content, Letter) else content,
        "state": State.WAITING,
        "is_bulk": purpose.is_bulk,
        "attempts": 0,
        "created_at": now,
        "next_try_at": now,
        "expires_at": purpose.expires_at,
        "problem": "",
    }


def _written(letter: Letter) -> str:
    """By hand: taking records apart by themselves takes ten times as long."""
    enclosure = letter.enclosure
    return json.dumps(
        {
            "subject": letter.subject,
            "blocks": [
                {"kind": block.kind, "text": block.text, "address": block.address}
                for block in letter.blocks
            ],
            "enclosure": enclosure
            and {
                "contract_code": enclosure.contract_code,
                "invoice_number": enclosure.invoice_number,
            },
            "switch_off": letter.switch_off,
        },
        ensure_ascii=False,
    )
