"""The forgotten password.

Nobody of the utility's staff can be reached here: these are customers' accounts only.
"""

from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from app.accounts import letters, rules
from app.accounts.entrance import EVEN_SECONDS, evenly
from app.accounts.passwords import hash_password
from app.accounts.records import (
    Account,
    LinkToken,
    Lost,
    RecoveryRefused,
    SessionToken,
    SignedIn,
    Visitor,
)
from app.accounts.shared import Shared, addressee
from app.accounts.store import people, recovery
from app.accounts.store.tables import account as account_table
from app.accounts.tries import Budget
from app.accounts.undoing import RECOVERY, add_stop, replace_password
from app.audit.records import Action, Actor
from app.messages.outbox import Addressee, Purpose
from app.messages.texts import texts

log = structlog.get_logger("selfcare")
SITES_SHARE = 5


class Recovery:
    def __init__(self, shared: Shared) -> None:
        self._shared = shared

    def start(self, lost: Lost, visitor: Visitor) -> str | None:
        """The temporary password, where it is to be shown; None where it is sent, if the data
        are right: nobody is told whether they are.

        Raises: RecoveryRefused, only where it would be shown; TooBusy.
        """
        shared, settings = self._shared, self._shared.settings
        with evenly(EVEN_SECONDS), shared.entrance.enter():
            allowed = shared.spend(*self._budgets(lost, visitor))
            account = self._find(lost)
            password = rules.temporary_password()
            password_hash = shared.entrance.hash(lambda: hash_password(password))
            is_given = account is not None and all(allowed)
            if is_given and account is not None:
                is_given = self._give(account, password, password_hash, visitor)
            if not is_given:
                self._note_refusal(account, visitor)
        if settings.recovery_delivery != "screen":
            return None
        if not is_given:
            raise RecoveryRefused
        return password

    def delivery_to(self, phone: str) -> str:
        """Where the password appears: by mail instead of an SMS to a number that none is sent
        to. It hangs on the number alone, so it tells nothing of accounts."""
        chosen = self._shared.settings.recovery_delivery
        return "email" if chosen == "sms" and not self._shared.is_served(phone) else chosen

    def _budgets(self, lost: Lost, visitor: Visitor) -> list[Budget]:
        """By what was typed and where: a stranger elsewhere does not use up the owner's."""
        shared, settings = self._shared, self._shared.settings
        where, site = rules.network_of(visitor.address), rules.site_of(visitor.address)
        limit = settings.recovery_tries_per_network
        return [
            shared.budget(f"recover network {where}", limit),
            shared.budget(f"recover site {site}", limit * SITES_SHARE),
            *(
                shared.budget(f"recover {part} {where}", settings.recovery_tries_per_account)
                for part in (
                    f"name {rules.name_key(lost.user_name)}",
                    f"email {rules.email_key(lost.email)}",
                    f"phone {lost.phone}",
                )
            ),
        ]

    def _find(self, lost: Lost) -> Account | None:
        with self._shared.database.read() as connection:
            found = people.find_credentials(
                connection,
                account_table.c.email_key,
                rules.email_key(lost.email),
                self._shared.clock(),
            )
        if found is None:
            return None
        account = found.account
        same_name = rules.name_key(account.user_name) == rules.name_key(lost.user_name)
        same_phone = account.phone == lost.phone
        return account if same_name and same_phone else None

    def _give(self, account: Account, password: str, password_hash: str, visitor: Visitor) -> bool:
        shared, now = self._shared, self._shared.clock()
        ends = now + timedelta(minutes=shared.settings.recovery_minutes)
        a_day = Budget(
            subject=f"recovered {account.id}",
            limit=shared.settings.recoveries_per_day,
            account_id=account.id,
        )
        with shared.database.write() as connection:
            if not shared.tries.spend(connection, a_day, now):
                return False
            recovery.keep_recovery(
                connection, account.id, password_hash=password_hash, created_at=now, expires_at=ends
            )
            stop = add_stop(shared, connection, account.id, what=RECOVERY)
            self._send(connection, account, password, stop, ends)
            shared.audit.record(
                connection,
                Action.RECOVERY_STARTED,
                actor=Actor.VISITOR,
                account_id=account.id,
                address=visitor.address,
                detail=self.delivery_to(account.phone),
            )
        return True

    def _send(
        self,
        connection: Connection,
        account: Account,
        password: str,
        stop: LinkToken,
        ends: datetime,
    ) -> None:
        """The password by the channel chosen; in any case word to the registered address."""
        shared, settings, _ = self._shared, self._shared.settings, texts(account.language)
        delivery = self.delivery_to(account.phone)
        minutes, not_me = settings.recovery_minutes, shared.links.not_me(stop)
        letter = letters.recovery_noticed(_, shared.clock(), not_me)
        purpose = Purpose(kind="recovery noticed")
        if delivery == "email":
            sign_in = shared.links.sign_in()
            letter = letters.recovery_password(_, password, minutes, sign_in, not_me)
            purpose = Purpose(kind="recovery password", expires_at=ends)
        if delivery == "sms":
            to = Addressee(
                recipient=account.phone, language=account.language, account_id=account.id
            )
            text = letters.recovery_sms(_, password, minutes)
            sms = Purpose(kind="recovery password", expires_at=ends)
            shared.outbox.post_sms(connection, text, to, sms)
        shared.outbox.post_mail(connection, letter, addressee(account), purpose)

    def _note_refusal(self, account: Account | None, visitor: Visitor) -> None:
        with self._shared.database.write() as connection:
            self._shared.audit.record(
                connection,
                Action.RECOVERY_REFUSED,
                actor=Actor.VISITOR,
                account_id=account.id if account else None,
                address=visitor.address,
            )

    # The new password

    def finish(self, signed_in: SignedIn, new_password: str, visitor: Visitor) -> SessionToken:
        """After signing in with a temporary password: the account's own, the end of all other
        sessions, and a while of caution. Returns the session's new token."""
        shared, now = self._shared, self._shared.clock()
        until = now + timedelta(hours=shared.settings.recovery_restricted_hours)
        new_hash = shared.entrance.hash(lambda: hash_password(new_password))
        return replace_password(
            shared, signed_in, new_hash, visitor, detail=RECOVERY, restricted_until=until
        )
