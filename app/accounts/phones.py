"""Whose a phone is: a code that was sent to it, typed by the account's owner. Only such phones
get SMS that tell of contracts, and are answered when they ask."""

from datetime import timedelta

from sqlalchemy.exc import IntegrityError

from app.accounts import letters, rules
from app.accounts.contact import hidden_phone
from app.accounts.passwords import hash_password, verify_password
from app.accounts.records import (
    Account,
    CodeRefused,
    PhoneNotServed,
    SignedIn,
    TooManyCodes,
    Visitor,
)
from app.accounts.shared import Shared, addressee
from app.accounts.store import people, phones
from app.accounts.store.phones import PhoneCheck
from app.accounts.tries import Budget
from app.audit.records import Action, Actor
from app.messages.outbox import Addressee, Purpose
from app.messages.texts import texts
from config.notifications import PhoneSettings

MINUTES = 15
TRIES = 5
HOUR = 60


class Phones:
    def __init__(self, shared: Shared, settings: PhoneSettings) -> None:
        self._shared = shared
        self._settings = settings

    def is_served(self, phone: str) -> bool:
        """Whether SMS are sent to such numbers at all."""
        return self._shared.is_served(phone)

    def send_code(self, signed_in: SignedIn) -> None:
        """To the account's phone.

        Raises: PhoneNotServed, TooManyCodes, TooBusy, SessionEnded.
        """
        shared, account = self._shared, signed_in.account
        if not self.is_served(account.phone):
            raise PhoneNotServed
        secret = rules.one_time_code()
        with shared.entrance.enter():
            code_hash = shared.entrance.hash(lambda: hash_password(secret))
        now, check = (
            shared.clock(),
            PhoneCheck(account_id=account.id, phone=account.phone, code_hash=code_hash),
        )
        ends = now + timedelta(minutes=MINUTES)
        if not all(shared.spend(*self._budgets(account))):
            raise TooManyCodes
        with shared.change(signed_in) as connection:
            phones.put_check(connection, check, tries=TRIES, expires_at=ends)
            to = Addressee(
                recipient=account.phone, language=account.language, account_id=account.id
            )
            text = letters.phone_code_sms(texts(account.language), secret, MINUTES)
            shared.outbox.post_sms(
                connection, text, to, Purpose(kind="phone code", expires_at=ends)
            )

    def _budgets(self, account: Account) -> list[Budget]:
        """What one account, one number, and all of them together may cost."""
        day, hour = self._settings.codes_a_day, self._settings.codes_an_hour
        return [
            Budget(subject=f"phone code {account.id}", limit=day, account_id=account.id),
            Budget(subject=f"phone code to {account.phone}", limit=day),
            Budget(subject="phone codes", limit=hour, minutes=HOUR),
        ]

    def has_code(self, signed_in: SignedIn) -> bool:
        """Whether one was sent that still works."""
        with self._shared.database.read() as connection:
            found = phones.find_check(connection, signed_in.account.id, self._shared.clock())
        return found is not None and found.phone == signed_in.account.phone

    def confirm(self, signed_in: SignedIn, typed: str, visitor: Visitor) -> None:
        """An account that had confirmed the number before loses it, and is told.

        Raises: CodeRefused, TooBusy, SessionEnded.
        """
        shared, account_id = self._shared, signed_in.account.id
        with shared.entrance.enter():
            with shared.database.write() as connection:
                check = phones.spend_check(connection, account_id, shared.clock())
            if check is None:
                raise CodeRefused
            code_hash = check.code_hash
            if not shared.entrance.hash(lambda: verify_password(code_hash, typed[:20])):
                raise CodeRefused
        try:
            self._take(signed_in, check, visitor)
        except IntegrityError as error:  # somebody else confirmed it in this moment
            raise CodeRefused from error

    def _take(self, signed_in: SignedIn, check: PhoneCheck, visitor: Visitor) -> None:
        shared, account_id = self._shared, signed_in.account.id
        with shared.change(signed_in) as connection:
            if people.get_account(connection, account_id).phone != check.phone:
                raise CodeRefused  # changed meanwhile
            phones.forget_check(connection, account_id)
            had = phones.take_phone(connection, account_id, check.phone)
            if had is not None:
                before = people.get_account(connection, had)
                letter = letters.phone_gone(texts(before.language), hidden_phone(check.phone))
                purpose = Purpose(kind="phone confirmed elsewhere")
                shared.outbox.post_mail(connection, letter, addressee(before), purpose)
            shared.audit.record(
                connection,
                Action.PHONE_CONFIRMED,
                actor=Actor.CUSTOMER,
                account_id=account_id,
                address=visitor.address,
            )

    def find_owner(self, phone: str) -> Account | None:
        """Whose a number is, as `+355691234567`; nobody's until they confirmed it."""
        with self._shared.database.read() as connection:
            return phones.find_owner(connection, phone)
