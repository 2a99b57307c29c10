"""What holds for invoices: selections, spans and consumption. Pure."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple, TypeVar

from legacy_adapters.records import NO_MONEY, Invoice, OpenInvoice, Period

ROWS_AT_LEAST = 12
MONTHS = 12
NOTHING = Decimal(0)
Row = TypeVar("Row")


@dataclass(frozen=True, kw_only=True, slots=True)
class Selection:
    """The open invoices somebody ticked. gone: numbers ticked that are not open (any more)."""

    chosen: frozenset[str]
    gone: tuple[str, ...]
    total: Decimal


class MonthUsed(NamedTuple):
    """Energy of one month in kWh; None where no invoice bills that month."""

    period: Period
    units: Decimal | None
    year_before: Decimal | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Consumption:
    """Twelve months, oldest first; average over those that were billed."""

    months: tuple[MonthUsed, ...]
    average: Decimal
    highest: Decimal

    @property
    def has_year_before(self) -> bool:
        return any(month.year_before is not None for month in self.months)


def select_invoices(invoices: Sequence[OpenInvoice], numbers: Iterable[str]) -> Selection:
    """The sum is of billing's figures; what was posted counts only as numbers. A number that
    stands there twice counts once, as it cannot be paid twice."""
    wanted = dict.fromkeys(numbers)
    chosen = {invoice.number: invoice for invoice in invoices if invoice.number in wanted}
    found = frozenset(str(number) for number in chosen)
    return Selection(
        chosen=found,
        gone=tuple(number for number in wanted if number not in found),
        total=sum((invoice.outstanding for invoice in chosen.values()), NO_MONEY),
    )


def years_before(day: date, years: int) -> date:
    """The same day of an earlier year; 28 February for a 29th that is not there."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)


def last_twelve_months(
    rows: Sequence[Row], day_of: Callable[[Row], date | None], today: date
) -> tuple[Row, ...]:
    """Of rows sorted newest first: those of the last year, and never fewer than twelve."""
    since = years_before(today, 1)
    return tuple(
        row
        for rank, row in enumerate(rows, start=1)
        if rank <= ROWS_AT_LEAST or (day_of(row) or date.min) >= since
    )


def billed_month(invoice: Invoice) -> Period | None:
    """The month an invoice bills; the one before its issue where billing does not say."""
    if invoice.period or not invoice.issued_on:
        return invoice.period
    before = invoice.issued_on.replace(day=1) - timedelta(days=1)
    return Period(before.year, before.month)


def consumption_until(invoices: Iterable[Invoice], day: date) -> Consumption | None:
    """As the document of an invoice of that day shows it, however much was billed since."""
    return consumption(i for i in invoices if i.issued_on is None or i.issued_on <= day)


def consumption(invoices: Iterable[Invoice]) -> Consumption | None:
    """The newest twelve months billed, several invoices of a month added up; None without any."""
    units: dict[Period, Decimal] = {}
    for invoice in invoices:
        month = billed_month(invoice)
        if month:
            units[month] = units.get(month, NOTHING) + invoice.units
    if not units:
        return None
    newest = max(units)
    periods = [newest.plus(-age) for age in range(MONTHS - 1, -1, -1)]
    months = tuple(
        MonthUsed(period=p, units=units.get(p), year_before=units.get(p.plus(-12))) for p in periods
    )
    known = [month.units for month in months if month.units is not None]
    shown = known + [month.year_before for month in months if month.year_before is not None]
    return Consumption(months=months, average=sum(known, NOTHING) / len(known), highest=max(shown))
