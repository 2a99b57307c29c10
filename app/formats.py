"""How money, numbers and dates are written, in each language: the one place."""

from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

from babel.dates import get_month_names

from app.clock import HOME
from legacy_adapters.records import Period

NO_BREAK_SPACE = "\u00a0"
NARROW_FROM = 10_000  # Albanian groups digits from five on
NOTHING = "–"


class Formats:
    """The formats of one language, `sq` or `en`."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._is_albanian = language == "sq"
        self._lek = "lekë" if self._is_albanian else "lek"
        self._months = get_month_names("wide", context="stand-alone", locale=language)
        self._short_months = get_month_names("abbreviated", "stand-alone", locale=language)

    def amount(self, value: Decimal) -> str:
        """`12 345,50`: two decimals, no currency, for table columns that name it."""
        cents = value.quantize(Decimal("0.01"), ROUND_HALF_UP)
        return self._grouped(f"{cents:,.2f}", abs(cents) >= NARROW_FROM)

    def money(self, value: Decimal) -> str:
        """`12 345,50 lekë`."""
        return f"{self.amount(value)}{NO_BREAK_SPACE}{self._lek}"

    def number(self, value: Decimal | None) -> str:
        """A quantity with only the decimals it has."""
        if value is None:
            return NOTHING
        exact = value.normalize()
        exponent = exact.as_tuple().exponent
        decimals = -exponent if isinstance(exponent, int) and exponent < 0 else 0
        return self._grouped(f"{exact:,.{decimals}f}", abs(exact) >= NARROW_FROM)

    def rounded(self, value: Decimal) -> str:
        """A quantity without decimals."""
        return self.number(value.quantize(Decimal(1), ROUND_HALF_UP))

    def power(self, value: Decimal | None) -> str:
        """kW with two decimals, as on contracts."""
        return NOTHING if value is None else self.amount(value)

    def _grouped(self, english: str, is_long: bool) -> str:
        if not self._is_albanian:
            return english
        space = NO_BREAK_SPACE if is_long else ""
        return english.replace(",", space).replace(".", ",")

    @staticmethod
    def date(value: date | None) -> str:
        return value.strftime("%d.%m.%Y") if value else NOTHING

    @classmethod
    def moment(cls, value: datetime) -> str:
        """`31.01.2026, 14:05`, by the customers' clock."""
        there = value.astimezone(HOME)
        return f"{cls.date(there)}, {there:%H:%M}"

    @staticmethod
    def period(value: Period | None) -> str:
        """`1/2024`."""
        return f"{value.month}/{value.year}" if value else NOTHING

    def month_name(self, value: Period) -> str:
        return f"{self._months[value.month]} {value.year}"

    def short_month(self, value: Period) -> str:
        return str(self._short_months[value.month]).rstrip(".")[:3]
