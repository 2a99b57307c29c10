"""A bounded lane to a database over a network: no more than so many questions at once, and
nobody waits past a deadline, whatever the driver does.

A driver's own time-outs are not enough: a server that sends a byte now and then resets
them, and a look-up of a host's name has none. So a question runs in a thread of the lane,
and who asked stops waiting at the deadline. The abandoned thread ends with its connection.
"""

import threading
import time
from collections.abc import Callable
from math import inf
from queue import SimpleQueue
from typing import Any, TypeVar

from legacy_adapters.errors import (
    BillingBusy,
    BillingHangs,
    BillingOutOfTime,
    BillingSlow,
    BillingUnavailable,
)

T = TypeVar("T")
# With a trial every 20 seconds a server may stay silent for hours before this is reached.
ABANDONED_AT_MOST = 1_000
TURN_SECONDS = 0.5  # how long a question may wait for its turn


class Lane:
    """width: questions at once. Beside them ABANDONED_AT_MOST may hang; then the lane is
    closed until some of those end. seconds: how long a question may take."""

    def __init__(self, width: int, seconds: float) -> None:
        self._width = width
        self._seconds = seconds
        self._turns = threading.Semaphore(width)
        self._waiting: SimpleQueue[_Call] = SimpleQueue()
        self._asked_at = 0.0  # when the newest question got its turn
        self._lock = threading.Lock()
        self._idle = 0
        self._abandoned = 0
        self._silent_since = 0.0  # when the first was asked that hangs, with no answer since

    def run(self, ask: Callable[[], T], until: float) -> T:
        """What ask returns or raises. until: when nobody waits for it any more.

        Raises: BillingHangs, BillingOutOfTime, BillingBusy.
        """
        if self._abandoned >= ABANDONED_AT_MOST:
            raise BillingUnavailable(f"{self._abandoned} questions hang without an answer")
        self._take_turn(until)
        try:
            return self._run(_Call(ask), until)  # type: ignore[no-any-return]
        finally:
            self._turns.release()

    def _run(self, call: "_Call", until: float) -> Any:
        call.asked_at = time.monotonic()
        if call.asked_at - self._asked_at > self._seconds and not self._abandoned:
            self._silent_since = 0.0  # nobody asked for so long: that was no silence
        self._asked_at = call.asked_at
        self._start_thread_if_needed()
        self._waiting.put(call)
        seconds = max(0.0, min(self._seconds, until - call.asked_at))
        if not call.wait(seconds) and self._abandon(call):
            told = f"no answer within {seconds:.1f} s"
            if self._hangs(seconds):
                raise BillingHangs(told)
            raise BillingOutOfTime(f"{told}, all that was left to this page")
        return call.result()

    def _take_turn(self, until: float) -> None:
        """Waits for one, unless nothing moves: who waits keeps a thread of the web process from
        pages that do not need billing."""
        if self._turns.acquire(blocking=False):
            return
        now = time.monotonic()
        is_moving = now - self._asked_at < TURN_SECONDS
        patience = min(TURN_SECONDS, until - now) if is_moving else 0
        if patience <= 0 or not self._turns.acquire(timeout=patience):
            raise BillingBusy(f"{self._width} questions are being answered already")

    def _start_thread_if_needed(self) -> None:
        with self._lock:
            if self._idle > 0:
                self._idle -= 1
                return
        try:
            threading.Thread(target=self._answer, name="billing-lane", daemon=True).start()
        except RuntimeError as error:  # the machine gives no more threads
            raise BillingBusy(f"no thread for a question: {error}") from error

    def _abandon(self, call: "_Call") -> bool:
        """False when the answer came at the last moment after all."""
        with self._lock:
            if call.is_done:
                return False
            call.is_abandoned = True
            self._abandoned += 1
            self._silent_since = self._silent_since or call.asked_at
            return True

    def _hangs(self, waited: float) -> bool:
        """Whether one question waited for all that billing has, or several of pages that end
        sooner did in turn."""
        with self._lock:
            silent = time.monotonic() - (self._silent_since or inf)
            hangs = max(waited, silent) >= self._seconds
            if hangs:
                self._silent_since = 0.0  # the next is to see for itself
            return hangs

    def _answer(self) -> None:
        while True:
            call = self._waiting.get()
            call.run()
            with self._lock:
                call.is_done = True
                if call.is_abandoned:
                    self._abandoned -= 1
                if self._silent_since and call.is_answered:
                    self._silent_since = 0.0
                self._idle += 1
            call.finished.release()
            del call  # its answer is the asker's alone


class _Call:
    def __init__(self, ask: Callable[[], Any]) -> None:
        self._ask = ask
        self._answer: Any = None
        self._error: BaseException | None = None
        self.finished = threading.Lock()
        self.finished.acquire()
        self.asked_at = 0.0
        self.is_done = False
        self.is_abandoned = False

    def run(self) -> None:
        try:
            self._answer = self._ask()
        except BaseException as error:  # it belongs to whoever asked
            self._error = error

    @property
    def is_answered(self) -> bool:
        away = isinstance(self._error, BillingUnavailable)
        return not away or isinstance(self._error, BillingSlow)

    def wait(self, seconds: float) -> bool:
        return self.finished.acquire(timeout=min(seconds, threading.TIMEOUT_MAX))

    def result(self) -> Any:
        if self._error is not None:
            raise self._error
        return self._answer
