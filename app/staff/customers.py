"""What the utility's people see of a customer's account, and do to it.

Looking is an act, too: an account is opened for a reason, which is written down, and what stands
in the trail is what lets the member look for a while. Nobody sees or sets a password.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection

from app.accounts import letters
from app.accounts.contact import international_phone
from app.accounts.records import AccountId, Device, Link, Profile
from app.accounts.rules import email_key, name_key, normal_contract_code
from app.accounts.shared import Shared
from app.accounts.store import contracts, desk, people, recovery, sessions
from app.accounts.store.desk import DelegateOf, FoundAccount, Sought
from app.accounts.undoing import tell_owner
from app.audit import store as trail
from app.audit.records import Action, Actor, Event, Filter
from app.messages.records import Letter
from app.messages.texts import texts
from app.staff.records import Doer, StaffError

FOUND_AT_MOST = 20
SHOWN_AT_MOST = 50
LOOK_MINUTES = 30
NOTE_LENGTH = 150
FEWEST_DIGITS = 6  # of what may be a phone number

TellsWhen = Callable[[letters.Translate, datetime, str], Letter]


class Occasion(StrEnum):
    """Why an account is looked at."""

    CALLER = "caller"  # the customer calls or stands here, and was asked who they are
    LETTER = "letter"  # a letter or an e-mail of theirs
    CASE = "case"  # a request or a complaint
    SAFETY = "safety"  # something that we noticed


class State(StrEnum):
    OPEN = "open"
    LOCKED = "locked"  # by us
    STOPPED = "stopped"  # by its owner, through the link in a mail


class NoSuchAccount(StaffError):
    """It was never there, or its owner closed it."""


class NotOpened(StaffError):
    """The member has not opened the account, or too long ago."""


class NotAsItWas(StaffError):
    """The account is locked, or open, already."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    accounts: tuple[FoundAccount, ...]
    has_more: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Summary:
    """What may be seen without opening the account. restricted_until: None once it is over;
    open_until: how long this member may look at the rest, None before they opened it."""

    found: FoundAccount
    state: State
    restricted_until: datetime | None
    open_until: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class AccountFile:
    """The rest. Of links and delegates as many as a page can show."""

    profile: Profile
    signed_in_at: datetime | None
    links: tuple[Link, ...]
    delegates: tuple[DelegateOf, ...]
    devices: tuple[Device, ...]
    events: tuple[Event, ...]


def sought(typed: str) -> Sought | None:
    """What may be meant by it; None when it is nothing one can look for."""
    if "@" in typed:
        key = email_key(typed)
        return Sought(email=key) if not key.startswith("@") else None
    words = tuple(name_key(typed).split())
    digits = sum(c.isdecimal() for c in typed)
    phone = international_phone(typed) if digits >= FEWEST_DIGITS else None
    if not words:
        return None
    return Sought(name=words, phone=phone, contract=normal_contract_code(typed))


