"""Addresses that take no mail: after a few tries they count as not confirmed, and get no more
than what is about the account's own safety."""

import structlog
from sqlalchemy import Connection

from app.accounts.records import AccountId
from app.accounts.shared import Shared
from app.accounts.store import people
from app.audit.records import Action, Actor

log = structlog.get_logger("selfcare")


class Bounces:
    def __init__(self, shared: Shared, *, at_most: int) -> None:
        self._shared = shared
        self._at_most = at_most

    def count(self, connection: Connection, account_id: int, address: str) -> None:
        """One mail to this address came back."""
        account = AccountId(account_id)
        bounces = people.count_bounce(connection, account, address)
        if bounces is None or bounces < self._at_most:
            return
        people.update_account(connection, account, email_confirmed_at=None, bounces=0)
        self._shared.audit.record(
            connection,
            Action.EMAIL_REFUSED,
            actor=Actor.PORTAL,
            account_id=account_id,
            detail=f"{bounces} mails",
        )
        log.warning(
            "address takes no mail",
            account=account_id,
            bounces=bounces,
            do="nothing: its owner is asked to confirm it again",
        )

    def take(self, account_id: int, address: str) -> None:
        """A mail came back by mail."""
        with self._shared.database.write() as connection:
            self.count(connection, account_id, address)
