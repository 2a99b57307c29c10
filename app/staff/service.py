"""Signing in with a second factor, sessions, one's own password. Nothing here knows of the web."""

import secrets
from contextlib import suppress
from datetime import timedelta

import structlog
from sqlalchemy import Connection

from app.accounts.passwords import NOBODYS_HASH, hash_password, needs_rehash, verify_password
from app.accounts.records import (
    PasswordProblem,
    SessionToken,
    SignInRefused,
    TooManyTries,
    WrongPassword,
)
from app.accounts.rules import network_of, site_of
from app.accounts.service import SEEN_PRECISION, SITES_SHARE, fingerprint
from app.accounts.shared import hashed
from app.accounts.tries import Budget
from app.audit.records import Action, Actor
from app.database.engine import DatabaseUnavailable
from app.sealing import CannotUnseal
from app.staff import rules, store
from app.staff.records import (
    MemberId,
    NoSuchSession,
    OpenSession,
    StaffCredentials,
    StaffSignedIn,
    StaffVisitor,
    StaffWelcome,
    WrongCode,
)
from app.staff.shared import Factors, StaffShared

log = structlog.get_logger("selfcare")
NOBODYS_SECRET = rules.new_secret()
WRONG_CODE = "wrong or used code"


def new_token() -> SessionToken:
    return SessionToken(secrets.token_urlsafe(32))