class Customers:
    def __init__(self, shared: Shared) -> None:
        """shared: the accounts'."""
        self._shared = shared

    def search(self, typed: str) -> Found:
        """By user name or e-mail, or their beginnings, by phone and by contract."""
        wanted = sought(typed)
        if wanted is None:
            return Found(accounts=(), has_more=False)
        with self._shared.database.read() as connection:
            found = desk.search(connection, wanted, limit=FOUND_AT_MOST + 1)
        return Found(accounts=tuple(found[:FOUND_AT_MOST]), has_more=len(found) > FOUND_AT_MOST)

    def get(self, account_id: AccountId, by: Doer) -> Summary:
        """Raises: NoSuchAccount."""
        with self._shared.database.read() as connection:
            return self._summary(connection, account_id, by)

    def _summary(
        self, connection: Connection, account_id: AccountId, by: Doer, *, lock: bool = False
    ) -> Summary:
        found = desk.find(connection, account_id, lock=lock)
        if found is None:
            raise NoSuchAccount
        now, restricted = self._shared.clock(), found.restricted_until
        opened = trail.find_newest(
            connection, account_id, Action.ACCOUNT_OPENED, staff_id=by.member.id
        )
        until = opened.at + timedelta(minutes=LOOK_MINUTES) if opened else None
        return Summary(
            found=found,
            state=_state(connection, found),
            restricted_until=restricted if restricted and restricted > now else None,
            open_until=until if until and until > now else None,
        )

    def open(self, account_id: AccountId, occasion: Occasion, note: str, by: Doer) -> None:
        """Once for a while; within it, opening again is no second look.

        Raises: NoSuchAccount.
        """
        detail = f"{occasion}: {note.strip()}" if note.strip() else str(occasion)
        with self._shared.database.write() as connection:
            if self._summary(connection, account_id, by, lock=True).open_until is None:
                self._note(connection, Action.ACCOUNT_OPENED, account_id, detail, by)

    def get_file(self, account_id: AccountId) -> AccountFile:
        """For whom it is open, see `Summary`. Raises: NoSuchAccount."""
        shared, now = self._shared, self._shared.clock()
        idle = timedelta(minutes=shared.settings.session_idle_minutes)
        with shared.database.read() as connection:
            if desk.find(connection, account_id) is None:
                raise NoSuchAccount
            came_in = trail.find_newest(
                connection, account_id, Action.SIGNED_IN, Action.RECOVERY_USED
            )
            devices = sessions.list_sessions(
                connection,
                account_id,
                created_after=shared.oldest_session(now),
                seen_after=now - idle,
            )
            return AccountFile(
                profile=people.get_profile(connection, account_id, now),
                signed_in_at=came_in.at if came_in else None,
                links=tuple(contracts.list_links(connection, account_id)[:SHOWN_AT_MOST]),
                delegates=tuple(desk.list_delegates(connection, account_id, SHOWN_AT_MOST)),
                devices=tuple(devices),
                events=tuple(
                    trail.list_newest(
                        connection, Filter(account_id=account_id), limit=SHOWN_AT_MOST
                    )
                ),
            )

    # What is done: each wants the account opened, and a reason

    def end_sessions(self, account_id: AccountId, note: str, by: Doer) -> int:
        """Returns how many there were. Raises: NoSuchAccount, NotOpened."""
        with self._change(account_id, by) as (connection, now):
            ended = sessions.end_sessions_of(connection, account_id)
            detail = f"{ended} sessions: {note}"
            self._note(connection, Action.SESSIONS_ENDED, account_id, detail, by)
            if ended:
                self._tell(connection, now, letters.signed_out_by_us, "signed out by staff")
        return ended

    def lock(self, account_id: AccountId, note: str, by: Doer) -> None:
        """Ends all sessions, and keeps the account from signing in and from recoveries.

        Raises: NoSuchAccount, NotOpened, NotAsItWas.
        """
        with self._change(account_id, by) as (connection, now):
            if now.state is not State.OPEN:
                raise NotAsItWas
            people.set_disabled(connection, account_id, self._shared.clock())
            sessions.end_sessions_of(connection, account_id)
            recovery.forget_recovery(connection, account_id)
            self._note(connection, Action.DISABLED, account_id, note, by)
            self._tell(connection, now, letters.locked_by_us, "locked by staff")

    def unlock(self, account_id: AccountId, note: str, by: Doer) -> None:
        """Lets its owner in again: after a lock, and after too many wrong tries.

        Raises: NoSuchAccount, NotOpened.
        """
        with self._change(account_id, by) as (connection, now):
            self._shared.tries.forget_of(connection, account_id)
            if now.state is State.OPEN:
                self._note(connection, Action.TRIES_FORGOTTEN, account_id, note, by)
                return
            people.set_disabled(connection, account_id, None)
            self._note(connection, Action.ENABLED, account_id, note, by)
            self._tell(connection, now, letters.unlocked_by_us, "unlocked by staff")

    @contextmanager
    def _change(self, account_id: AccountId, by: Doer) -> Iterator[tuple[Connection, Summary]]:
        with self._shared.database.write() as connection:
            now = self._summary(connection, account_id, by, lock=True)
            if now.open_until is None:
                raise NotOpened
            yield connection, now

    def _tell(self, connection: Connection, now: Summary, letter: TellsWhen, kind: str) -> None:
        account, shared = now.found.account, self._shared
        written = letter(texts(account.language), shared.clock(), shared.links.sign_in())
        tell_owner(shared, connection, account, written, kind)

    def _note(
        self, connection: Connection, action: Action, account_id: AccountId, detail: str, by: Doer
    ) -> None:
        self._shared.audit.record(
            connection,
            action,
            actor=Actor.STAFF,
            staff_id=by.member.id,
            account_id=account_id,
            address=by.address,
            detail=detail,
        )


def _state(connection: Connection, found: FoundAccount) -> State:
    if found.disabled_at is None:
        return State.OPEN
    why = trail.find_newest(connection, found.account.id, Action.STOPPED, Action.DISABLED)
    return State.STOPPED if why and why.action is Action.STOPPED else State.LOCKED
