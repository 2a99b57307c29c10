"""What all account services work with."""

import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import Column, Connection

from app.accounts import rules
from app.accounts.entrance import Entrance
from app.accounts.links import Links
from app.accounts.records import Account, AccountId, LinkToken, Restricted, SignedIn
from app.accounts.store import sessions
from app.accounts.store.tables import account
from app.accounts.tries import Budget, Tries
from app.audit.service import Audit
from app.clock import now
from app.database.engine import Database
from app.messages.outbox import Addressee, Outbox
from config.accounts import AccountSettings
from legacy_adapters.port import Billing
from legacy_adapters.records import ContractCode


@dataclass(frozen=True, kw_only=True)
class Shared:
    """sms_to: beginnings of the numbers that SMS are sent to."""

    database: Database
    billing: Billing
    settings: AccountSettings
    audit: Audit
    outbox: Outbox
    entrance: Entrance
    links: Links
    sms_to: tuple[str, ...]
    clock: Callable[[], datetime] = now
    tries: Tries = field(default_factory=Tries)
    # What other topics keep of an account and have to forget with it, in the same transaction.
    when_closed: list[Callable[[Connection, AccountId], object]] = field(default_factory=list)
    # What they keep of a contract: forgotten where somebody new holds it, and after accounts gave
    # such up, if nobody else has them.
    when_held: list[Callable[[Connection, ContractCode], object]] = field(default_factory=list)
    when_given_up: list[Callable[[Connection, Sequence[ContractCode]], object]] = field(
        default_factory=list
    )
    # And what of an account belongs into the owner's copy: by name, ready for JSON.
    kept_elsewhere: dict[str, Callable[[Connection, AccountId], object]] = field(
        default_factory=dict
    )

    def is_served(self, phone: str) -> bool:
        """Whether SMS are sent to such numbers at all."""
        return phone.startswith(self.sms_to)

    def budget(self, subject: str, limit: int, *, account_id: int | None = None) -> Budget:
        """So many tries in the usual span."""
        minutes = self.settings.tries_window_minutes
        return Budget(subject=subject, limit=limit, minutes=minutes, account_id=account_id)

    def spend(self, *budgets: Budget) -> list[bool]:
        """One try of each, up to the first that is used up: what is refused already must not
        use up what others need. So the narrower budgets come first."""
        now, allowed = self.clock(), True
        with self.database.write() as connection:
            answers = []
            for budget in budgets:
                allowed = allowed and self.tries.spend(connection, budget, now)
                answers.append(allowed)
            return answers

    @contextmanager
    def change(self, signed_in: SignedIn, *, restricted: bool = False) -> Iterator[Connection]:
        """A transaction of somebody signed in, who still is: slow work came before it, and
        meanwhile the owner may have ended the session or the account. restricted: closed for a
        while after a recovery.

        Raises: SessionEnded, Restricted.
        """
        with self.database.write() as connection:
            until = sessions.hold(connection, signed_in.session_id, signed_in.account.id)
            if restricted and until is not None and until > self.clock():
                raise Restricted(until)
            yield connection

    def tell_held(self, connection: Connection, codes: Iterable[ContractCode]) -> None:
        """Somebody holds these contracts from this transaction on."""
        for code in codes:
            for forget in self.when_held:
                forget(connection, code)

    def tell_given_up(self, connection: Connection, codes: Sequence[ContractCode]) -> None:
        for forget in self.when_given_up:
            forget(connection, codes)

    def give_back(self, connection: Connection, *budgets: Budget) -> None:
        now = self.clock()
        for budget in budgets:
            self.tries.give_back(connection, budget, now)

    def oldest_session(self, now: datetime) -> datetime:
        return now - timedelta(hours=self.settings.session_absolute_hours)

    def restricted_until(self, signed_in: SignedIn) -> datetime | None:
        """None once it is over."""
        until = signed_in.restricted_until
        return until if until is not None and until > self.clock() else None

    def refuse_if_restricted(self, signed_in: SignedIn) -> None:
        """Raises: Restricted."""
        until = self.restricted_until(signed_in)
        if until is not None:
            raise Restricted(until)


def new_token() -> LinkToken:
    return LinkToken(secrets.token_urlsafe(32))


def hashed(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def addressee(to: Account) -> Addressee:
    return Addressee(recipient=to.email, language=to.language, account_id=to.id)


def looked_up_by(identifier: str) -> tuple[Column[str], str]:
    """The column and key of a user name or an e-mail."""
    if "@" in identifier:
        return account.c.email_key, rules.email_key(identifier)
    return account.c.user_name_key, rules.name_key(identifier)
