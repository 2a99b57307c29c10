"""What one contract of the demo is billed and pays: pure, money in cents of a lek.

The tariff of the household bill is the public one: fixed fee 95, energy 9.5 lek/kWh until
January 2025, then 8.5 for a month's first 700 kWh and 9.5 above; VAT 20 %; TV fee 100
without VAT; interest 0.1 % of the principal a day. The business price is the demo's own.
"""

from calendar import monthrange
from datetime import date
from enum import Enum
from functools import cache, lru_cache
from random import Random
from typing import NamedTuple

FIXED_FEE = 95_00
TV_FEE = 100_00
NEW_TARIFF = date(2025, 2, 1)
SEASON = (1.5, 1.4, 1.2, 0.9, 0.8, 0.8, 1.0, 1.1, 0.8, 0.9, 1.1, 1.4)  # January first


class Habit(Enum):
    """How a customer pays."""

    PROMPT = "nothing is open"
    CURRENT = "the newest invoice is open"
    LATE = "the newest three are open"
    PARTIAL = "the newest is open and partly paid"


STILL_OPEN = {Habit.PROMPT: 0, Habit.CURRENT: 1, Habit.LATE: 3, Habit.PARTIAL: 1}
Line = tuple[int, str, int, float, float]  # position, code, quantity, price and net in lek
# Year, month; issued, due, first and last day billed, as ISO tells dates.
Period = tuple[int, int, str, str, str, str]


class Charge(NamedTuple):
    """What a month's energy costs, with its fixed fee and before the TV fee."""

    lines: tuple[Line, ...]
    net: int
    vat: int


class Month(NamedTuple):
    """What a month's bills of one issue day have in common. Days count as date.toordinal does."""

    period: Period
    issued: int
    due: int
    season: float
    is_old_tariff: bool
    in_time: tuple[int, int]  # the first day on which it may be paid, and how many more
    late: tuple[int, int]


class Bill(NamedTuple):
    """A plain tuple, for millions are made."""

    month: Month
    reading_before: int
    units: int
    charge: Charge
    interest: int
    total: int
    paid: int
    paid_day: int  # 0 is never

    @property
    def issued(self) -> date:
        return date.fromordinal(self.month.issued)

    @property
    def paid_on(self) -> date | None:
        return date.fromordinal(self.paid_day) if self.paid_day else None


def interest(principal: int, days: int) -> int:
    """Simple interest in cents, half up."""
    return (principal * max(days, 0) + 500) // 1000


@cache  # a few thousand different ones in millions of bills
def charge(units: int, is_old_tariff: bool, business: bool) -> Charge:
    energy = [(units, 14_00)] if business else _household_energy(units, is_old_tariff)
    told = [("EN", *row) for row in energy] + [("TF", 1, FIXED_FEE)]
    lines = tuple(
        (position, code, quantity, price / 100, quantity * price / 100)
        for position, (code, quantity, price) in enumerate(told, start=1)
    )
    net = sum(quantity * price for _code, quantity, price in told)
    return Charge(lines, net, (net + 2) // 5)


def _household_energy(units: int, is_old_tariff: bool) -> list[tuple[int, int]]:
    """Quantities with their prices in cents."""
    if is_old_tariff:
        return [(units, 9_50)]
    low, high = min(units, 700), max(units - 700, 0)
    return [(low, 8_50), (high, 9_50)] if high else [(low, 8_50)]


def bills(rng: Random, *, today: date, months: int, business: bool, habit: Habit) -> list[Bill]:
    """The bills of the newest `months` months before today, oldest first."""
    level = rng.uniform(300, 1800) if business else rng.uniform(90, 420)
    issue_day = rng.randint(1, 7)
    reading = rng.randint(100, 40_000)
    billed = _months(today, months, issue_day)
    random = rng.random  # asked several times a bill; 0.75 + 0.5 * it is uniform(0.75, 1.25)
    used = [int(level * month.season * (0.75 + 0.5 * random())) for month in billed]
    settled = len(billed) - STILL_OPEN[habit]
    found: list[Bill] = []
    for month, units in zip(billed, used, strict=True):
        charged = charge(units, month.is_old_tariff, business)
        principal = charged.net + charged.vat
        paid_day = 0
        if len(found) < settled:
            first, more = month.late if random() < 0.12 else month.in_time  # noqa: PLR2004
            paid_day = first + rng.randint(0, more)
        until = paid_day or today.toordinal()
        late = interest(principal, until - month.due) if until > month.due else 0
        total = principal + TV_FEE + late
        paid = total if paid_day else 0
        found.append(Bill(month, reading, units, charged, late, total, paid, paid_day))
        reading += units
    if habit is Habit.PARTIAL and found:
        owed = found[-1]
        paid_day = min(today.toordinal(), owed.month.issued + 3)
        found[-1] = owed._replace(paid=owed.total // 200 * 100, paid_day=paid_day)
    return found


@lru_cache(maxsize=64)
def _months(today: date, months: int, issue_day: int) -> tuple[Month, ...]:
    """Those of the newest months whose bills are out, oldest first."""
    last = today.year * 12 + today.month - 2
    found = []
    for index in range(last - months + 1, last + 1):
        next_year, next_month = divmod(index + 1, 12)
        issued = date(next_year, next_month + 1, issue_day)
        due = issued.replace(day=monthrange(issued.year, issued.month)[1])
        if issued <= today:
            year, month = index // 12, index % 12 + 1
            found.append(make_month(year, month, issued=issued, due=due, today=today))
    return tuple(found)


def make_month(year: int, month: int, *, issued: date, due: date, today: date) -> Month:
    first = date(year, month, 1)
    last = first.replace(day=monthrange(year, month)[1])
    days = issued.isoformat(), due.isoformat(), first.isoformat(), last.isoformat()
    issued_day, due_day = issued.toordinal(), due.toordinal()
    return Month(
        *((year, month, *days), issued_day, due_day),
        *(SEASON[month - 1], issued < NEW_TARIFF),
        *(_days(issued_day, due_day, today), _days(due_day + 1, due_day + 40, today)),
    )


def _days(first: int, last: int, today: date) -> tuple[int, int]:
    """Nothing is paid after today."""
    last = min(last, today.toordinal())
    first = min(first, last)
    return first, last - first
