"""How often a process tries to log in."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from legacy_adapters.asking import begin_asking, stop_asking
from legacy_adapters.errors import BillingBusy, BillingPaused
from legacy_adapters.log_ins import LogIns
from tests.unit.test_breaker import Clock

REFUSED = Exception("ORA-01017: invalid username/password; logon denied")


def log_in(log_ins: LogIns, error: Exception | None = None) -> bool:
    """Whether it was tried."""
    try:
        with log_ins.one():
            if error:
                raise error
    except BillingPaused as paused:
        assert "ORA-01017" in str(paused)
        return False
    except Exception as raised:
        assert raised is error
    return True


def test_refused_ones_are_tried_ever_more_seldom() -> None:
    clock = Clock()
    log_ins = LogIns(1.5, clock)
    tried = []
    for second in range(2_400):
        clock.now = 1_000.0 + second
        if log_in(log_ins, REFUSED):
            tried.append(second)
    assert tried == [0, 25, 75, 175, 375, 775, 1575]
    clock.now += 900
    assert log_in(log_ins) and log_in(log_ins, REFUSED)
    clock.now += 25
    assert log_in(log_ins)


def test_a_password_may_be_wrong_for_weeks() -> None:
    clock = Clock()
    log_ins = LogIns(1.5, clock)
    for _ in range(1_100):
        assert log_in(log_ins, REFUSED)
        clock.now += 900
    assert log_in(log_ins)


def test_what_is_no_refusal_keeps_nobody_waiting() -> None:
    log_ins = LogIns(1.5)
    for error in (Exception("ORA-12514: unknown service"), OSError("reset"), None, None):
        assert log_in(log_ins, error)


def test_all_at_once_make_one_refused_try() -> None:
    log_ins, together = LogIns(1.5), threading.Barrier(8)

    def refuse() -> bool:
        try:
            with log_ins.one():
                time.sleep(0.05)
                raise REFUSED
        except BillingPaused:
            return False
        except Exception as error:
            assert error is REFUSED
            return True

    def work(_: int) -> bool:
        together.wait()
        return refuse()

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(work, range(8))) == 1


def test_one_that_hangs_keeps_others_waiting_no_longer_than_a_connect_may_take() -> None:
    log_ins, ends, hangs = LogIns(1.0), threading.Event(), threading.Event()

    def hang() -> None:
        with log_ins.one():
            hangs.set()
            ends.wait(20)

    with ThreadPoolExecutor(1) as pool:
        hanging = pool.submit(hang)
        hangs.wait()
        begun = time.monotonic()
        assert log_in(log_ins)  # in the other's stead
        assert 0.8 < time.monotonic() - begun < 3
        with log_ins.one():  # which does not give this turn away when it ends
            ends.set()
            hanging.result()
            with ThreadPoolExecutor(1) as another, pytest.raises(BillingBusy):
                another.submit(short_page, log_ins).result()


def short_page(log_ins: LogIns) -> None:
    begin_asking("test", seconds=0.05)
    try:
        with log_ins.one():
            pass
    finally:
        stop_asking()
