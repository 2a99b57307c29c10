"""What is told by mail. No subject holds personal data: it shows on locked screens."""

from collections.abc import Callable, Sequence
from datetime import date

from app.formats import Formats
from app.messages.records import Block, Enclosure, Kind, Letter
from app.notifications.records import News
from legacy_adapters.records import NO_MONEY, ContractCode, Invoice, OpenInvoice, Payment

Translate = Callable[[str], str]
INVOICES_TOLD = 12


def invoice(_: Translate, formats: Formats, news: News, issued: Invoice, link: str) -> Letter:
    """link: where it is paid, or seen where it cannot be paid."""
    code = news.reader.contract_code
    told = _("The invoice for %(month)s of contract %(code)s is here: %(amount)s.")
    month = formats.month_name(issued.period) if issued.period else formats.date(issued.issued_on)
    values = {"month": month, "code": code, "amount": formats.money(issued.amount)}
    blocks = [Block(text=told % values)]
    if news.is_owed:
        blocks.append(Block(text=last_day(_, formats, issued.due_on)))
    else:
        blocks.append(Block(text=_("Nothing is owed of it.")))
    blocks.append(_button(_("Pay the invoice") if news.is_owed else _("See the invoices"), link))
    blocks.append(
        Block(
            text=_("It is enclosed as PDF. Its number is %(number)s.") % {"number": issued.number}
        )
    )
    return Letter(
        subject=_("Your invoice for %(month)s") % {"month": month},
        blocks=tuple(blocks),
        enclosure=Enclosure(contract_code=code, invoice_number=issued.number),
    )


def last_day(_: Translate, formats: Formats, due_on: date | None) -> str:
    if due_on is None:
        return _("It is not paid yet.")
    return _("It is to be paid by %(day)s.") % {"day": formats.date(due_on)}


def reminder(_: Translate, formats: Formats, news: News, *, today: date, link: str) -> Letter:
    code, owed = news.reader.contract_code, news.reminded
    is_late = any(one.due_on and one.due_on < today for one in owed)
    total = sum((one.outstanding for one in owed), NO_MONEY)
    told = _("Of contract %(code)s there is to be paid: %(amount)s.")
    values = {"code": code, "amount": formats.money(total)}
    lines = [_owed(_, formats, one) for one in owed[:INVOICES_TOLD]]
    if len(owed) > INVOICES_TOLD:
        left = len(owed) - INVOICES_TOLD
        lines.append(_("and %(count)s further invoices") % {"count": left})
    blocks = [Block(text=told % values), Block(text="\n".join(lines))]
    if news.owed != total:
        more = _("With its other open invoices, %(amount)s is owed on this contract in all.")
        blocks.append(Block(text=more % {"amount": formats.money(news.owed)}))
    if is_late:
        blocks.append(Block(text=_("After the last day to pay, interest is added each day.")))
    blocks.append(_button(_("Pay the invoice"), link))
    blocks.append(Block(text=_("If you have paid meanwhile, you need do nothing.")))
    late, soon = _("The last day to pay has passed"), _("A reminder: the last day to pay is near")
    return Letter(subject=late if is_late else soon, blocks=tuple(blocks))


def _owed(_: Translate, formats: Formats, one: OpenInvoice) -> str:
    return _("Invoice %(number)s: %(amount)s, by %(day)s") % {
        "number": one.number,
        "amount": formats.money(one.outstanding),
        "day": formats.date(one.due_on),
    }


def payment(
    _: Translate, formats: Formats, code: ContractCode, payments: Sequence[Payment], link: str
) -> Letter:
    """payments: of one day, made in one way."""
    paid = payments[0]
    told = _("A payment of %(amount)s for contract %(code)s has arrived, made on %(day)s.")
    values = {
        "amount": formats.money(sum((one.amount for one in payments), NO_MONEY)),
        "code": code,
        "day": formats.date(paid.paid_on),
    }
    where = ", ".join(filter(None, (paid.method, paid.source)))
    blocks = [Block(text=told % values)]
    if where:
        blocks.append(Block(text=_("How: %(where)s") % {"where": where}))
    blocks.append(_button(_("See all payments"), link))
    return Letter(subject=_("Your payment has arrived"), blocks=tuple(blocks))


def _button(text: str, address: str) -> Block:
    return Block(kind=Kind.LINK, text=text, address=address)
