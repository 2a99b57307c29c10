"""What is done with the utility's people: by operators at the machine, who may do everything, and
by administrators on a page, who prove their second factor before and never act on themselves."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from app.accounts.passwords import hash_password
from app.audit.records import Action, Actor, Event
from app.sealing import CannotUnseal
from app.staff import rules, store
from app.staff.records import (
    Doer,
    FirstSignIn,
    ListedMember,
    Member,
    MemberId,
    NameTaken,
    NoSuchMember,
    NotAdministrator,
    NotAName,
    NotOneself,
    OpenSession,
    Role,
)
from app.staff.shared import Factors, StaffShared


class StaffMembers:
    """by: the administrator who does it; None for an operator at the machine. With one, each
    change also raises NotAdministrator, and NotOneself where it is about them."""

    def __init__(self, shared: StaffShared) -> None:
        self._shared = shared
        self._factors = Factors(shared.settings)

    def create(
        self, name: str, role: Role, *, full_name: str = "", by: Doer | None = None
    ) -> FirstSignIn:
        """Raises: NameTaken, NotAName."""
        password, secret = rules.first_password(), rules.new_secret()
        proofs = self._proofs(name, password, secret, is_first=True)
        member = self._add(name, role, full_name, proofs, by=by)
        return self._first_sign_in(member, password, secret, proofs)

    def add(self, name: str, role: Role, *, password: str, secret: str) -> Member:
        """With a password and a second factor that are known already, as the demo's are.

        Raises: NameTaken, NotAName.
        """
        return self._add(name, role, "", self._proofs(name, password, secret, is_first=False))

    def _add(
        self,
        name: str,
        role: Role,
        full_name: str,
        proofs: dict[str, Any],
        *,
        by: Doer | None = None,
    ) -> Member:
        kept, full_name = rules.normal_name(name), " ".join(full_name.split())
        if kept is None or len(full_name) > rules.LONGEST_FULL_NAME:
            raise NotAName(
                f"{name!r} cannot be a name: 2 to {rules.LONGEST_NAME} letters and digits, with"
                " points, dashes and underscores between them; the full name at most"
                f" {rules.LONGEST_FULL_NAME} characters."
            )
        values = {
            "name": kept,
            "name_key": rules.name_key(kept),
            "full_name": full_name,
            "role": role.value,
            "last_step": 0,
            "created_at": self._shared.clock(),
            **proofs,
        }
        try:
            with self._change(by) as connection:
                member_id = store.add_member(connection, values)
                self._note(connection, Action.STAFF_CREATED, member_id, by, role.value)
        except IntegrityError as error:
            raise NameTaken(f"There is a staff member {kept!r} already.") from error
        return Member(id=member_id, name=kept, full_name=full_name, role=role)

    def _proofs(self, name: str, password: str, secret: str, *, is_first: bool) -> dict[str, Any]:
        hours = timedelta(hours=self._shared.settings.first_password_hours)
        return {
            "password_hash": hash_password(password),
            "password_until": self._shared.clock() + hours if is_first else None,
            "sealed_secret": self._factors.seal(rules.name_key(name), secret),
        }

    def _first_sign_in(
        self, member: Member, password: str, secret: str, proofs: dict[str, Any]
    ) -> FirstSignIn:
        return FirstSignIn(
            member=member,
            password=password,
            password_until=proofs["password_until"],
            secret=secret,
            factor_address=rules.factor_address(secret, member.name, self._shared.issuer),
        )

    def get(self, name: str) -> Member:
        """Disabled or not. Raises: NoSuchMember."""
        with self._shared.database.read() as connection:
            found = store.find_member(connection, rules.name_key(name))
        if found is None:
            raise NoSuchMember(f"No staff member is called {name!r}.")
        return found

    def get_listed(self, member_id: MemberId) -> ListedMember:
        """Disabled or not. Raises: NoSuchMember."""
        found = self._list(only=member_id)
        if not found:
            raise NoSuchMember(f"There is no staff member {member_id}.")
        return found[0]

    def names(self) -> dict[MemberId, str]:
        """Of all, disabled ones too."""
        with self._shared.database.read() as connection:
            return store.list_names(connection)

    def list_all(self) -> list[ListedMember]:
        """By name."""
        return self._list()

    def _list(self, *, only: MemberId | None = None) -> list[ListedMember]:
        with self._shared.database.read() as connection:
            return store.list_members(
                connection,
                created_after=self._shared.oldest_session(),
                seen_after=self._shared.longest_idle(),
                only=only,
            )

    def list_sessions(self, only: MemberId | None = None) -> list[OpenSession]:
        """Everybody's or one member's, the last seen first."""
        with self._shared.database.read() as connection:
            return store.list_sessions(
                connection,
                created_after=self._shared.oldest_session(),
                seen_after=self._shared.longest_idle(),
                only=only,
            )

    def list_events(self, member: Member, *, limit: int) -> list[Event]:
        return self._shared.audit.list_newest(staff_id=member.id, limit=limit)

    def reset(self, member: Member, *, by: Doer | None = None) -> FirstSignIn:
        """A new first password and a new second factor; all sessions end."""
        password, secret = rules.first_password(), rules.new_secret()
        proofs = self._proofs(member.name, password, secret, is_first=True)
        with self._change(by, member) as connection:
            store.update_member(connection, member.id, last_step=0, **proofs)
            store.end_sessions_of(connection, member.id)
            self._note(connection, Action.STAFF_RESET, member.id, by)
        return self._first_sign_in(member, password, secret, proofs)

    def disable(self, member: Member, *, by: Doer | None = None) -> None:
        """Ends all sessions too."""
        with self._change(by, member) as connection:
            store.update_member(connection, member.id, disabled_at=self._shared.clock())
            store.end_sessions_of(connection, member.id)
            self._note(connection, Action.DISABLED, member.id, by)

    def enable(self, member: Member, *, by: Doer | None = None) -> None:
        with self._change(by, member) as connection:
            store.update_member(connection, member.id, disabled_at=None)
            self._note(connection, Action.ENABLED, member.id, by)

    def set_role(self, member: Member, role: Role, *, by: Doer | None = None) -> None:
        """In force from the next page on."""
        with self._change(by, member) as connection:
            store.update_member(connection, member.id, role=role.value)
            detail = f"{member.role} to {role}"
            self._note(connection, Action.STAFF_ROLE_CHANGED, member.id, by, detail)

    def sign_out(self, member: Member, *, by: Doer | None = None) -> int:
        """Ends all sessions; returns how many there were."""
        with self._change(by, member) as connection:
            ended = store.end_sessions_of(connection, member.id)
            self._note(connection, Action.SESSIONS_ENDED, member.id, by, f"{ended} sessions")
            return ended

    @contextmanager
    def _change(self, by: Doer | None, member: Member | None = None) -> Iterator[Connection]:
        """Whoever acts is an enabled administrator throughout it, and not whom it is about: so
        one always stays."""
        if by and member and by.member.id == member.id:
            raise NotOneself
        with self._shared.database.write() as connection:
            if by and by.member.id not in store.hold_administrators(connection):
                raise NotAdministrator
            yield connection

    # For the demo, whose second factors are published

    def used_steps(self, secrets: Mapping[str, str]) -> dict[str, int]:
        """name -> the newest step for which a code was used, of those members who have exactly
        this second factor. secrets: name -> second factor."""
        with self._shared.database.read() as connection:
            found = store.find_factors(connection, [rules.name_key(name) for name in secrets])
        return {
            name: found[key][1]
            for name, secret in secrets.items()
            if (key := rules.name_key(name)) in found and self._is(key, found[key][0], secret)
        }

    def _is(self, key: str, sealed: bytes, secret: str) -> bool:
        try:
            return self._factors.open(key, sealed) == secret
        except CannotUnseal:
            return False

    def _note(
        self,
        connection: Connection,
        action: Action,
        member_id: MemberId,
        by: Doer | None,
        detail: str = "",
    ) -> None:
        record = self._shared.record
        if by is None:
            record(connection, action, member_id, actor=Actor.OPERATOR, detail=detail)
            return
        whom, address = by.member.id, by.address
        record(connection, action, whom, about=member_id, address=address, detail=detail)
