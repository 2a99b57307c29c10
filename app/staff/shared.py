"""What the staff's services work with."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection

from app.accounts.entrance import Entrance
from app.accounts.tries import Budget, Tries
from app.audit.records import Action, Actor
from app.audit.service import Audit
from app.clock import now
from app.database.engine import Database
from app.sealing import CannotUnseal, Sealer
from app.staff.records import MemberId
from config.staff import StaffSettings


@dataclass(frozen=True, kw_only=True)
class StaffShared:
    """issuer: what authenticator apps show beside the name."""

    database: Database
    settings: StaffSettings
    audit: Audit
    entrance: Entrance
    issuer: str
    clock: Callable[[], datetime] = now
    tries: Tries = field(default_factory=Tries)

    def spend(self, connection: Connection, *budgets: Budget) -> bool:
        """One try of each, up to the first that is used up: so the narrower ones come first."""
        return all(self.tries.spend(connection, budget, self.clock()) for budget in budgets)

    def give_back(self, connection: Connection, *budgets: Budget) -> None:
        for budget in budgets:
            self.tries.give_back(connection, budget, self.clock())

    def budget(self, subject: str, limit: int) -> Budget:
        """So many tries in the usual span; apart from the customers'."""
        minutes = self.settings.tries_window_minutes
        return Budget(subject=f"staff {subject}", limit=limit, minutes=minutes)

    def oldest_session(self) -> datetime:
        return self.clock() - timedelta(hours=self.settings.session_absolute_hours)

    def longest_idle(self) -> datetime:
        return self.clock() - timedelta(minutes=self.settings.session_idle_minutes)

    def record(
        self,
        connection: Connection,
        action: Action,
        member_id: MemberId | None,
        *,
        about: MemberId | None = None,
        actor: Actor = Actor.STAFF,
        address: str = "",
        detail: str = "",
    ) -> None:
        """about: whom of the staff it is about, where that is another."""
        self.audit.record(
            connection,
            action,
            actor=actor,
            staff_id=member_id,
            about_staff_id=about,
            address=address,
            detail=detail,
        )


class Factors:
    """Second factors at rest: each sealed together with whose it is, so that one which got into
    another's row opens nothing. Keys of their own: those of last known data may be dropped
    after weeks, and who drops one of these locks people out."""

    def __init__(self, settings: StaffSettings) -> None:
        self._sealer = Sealer(settings.keys)

    def seal(self, name_key: str, secret: str) -> bytes:
        return self._sealer.seal(f"{secret} {name_key}".encode())

    def open(self, name_key: str, sealed: bytes) -> str:
        """Raises: CannotUnseal."""
        secret, _, owner = self._sealer.open(sealed).decode().partition(" ")
        if owner != name_key:
            raise CannotUnseal
        return secret

    def is_up_to_date(self, sealed: bytes) -> bool:
        return self._sealer.is_up_to_date(sealed)
