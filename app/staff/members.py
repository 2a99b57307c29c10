"""What operators do with the utility's people: by command alone, never on a page."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from app.accounts.passwords import hash_password
from app.audit.records import Action, Actor, Event
from app.sealing import CannotUnseal
from app.staff import rules, store
from app.staff.records import (
    FirstSignIn,
    ListedMember,
    Member,
    MemberId,
    NameTaken,
    NoSuchMember,
    NotAName,
    OpenSession,
    Role,
)
from app.staff.shared import Factors, StaffShared


class StaffMembers:
    def __init__(self, shared: StaffShared) -> None:
        self._shared = shared
        self._factors = Factors(shared.settings)

    def create(self, name: str, role: Role, *, full_name: str = "") -> FirstSignIn:
        """Raises: NameTaken, NotAName."""
        password, secret = rules.first_password(), rules.new_secret()
        proofs = self._proofs(name, password, secret, is_first=True)
        member = self._add(name, role, full_name, proofs)
        return self._first_sign_in(member, password, secret, proofs)

    def add(self, name: str, role: Role, *, password: str, secret: str) -> Member:
        """With a password and a second factor that are known already, as the demo's are.

        Raises: NameTaken, NotAName.
        """
        return self._add(name, role, "", self._proofs(name, password, secret, is_first=False))

    def _add(self, name: str, role: Role, full_name: str, proofs: dict[str, Any]) -> Member:
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
            with self._shared.database.write() as connection:
                member_id = store.add_member(connection, values)
                self._note(connection, Action.STAFF_CREATED, member_id, role.value)
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

    def list_all(self) -> list[ListedMember]:
        """By name."""
        with self._shared.database.read() as connection:
            return store.list_members(
                connection,
                created_after=self._shared.oldest_session(),
                seen_after=self._shared.longest_idle(),
            )

    def list_sessions(self) -> list[OpenSession]:
        """Everybody's, the last seen first."""
        with self._shared.database.read() as connection:
            return store.list_sessions(
                connection,
                created_after=self._shared.oldest_session(),
                seen_after=self._shared.longest_idle(),
            )

    def list_events(self, member: Member, *, limit: int) -> list[Event]:
        return self._shared.audit.list_newest(staff_id=member.id, limit=limit)

    def reset(self, member: Member) -> FirstSignIn:
        """A new first password and a new second factor; all sessions end."""
        password, secret = rules.first_password(), rules.new_secret()
        proofs = self._proofs(member.name, password, secret, is_first=True)
        with self._shared.database.write() as connection:
            store.update_member(connection, member.id, last_step=0, **proofs)
            store.end_sessions_of(connection, member.id)
            self._note(connection, Action.STAFF_RESET, member.id)
        return self._first_sign_in(member, password, secret, proofs)

    def disable(self, member: Member) -> None:
        """Ends all sessions too."""
        with self._shared.database.write() as connection:
            store.update_member(connection, member.id, disabled_at=self._shared.clock())
            store.end_sessions_of(connection, member.id)
            self._note(connection, Action.DISABLED, member.id)

    def enable(self, member: Member) -> None:
        with self._shared.database.write() as connection:
            store.update_member(connection, member.id, disabled_at=None)
            self._note(connection, Action.ENABLED, member.id)

    def set_role(self, member: Member, role: Role) -> None:
        """In force from the next page on."""
        with self._shared.database.write() as connection:
            store.update_member(connection, member.id, role=role.value)
            detail = f"{member.role} to {role}"
            self._note(connection, Action.STAFF_ROLE_CHANGED, member.id, detail)

    def sign_out(self, member: Member) -> int:
        """Ends all sessions; returns how many there were."""
        with self._shared.database.write() as connection:
            ended = store.end_sessions_of(connection, member.id)
            self._note(connection, Action.SESSIONS_ENDED, member.id, f"{ended} sessions")
            return ended

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
        self, connection: Connection, action: Action, member_id: MemberId, detail: str = ""
    ) -> None:
        self._shared.record(connection, action, member_id, actor=Actor.OPERATOR, detail=detail)
