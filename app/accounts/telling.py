"""Tells an account what it has switched on, where it is sure whose address that is."""

from collections.abc import Callable
from dataclasses import replace

from sqlalchemy import Connection

from app.accounts.preferences import Preferences, preference
from app.accounts.records import AccountId
from app.accounts.shared import Shared, addressee
from app.accounts.store import people
from app.messages import brief
from app.messages.outbox import Addressee, Purpose
from app.messages.records import Letter
from app.messages.texts import texts

Translate = Callable[[str], str]


class Telling:
    def __init__(self, shared: Shared, preferences: Preferences, *, short_code: str = "") -> None:
        """short_code: what customers text STOP to; "" where they cannot."""
        self._shared = shared
        self._preferences = preferences
        self._short_code = short_code

    def mail(
        self,
        connection: Connection,
        account_id: AccountId,
        what: str,
        write: Callable[[Translate, str], Letter],
        purpose: Purpose,
    ) -> None:
        """At the account's confirmed address, in the caller's transaction. what: `receipt`, or
        one of NOTIFICATIONS; write: the letter in a language."""
        name = preference(what, "email")
        profile = people.get_profile(connection, account_id, self._shared.clock())
        if name not in profile.preferences or profile.email_confirmed_at is None:
            return
        to = addressee(people.get_account(connection, account_id))
        letter = write(texts(to.language), to.language)
        switch_off = self._preferences.make_link(connection, account_id, name)
        self._shared.outbox.post_mail(
            connection,
            replace(letter, switch_off=switch_off),
            to,
            replace(purpose, preference=name),
        )

    def mail_asked_for(
        self,
        connection: Connection,
        account_id: AccountId,
        write: Callable[[Translate, str], Letter],
        purpose: Purpose,
    ) -> None:
        """What the account has asked for just now needs no preference, only an address that is
        confirmed."""
        if people.get_profile(connection, account_id, self._shared.clock()).email_confirmed_at:
            to = addressee(people.get_account(connection, account_id))
            letter = write(texts(to.language), to.language)
            self._shared.outbox.post_mail(connection, letter, to, purpose)

    def sms(
        self,
        connection: Connection,
        account_id: AccountId,
        what: str,
        write: Callable[[Translate], str],
        purpose: Purpose,
    ) -> None:
        """The same at its confirmed phone, with the way to end it where one SMS holds both."""
        profile = people.get_profile(connection, account_id, self._shared.clock())
        name = preference(what, "sms")
        if name not in profile.preferences or not profile.phone_is_confirmed:
            return
        account = people.get_account(connection, account_id)
        language = account.language
        to = Addressee(recipient=account.phone, language=language, account_id=account_id)
        _ = texts(language)
        core, way_out = write(_), self._way_out(connection, account_id, name, _)
        text = brief.fitting((core, way_out), (core,))
        own = replace(purpose, preference=name)
        self._shared.outbox.post_sms(connection, text, to, own)

    def _way_out(
        self, connection: Connection, account_id: AccountId, name: str, translate: Translate
    ) -> str:
        link = ""
        if not self._short_code:
            link = self._preferences.make_link(connection, account_id, name)
        return end_by(translate, self._short_code, link)


def end_by(_: Translate, short_code: str, link: str) -> str:
    """How an SMS says that it can be ended; link: where no short code is."""
    if short_code:
        return _("Stop: text STOP to %(number)s") % {"number": short_code}
    return _("Stop: %(address)s") % {"address": link}
