"""From news to messages: words, links, and where they go."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cache

from sqlalchemy import Connection

from app.accounts.preferences import Preferences, preference
from app.accounts.records import Right, SwitchOff
from app.accounts.telling import end_by
from app.formats import Formats
from app.messages import brief
from app.messages.outbox import Addressee, Post, Purpose
from app.messages.records import Channel, Letter
from app.messages.texts import texts
from app.notifications import letters, short
from app.notifications.addresses import NotificationAddresses
from app.notifications.records import CHANNELS, News, What
from app.payments.links import PayLinks

CHANNEL_NAMES = {channel: name for name, channel in CHANNELS.items()}
# So long after it was written an SMS says nothing any more; a mail does.
SMS_DAYS = 3
PAYABLE = (What.INVOICE, What.REMINDER)


@dataclass(frozen=True, kw_only=True, slots=True)
class Links:
    """Of one message. pay: "" where nothing can be paid by a link."""

    pay: str
    switch_off: str


class Composer:
    def __init__(
        self,
        *,
        preferences: Preferences,
        pay_links: PayLinks,
        is_paying_on: Callable[[], bool],
        addresses: NotificationAddresses,
        short_code: str,
    ) -> None:
        """short_code: what customers text STOP to; "" where they cannot."""
        self._preferences = preferences
        self._pay_links = pay_links
        self._is_paying_on = is_paying_on
        self._addresses = addresses
        self._short_code = short_code

    def compose(
        self, connection: Connection, told: Sequence[News], *, now: datetime, today: date
    ) -> list[Post]:
        """Their links are made in the caller's transaction, all at once."""
        links = self._make_links(connection, told)
        return [
            self._post(news, own, now=now, today=today)
            for news, own in zip(told, links, strict=True)
        ]

    def _make_links(self, connection: Connection, told: Sequence[News]) -> list[Links]:
        payable = [news for news in told if self._can_be_paid(news)]
        pays = self._pay_links.make_many(
            connection, [(news.reader.contract_code, news.reader.account_id) for news in payable]
        )
        by_news = {id(news): address for news, address in zip(payable, pays, strict=True)}
        ends = [
            SwitchOff(
                account_id=news.reader.account_id,
                contract_code=news.reader.contract_code,
                preference=preference(news.what, CHANNEL_NAMES[news.channel]),
            )
            for news in told
        ]
        offs = self._preferences.make_links(connection, ends)
        return [
            Links(pay=by_news.get(id(news), ""), switch_off=off)
            for news, off in zip(told, offs, strict=True)
        ]

    def _can_be_paid(self, news: News) -> bool:
        is_owed = news.is_owed or bool(news.reminded)
        may = news.reader.right.includes(Right.PAY)
        return news.what in PAYABLE and is_owed and may and self._is_paying_on()

    def _post(self, news: News, links: Links, *, now: datetime, today: date) -> Post:
        reader = news.reader
        to = Addressee(
            recipient=reader.addresses[news.channel],
            language=reader.language,
            account_id=reader.account_id,
        )
        purpose = Purpose(
            kind=_kind(news),
            is_bulk=True,
            contract_code=reader.contract_code,
            preference=preference(news.what, CHANNEL_NAMES[news.channel]),
        )
        if news.channel is Channel.MAIL:
            letter = replace(self._letter(news, links, today), switch_off=links.switch_off)
            return Post(content=letter, to=to, purpose=purpose)
        ends = now + timedelta(days=SMS_DAYS)
        text = self._sms(news, links, today)
        return Post(content=text, to=to, purpose=replace(purpose, expires_at=ends))

    def _letter(self, news: News, links: Links, today: date) -> Letter:
        reader, code = news.reader, news.reader.contract_code
        _, formats = texts(reader.language), formats_of(reader.language)
        pay = links.pay or self._addresses.pay(code)
        history = self._addresses.history(code)
        if news.invoice is not None:
            where = pay if news.is_owed else history
            return letters.invoice(_, formats, news, news.invoice, where)
        if news.payments:
            return letters.payment(_, formats, code, news.payments, history)
        return letters.reminder(_, formats, news, today=today, link=pay)

    def _sms(self, news: News, links: Links, today: date) -> str:
        code = news.reader.contract_code
        _, formats = texts(news.reader.language), formats_of(news.reader.language)
        if news.invoice is not None:
            core = short.invoice(_, formats, code, news.invoice, is_owed=news.is_owed)
        elif news.payments:
            core = short.payment(_, formats, code, news.payments)
        else:
            core = short.reminder(_, formats, news, today=today)
        way_out = end_by(_, self._short_code, links.switch_off)
        pay = _("Pay: %(address)s") % {"address": links.pay} if links.pay else ""
        return brief.fitting((core, pay, way_out), (core, way_out), (core,))


def _kind(news: News) -> str:
    return {
        What.INVOICE: "e-bill" if news.channel is Channel.MAIL else "new invoice",
        What.REMINDER: "reminder",
        What.PAYMENT: "payment arrived",
    }[news.what]


@cache
def formats_of(language: str) -> Formats:
    return Formats(language)
