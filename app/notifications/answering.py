"""Answers what is asked by SMS and USSD.

A number is its account's alone if its owner has typed a code from it. Whoever sends in another's
name learns nothing: the answer goes to that number.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256

from app.accounts.ownership import Ownership
from app.accounts.phones import Phones
from app.accounts.preferences import BY_SMS, Preferences
from app.accounts.tries import Budget, Tries
from app.audit.records import Actor
from app.database.clearing import delete_all
from app.database.engine import Database
from app.messages import brief
from app.messages.texts import DEFAULT, texts
from app.notifications import asking, menu
from app.notifications.addresses import NotificationAddresses
from app.notifications.asking import Asked, Question
from app.notifications.composing import formats_of
from app.notifications.figures import Asker, Figures, Translate
from app.notifications.store import questions
from app.notifications.store.tables import phone_question
from config.notifications import PhoneSettings
from legacy_adapters.errors import BillingError

REMEMBERED = timedelta(days=2)  # which messages were answered already
HOUR = 60
STRANGER_ANSWERS = 2  # a day to a number that nobody has confirmed


class Answering:
    def __init__(
        self,
        *,
        database: Database,
        settings: PhoneSettings,
        phones: Phones,
        preferences: Preferences,
        ownership: Ownership,
        figures: Figures,
        addresses: NotificationAddresses,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._settings = settings
        self._phones = phones
        self._preferences = preferences
        self._ownership = ownership
        self._figures = figures
        self._addresses = addresses
        self._clock = clock
        self._tries = Tries()

    # SMS

    def answer_sms(self, number: str, text: str, *, message_id: str) -> str:
        """number: as `+355691234567`; message_id: the gateway's, "" where it has none. A message
        that comes a second time gets its answer again and counts once. "": no answer."""
        if not self._phones.is_served(number):
            return ""  # nobody makes us pay for SMS to dear numbers
        asker, asked = self._find_asker(number), asking.read(text)
        if asker is not None and asked.question is Question.STOP:
            self._stop(asker)  # however often this number has asked today
        if not self._may_ask(number, message_id, is_known=asker is not None):
            return ""
        if asker is None:
            return self._to_stranger()
        try:
            return brief.cut(self._answer(asker, asked))
        except BillingError:
            return brief.cut(_away(asker.translate))

    def _stop(self, asker: Asker) -> None:
        with self._database.write() as connection:
            self._preferences.switch_off(connection, asker.account.id, BY_SMS, actor=Actor.CUSTOMER)

    def _answer(self, asker: Asker, asked: Asked) -> str:
        _ = asker.translate
        if asked.question is Question.STOP:
            return _("We send no more SMS. Switch them on again at %(address)s") % {
                "address": self._addresses.start
            }
        if asked.question is Question.HELP:
            return _(
                "0: what you owe. 1: your consumption. One contract: 0 AL0000000. STOP: no SMS."
            )
        if asked.code is not None and asked.code not in asker.codes:
            return _("%(code)s is not in your account.") % {"code": asked.code}
        codes = (asked.code,) if asked.code else asker.codes
        if asked.question is Question.OWED:
            return self._figures.owed(asker, codes)
        return self._figures.consumption(asker, codes)

    def _to_stranger(self) -> str:
        _ = texts(DEFAULT)
        told = _("This number is not confirmed yet. Sign in at %(address)s and confirm it there.")
        return brief.cut(told % {"address": self._addresses.start})

    # USSD

    def answer_ussd(self, number: str, text: str) -> str:
        """The whole answer: what was typed so far stands in the text, as `1*2`, so that nothing
        has to be remembered between two of them."""
        asker = self._find_asker(number)
        steps = [step.strip() for step in text.split("*")] if text.strip() else []
        if not steps and not self._may_ask(number, "", is_known=asker is not None):
            _ = texts(DEFAULT)
            return menu.ended(_("Too many questions today. Try again tomorrow."))
        if asker is None:
            return menu.ended(self._to_stranger())
        try:
            return menu.screen(self._figures, asker, steps)
        except BillingError:
            return menu.ended(_away(asker.translate))

    # Who asks

    def _find_asker(self, number: str) -> Asker | None:
        account = self._phones.find_owner(number)
        if account is None:
            return None
        links = self._ownership.list_links(account.id)
        return Asker(
            account=account,
            translate=texts(account.language),
            formats=formats_of(account.language),
            codes=tuple(link.contract_code for link in links),
        )

    def _may_ask(self, number: str, message_id: str, *, is_known: bool) -> bool:
        """Each answer costs an SMS: so many a day for one number, and for strangers in all."""
        now, settings = self._clock(), self._settings
        with self._database.write() as connection:
            if message_id and not questions.add_new(connection, _hashed(number, message_id), now):
                return True  # the gateway has not heard our answer
            a_day = settings.answers_a_day if is_known else STRANGER_ANSWERS
            budgets = [Budget(subject=f"phone asks {number}", limit=a_day)]
            if not is_known:
                hourly = settings.strangers_an_hour
                budgets.append(Budget(subject="strangers ask", limit=hourly, minutes=HOUR))
            return all(self._tries.spend(connection, budget, now) for budget in budgets)

    def forget_old(self) -> None:
        before = self._clock() - REMEMBERED
        delete_all(self._database, phone_question, phone_question.c.at < before)


def _away(_: Translate) -> str:
    return _("We cannot look into our billing right now. Please try again later.")


def _hashed(number: str, message_id: str) -> str:
    return sha256(f"{number} {message_id}".encode()).hexdigest()
