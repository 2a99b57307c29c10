"""Changes that the owner hears of, and the mailed link that stops what was not their doing."""

import secrets
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Connection

from app.accounts import letters
from app.accounts.passwords import hash_password
from app.accounts.records import (
    Account,
    AccountId,
    LinkGone,
    LinkToken,
    SessionToken,
    SignedIn,
    TakenBack,
    Visitor,
)
from app.accounts.shared import Shared, addressee, hashed, new_token
from app.accounts.store import contracts, people, recovery, sessions
from app.audit.records import Action, Actor
from app.messages.outbox import Addressee, Purpose
from app.messages.records import Letter
from app.messages.texts import texts

log = structlog.get_logger("selfcare")
STOP_DAYS = 7
RECOVERY = "recovery"


class Undoing:
    def __init__(self, shared: Shared) -> None:
        self._shared = shared

    def get_stop(self, token: LinkToken) -> None:
        """Raises: LinkGone."""
        with self._shared.database.read() as connection:
            if recovery.find_stop(connection, hashed(token), self._shared.clock()) is None:
                raise LinkGone

    def stop(self, token: LinkToken, visitor: Visitor) -> None:
        """Locks the account, ends its sessions, sets back what was changed, and puts out whom
        it let in meanwhile. An earlier link still works afterwards: it leads further back.

        Raises: LinkGone.
        """
        shared, now = self._shared, self._shared.clock()
        # Whoever changed something had to know the password: it must not come back. After a
        # recovery it does: that needs none.
        unusable = shared.entrance.hash(lambda: hash_password(secrets.token_urlsafe(32)))
        with shared.database.write() as connection:
            found = recovery.find_stop(connection, hashed(token), now)
            if found is None:
                raise LinkGone
            account_id, restores = found.account_id, dict(found.restores)
            if found.what != RECOVERY:
                restores["password_hash"] = unusable
            email_key = restores.get("email_key", "")
            if people.email_is_taken(connection, email_key, by_other=account_id):
                del restores["email"], restores["email_key"]  # it was free for a moment
            if "email" in restores:
                restores["email_confirmed_at"] = None
            if "phone" in restores:
                restores["confirmed_phone"] = None
            people.update_account(connection, account_id, **{**restores, "disabled_at": now})
            recovery.forget_recovery(connection, account_id)
            recovery.forget_email_changes(connection, account_id)
            recovery.forget_stops_since(connection, found)
            contracts.forget_invitations_of(connection, account_id)
            contracts.unlink_granted_since(connection, account_id, found.created_at)
            sessions.end_sessions_of(connection, account_id)
            account = people.get_account(connection, account_id)
            letter = letters.stopped(texts(account.language))
            shared.outbox.post_mail(connection, letter, addressee(account), Purpose(kind="stopped"))
            shared.audit.record(
                connection,
                Action.STOPPED,
                actor=Actor.VISITOR,
                account_id=account_id,
                address=visitor.address,
            )
        log.warning(
            "account stopped by its owner",
            account=account_id,
            do="make sure who calls, then: flask accounts enable NAME",
        )


def add_stop(
    shared: Shared,
    connection: Connection,
    account_id: AccountId,
    *,
    what: str,
    restores: dict[str, Any] | None = None,
) -> LinkToken:
    """The way to undo this. restores: what the account's columns were before; whoever undoes an
    earlier step gets back to before that one, so earlier ways learn of later changes."""
    token, now = new_token(), shared.clock()
    for earlier in recovery.list_stops(connection, account_id, now):
        recovery.set_restores(connection, earlier, {**(restores or {}), **earlier.restores})
    recovery.add_stop(
        connection,
        account_id,
        token_hash=hashed(token),
        what=what,
        restores=restores or {},
        created_at=now,
        expires_at=now + timedelta(days=STOP_DAYS),
    )
    return token


def tell_owner(
    shared: Shared, connection: Connection, account: Account, letter: Letter, kind: str
) -> None:
    """At the account's address, and at those that it had and may still go back to: if it is not
    the owner who has the account now, the owner hears of it there."""
    stops = recovery.list_stops(connection, account.id, shared.clock())
    before = [stop.restores["email"] for stop in stops if "email" in stop.restores]
    for address in dict.fromkeys([account.email, *before]):
        to = Addressee(recipient=address, language=account.language, account_id=account.id)
        shared.outbox.post_mail(connection, letter, to, Purpose(kind=kind))


def replace_password(
    shared: Shared,
    signed_in: SignedIn,
    new_hash: str,
    visitor: Visitor,
    *,
    detail: str,
    **changes: Any,
) -> SessionToken:
    """Ends every other session and open invitation, gives this session a new token, and tells
    the owner.

    Raises: SessionEnded.
    """
    account, token = signed_in.account, SessionToken(new_token())
    with shared.change(signed_in) as connection:
        before = {"password_hash": people.get_password_hash(connection, account.id)}
        people.update_account(connection, account.id, password_hash=new_hash, **changes)
        recovery.forget_recovery(connection, account.id)
        taken_back = _take_back(shared, connection, signed_in, changes.get("restricted_until"))
        sessions.end_sessions_of(connection, account.id, but=signed_in.session_id)
        sessions.renew_session(connection, signed_in.session_id, hashed(token), must_change=False)
        stop = add_stop(shared, connection, account.id, what="password", restores=before)
        letter = letters.password_changed(
            texts(account.language), shared.clock(), shared.links.not_me(stop), taken_back
        )
        tell_owner(shared, connection, account, letter, "password changed")
        shared.audit.record(
            connection,
            Action.PASSWORD_CHANGED,
            actor=Actor.CUSTOMER,
            account_id=account.id,
            address=visitor.address,
            detail=detail,
        )
    return token


def _take_back(
    shared: Shared, connection: Connection, signed_in: SignedIn, restricted_until: datetime | None
) -> TakenBack:
    """Whoever knew the old password may have asked for an address of theirs, or for friends."""
    account, now = signed_in.account, shared.clock()
    emails = recovery.forget_email_changes(connection, account.id, but_to=account.email)
    invitations = contracts.forget_invitations_of(connection, account.id)
    again_from = restricted_until or signed_in.restricted_until
    return TakenBack(
        invitations=any(ends > now for ends in invitations),
        email_change=any(ends > now for ends in emails),
        again_from=again_from if again_from and again_from > now else None,
    )