class StaffService:
    def __init__(self, shared: StaffShared) -> None:
        self._shared = shared
        self._factors = Factors(shared.settings)
        self._nobodys_sealed = self._factors.seal("", NOBODYS_SECRET)

    def password_problem(self, password: str, *known_words: str) -> PasswordProblem | None:
        shortest = self._shared.settings.password_min_length
        return rules.password_problem(password, shortest, known_words=known_words)

    # Signing in

    def sign_in(self, name: str, password: str, code: str, visitor: StaffVisitor) -> StaffWelcome:
        """Opens a session. Each refusal does the same work, whatever its reason.

        Raises: SignInRefused, TooManyTries, TooBusy.
        """
        with self._shared.entrance.enter():
            return self._sign_in(name, password, code, visitor)

    def _sign_in(self, name: str, password: str, code: str, visitor: StaffVisitor) -> StaffWelcome:
        shared, key = self._shared, rules.name_key(name)
        with shared.database.read() as connection:
            found = store.find_credentials(connection, key)
        networks, persons = self._budgets(found, key, visitor)
        with shared.database.write() as connection:
            may_try = shared.spend(connection, *networks)
            may_be = may_try and shared.spend(connection, *persons)
        is_right = self._is_password(found, password)
        step = self._find_step(found, code)
        if not may_try:
            raise TooManyTries
        if found is None or not may_be or not is_right or step is None:
            why = _reason(found, may_be=may_be, is_right=is_right)
            raise self._refused(found, visitor, why)
        changes = self._brought_up_to_date(found, password)
        token = self._enter(found, step, visitor, [*networks, *persons], changes)
        if token is None:
            raise self._refused(found, visitor, "code used meanwhile")
        return StaffWelcome(
            token=token,
            member=found.member,
            must_change=found.password_until is not None,
            fingerprint=fingerprint(str(changes.get("password_hash", found.password_hash))),
        )

    def _budgets(
        self, found: StaffCredentials | None, key: str, visitor: StaffVisitor
    ) -> tuple[list[Budget], list[Budget]]:
        """Those of where the try comes from, and those of whom it is for.

        A browser that the member has signed in from has a budget of its own and no other: who
        shares the clerks' network, or guesses from many, never uses up theirs.
        """
        shared, settings = self._shared, self._shared.settings
        whom = f"member {found.member.id}" if found else f"nobody {key}"
        mark = visitor.marks.get(found.member.id) if found else None
        if found and mark and mark.endswith(f".{fingerprint(found.password_hash)}"):
            browser = f"sign-in {whom} browser {mark}"
            a_day = Budget(subject=f"staff {browser} a day", limit=settings.tries_per_day)
            return [], [shared.budget(browser, settings.tries_per_member), a_day]
        where, site = network_of(visitor.address), site_of(visitor.address)
        limit = settings.tries_per_network
        networks = [
            shared.budget(f"sign-in network {where}", limit),
            shared.budget(f"sign-in site {site}", limit * SITES_SHARE),
        ]
        everywhere = Budget(subject=f"staff sign-in {whom}", limit=settings.tries_per_day)
        each = shared.budget(f"sign-in {whom} {where}", settings.tries_per_member)
        return networks, [each, everywhere]

    def _is_password(self, found: StaffCredentials | None, typed: str) -> bool:
        cut, fits = typed[: rules.LONGEST_PASSWORD], len(typed) <= rules.LONGEST_PASSWORD
        stored = found.password_hash if found else NOBODYS_HASH
        is_right = self._shared.entrance.hash(lambda: verify_password(stored, cut))
        until = found.password_until if found else None
        works = found is not None and (until is None or until > self._shared.clock())
        return is_right and fits and works

    def _find_step(self, found: StaffCredentials | None, code: str) -> int | None:
        """The step whose code this is, if it was not used before."""
        key = rules.name_key(found.member.name) if found else ""
        sealed = found.sealed_secret if found else self._nobodys_sealed
        try:
            secret = self._factors.open(key, sealed)
        except CannotUnseal:
            log.error(
                "second factor unreadable",
                staff=found.member.id if found else "nobody",
                do="is SELFCARE_STAFF_KEYS complete? flask staff reset gives a new one",
            )
            return None
        after = found.last_step if found else 0
        return rules.find_step(secret, code, self._shared.clock(), after=after)

    def _refused(
        self, found: StaffCredentials | None, visitor: StaffVisitor, why: str
    ) -> SignInRefused:
        member_id = found.member.id if found else None
        network = network_of(visitor.address)
        log.info("staff sign-in refused", staff=member_id or "nobody", network=network, why=why)
        if why == WRONG_CODE:
            log.warning(
                "staff password right, code wrong",
                staff=member_id,
                network=network,
                do="if it was not the member's own doing, the password is known: flask staff reset",
            )
        with self._shared.database.write() as connection:
            self._shared.record(
                connection,
                Action.SIGN_IN_REFUSED,
                member_id,
                actor=Actor.VISITOR,
                address=visitor.address,
                detail=f"staff: {why}",
            )
        return SignInRefused()

    def _brought_up_to_date(self, found: StaffCredentials, password: str) -> dict[str, object]:
        """What is kept as one would not keep it today: a cheap hash, an old key."""
        changes: dict[str, object] = {}
        if needs_rehash(found.password_hash):
            changes["password_hash"] = self._shared.entrance.hash(lambda: hash_password(password))
        if not self._factors.is_up_to_date(found.sealed_secret):
            key = rules.name_key(found.member.name)
            secret = self._factors.open(key, found.sealed_secret)
            changes["sealed_secret"] = self._factors.seal(key, secret)
        return changes

    def _enter(
        self,
        found: StaffCredentials,
        step: int,
        visitor: StaffVisitor,
        budgets: list[Budget],
        changes: dict[str, object],
    ) -> SessionToken | None:
        """None when another sign-in took the code, or the member changed, in this moment."""
        shared, now, token = self._shared, self._shared.clock(), new_token()
        is_first = found.password_until is not None
        values = {
            "member_id": found.member.id,
            "token_hash": hashed(token),
            "created_at": now,
            "seen_at": now,
            "address": visitor.address[:45],
            "device": visitor.device[:200],
            "must_change": is_first,
        }
        if is_first:  # it works once
            changes = {**changes, "password_until": now}
        with shared.database.write() as connection:
            if not store.use_code(connection, found, step):
                return None
            if changes:
                store.update_member(connection, found.member.id, **changes)
            shared.give_back(connection, *budgets)
            store.add_session(connection, values)
            detail = "by a first password" if is_first else ""
            self._note(connection, Action.SIGNED_IN, found.member.id, visitor, detail)
        return token

    # Sessions

    def find_signed_in(self, token: SessionToken) -> StaffSignedIn | None:
        """Who this session belongs to, in one round trip, or None when it has ended."""
        shared, now = self._shared, self._shared.clock()
        with shared.database.read() as connection:
            found = store.find_signed_in(
                connection,
                hashed(token),
                created_after=shared.oldest_session(),
                seen_after=shared.longest_idle(),
            )
        idle = timedelta(minutes=shared.settings.session_idle_minutes)
        if found and now - found.seen_at > min(SEEN_PRECISION, idle / 5):
            with suppress(DatabaseUnavailable), shared.database.write() as connection:
                store.touch_session(connection, found.session_id, now)
        return found

    def sign_out(self, signed_in: StaffSignedIn, visitor: StaffVisitor) -> None:
        with self._shared.database.write() as connection:
            if store.end_session(connection, signed_in.session_id, signed_in.member.id):
                self._note(connection, Action.SIGNED_OUT, signed_in.member.id, visitor)

    def list_own_sessions(self, signed_in: StaffSignedIn) -> list[OpenSession]:
        """The last seen first."""
        with self._shared.database.read() as connection:
            return store.list_sessions(
                connection,
                created_after=self._shared.oldest_session(),
                seen_after=self._shared.longest_idle(),
                only=signed_in.member.id,
            )

    def end_own_session(
        self, signed_in: StaffSignedIn, session_id: int, visitor: StaffVisitor
    ) -> None:
        """Raises: NoSuchSession."""
        with self._shared.database.write() as connection:
            if not store.end_session(connection, session_id, signed_in.member.id):
                raise NoSuchSession
            self._note(connection, Action.SIGNED_OUT, signed_in.member.id, visitor)

    def end_other_sessions(self, signed_in: StaffSignedIn, visitor: StaffVisitor) -> int:
        """All of one's own but this one; returns how many there were."""
        me = signed_in.member.id
        with self._shared.database.write() as connection:
            ended = store.end_sessions_of(connection, me, but=signed_in.session_id)
            self._note(connection, Action.SESSIONS_ENDED, me, visitor, f"{ended} sessions")
        return ended

    def forget_expired(self) -> None:
        with self._shared.database.write() as connection:
            before = self._shared.oldest_session()
            store.forget_old_sessions(connection, created_before=before)

    # One's own password

    def change_password(
        self, signed_in: StaffSignedIn, *, current: str, code: str, new: str, visitor: StaffVisitor
    ) -> SessionToken:
        """All other sessions end; this one gets a new token, which is returned.

        Raises: WrongPassword, TooManyTries, TooBusy, SessionEnded.
        """
        shared = self._shared
        with shared.entrance.enter():
            self._check_both(signed_in, current, code, visitor)
            new_hash = shared.entrance.hash(lambda: hash_password(new))
        return self._replace_password(signed_in, new_hash, visitor, "changed")

    def choose_password(
        self, signed_in: StaffSignedIn, new: str, visitor: StaffVisitor
    ) -> SessionToken:
        """After signing in by a first password. Raises: TooBusy, SessionEnded."""
        with self._shared.entrance.enter():
            new_hash = self._shared.entrance.hash(lambda: hash_password(new))
        return self._replace_password(signed_in, new_hash, visitor, "after the first one")

    def _check_both(
        self, signed_in: StaffSignedIn, current: str, code: str, visitor: StaffVisitor
    ) -> None:
        """Raises: WrongPassword, TooManyTries."""
        shared, member_id = self._shared, signed_in.member.id
        # A session left open on somebody else's desk is no way to guess at leisure.
        budget = shared.budget(f"password {member_id}", shared.settings.tries_per_member)
        with shared.database.write() as connection:
            may_try = shared.spend(connection, budget)
            key = rules.name_key(signed_in.member.name)
            found = store.find_credentials(connection, key)
        if not may_try:
            raise TooManyTries
        is_right = self._is_password(found, current)
        step = self._find_step(found, code)
        with shared.database.write() as connection:
            is_in = found and is_right and step and store.use_code(connection, found, step)
            if is_in:
                shared.give_back(connection, budget)
            else:
                self._note(connection, Action.PASSWORD_CHANGE_REFUSED, member_id, visitor)
        if not is_in:
            raise WrongPassword

    # Before what hands out power

    def check_code(self, signed_in: StaffSignedIn, code: str, visitor: StaffVisitor) -> None:
        """Whether whoever sits before this session still has the second factor in hand.

        Raises: WrongCode, TooManyTries, SessionEnded.
        """
        shared, member = self._shared, signed_in.member
        budget = shared.budget(f"code {member.id}", shared.settings.tries_per_member)
        with shared.database.write() as connection:
            may_try = shared.spend(connection, budget)
        if not may_try:
            raise TooManyTries
        with shared.database.write() as connection:
            store.hold(connection, signed_in)
            found = store.find_credentials(connection, rules.name_key(member.name))
            step = self._find_step(found, code)
            is_right = found and step and store.use_code(connection, found, step)
            if is_right:
                shared.give_back(connection, budget)
            else:
                self._note(connection, Action.CODE_REFUSED, member.id, visitor)
        if not is_right:
            raise WrongCode

    def _replace_password(
        self, signed_in: StaffSignedIn, new_hash: str, visitor: StaffVisitor, detail: str
    ) -> SessionToken:
        token, member_id = new_token(), signed_in.member.id
        with self._shared.database.write() as connection:
            store.hold(connection, signed_in)
            store.update_member(connection, member_id, password_hash=new_hash, password_until=None)
            store.end_sessions_of(connection, member_id, but=signed_in.session_id)
            store.renew_session(connection, signed_in.session_id, hashed(token))
            self._note(connection, Action.PASSWORD_CHANGED, member_id, visitor, detail)
        return token

    def _note(
        self,
        connection: Connection,
        action: Action,
        member_id: MemberId,
        visitor: StaffVisitor,
        detail: str = "",
    ) -> None:
        self._shared.record(connection, action, member_id, address=visitor.address, detail=detail)


def _reason(found: StaffCredentials | None, *, may_be: bool, is_right: bool) -> str:
    """For operators alone."""
    if found is None:
        return "unknown or disabled name"
    if not may_be:
        return "tries used up"
    return WRONG_CODE if is_right else "wrong password"
