"""Working days: weekends and Albania's public holidays, with what the utility adds."""

from collections.abc import Iterable
from datetime import date, timedelta
from functools import cache
from typing import Literal

import holidays

Count = Literal["working", "calendar"]
DAY = timedelta(days=1)
SATURDAY = 5


@cache
def public_holidays(year: int) -> frozenset[date]:
    """Those of Albania, with the Mondays that replace those on a weekend. The days of Bajram are
    estimates until they are announced."""
    return frozenset(holidays.country_holidays("AL", years=year))


class Calendar:
    def __init__(self, *, closed: Iterable[date] = (), opened: Iterable[date] = ()) -> None:
        """closed: further days on which nobody works; opened: days on which the utility does."""
        self._closed = frozenset(closed)
        self._opened = frozenset(opened)

    def is_working(self, day: date) -> bool:
        if day in self._opened:
            return True
        is_weekend = day.weekday() >= SATURDAY
        return not is_weekend and day not in self._closed and day not in public_holidays(day.year)

    def counts(self, day: date, count: Count) -> bool:
        return count == "calendar" or self.is_working(day)

    def after(self, start: date, days: int, count: Count) -> date:
        """The day that is so many days after start, which is not counted itself. With 0, start."""
        day = start
        while days > 0:
            day += DAY
            days -= self.counts(day, count)
        return day

    def between(self, start: date, end: date, count: Count) -> int:
        """How many days are counted after start up to and with end. Negative when end is past: -1
        from the day after it to the end of the first that counts, so that nothing is due today on
        the Sunday after it was due."""
        if end < start:
            return -max(1, self.between(end, start, count))
        if count == "calendar":
            return (end - start).days
        return sum(self.is_working(start + DAY * n) for n in range(1, (end - start).days + 1))
