"""The lists: their columns, in the reader's language, and the rows of a contract."""

from collections.abc import Callable, Iterator
from datetime import date

from app.exports.reading import Issued, Owed, Paid
from app.exports.records import Named
from app.spreadsheets import Column, Kind, Row
from legacy_adapters.records import NO_MONEY, Contract

Translate = Callable[[str], str]


def _head(_: Translate) -> list[Column]:
    return [
        Column(title=_("Contract code"), width=14),
        Column(title=_("Your name for it"), width=20),
        Column(title=_("Group"), width=16),
        Column(title=_("Customer"), width=28),
        Column(title=_("Address"), width=34),
    ]


def open_columns(_: Translate) -> list[Column]:
    return [
        *_head(_),
        Column(title=_("Invoice no.")),
        Column(title=_("Month/Year"), kind=Kind.MONTH, width=11),
        Column(title=_("Invoice date"), kind=Kind.DAY, width=12),
        Column(title=_("Invoice deadline"), kind=Kind.DAY, width=12),
        Column(title=_("Days late"), kind=Kind.COUNT, width=9),
        Column(title=_("Principal (lek)"), kind=Kind.MONEY),
        Column(title=_("TV fee (lek)"), kind=Kind.MONEY),
        Column(title=_("Interest (lek)"), kind=Kind.MONEY),
        Column(title=_("Paid already (lek)"), kind=Kind.MONEY),
        Column(title=_("Total debt (lek)"), kind=Kind.MONEY),
    ]


def open_rows(owed: Owed, today: date) -> Iterator[Row]:
    head = _named(owed.named, owed.statement.contract)
    for one in owed.statement.open_invoices:
        late = (today - one.due_on).days if one.due_on and one.is_overdue(today) else None
        days = (one.period, one.issued_on, one.due_on, late)
        paid = one.paid or NO_MONEY
        yield (
            *head,
            one.number,
            *days,
            one.principal,
            one.tv_fee,
            one.interest,
            paid,
            one.outstanding,
        )


def issued_columns(_: Translate) -> list[Column]:
    return [
        *_head(_),
        Column(title=_("Invoice no.")),
        Column(title=_("Month/Year"), kind=Kind.MONTH, width=11),
        Column(title=_("Invoice date"), kind=Kind.DAY, width=12),
        Column(title=_("Invoice deadline"), kind=Kind.DAY, width=12),
        Column(title=_("Units billed (kWh)"), kind=Kind.QUANTITY),
        Column(title=_("Invoice amount (lek)"), kind=Kind.MONEY),
        Column(title=_("Owed today (lek)"), kind=Kind.MONEY),
    ]


def issued_rows(issued: Issued) -> Iterator[Row]:
    head = _named(issued.named, issued.contract)
    for one in issued.invoices:
        invoice = one.invoice
        yield (
            *head,
            invoice.number,
            invoice.period,
            invoice.issued_on,
            invoice.due_on,
            invoice.units,
            invoice.amount,
            one.outstanding,
        )


def paid_columns(_: Translate) -> list[Column]:
    return [
        *_head(_),
        Column(title=_("Payment date"), kind=Kind.DAY, width=12),
        Column(title=_("Amount paid (lek)"), kind=Kind.MONEY),
        Column(title=_("Payment method"), width=18),
        Column(title=_("Source"), width=22),
    ]


def paid_rows(paid: Paid) -> Iterator[Row]:
    head = _named(paid.named, paid.contract)
    for one in paid.payments:
        yield (*head, one.paid_on, one.amount, one.method, one.source)


def _named(named: Named, contract: Contract) -> tuple[str, ...]:
    return named.code, named.name, named.group, contract.subscriber, contract.address
