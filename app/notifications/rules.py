"""What is worth telling when: no database, no web."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from hashlib import sha256
from typing import TypeVar

from app.notifications.records import CHANNELS, Key, News, Reader, What
from legacy_adapters.records import (
    NO_MONEY,
    ContractCode,
    InvoiceNumber,
    IssuedInvoice,
    OpenInvoice,
    Payment,
    PostedPayment,
)

T = TypeVar("T", IssuedInvoice, PostedPayment)
LATE_AT_MOST = 7  # days that a reminder may come late, when nothing ran on its day
LONGEST_SUBJECT = 60


def is_quiet(now: time, *, start: time, end: time) -> bool:
    """Between them, over midnight too; never, where they are the same."""
    if start <= end:
        return start <= now < end
    return now >= start or now < end


def since_of(preferences: Mapping[str, str], own: Mapping[str, str] | None) -> dict[str, date]:
    """What an account wants to hear of one contract: its own choice, or that of all. What is no
    day is left out."""
    chosen = preferences if own is None else own
    return {name: day for name, text in chosen.items() if (day := _day(text)) is not None}


@lru_cache(2_000)
def _day(text: str) -> date | None:
    """Kept, because many choose on the same days."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def stage_of(
    due_on: date, today: date, *, before: Sequence[int], after: Sequence[int]
) -> int | None:
    """Which reminder is due: days from the last day to pay, below 0 before it. The latest whose
    day has come, unless it is long past; none before that day has anything to say after it."""
    stages = [-days for days in before if today <= due_on] + list(after)
    come = [days for days in stages if due_on + timedelta(days=days) <= today]
    newest = max(come, default=None)
    if newest is None or due_on + timedelta(days=newest + LATE_AT_MOST) < today:
        return None
    return newest


def key_of(number: InvoiceNumber) -> str:
    """An invoice as a subject: its number, or what stands for a very long one."""
    return number if len(number) <= LONGEST_SUBJECT else sha256(number.encode()).hexdigest()[:40]


def wants(reader: Reader, what: What) -> Iterator[tuple[str, date]]:
    """By which channels (as the preferences spell them), and since which day, an account that
    can be reached there wants to hear of it."""
    for name, channel in CHANNELS.items():
        since = reader.since.get(f"{what}_by_{name}")
        if since is not None and channel in reader.addresses:
            yield name, since


def news_of_invoices(reader: Reader, issued: Iterable[IssuedInvoice]) -> Iterator[News]:
    for one in issued:
        invoice = one.invoice
        for name, since in wants(reader, What.INVOICE):
            if invoice.issued_on is None or invoice.issued_on < since:
                continue
            yield News(
                reader=reader,
                what=What.INVOICE,
                channel=CHANNELS[name],
                keys=(_key(reader, What.INVOICE, name, key_of(invoice.number)),),
                invoice=invoice,
                is_owed=one.outstanding > 0,
            )


def news_of_debts(
    reader: Reader,
    owed: Sequence[OpenInvoice],
    *,
    today: date,
    before: Sequence[int],
    after: Sequence[int],
) -> Iterator[News]:
    """One reminder for all invoices of the contract that are to be reminded of today; none where
    credits are as much as what is open."""
    if sum(invoice.outstanding for invoice in owed) <= 0:
        return
    staged = [
        (invoice, stage)
        for invoice in owed
        if invoice.is_to_pay
        and invoice.due_on is not None
        and (stage := stage_of(invoice.due_on, today, before=before, after=after)) is not None
    ]
    for name, _since in wants(reader, What.REMINDER) if staged else ():
        yield News(
            reader=reader,
            what=What.REMINDER,
            channel=CHANNELS[name],
            keys=tuple(
                _key(reader, What.REMINDER, name, f"{key_of(invoice.number)} {stage:+d}")
                for invoice, stage in staged
            ),
            reminded=tuple(invoice for invoice, _stage in staged),
            owed=sum((one.outstanding for one in owed if one.is_to_pay), NO_MONEY),
        )


def news_of_payments(
    reader: Reader, posted: Iterable[PostedPayment], *, own_source: str
) -> Iterator[News]:
    """One message for all of one day that were made in one way: a payment by card for three
    invoices comes out of billing as three. Billing gives payments no number: equal ones of one day
    are told apart by their place. own_source: where billing says that a payment came from which
    was made here, if this account has made one: who gets receipts by mail has heard of it."""
    seen: Counter[str] = Counter()
    together: dict[tuple[date | None, str, str], list[tuple[Payment, str]]] = {}
    for one in posted:
        payment = one.payment
        subject = _subject_of(payment)
        seen[subject] += 1
        if payment.amount > 0:
            made = (payment.paid_on, payment.method, payment.source)
            together.setdefault(made, []).append((payment, f"{subject} {seen[subject]}"))
    for (paid_on, _method, source), told in together.items():
        for name, since in wants(reader, What.PAYMENT):
            if paid_on is None or paid_on < since:
                continue
            if name == "email" and reader.gets_receipts and source == own_source:
                continue
            yield News(
                reader=reader,
                what=What.PAYMENT,
                channel=CHANNELS[name],
                keys=tuple(_key(reader, What.PAYMENT, name, subject) for _payment, subject in told),
                payments=tuple(payment for payment, _subject in told),
            )


def _subject_of(payment: Payment) -> str:
    where = sha256(f"{payment.method}\n{payment.source}".encode()).hexdigest()[:16]
    return f"{payment.paid_on} {payment.amount} {where}"


def _key(reader: Reader, what: What, channel: str, subject: str) -> Key:
    return Key(reader.account_id, reader.contract_code, what, subject, CHANNELS[channel])


def left_of(news: News, fresh: Collection[Key]) -> News | None:
    """What is new of it; None when all was told. It names the invoices or payments alone that were
    not told of."""
    kept = [place for place, key in enumerate(news.keys) if key in fresh]
    if not kept:
        return None
    return replace(
        news,
        keys=tuple(news.keys[place] for place in kept),
        reminded=tuple(news.reminded[place] for place in kept if news.reminded),
        payments=tuple(news.payments[place] for place in kept if news.payments),
    )


def by_contract(found: Iterable[T]) -> dict[ContractCode, list[T]]:
    sorted_out: dict[ContractCode, list[T]] = {}
    for one in found:
        sorted_out.setdefault(one.contract_code, []).append(one)
    return sorted_out


def next_since(now: datetime, last_begun: datetime | None, look_back_days: int) -> date:
    """From which day on the next look takes what is dated: from some days before the last one
    began, which was long ago if nothing ran meanwhile."""
    begun = last_begun or now
    return begun.date() - timedelta(days=look_back_days)
