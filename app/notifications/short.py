"""What is told by SMS and USSD, as short as it can be."""

from collections.abc import Callable, Sequence
from datetime import date

from app.formats import Formats
from app.gateways.sms.alphabet import GSM_TWICE, transliterated
from legacy_adapters.records import NO_MONEY, ContractCode, Invoice, OpenInvoice, Payment

Translate = Callable[[str], str]
ONE_SMS = 160


def invoice(
    _: Translate, formats: Formats, code: ContractCode, issued: Invoice, *, is_owed: bool
) -> str:
    month = formats.period(issued.period) if issued.period else formats.date(issued.issued_on)
    values = {"month": month, "code": code, "amount": formats.money(issued.amount)}
    if not is_owed or issued.due_on is None:
        return _("Invoice %(month)s, %(code)s: %(amount)s.") % values
    told = _("Invoice %(month)s, %(code)s: %(amount)s, to pay by %(day)s.")
    return told % {**values, "day": formats.date(issued.due_on)}


def reminder(
    _: Translate, formats: Formats, code: ContractCode, owed: Sequence[OpenInvoice], *, today: date
) -> str:
    total = sum((one.outstanding for one in owed), NO_MONEY)
    first = min((one.due_on for one in owed if one.due_on), default=None)
    values = {"code": code, "amount": formats.money(total), "day": formats.date(first)}
    if first is not None and first < today:
        return _("Reminder: %(amount)s of %(code)s was to be paid by %(day)s.") % values
    return _("Reminder: %(amount)s of %(code)s is to be paid by %(day)s.") % values


def payment(_: Translate, formats: Formats, code: ContractCode, paid: Payment) -> str:
    return _("Your payment of %(amount)s for %(code)s, %(day)s, has arrived.") % {
        "amount": formats.money(paid.amount),
        "code": code,
        "day": formats.date(paid.paid_on),
    }


def joined(core: str, *more: str, most: int = ONE_SMS) -> str:
    """The core and as much of the rest as one SMS holds beside it, the first before the others."""
    text = core
    for one in more:
        longer = f"{text} {one}"
        if one and length(longer) <= most:
            text = longer
    return text


def fitting(*ways: Sequence[str]) -> str:
    """The first of these that one SMS holds; the last one, if none does."""
    for parts in ways:
        text = " ".join(part for part in parts if part)
        if length(text) <= ONE_SMS:
            break
    return text


def listed(text: str, each: Sequence[str], most: int = ONE_SMS) -> str:
    """The text and as many of these as fit, in their order."""
    for place, one in enumerate(each):
        longer = f"{text}{', ' if place else ' '}{one}"
        is_last = place == len(each) - 1
        if length(longer) > most - (0 if is_last else len(" ...")):
            return f"{text} ..."
        text = longer
    return text


def cut(text: str, most: int = ONE_SMS) -> str:
    """As much of it as one SMS holds."""
    if length(text) <= most:
        return text
    while length(text) > most - 3:
        text = text[:-1]
    return f"{text.rstrip()}..."


def length(text: str) -> int:
    """As the SMS alphabet counts it, where a few characters take two places."""
    plain = transliterated(text)
    return len(plain) + sum(letter in GSM_TWICE for letter in plain)
