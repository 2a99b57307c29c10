"""How money, numbers and dates are written, in each language: the one place."""

from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from babel.dates import get_month_names

from app.clock import HOME
from legacy_adapters.records import Period

NO_BREAK_SPACE = "\u00a0"
CENT, ONE = Decimal("0.01"), Decimal(1)
NOTHING = "–"
MEGABYTE = 1024 * 1024


class Formats:
    """The formats of one language, `sq` or `en`."""

    def __init__(self, language: str) -> None:
        self.language = language
        is_albanian = language == "sq"
        self._lek = "lekë" if is_albanian else "lek"
        self._point = "," if is_albanian else "."
        self._signs = str.maketrans({",": NO_BREAK_SPACE, ".": ","} if is_albanian else {})
        # Albanian groups digits from five on.
        self._grouped_from = Decimal(10_000 if is_albanian else 1_000)
        self._grouped_to = -self._grouped_from
        self._months = dict(get_month_names("wide", "stand-alone", locale=language))
        self._months_of_days = dict(get_month_names("wide", "format", locale=language))
        short = get_month_names("abbreviated", "stand-alone", locale=language)
        self._short_months = {month: str(name).rstrip(".")[:3] for month, name in short.items()}

    def amount(self, value: Decimal) -> str:
        """`12 345,50`: two decimals, no currency, for table columns that name it."""
        return self._written(value.quantize(CENT, ROUND_HALF_UP))

    def money(self, value: Decimal) -> str:
        """`12 345,50 lekë`."""
        return f"{self.amount(value)}{NO_BREAK_SPACE}{self._lek}"

    def number(self, value: Decimal | None) -> str:
        """A quantity with only the decimals it has."""
        if value is None:
            return NOTHING
        return self._written(value.normalize())

    def rounded(self, value: Decimal) -> str:
        """A quantity without decimals."""
        return self._written(value.quantize(ONE, ROUND_HALF_UP))

    def power(self, value: Decimal | None) -> str:
        """kW with two decimals, as on contracts."""
        return NOTHING if value is None else self.amount(value)

    def _written(self, value: Decimal) -> str:
        """With all its decimals, grouped from where this language groups."""
        if self._grouped_to < value < self._grouped_from:
            text = str(value)  # four times as fast as a format, and the same but for exponents
            return (f"{value:f}" if "E" in text else text).replace(".", self._point)
        return f"{value:,f}".translate(self._signs)

    def long_date(self, value: date) -> str:
        """`4 dhjetor 2026`."""
        return f"{value.day} {self._months_of_days[value.month]} {value.year}"

    @staticmethod
    def date(value: date | None) -> str:
        return _day(value) if value else NOTHING

    @classmethod
    def day(cls, value: datetime) -> str:
        """Of a moment, by the customers' clock."""
        return cls.date(value.astimezone(HOME).date())

    def size(self, value: int) -> str:
        """Of a file: `12 kB`, `3,4 MB`."""
        if value < MEGABYTE:
            return f"{max(1, round(value / 1024))}{NO_BREAK_SPACE}kB"
        megabytes = (Decimal(value) / MEGABYTE).quantize(Decimal("0.1"), ROUND_HALF_UP)
        return f"{self.number(megabytes)}{NO_BREAK_SPACE}MB"

    @classmethod
    def moment(cls, value: datetime) -> str:
        """`31.01.2026, 14:05`, by the customers' clock."""
        there = value.astimezone(HOME)
        return f"{cls.date(there.date())}, {there:%H:%M}"

    @staticmethod
    def period(value: Period | None) -> str:
        """`1/2024`."""
        return f"{value.month}/{value.year}" if value else NOTHING

    def month_name(self, value: Period) -> str:
        return f"{self._months[value.month]} {value.year}"

    def short_month(self, value: Period) -> str:
        return self._short_months[value.month]


@lru_cache(maxsize=2_000)
def _day(value: date) -> str:
    """Kept, because the days of all customers' invoices are the same few."""
    return f"{value.day:02}.{value.month:02}.{value.year}"
