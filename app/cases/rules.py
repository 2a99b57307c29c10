"""What holds for cases: which state may follow which, and the legal clock. No database, no web.

The clock counts days after the day the case was filed. It stands still while the customer owes
information, and starts anew when a case is reopened.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from app.cases.calendar import Calendar
from app.cases.catalogue import Deadline
from app.cases.records import By, Case, State

DIGITS = 9

# The moves that each side may make.
MAY_FOLLOW: dict[By, dict[State, frozenset[State]]] = {
    By.STAFF: {
        State.WAITING: frozenset(
            {State.IN_PROGRESS, State.WAITING_INFORMATION, State.DONE, State.REFUSED}
        ),
        State.WAITING_INFORMATION: frozenset({State.IN_PROGRESS, State.DONE, State.REFUSED}),
        State.IN_PROGRESS: frozenset({State.WAITING_INFORMATION, State.DONE, State.REFUSED}),
    },
    By.CUSTOMER: {
        State.WAITING: frozenset({State.WITHDRAWN}),
        State.WAITING_INFORMATION: frozenset({State.IN_PROGRESS, State.WITHDRAWN}),
        State.IN_PROGRESS: frozenset({State.WITHDRAWN}),
        State.DONE: frozenset({State.WAITING}),
        State.REFUSED: frozenset({State.WAITING}),
    },
}
OPEN = frozenset({State.WAITING, State.WAITING_INFORMATION, State.IN_PROGRESS})
EDITABLE = frozenset({State.WAITING, State.WAITING_INFORMATION})
NEED_NOTE = frozenset({State.WAITING_INFORMATION, State.DONE, State.REFUSED})  # staff says why


@dataclass(frozen=True, kw_only=True, slots=True)
class Clock:
    """due_on: None while it stands still; days_left: then, and only then."""

    due_on: date | None
    days_left: int | None = None


def may_follow(state: State, by: By) -> frozenset[State]:
    return MAY_FOLLOW.get(by, {}).get(state, frozenset())


def number(request_code: str, sequence: int) -> str:
    """`F2000000053`."""
    return f"{request_code}{sequence:0{DIGITS}}"


@dataclass(frozen=True, kw_only=True, slots=True)
class LegalClock:
    """What a request's deadline makes of a clock today."""

    deadline: Deadline
    calendar: Calendar
    today: date

    def start(self) -> Clock:
        return Clock(due_on=self._after(self.deadline.days))

    def pause(self, clock: Clock) -> Clock:
        """Days left may be negative: what was late stays late."""
        if clock.due_on is None:
            return clock
        return Clock(due_on=None, days_left=self.days_to(clock.due_on))

    def resume(self, clock: Clock) -> Clock:
        if clock.due_on is not None or clock.days_left is None:
            return clock
        if clock.days_left < 0:
            return Clock(due_on=self._before(-clock.days_left))
        if clock.days_left == 0 and self._counts(self.today):
            return Clock(due_on=self.today)
        return Clock(due_on=self._after(max(1, clock.days_left)))

    def moved(self, clock: Clock, was: State, now: State) -> Clock:
        """The clock of a case that goes from one state to another."""
        if now is State.WAITING_INFORMATION:
            return self.pause(clock)
        if was is State.WAITING_INFORMATION and now in OPEN:
            return self.resume(clock)
        if was not in OPEN and now in OPEN:
            return self.start()
        return clock

    def days_to(self, day: date) -> int:
        """Negative when it is past."""
        return self.calendar.between(self.today, day, self.deadline.count)

    def _after(self, days: int) -> date:
        return self.calendar.after(self.today, days, self.deadline.count)

    def _before(self, days: int) -> date:
        """The latest day that counts and is so many days past."""
        day = self.today - timedelta(days=1)
        while not self._counts(day) or -self.days_to(day) < days:
            day -= timedelta(days=1)
        return day

    def _counts(self, day: date) -> bool:
        return self.calendar.counts(day, self.deadline.count)


def reopen_until(case: Case, days: int) -> datetime | None:
    """Until when its customer may reopen it; None where nobody can."""
    can_be = State.WAITING in may_follow(case.state, By.CUSTOMER)
    closed_at = case.summary.closed_at
    return closed_at + timedelta(days=days) if can_be and closed_at and days else None
