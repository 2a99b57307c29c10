"""Which state may follow which, working days, and the legal clock. No database, no web."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from unittest.mock import Mock

import pytest

from app.cases import rules
from app.cases.calendar import Calendar, public_holidays
from app.cases.catalogue import Deadline
from app.cases.records import By, Case, State
from app.cases.rules import Clock, LegalClock

FRIDAY = date(2026, 11, 27)
SATURDAY, SUNDAY = date(2026, 11, 28), date(2026, 11, 29)
MONDAY, TUESDAY, WEDNESDAY = date(2026, 11, 30), date(2026, 12, 1), date(2026, 12, 2)
PLAIN = Calendar()


def clock_on(day: date, days: int = 10, **more: Any) -> LegalClock:
    calendar = more.pop("calendar", PLAIN)
    deadline = Deadline(days=days, count=more.pop("count", "working"))
    return LegalClock(deadline=deadline, calendar=calendar, today=day)


# Days


def test_both_days_of_the_flag_fall_on_a_weekend_and_are_made_up_for() -> None:
    assert {SATURDAY, SUNDAY, MONDAY, TUESDAY} <= public_holidays(2026)
    assert PLAIN.after(FRIDAY, 1, "working") == WEDNESDAY
    assert PLAIN.after(SATURDAY, 1, "working") == WEDNESDAY
    assert PLAIN.after(FRIDAY, 1, "calendar") == SATURDAY
    assert PLAIN.between(FRIDAY, WEDNESDAY, "working") == 1
    assert PLAIN.between(FRIDAY, WEDNESDAY, "calendar") == 5


def test_a_year_ends() -> None:
    # 1 January is a Friday; 2 January, a Saturday, is made up for on Monday.
    assert PLAIN.after(date(2026, 12, 31), 1, "working") == date(2027, 1, 5)
    assert PLAIN.after(date(2026, 12, 24), 5, "working") == date(2027, 1, 5)
    assert PLAIN.between(date(2026, 12, 24), date(2027, 1, 5), "working") == 5


def test_what_the_utility_closes_and_opens() -> None:
    calendar = Calendar(closed=[WEDNESDAY], opened=[SATURDAY])
    assert calendar.after(FRIDAY, 1, "working") == SATURDAY
    assert calendar.after(FRIDAY, 2, "working") == date(2026, 12, 3)
    both = Calendar(closed=[WEDNESDAY], opened=[WEDNESDAY])
    assert both.is_working(WEDNESDAY)  # the settings refuse that; opened goes first


def test_no_days_are_today() -> None:
    assert PLAIN.after(SUNDAY, 0, "working") == SUNDAY
    assert PLAIN.between(SUNDAY, SUNDAY, "working") == 0


@pytest.mark.parametrize(
    ("today", "left"),
    [(FRIDAY, 0), (SATURDAY, -1), (TUESDAY, -1), (WEDNESDAY, -1), (date(2026, 12, 3), -2)],
)
def test_what_was_due_is_late_from_the_next_day_on(today: date, left: int) -> None:
    """Nothing is due "today" on the Sunday after it was due."""
    assert clock_on(today).days_to(FRIDAY) == left


# The clock


def test_it_counts_from_the_day_after() -> None:
    assert clock_on(FRIDAY, 10).start() == Clock(due_on=date(2026, 12, 16))
    assert clock_on(FRIDAY, 10, count="calendar").start() == Clock(due_on=date(2026, 12, 7))


def test_it_stands_still_and_goes_on_over_weekend_and_holidays() -> None:
    paused = clock_on(FRIDAY).pause(Clock(due_on=date(2026, 12, 4)))
    assert paused == Clock(due_on=None, days_left=3)
    # Sunday, between two holidays: Wednesday, Thursday, Friday.
    assert clock_on(SUNDAY).resume(paused) == Clock(due_on=date(2026, 12, 4))
    assert clock_on(date(2026, 12, 31)).resume(paused) == Clock(due_on=date(2027, 1, 7))


def test_the_last_day_of_a_standing_clock_is_one_that_counts() -> None:
    paused = clock_on(FRIDAY).pause(Clock(due_on=FRIDAY))
    assert paused.days_left == 0
    assert clock_on(FRIDAY).resume(paused) == Clock(due_on=FRIDAY)
    assert clock_on(SATURDAY).resume(paused) == Clock(due_on=WEDNESDAY)


@pytest.mark.parametrize("today", [SATURDAY, TUESDAY, WEDNESDAY, date(2026, 12, 14)])
@pytest.mark.parametrize("count", ["working", "calendar"])
def test_what_was_late_stays_as_late(today: date, count: str) -> None:
    clock = clock_on(today, count=count)
    paused = clock.pause(Clock(due_on=FRIDAY))
    assert paused.days_left is not None and paused.days_left < 0
    later = replace(clock, today=today + timedelta(days=30))
    resumed = later.resume(paused).due_on
    assert resumed is not None
    assert clock.calendar.counts(resumed, clock.deadline.count)
    assert later.days_to(resumed) == paused.days_left
    assert clock.resume(paused).due_on == FRIDAY


def test_a_standing_clock_does_not_stop_twice_nor_a_running_one_go_on() -> None:
    standing, running = Clock(due_on=None, days_left=4), Clock(due_on=WEDNESDAY)
    assert clock_on(FRIDAY).pause(standing) == standing
    assert clock_on(FRIDAY).resume(running) == running


def test_moves_and_the_clock() -> None:
    clock, running = clock_on(FRIDAY, 2), Clock(due_on=WEDNESDAY)
    standing = Clock(due_on=None, days_left=1)
    moved = clock.moved
    assert moved(running, State.WAITING, State.IN_PROGRESS) == running
    assert moved(running, State.WAITING, State.WAITING_INFORMATION) == standing
    assert moved(standing, State.WAITING_INFORMATION, State.IN_PROGRESS) == running
    assert moved(standing, State.WAITING_INFORMATION, State.DONE) == standing
    anew = Clock(due_on=date(2026, 12, 3))
    for was in (standing, running):
        assert moved(was, State.DONE, State.WAITING) == anew


# States


def test_who_may_move_where() -> None:
    staff, customer = By.STAFF, By.CUSTOMER
    asking, begun = State.WAITING_INFORMATION, State.IN_PROGRESS
    ends = {State.DONE, State.REFUSED}
    assert rules.may_follow(State.WAITING, staff) == {begun, asking, *ends}
    assert rules.may_follow(asking, staff) == {begun, *ends}
    assert rules.may_follow(begun, staff) == {asking, *ends}
    for end in (State.DONE, State.REFUSED, State.WITHDRAWN):
        assert rules.may_follow(end, staff) == frozenset()
    assert rules.may_follow(asking, customer) == {begun, State.WITHDRAWN}
    assert rules.may_follow(State.WITHDRAWN, customer) == frozenset()
    for state in State:
        assert rules.may_follow(state, By.PORTAL) == frozenset()
        assert state not in rules.may_follow(state, staff) | rules.may_follow(state, customer)


def test_until_when_it_can_be_reopened() -> None:
    closed_at = datetime(2026, 11, 27, tzinfo=UTC)
    case = Mock(spec=Case, state=State.DONE, summary=Mock(closed_at=closed_at))
    assert rules.reopen_until(case, 30) == closed_at + timedelta(days=30)
    assert rules.reopen_until(case, 0) is None
    case.state = State.WITHDRAWN
    assert rules.reopen_until(case, 30) is None


def test_numbers() -> None:
    assert rules.number("F2", 53) == "F2000000053"
