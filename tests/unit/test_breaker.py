"""When billing is not asked any more, and when it is again."""

from collections.abc import Callable, Iterator

import pytest

from legacy_adapters.asking import name_customer, stop_asking
from legacy_adapters.breaker import LONGEST_REFUSED_PAUSE, Breaker
from legacy_adapters.errors import (
    BillingBusy,
    BillingDataError,
    BillingHangs,
    BillingOutOfTime,
    BillingPaused,
    BillingSlow,
    BillingUnavailable,
    MappingError,
)


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> Breaker:
    return Breaker(clock)


def ask(breaker: Breaker, error: Exception | None = None) -> str:
    """`asked`, or how it was refused."""
    try:
        with breaker.guard():
            if error:
                raise error
            return "asked"
    except Exception as raised:
        if raised is not error:
            assert isinstance(raised, BillingPaused)
            return "paused"
        return "asked"


AWAY: Callable[[], Exception] = lambda: BillingUnavailable("it is away")  # noqa: E731


def test_three_failures_in_a_row_pause_it(breaker: Breaker) -> None:
    assert [ask(breaker, AWAY()) for _ in range(4)] == ["asked", "asked", "asked", "paused"]


def test_a_hanging_server_pauses_it_at_once(breaker: Breaker) -> None:
    assert [ask(breaker, BillingHangs("no answer")) for _ in range(2)] == ["asked", "paused"]


def test_failures_with_answers_between_do_not(breaker: Breaker) -> None:
    for _ in range(5):
        assert ask(breaker, AWAY()) == ask(breaker, AWAY()) == ask(breaker) == "asked"


NO_OUTAGES = [
    BillingBusy("busy"),
    BillingOutOfTime("0.1 s left"),
    BillingPaused("no log-in"),
    BillingDataError("x"),
    ValueError("x"),
]


@pytest.mark.parametrize("error", NO_OUTAGES)
def test_what_is_no_outage_does_not_count(breaker: Breaker, error: Exception) -> None:
    assert [ask(breaker, error) for _ in range(9)] == ["asked"] * 9


def test_changed_schema_counts(breaker: Breaker) -> None:
    assert [ask(breaker, MappingError("x")) for _ in range(4)][-1] == "paused"


def test_one_question_tries_after_a_pause_and_the_others_wait(
    breaker: Breaker, clock: Clock
) -> None:
    for _ in range(3):
        ask(breaker, AWAY())
    clock.now += 4.9
    assert ask(breaker) == "paused"
    clock.now += 0.2
    with breaker.guard():
        assert ask(breaker) == "paused"
    assert ask(breaker) == "asked"
    assert not breaker.is_open


def test_pauses_grow_but_stay_below_half_a_minute(breaker: Breaker, clock: Clock) -> None:
    for _ in range(3):
        ask(breaker, AWAY())
    pauses = []
    for _ in range(6):
        begun = clock.now
        while ask(breaker, AWAY()) == "paused":
            clock.now += 0.5
        pauses.append(clock.now - begun)
    assert pauses == [5, 10, 20, 20, 20, 20]


def test_busy_trial_lets_the_next_try(breaker: Breaker, clock: Clock) -> None:
    for _ in range(3):
        ask(breaker, AWAY())
    clock.now += 6
    assert ask(breaker, BillingBusy("busy")) == "asked"
    assert ask(breaker) == "asked"


def test_refused_password_is_hardly_ever_tried(breaker: Breaker, clock: Clock) -> None:
    """Oracle locks an account after ten refused log-ins."""
    refused = 0
    for _second in range(600):
        if ask(breaker, BillingUnavailable("ORA-01017", refuses_us=True)) == "asked":
            refused += 1
        clock.now += 1
    assert refused == 5  # at 0, 25, 75, 175 and 375 s


def test_each_kind_of_pause_grows_by_itself(breaker: Breaker, clock: Clock) -> None:
    """A refused log-in at an outage's end, as of a database that is not quite up yet, is no reason
    to stay away for a quarter of an hour."""

    def until_asked(error: Exception | None) -> float:
        begun = clock.now
        while ask(breaker, error) == "paused":
            clock.now += 0.5
        return clock.now - begun

    for _ in range(3):
        ask(breaker, AWAY())
    begun = clock.now
    while clock.now < begun + 100:
        until_asked(AWAY())
    refused = BillingUnavailable("ORA-01017", refuses_us=True)
    until_asked(refused)
    assert until_asked(AWAY()) == 25
    assert until_asked(refused) == 20
    assert until_asked(None) == 50  # and a flapping one does not try a password every 25 seconds
    assert not breaker.is_open


def test_an_outage_after_a_refusal_is_over_within_seconds(breaker: Breaker, clock: Clock) -> None:
    for _ in range(4):
        ask(breaker, BillingUnavailable("ORA-01017", refuses_us=True))
        clock.now += 900
    assert ask(breaker, AWAY()) == "asked"
    clock.now += 5
    assert ask(breaker) == "asked"


@pytest.fixture
def customer() -> Iterator[Callable[[str], None]]:
    yield name_customer
    stop_asking()


SLOW = BillingSlow("ended by the database")


def test_one_customers_slow_page_is_nobody_elses_outage(
    breaker: Breaker, customer: Callable[[str], None]
) -> None:
    customer("one")
    assert [ask(breaker, SLOW) for _ in range(9)] == ["asked"] * 9


def test_slow_pages_of_several_customers_in_a_row_are_one(
    breaker: Breaker, clock: Clock, customer: Callable[[str], None]
) -> None:
    for name in ("one", "two", "one", "three"):
        customer(name)
        assert ask(breaker, SLOW) == "asked"
    assert ask(breaker) == "paused"
    clock.now += 5
    customer("two")
    assert ask(breaker, SLOW) == "asked"  # it tells nothing new
    customer("four")
    assert ask(breaker, SLOW) == "asked"
    assert ask(breaker) == "paused"
    clock.now += 10
    assert ask(breaker) == "asked" and not breaker.is_open


def test_visitors_without_an_account_are_one_customer(breaker: Breaker) -> None:
    assert [ask(breaker, SLOW) for _ in range(9)] == ["asked"] * 9


@pytest.mark.parametrize("refuses_us", [False, True])
def test_an_outage_may_last_for_days(breaker: Breaker, clock: Clock, refuses_us: bool) -> None:
    """Doubled without end its pause would be more than a number holds."""
    for _ in range(1_100):
        assert ask(breaker, BillingUnavailable("away", refuses_us=refuses_us)) == "asked"
        clock.now += LONGEST_REFUSED_PAUSE
    assert ask(breaker) == "asked" and not breaker.is_open


def test_slow_questions_with_answers_between_are_not(breaker: Breaker) -> None:
    for _ in range(5):
        assert ask(breaker, SLOW) == ask(breaker, SLOW) == ask(breaker) == "asked"
        assert ask(breaker, AWAY()) == ask(breaker, SLOW) == ask(breaker, AWAY()) == "asked"
        ask(breaker)


def test_whoever_waited_is_told_of_the_pause_but_the_trial_goes_on(
    breaker: Breaker, clock: Clock
) -> None:
    breaker.check(is_trial=False)
    ask(breaker, BillingHangs("no answer"))
    clock.now += 6
    with breaker.guard() as is_trial:
        breaker.check(is_trial=is_trial)
        with pytest.raises(BillingPaused):
            breaker.check(is_trial=False)
