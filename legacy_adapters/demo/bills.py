"""What one contract of the demo is billed and pays: pure, money in cents of a lek.

The tariff of the household bill is the public one: fixed fee 95, energy 9.5 lek/kWh until
January 2025, then 8.5 for a month's first 700 kWh and 9.5 above; VAT 20 %; TV fee 100
without VAT; interest 0.1 % of the principal a day. The business price is the demo's own.
"""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from random import Random

FIXED_FEE = 95_00
TV_FEE = 100_00
SEASON = (1.5, 1.4, 1.2, 0.9, 0.8, 0.8, 1.0, 1.1, 0.8, 0.9, 1.1, 1.4)  # January first


class Habit(Enum):
    """How a customer pays."""

    PROMPT = "nothing is open"
    CURRENT = "the newest invoice is open"
    LATE = "the newest three are open"
    PARTIAL = "the newest is open and partly paid"


@dataclass(slots=True)
class Line:
    code: str
    quantity: int
    price: float
    net: int


@dataclass(slots=True)
class Bill:
    year: int
    month: int
    issued: date
    due: date
    reading_before: int
    units: int
    lines: list[Line]
    net: int
    vat: int
    interest: int = 0
    paid: int = 0
    paid_on: date | None = None

    @property
    def principal(self) -> int:
        return self.net + self.vat

    @property
    def total(self) -> int:
        return self.principal + TV_FEE + self.interest


def interest(principal: int, days: int) -> int:
    """Simple interest in cents, half up."""
    return (principal * max(days, 0) + 500) // 1000


def energy_lines(units: int, day: date, business: bool) -> list[Line]:
    if business:
        return [Line("EN", units, 14.0, units * 14_00)]
    if day < date(2025, 2, 1):
        return [Line("EN", units, 9.5, units * 9_50)]
    low, high = min(units, 700), max(units - 700, 0)
    lines = [Line("EN", low, 8.5, low * 8_50)]
    return [*lines, Line("EN", high, 9.5, high * 9_50)] if high else lines


def bills(rng: Random, *, today: date, months: int, business: bool, habit: Habit) -> list[Bill]:
    """The bills of the newest `months` months before today, oldest first."""
    level = rng.uniform(300, 1800) if business else rng.uniform(90, 420)
    issue_day = rng.randint(1, 7)
    reading = rng.randint(100, 40_000)
    found = []
    for year, month in _months_before(today, months):
        next_year, next_month = year + month // 12, month % 12 + 1
        issued = date(next_year, next_month, issue_day)
        if issued > today:
            break
        units = int(level * SEASON[month - 1] * rng.uniform(0.75, 1.25))
        lines = [*energy_lines(units, issued, business), Line("TF", 1, 95.0, FIXED_FEE)]
        net = sum(line.net for line in lines)
        due = date(next_year, next_month, monthrange(next_year, next_month)[1])
        found.append(Bill(year, month, issued, due, reading, units, lines, net, (net + 2) // 5))
        reading += units
    _settle(rng, found, today, habit)
    return found


def _months_before(today: date, months: int) -> Iterator[tuple[int, int]]:
    last = today.year * 12 + today.month - 2
    for index in range(last - months + 1, last + 1):
        yield index // 12, index % 12 + 1


def _settle(rng: Random, found: list[Bill], today: date, habit: Habit) -> None:
    still_open = {Habit.PROMPT: 0, Habit.LATE: 3}.get(habit, 1)
    owed = found[len(found) - still_open :] if still_open else []
    for bill in found[: len(found) - len(owed)]:
        late = rng.random() < 0.12  # noqa: PLR2004
        latest = min(today, bill.due + timedelta(40) if late else bill.due)
        earliest = min(bill.due + timedelta(1) if late else bill.issued, latest)
        paid_on = earliest + timedelta(rng.randint(0, (latest - earliest).days))
        bill.interest = interest(bill.principal, (paid_on - bill.due).days)
        bill.paid, bill.paid_on = bill.total, paid_on
    for bill in owed:
        bill.interest = interest(bill.principal, (today - bill.due).days)
    if habit is Habit.PARTIAL and owed:
        owed[-1].paid = owed[-1].total // 200 * 100
        owed[-1].paid_on = min(today, owed[-1].issued + timedelta(3))
