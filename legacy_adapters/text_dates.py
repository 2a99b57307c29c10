"""Days that old systems keep as text or number."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Integer, String, and_, case, cast, func, type_coerce
from sqlalchemy.types import TypeDecorator

from legacy_adapters.digits import all_digits


class TextDate(TypeDecorator[date]):
    """A date kept as sortable text or number, such as 20240131."""

    impl = String
    cache_ok = True

    def __init__(self, pattern: str) -> None:
        super().__init__()
        self.pattern = pattern

    def month_of(self, day: ColumnElement[Any]) -> ColumnElement[Any]:
        text = type_coerce(day, String)
        month_at = 5 if self.pattern == "%Y%m%d" else 6
        year, month = func.substr(text, 1, 4), func.substr(text, month_at, 2)
        # Blanks and zeros stand for "no date", and most databases refuse to count with blanks.
        is_known = and_(
            year.between("1900", "9999"),
            month.between("01", "12"),
            all_digits(year.concat(month), 6),
        )
        return case((is_known, cast(year, Integer) * 100 + cast(month, Integer)))

    def process_bind_param(self, value: date | None, dialect: Any) -> str | None:
        return value.strftime(self.pattern) if value else None

    def process_result_value(self, value: Any, dialect: Any) -> date | None:
        text = "" if value is None else str(value).rstrip(" ")
        if not text.strip(" 0-/"):
            return None
        if len(text) != len(self.pattern) + 2:  # a day cut off to 2 may have been the 28th
            raise ValueError
        return datetime.strptime(text, self.pattern).date()  # noqa: DTZ007


def known_day(day: ColumnElement[Any]) -> ColumnElement[Any]:
    """NULL for blanks and zeros, where days are kept as text: those are before every day."""
    return without_blanks(day) if isinstance(day.type, TextDate) else day


def without_blanks(day: ColumnElement[Any]) -> ColumnElement[Any]:
    # With a dash: SQLite would take 1900 for a number, which any text is larger than.
    return type_coerce(case((type_coerce(day, String) >= "1900-", day)), day.type)
