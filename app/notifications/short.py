"""What is told by SMS and USSD, as short as it can be."""

from collections.abc import Callable, Sequence
from datetime import date

from app.formats import Formats
from legacy_adapters.records import NO_MONEY, ContractCode, Invoice, OpenInvoice, Payment

Translate = Callable[[str], str]


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
