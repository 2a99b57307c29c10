"""The door in front of slow work."""

import threading
import time

import pytest

from app.accounts.entrance import Entrance, evenly
from app.accounts.records import TooBusy


def test_no_more_than_its_places_get_in_and_they_come_free() -> None:
    entrance = Entrance(places=2, hashing_threads=1)
    with entrance.enter(), entrance.enter(), pytest.raises(TooBusy), entrance.enter():
        pass
    with entrance.enter(), entrance.enter():
        pass


def test_a_failure_inside_frees_the_place() -> None:
    entrance = Entrance(places=1, hashing_threads=1)
    for _ in range(3):
        with pytest.raises(ValueError, match="inside"), entrance.enter():
            raise ValueError("inside")


def test_hashing_takes_turns_in_threads_of_its_own() -> None:
    entrance, at_once, most = Entrance(places=9, hashing_threads=2), [0], [0]
    lock = threading.Lock()

    def work() -> str:
        with lock:
            at_once[0] += 1
            most[0] = max(most[0], at_once[0])
        time.sleep(0.01)
        with lock:
            at_once[0] -= 1
        return threading.current_thread().name

    threads = [threading.Thread(target=lambda: entrance.hash(work)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most[0] == 2
    assert entrance.hash(work).startswith("passwords")


def test_a_mistake_while_hashing_comes_back_to_who_asked() -> None:
    entrance = Entrance(places=1, hashing_threads=1)
    with pytest.raises(ZeroDivisionError):
        entrance.hash(lambda: 1 // 0)


def test_evenly_takes_its_time_even_when_it_fails() -> None:
    start = time.monotonic()
    with pytest.raises(ValueError, match="early"), evenly(0.05):
        raise ValueError("early")
    assert time.monotonic() - start >= 0.05
