"""What is told by SMS and USSD, as short as it can be."""

from collections.abc import Callable, Sequence
from datetime import date

from app.formats import Formats
from app.notifications.records import News
from legacy_adapters.records import NO_MONEY, ContractCode, Invoice, Payment

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


def reminder(_: Translate, formats: Formats, news: News, *, today: date) -> str:
    """With what is owed in all, where that is more: the link beside it asks for all."""
    reminded = news.reminded
    total = sum((one.outstanding for one in reminded), NO_MONEY)
    first = min((one.due_on for one in reminded if one.due_on), default=None)
    is_late = first is not None and first < today
    values = {
        "code": news.reader.contract_code,
        "amount": formats.money(total),
        "day": formats.date(first),
    }
    if news.owed != total:
        values |= {"amount": formats.amount(total), "all": formats.money(news.owed)}
        if is_late:
            return _("Reminder %(code)s: %(amount)s, due since %(day)s; in all %(all)s.") % values
        return _("Reminder %(code)s: %(amount)s by %(day)s; in all %(all)s.") % values
    if is_late:
        return _("Reminder: %(amount)s of %(code)s was to be paid by %(day)s.") % values
    return _("Reminder: %(amount)s of %(code)s is to be paid by %(day)s.") % values


def payment(_: Translate, formats: Formats, code: ContractCode, paid: Sequence[Payment]) -> str:
    """paid: of one day."""
    return _("Your payment of %(amount)s for %(code)s, %(day)s, has arrived.") % {
        "amount": formats.money(sum((one.amount for one in paid), NO_MONEY)),
        "code": code,
        "day": formats.date(paid[0].paid_on),
    }
