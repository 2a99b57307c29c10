"""Signing in, and sessions. The web asks this; nothing here knows of the web."""

import secrets
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import structlog

from app.accounts import rules
from app.accounts.passwords import NOBODYS_HASH, hash_password, needs_rehash, verify_password
from app.accounts.records import (
    Account,
    AccountId,
    Credentials,
    Device,
    NotYours,
    PasswordProblem,
    SessionToken,
    SignedIn,
    SignInRefused,
    TooManyTries,
    Visitor,
    Welcome,
)
from app.accounts.shared import Shared, hashed, looked_up_by
from app.accounts.store import people, recovery, sessions
from app.accounts.store.sessions import Beside
from app.accounts.tries import Budget
from app.audit.records import Action, Actor
from app.database.engine import DatabaseUnavailable
from legacy_adapters.records import ContractCode

log = structlog.get_logger("selfcare")
SEEN_PRECISION = timedelta(minutes=5)
SITES_SHARE = 5  # an IPv6 site may try so many times what one network may


def fingerprint(password_hash: str) -> str:
    """Tells one password of an account from the next, and nothing of either: it is salted."""
    return hashed(password_hash)[:16]


class AccountService:
    def __init__(self, shared: Shared, *, beside: Beside | None = None) -> None:
        """beside: what pages may have told of their contracts together with who is signed in."""
        self._shared = shared
        self._beside = beside
        self._settings = shared.settings
        self._idle = timedelta(minutes=shared.settings.session_idle_minutes)

    def password_problem(
        self, password: str, *, known_words: tuple[str, ...] = ()
    ) -> PasswordProblem | None:
        return rules.password_problem(password, self._settings, known_words=known_words)

    # Signing in

    def sign_in(self, identifier: str, password: str, visitor: Visitor) -> Welcome:
        """Opens a session for a user name or an e-mail.

        Raises: SignInRefused, TooManyTries, TooBusy.
        """
        with self._shared.entrance.enter():
            return self._sign_in(identifier, password, visitor)

    def _sign_in(self, identifier: str, password: str, visitor: Visitor) -> Welcome:
        column, key = looked_up_by(identifier)
        with self._shared.database.read() as connection:
            found = people.find_credentials(connection, column, key, self._shared.clock())
        networks, persons = self._budgets(found, key, visitor)
        allowed = self._shared.spend(*networks, *persons)
        may_try, may_be = all(allowed[: len(networks)]), all(allowed[len(networks) :])
        # Always verified, so that a refusal takes the same time whatever its reason.
        may_enter = may_try and may_be
        is_right, is_temporary = self._verify(found, password, may_enter=may_enter)
        if not may_try:
            raise TooManyTries
        if found is None or not may_enter or not (is_right or is_temporary):
            whom = found.account.id if found else "nobody"
            log.info("sign-in refused", account=whom, network=rules.network_of(visitor.address))
            raise SignInRefused
        with self._shared.database.write() as connection:
            self._shared.give_back(connection, *networks, *persons)
        if is_right and needs_rehash(found.password_hash):
            self._rehash(found.account.id, password)
        temporary = found.temporary_hash if is_temporary else None
        welcome = self.open_session(found.account, visitor, temporary_hash=temporary)
        return replace(welcome, fingerprint=fingerprint(found.password_hash))

    def _budgets(
        self, found: Credentials | None, key: str, visitor: Visitor
    ) -> tuple[list[Budget], list[Budget]]:
        """Those of where the try comes from, and those of whom it is for.

        By account, so that name and e-mail do not make two budgets of one person. A browser
        that this account has signed in from has a budget of its own: strangers who guess from
        many networks use up the one of all other browsers, and never the customer's.
        """
        shared, settings = self._shared, self._settings
        where, site = rules.network_of(visitor.address), rules.site_of(visitor.address)
        limit = settings.sign_in_tries_per_network
        networks = [
            shared.budget(f"sign-in network {where}", limit),
            shared.budget(f"sign-in site {site}", limit * SITES_SHARE),
        ]
        account_id = found.account.id if found else None
        whom = f"account {account_id}" if found else f"nobody {key}"
        budget = partial(
            shared.budget, limit=settings.sign_in_tries_per_account, account_id=account_id
        )
        mark = visitor.marks.get(found.account.id) if found else None
        # A mark is worth nothing after a new password: whoever knew the old one has marks too.
        if found and mark and mark.endswith(fingerprint(found.password_hash)):
            return networks, [budget(f"sign-in {whom} browser {mark}")]
        a_day = settings.sign_in_tries_per_day
        everywhere = Budget(subject=f"sign-in {whom}", limit=a_day, account_id=account_id)
        return networks, [budget(f"sign-in {whom} {where}"), everywhere]

    def _verify(
        self, found: Credentials | None, password: str, *, may_enter: bool
    ) -> tuple[bool, bool]:
        """Whether it is the account's password, and whether it is its temporary one."""
        longest = self._settings.password_max_length
        typed, fits = password[:longest], len(password) <= longest
        stored = found.password_hash if found else NOBODYS_HASH
        temporary = (found.temporary_hash if found else None) or NOBODYS_HASH

        def verify() -> tuple[bool, bool]:
            is_right = verify_password(stored, typed)
            if is_right and may_enter:
                return fits, False
            # Both for every refusal: the time must not tell that a recovery is under way, nor
            # that the password was right although the tries are used up.
            is_temporary = verify_password(temporary, typed)
            return is_right and fits, is_temporary and fits

        is_right, is_temporary = self._shared.entrance.hash(verify)
        waits = found is not None and found.temporary_hash is not None
        return is_right and found is not None, is_temporary and waits

    def _rehash(self, account_id: AccountId, password: str) -> None:
        new = self._shared.entrance.hash(lambda: hash_password(password))
        with self._shared.database.write() as connection:
            people.set_password_hash(connection, account_id, new)

    def open_session(
        self, account: Account, visitor: Visitor, *, temporary_hash: str | None = None
    ) -> Welcome:
        """temporary_hash: of the password from a recovery that is used up by this.

        Raises: SignInRefused, when it was used meanwhile.
        """
        token, now = SessionToken(secrets.token_urlsafe(32)), self._shared.clock()
        must_change = temporary_hash is not None
        values = {
            "account_id": account.id,
            "token_hash": hashed(token),
            "created_at": now,
            "seen_at": now,
            "address": visitor.address[:45],
            "device": visitor.device[:200],
            "must_change": must_change,
        }
        with self._shared.database.write() as connection:
            if temporary_hash and not recovery.use_recovery(connection, account.id, temporary_hash):
                raise SignInRefused
            sessions.add_session(connection, values)
            self._shared.audit.record(
                connection,
                Action.RECOVERY_USED if must_change else Action.SIGNED_IN,
                actor=Actor.CUSTOMER,
                account_id=account.id,
                address=visitor.address,
            )
        return Welcome(token=token, account=account, must_change=must_change)

    # Sessions

    def find_signed_in(
        self,
        token: SessionToken,
        *,
        contract: ContractCode | None = None,
        all_contracts: bool = False,
        beside: bool = False,
    ) -> SignedIn | None:
        """Who this session belongs to, in one round trip, or None when it has ended."""
        now = self._shared.clock()
        with self._shared.database.read() as connection:
            found = sessions.find_signed_in(
                connection,
                hashed(token),
                created_after=self._shared.oldest_session(now),
                seen_after=now - self._idle,
                contract=contract,
                all_contracts=all_contracts,
                beside=self._beside if beside else None,
            )
        if found and now - found.seen_at > min(SEEN_PRECISION, self._idle / 5):
            # Rarely, so that pages only read; and not worth failing a page for.
            with suppress(DatabaseUnavailable), self._shared.database.write() as connection:
                sessions.touch_session(connection, found.session_id, now)
        return found

    def list_devices(self, account_id: AccountId) -> list[Device]:
        now = self._shared.clock()
        with self._shared.database.read() as connection:
            return sessions.list_sessions(
                connection,
                account_id,
                created_after=self._shared.oldest_session(now),
                seen_after=now - self._idle,
            )

    def sign_out(self, signed_in: SignedIn, visitor: Visitor) -> None:
        self.end_session(signed_in, signed_in.session_id, visitor)

    def end_session(self, signed_in: SignedIn, session_id: int, visitor: Visitor) -> None:
        """Raises: NotYours."""
        account_id = signed_in.account.id
        with self._shared.database.write() as connection:
            if not sessions.end_session(connection, session_id, account_id):
                raise NotYours
            self._shared.audit.record(
                connection,
                Action.SIGNED_OUT,
                actor=Actor.CUSTOMER,
                account_id=account_id,
                address=visitor.address,
            )

    def sign_out_everywhere(
        self,
        account_id: AccountId,
        *,
        but: int | None = None,
        actor: Actor = Actor.OPERATOR,
        address: str = "",
    ) -> int:
        """Ends all sessions of an account, but perhaps one; returns how many there were."""
        with self._shared.database.write() as connection:
            ended = sessions.end_sessions_of(connection, account_id, but=but)
            self._shared.audit.record(
                connection,
                Action.SESSIONS_ENDED,
                actor=actor,
                account_id=account_id,
                address=address,
                detail=f"{ended} sessions",
            )
            return ended

    def forget_expired(self) -> None:
        """Rows that mean nothing any more."""
        now = self._shared.clock()
        with self._shared.database.write() as connection:
            # A while later than they end: see Ownership.held_through.
            before = self._shared.oldest_session(now) - timedelta(days=1)
            sessions.forget_old_sessions(connection, created_before=before)
            self._shared.tries.forget_old(connection, now)
            recovery.forget_expired(connection, now)

    # For operators

    def find_account(self, identifier: str) -> Account | None:
        with self._shared.database.read() as connection:
            return people.find_account(connection, *looked_up_by(identifier))

    def disable(self, account_id: AccountId) -> None:
        """Ends all sessions too."""
        self._set_disabled(account_id, self._shared.clock())

    def enable(self, account_id: AccountId) -> None:
        self._set_disabled(account_id, None)

    def _set_disabled(self, account_id: AccountId, at: datetime | None) -> None:
        with self._shared.database.write() as connection:
            people.set_disabled(connection, account_id, at)
            if at:
                sessions.end_sessions_of(connection, account_id)
                recovery.forget_recovery(connection, account_id)
            action = Action.DISABLED if at else Action.ENABLED
            self._shared.audit.record(
                connection, action, actor=Actor.OPERATOR, account_id=account_id
            )
