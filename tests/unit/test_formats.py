"""How money, numbers and dates are written."""

from datetime import date
from decimal import Decimal

import pytest

from app.formats import Formats
from legacy_adapters.records import Period

SQ, EN = Formats("sq"), Formats("en")


@pytest.mark.parametrize(
    ("value", "albanian", "english"),
    [
        ("0", "0,00\u00a0lekë", "0.00\u00a0lek"),
        ("556", "556,00\u00a0lekë", "556.00\u00a0lek"),
        ("2756.2", "2756,20\u00a0lekë", "2,756.20\u00a0lek"),
        ("9999.995", "10\u00a0000,00\u00a0lekë", "10,000.00\u00a0lek"),
        ("12345.5", "12\u00a0345,50\u00a0lekë", "12,345.50\u00a0lek"),
        ("-12345.5", "-12\u00a0345,50\u00a0lekë", "-12,345.50\u00a0lek"),
        ("1234567.005", "1\u00a0234\u00a0567,01\u00a0lekë", "1,234,567.01\u00a0lek"),
    ],
)
def test_money(value: str, albanian: str, english: str) -> None:
    assert SQ.money(Decimal(value)) == albanian
    assert EN.money(Decimal(value)) == english


def test_numbers() -> None:
    assert SQ.number(Decimal("8.5")) == "8,5"
    assert SQ.number(Decimal("95.0000")) == "95"
    assert SQ.number(Decimal("12000")) == "12\u00a0000"
    assert SQ.number(None) == "–"
    assert SQ.rounded(Decimal("262.5")) == "263"
    assert SQ.power(Decimal(5)) == "5,00"


def test_dates() -> None:
    assert SQ.date(date(2024, 2, 9)) == "09.02.2024"
    assert SQ.date(None) == "–"
    assert SQ.period(Period(2024, 1)) == "1/2024"
    assert SQ.month_name(Period(2026, 10)) == "tetor 2026"
    assert EN.month_name(Period(2026, 10)) == "October 2026"
    assert [SQ.short_month(Period(2026, m)) for m in (1, 11)] == ["jan", "nën"]
