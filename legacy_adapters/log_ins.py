"""One new log-in at a time, and none for a while after one that was refused.

A refused password counts against the account that Oracle locks after ten tries. All connections of
a process would try theirs at once, and those that still live would hide that from the breaker.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import structlog
from sqlalchemy import Engine, event

from legacy_adapters.asking import asker
from legacy_adapters.breaker import DOUBLED_AT_MOST, LONGEST_REFUSED_PAUSE, REFUSED_PAUSE
from legacy_adapters.errors import REASON_LENGTH, BillingBusy, BillingPaused, is_refused

log = structlog.get_logger("selfcare")


class LogIns:
    """Of one engine. seconds: how long one may keep the others waiting: it may hang for good."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._turns = threading.Condition()
        self._holder: object = None
        self._held_until = 0.0
        self._refused = 0  # in a row
        self._not_before = 0.0
        self._reason = ""

    @contextmanager
    def one(self) -> Iterator[None]:
        """Raises: BillingBusy, BillingPaused, before anything is tried."""
        me = self._take_turn()
        try:
            yield
        except Exception as error:
            if is_refused(error):
                self._was_refused(error)
            raise
        else:
            self._refused = 0
        finally:
            with self._turns:
                if self._holder is me:
                    self._holder = None
                    self._turns.notify_all()

    def _take_turn(self) -> object:
        me, patience = object(), min(self._seconds, asker().seconds_left)
        with self._turns:
            end = self._clock() + patience
            while self._holder is not None and (now := self._clock()) < self._held_until:
                if now >= end:
                    raise BillingBusy("another log-in takes its time")
                self._turns.wait(min(end, self._held_until) - now)
            left = self._not_before - self._clock()
            if left > 0:
                raise BillingPaused(f"no log-in for {left:.0f} s: {self._reason}")
            self._holder, self._held_until = me, self._clock() + self._seconds
        return me

    def _was_refused(self, error: Exception) -> None:
        with self._turns:
            if self._clock() < self._not_before:
                return  # it was on its way already
            pause = min(REFUSED_PAUSE * 2**self._refused, LONGEST_REFUSED_PAUSE)
            self._refused = min(self._refused + 1, DOUBLED_AT_MOST)
            self._not_before = self._clock() + pause
            self._reason = (
                f"{type(error).__name__}: {str(error).partition(chr(10))[0][:REASON_LENGTH]}"
            )
        log.error(
            "billing refuses the log-in",
            reason=self._reason,
            next_try_in_seconds=pause,
            do="put user and password right and restart: the database may lock the account",
        )


def limit_log_ins(engine: Engine, *, seconds: float) -> None:
    log_ins = LogIns(seconds)

    def connect(dialect: Any, _record: Any, args: Any, options: Any) -> Any:
        with log_ins.one():
            return dialect.connect(*args, **options)

    event.listen(engine, "do_connect", connect)
