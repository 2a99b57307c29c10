"""The account itself: password, addresses, preferences, its data, its end."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from app.accounts import letters, rules
from app.accounts.contact import hidden_email
from app.accounts.download import all_of
from app.accounts.passwords import hash_password, verify_password
from app.accounts.records import (
    AccountId,
    EmailTaken,
    LinkGone,
    LinkToken,
    Profile,
    SessionToken,
    SignedIn,
    TooManyMails,
    TooManyTries,
    Visitor,
    WrongPassword,
)
from app.accounts.registration import CONFIRM_HOURS
from app.accounts.shared import Shared, addressee, hashed, new_token
from app.accounts.store import contracts, people, recovery
from app.accounts.tries import Budget
from app.accounts.undoing import add_stop, replace_password, tell_owner
from app.audit.records import Action, Actor
from app.messages.outbox import Addressee, Purpose
from app.messages.texts import texts

MAILS_A_DAY = 10


class Profiles:
    def __init__(self, shared: Shared) -> None:
        self._shared = shared

    def get(self, account_id: AccountId) -> Profile:
        with self._shared.database.read() as connection:
            return people.get_profile(connection, account_id, self._shared.clock())

    def restricted_until(self, signed_in: SignedIn) -> datetime | None:
        """Until when addresses cannot be changed, for a while after a recovery."""
        return self._shared.restricted_until(signed_in)

    # Password

    def change_password(
        self,
        signed_in: SignedIn,
        *,
        current: str,
        new: str,
        user_name: str,
        visitor: Visitor,
    ) -> SessionToken:
        """All other sessions end; this one gets a new token, which is returned.

        Raises: WrongPassword, TooManyTries, TooBusy.
        """
        with self._shared.entrance.enter():
            same_name = rules.name_key(user_name) == rules.name_key(signed_in.account.user_name)
            self._check_password(signed_in, current, visitor, also=same_name)
            new_hash = self._shared.entrance.hash(lambda: hash_password(new))
        return replace_password(self._shared, signed_in, new_hash, visitor, detail="changed")

    def _check_password(
        self, signed_in: SignedIn, typed: str, visitor: Visitor, *, also: bool = True
    ) -> None:
        """also: what else must hold. Raises: WrongPassword, TooManyTries."""
        shared, account_id = self._shared, signed_in.account.id
        # A session left open on somebody else's computer is no way to guess at leisure.
        budget = shared.budget(
            f"password {account_id}",
            shared.settings.sign_in_tries_per_account,
            account_id=account_id,
        )
        with shared.database.write() as connection:
            may_try = shared.tries.spend(connection, budget, shared.clock())
            stored = people.get_password_hash(connection, account_id)
        if not may_try:
            raise TooManyTries
        if not shared.entrance.hash(lambda: verify_password(stored, typed)) or not also:
            with shared.database.write() as connection:
                self._note(connection, Action.PASSWORD_CHANGE_REFUSED, signed_in, visitor)
            raise WrongPassword
        with shared.database.write() as connection:
            shared.give_back(connection, budget)

    # Addresses

    def ask_for_email(
        self, signed_in: SignedIn, *, password: str, email: str, visitor: Visitor
    ) -> None:
        """Mails a link to the new address; it counts once that is opened.

        Raises: WrongPassword, Restricted, TooManyMails, TooManyTries, TooBusy.
        """
        self._shared.refuse_if_restricted(signed_in)
        with self._shared.entrance.enter():
            self._check_password(signed_in, password, visitor)
        self._send_confirmation(signed_in, email, visitor)

    def confirm_again(self, signed_in: SignedIn, visitor: Visitor) -> None:
        """Mails the link once more: to the new address that waits, else to the account's.

        Raises: TooManyMails.
        """
        waiting = self.get(signed_in.account.id).pending_email
        self._send_confirmation(signed_in, waiting or signed_in.account.email, visitor)

    def _send_confirmation(self, signed_in: SignedIn, email: str, visitor: Visitor) -> None:
        shared, account, now = self._shared, signed_in.account, self._shared.clock()
        token, ends = new_token(), now + timedelta(hours=CONFIRM_HOURS)
        budget = Budget(subject=f"confirm {account.id}", limit=MAILS_A_DAY)
        letter = letters.confirm_address(texts(account.language), shared.links.confirm_email(token))
        to = Addressee(recipient=email, language=account.language, account_id=account.id)
        is_new = rules.email_key(email) != rules.email_key(account.email)
        with shared.change(signed_in, restricted=is_new) as connection:
            if not shared.tries.spend(connection, budget, now):
                raise TooManyMails
            recovery.add_email_change(
                connection,
                account.id,
                token_hash=hashed(token),
                email=email,
                created_at=now,
                expires_at=ends,
            )
            purpose = Purpose(kind="confirm e-mail", expires_at=ends)
            shared.outbox.post_mail(connection, letter, to, purpose)
            self._note(connection, Action.EMAIL_CHANGE_ASKED, signed_in, visitor)

    def cancel_email(self, signed_in: SignedIn, visitor: Visitor) -> bool:
        """Takes back the change of address that waits; its link confirms nothing any more. False
        when there is none."""
        account = signed_in.account
        with self._shared.change(signed_in) as connection:
            if not recovery.forget_email_changes(connection, account.id, but_to=account.email):
                return False
            self._note(connection, Action.EMAIL_CHANGE_CANCELLED, signed_in, visitor)
        return True

    def find_new_email(self, token: LinkToken) -> str:
        """The address that this link confirms. Raises: LinkGone."""
        with self._shared.database.read() as connection:
            found = recovery.find_email_change(connection, hashed(token), self._shared.clock())
        if found is None:
            raise LinkGone
        return found[1]

    def confirm_email(self, token: LinkToken, visitor: Visitor) -> str:
        """The address that the account has from now on. The one before is told.

        Raises: LinkGone, EmailTaken.
        """
        shared, now = self._shared, self._shared.clock()
        try:
            with shared.database.write() as connection:
                found = recovery.find_email_change(connection, hashed(token), now)
                if found is None:
                    raise LinkGone
                account_id, email = found
                recovery.forget_email_changes(connection, account_id)
                account = people.get_account(connection, account_id)
                is_new = rules.email_key(email) != rules.email_key(account.email)
                if is_new:
                    self._refuse_new_email(connection, account_id, email)
                    self._tell_of_new_email(connection, account_id, email)
                people.update_account(
                    connection,
                    account_id,
                    email=email,
                    email_key=rules.email_key(email),
                    email_confirmed_at=now,
                    bounces=0,
                )
                shared.audit.record(
                    connection,
                    Action.EMAIL_CHANGED if is_new else Action.EMAIL_CONFIRMED,
                    actor=Actor.CUSTOMER,
                    account_id=account_id,
                    address=visitor.address,
                )
        except IntegrityError as error:
            raise EmailTaken from error
        return email

    def _refuse_new_email(self, connection: Connection, account_id: AccountId, email: str) -> None:
        """Raises: LinkGone, while the account is restricted; EmailTaken."""
        now, key = self._shared.clock(), rules.email_key(email)
        if people.is_restricted(connection, account_id, now):
            raise LinkGone
        if recovery.email_is_kept(connection, key, now, by_other=account_id):
            raise EmailTaken

    def _tell_of_new_email(self, connection: Connection, account_id: AccountId, email: str) -> None:
        shared, account = self._shared, people.get_account(connection, account_id)
        before = {"email": account.email, "email_key": rules.email_key(account.email)}
        stop = add_stop(shared, connection, account_id, what="email", restores=before)
        _, not_me = texts(account.language), shared.links.not_me(stop)
        letter = letters.email_changed(_, shared.clock(), hidden_email(email), not_me)
        purpose = Purpose(kind="e-mail changed")
        shared.outbox.post_mail(connection, letter, addressee(account), purpose)

    def change_phone(
        self, signed_in: SignedIn, *, password: str, phone: str, visitor: Visitor
    ) -> None:
        """phone: as `+355691234567`.

        Raises: WrongPassword, Restricted, TooManyTries, TooBusy.
        """
        shared, account = self._shared, signed_in.account
        shared.refuse_if_restricted(signed_in)
        with shared.entrance.enter():
            self._check_password(signed_in, password, visitor)
        with shared.change(signed_in, restricted=True) as connection:
            people.update_account(connection, account.id, phone=phone, confirmed_phone=None)
            before = {"phone": account.phone}
            stop = add_stop(shared, connection, account.id, what="phone", restores=before)
            _ = texts(account.language)
            letter = letters.phone_changed(_, shared.clock(), shared.links.not_me(stop))
            tell_owner(shared, connection, account, letter, "phone changed")
            self._note(connection, Action.PHONE_CHANGED, signed_in, visitor)

    # Language

    def set_language(self, account_id: AccountId, language: str) -> None:
        with self._shared.database.write() as connection:
            people.update_account(connection, account_id, language=language)

    # All of it, and its end

    def download(self, signed_in: SignedIn, *, password: str, visitor: Visitor) -> dict[str, Any]:
        """All that the portal keeps of the account, ready for JSON. With it one could ask for a
        new password, so an open session is not enough.

        Raises: WrongPassword, TooManyTries, TooBusy.
        """
        with self._shared.entrance.enter():
            self._check_password(signed_in, password, visitor)
        with self._shared.change(signed_in) as connection:
            self._note(connection, Action.DATA_DOWNLOADED, signed_in, visitor)
        return all_of(self._shared, signed_in.account)

    def close(self, signed_in: SignedIn, *, password: str, visitor: Visitor) -> None:
        """Deletes the account and all that hangs on it; the audit trail keeps its number.

        Raises: WrongPassword, Restricted, TooManyTries, TooBusy.
        """
        shared, account = self._shared, signed_in.account
        shared.refuse_if_restricted(signed_in)
        with shared.entrance.enter():
            self._check_password(signed_in, password, visitor)
        with shared.change(signed_in, restricted=True) as connection:
            shared.outbox.forget_of(connection, account.id)
            for forget in shared.when_closed:
                forget(connection, account.id)
            shared.tell_given_up(connection, list(contracts.list_labels(connection, account.id)))
            letter = letters.closed(texts(account.language))
            to = Addressee(recipient=account.email, language=account.language)
            shared.outbox.post_mail(connection, letter, to, Purpose(kind="closed"))
            contracts.unlink_all_granted_by(connection, account.id)
            people.delete_account(connection, account.id)
            self._note(connection, Action.CLOSED, signed_in, visitor)

    def _note(
        self, connection: Connection, action: Action, signed_in: SignedIn, visitor: Visitor
    ) -> None:
        self._shared.audit.record(
            connection,
            action,
            actor=Actor.CUSTOMER,
            account_id=signed_in.account.id,
            address=visitor.address,
        )
