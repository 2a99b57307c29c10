"""How many ask billing at once, and how long anybody waits."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from math import inf

import pytest

from legacy_adapters import lane as lanes
from legacy_adapters.errors import BillingBusy, BillingHangs, BillingOutOfTime, BillingUnavailable
from legacy_adapters.lane import Lane

SECONDS = 1.0


@pytest.fixture
def released() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


def soon() -> float:
    return time.monotonic() + 5


def test_answers_and_errors_come_through() -> None:
    lane = Lane(2, SECONDS)
    assert lane.run(lambda: 42, soon()) == 42
    with pytest.raises(ZeroDivisionError):
        lane.run(lambda: 1 // 0, soon())
    assert lane.run(lambda: "again", soon()) == "again"


def test_threads_are_used_again() -> None:
    lane = Lane(2, SECONDS)
    names = {lane.run(threading.current_thread, soon()) for _ in range(50)}
    assert len(names) == 1


def test_nobody_waits_past_the_deadline(released: threading.Event) -> None:
    lane = Lane(2, SECONDS)
    begun = time.monotonic()
    with pytest.raises(BillingUnavailable, match="no answer within"):
        lane.run(lambda: released.wait(20), begun + 0.3)
    assert 0.2 < time.monotonic() - begun < 1.5


def test_only_so_many_ask_at_once(released: threading.Event) -> None:
    lane, asked, lock = Lane(3, SECONDS), [0, 0], threading.Lock()

    def question() -> None:
        with lock:
            asked[0] += 1
            asked[1] = max(asked)
        released.wait(0.2)
        with lock:
            asked[0] -= 1

    def ask(_: int) -> str:
        try:
            lane.run(question, soon())
        except BillingBusy:
            return "busy"
        return "answered"

    with ThreadPoolExecutor(12) as pool:
        told = list(pool.map(ask, range(12)))
    assert asked[1] == 3
    assert told.count("answered") >= 6  # two turns of three within the half second of waiting
    assert set(told) <= {"answered", "busy"}


def test_hanging_questions_give_their_turn_to_others(released: threading.Event) -> None:
    lane = Lane(1, SECONDS)
    for _ in range(3):
        with pytest.raises(BillingUnavailable):
            lane.run(lambda: released.wait(20), time.monotonic() + 0.05)
    assert lane.run(lambda: 1, soon()) == 1


def test_no_thread_to_be_had_costs_no_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    lane = Lane(1, SECONDS)
    with monkeypatch.context() as changed:
        changed.setattr(threading.Thread, "start", refuse)
        for _ in range(3):
            with pytest.raises(BillingBusy, match="no thread"):
                lane.run(lambda: 1, soon())
    assert lane.run(lambda: 1, soon()) == 1


def test_too_many_hanging_close_the_lane_until_they_end(
    released: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "ABANDONED_AT_MOST", 2)
    lane = Lane(1, SECONDS)
    for _ in range(2):
        with pytest.raises(BillingUnavailable):
            lane.run(lambda: released.wait(20), time.monotonic() + 0.05)
    with pytest.raises(BillingUnavailable, match="hang"):
        lane.run(lambda: 1, soon())
    released.set()
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            assert lane.run(lambda: 1, soon()) == 1
        except BillingUnavailable:
            time.sleep(0.01)
        else:
            return
    pytest.fail("the lane stayed closed")


def test_a_question_that_has_all_its_time_hangs(released: threading.Event) -> None:
    lane, begun = Lane(1, SECONDS), time.monotonic()
    with pytest.raises(BillingHangs, match=r"no answer within 1\.0 s"):
        lane.run(lambda: released.wait(20), inf)
    assert time.monotonic() - begun < 2.5


def out_of_time(lane: Lane, ask: Callable[[], object], seconds: float = 0.1) -> bool:
    """Whether a page that has so few seconds left is told that it has too few."""
    try:
        lane.run(ask, time.monotonic() + seconds)
    except BillingOutOfTime:
        return True
    except BillingHangs:
        return False
    pytest.fail("it answered")


def test_a_page_that_ends_sooner_tells_nothing_of_billing(released: threading.Event) -> None:
    lane = Lane(1, SECONDS)
    for _ in range(15):  # a question that takes longer than these pages have, but ends
        assert out_of_time(lane, lambda: time.sleep(0.4))
    time.sleep(0.6)
    assert out_of_time(lane, lambda: released.wait(20))


def test_many_short_pages_see_in_the_end_that_it_hangs(released: threading.Event) -> None:
    """Else nothing would, where no page has as long as a question."""
    lane = Lane(1, SECONDS)
    begun = time.monotonic()
    told = []
    while time.monotonic() - begun < 2.5 * SECONDS:
        told.append(out_of_time(lane, lambda: released.wait(20)))
    assert told[:3] == [True] * 3
    assert 1 <= told.count(False) <= 3


def test_an_error_of_the_way_is_no_answer() -> None:
    lane = Lane(1, SECONDS)

    def cut() -> None:
        time.sleep(0.4)
        raise BillingUnavailable("connection lost")

    begun = time.monotonic()
    while out_of_time(lane, cut):
        assert time.monotonic() - begun < 5


def test_what_nobody_asked_is_no_silence() -> None:
    """A question that was cut off long ago, and ended badly, says nothing of one of now."""
    lane, short = Lane(1, 0.3), time.sleep

    def cut() -> None:
        short(0.1)
        raise BillingUnavailable("connection lost")

    with pytest.raises(BillingOutOfTime):
        lane.run(cut, time.monotonic() + 0.05)
    short(0.6)
    with pytest.raises(BillingOutOfTime):
        lane.run(lambda: short(0.1), time.monotonic() + 0.05)
