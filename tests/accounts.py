"""The account services over any database, for tests that need no web."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select

from app.accounts.entrance import Entrance
from app.accounts.links import Links
from app.accounts.ownership import Ownership
from app.accounts.preferences import Preferences
from app.accounts.profile import Profiles
from app.accounts.records import Account, Applicant, LinkToken, Visitor, Welcome
from app.accounts.recovery import Recovery
from app.accounts.registration import Registration
from app.accounts.service import AccountService
from app.accounts.shared import Shared
from app.accounts.telling import Telling
from app.accounts.undoing import Undoing
from app.audit.service import Audit
from app.database.engine import Database
from app.messages.outbox import Outbox
from app.messages.store import message
from config.accounts import AccountSettings
from legacy_adapters.port import Billing
from legacy_adapters.records import ContractCode

HOME = Visitor(address="192.0.2.1", device="a phone")
VERA = Applicant(
    contract_code=ContractCode("AL0000004"),
    user_name="Vera Leka",
    password="dritare77",
    phone="+355692345678",
    email="vera@example.org",
    language="sq",
)


def posted(database: Database, kind: str) -> list[dict[str, Any]]:
    """What waits in the outbox, the newest last: recipient, language, text, links, secret."""
    with database.read() as connection:
        rows = connection.execute(
            select(message).where(message.c.kind == kind).order_by(message.c.id)
        ).all()
    return [{"to": row.recipient, "language": row.language, **_words(row)} for row in rows]


def _words(row: Any) -> dict[str, Any]:
    if row.channel == "sms":
        return {"text": row.body, "links": [], "secret": None}
    letter = json.loads(row.body)
    blocks = letter["blocks"]
    return {
        "subject": letter["subject"],
        "text": "\n".join(block["text"] for block in blocks),
        "links": [block["address"] for block in blocks if block["address"]],
        "secret": next((b["text"] for b in blocks if b["kind"] == "secret"), None),
    }


def token_of(link: str) -> LinkToken:
    return LinkToken(link.rpartition("/")[2])


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 3, 1, 12, 0, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


class Accounts(AccountService):
    """All of them, as one."""

    def __init__(
        self, database: Database, billing: Billing, clock: Callable[[], datetime], **settings: Any
    ) -> None:
        self.shared = Shared(
            database=database,
            billing=billing,
            settings=AccountSettings(**settings),
            audit=Audit(database=database, clock=clock),
            outbox=Outbox(clock=clock, wake=lambda: None),
            entrance=Entrance(places=64, hashing_threads=2),
            links=Links("https://portal.example"),
            sms_to=("+355",),
            clock=clock,
        )
        super().__init__(self.shared)
        self.registration = Registration(self.shared)
        self.recovery = Recovery(self.shared)
        self.undoing = Undoing(self.shared)
        self.ownership = Ownership(self.shared)
        self.profiles = Profiles(self.shared)
        self.preferences = Preferences(self.shared)
        self.telling = Telling(self.shared, self.preferences)

    def register(self, applicant: Applicant, visitor: Visitor) -> Welcome:
        account = self.registration.register(applicant, visitor)
        assert isinstance(account, Account)
        return self.open_session(account, visitor)
