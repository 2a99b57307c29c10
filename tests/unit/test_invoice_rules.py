"""Selections, spans and consumption."""

from datetime import date
from decimal import Decimal

from app.invoices import rules
from legacy_adapters.records import Invoice, InvoiceNumber, OpenInvoice, Period


def open_invoice(number: str, outstanding: str) -> OpenInvoice:
    return OpenInvoice(
        number=InvoiceNumber(number),
        period=None,
        issued_on=None,
        due_on=None,
        principal=Decimal(outstanding),
        tv_fee=Decimal(0),
        interest=Decimal(0),
        outstanding=Decimal(outstanding),
    )


def invoice(issued_on: date | None, units: int, period: Period | None = None) -> Invoice:
    return Invoice(
        number=InvoiceNumber("1"),
        period=period,
        issued_on=issued_on,
        due_on=None,
        units=Decimal(units),
        amount=Decimal(0),
    )


def test_selection_counts_each_number_once() -> None:
    owed = [open_invoice("1", "10.10"), open_invoice("2", "20.20")]
    chosen = rules.select_invoices(owed, ["2", "2", "9", ""])
    assert chosen.total == Decimal("20.20")
    assert chosen.chosen == {"2"}
    assert chosen.gone == ("9", "")


def test_an_invoice_that_billing_tells_twice_counts_once() -> None:
    owed = [open_invoice("1", "10.10"), open_invoice("1", "10.10")]
    assert rules.select_invoices(owed, ["1"]).total == Decimal("10.10")


def test_nothing_chosen_is_zero() -> None:
    assert rules.select_invoices([], []).total == Decimal("0.00")


def test_leap_day() -> None:
    assert rules.years_before(date(2024, 2, 29), 1) == date(2023, 2, 28)
    assert rules.years_before(date(2024, 2, 29), 4) == date(2020, 2, 29)


def test_last_twelve_months_and_never_fewer_than_twelve_rows() -> None:
    today = date(2026, 6, 15)
    old = [date(2020, 1, day) for day in range(20, 0, -1)]
    assert len(rules.last_twelve_months(old, lambda d: d, today)) == 12
    fresh = [date(2026, 6, 1)] * 14 + [date(2025, 6, 15), date(2025, 6, 14)]
    assert len(rules.last_twelve_months(fresh, lambda d: d, today)) == 15
    assert rules.last_twelve_months([None] * 13, lambda d: d, today) == (None,) * 12


def test_two_invoices_of_one_month_add_up() -> None:
    found = rules.consumption(
        [
            invoice(date(2023, 5, 29), 5, Period(2023, 5)),
            invoice(date(2023, 5, 15), 7, Period(2023, 5)),
            invoice(date(2022, 6, 2), 3, Period(2022, 5)),
        ]
    )
    assert found is not None
    newest = found.months[-1]
    assert (newest.period, newest.units, newest.year_before) == (Period(2023, 5), 12, 3)
    assert len(found.months) == 12
    assert found.months[0].period == Period(2022, 6)
    assert found.months[0].units is None
    assert found.average == 12
    assert found.highest == 12


def test_month_before_the_issue_stands_in_for_a_missing_period() -> None:
    assert rules.billed_month(invoice(date(2026, 1, 5), 1)) == Period(2025, 12)
    assert rules.billed_month(invoice(None, 1)) is None
    assert rules.consumption([invoice(None, 1)]) is None
