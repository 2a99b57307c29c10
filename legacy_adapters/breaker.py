"""Stops asking a database that does not answer, so that pages need not wait for it, and
tries again by itself.

Written here because the libraries of this kind hold a lock over the guarded call, or let
every waiting request try at once when the pause ends.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog

from legacy_adapters.asking import asker
from legacy_adapters.errors import (
    BillingBusy,
    BillingHangs,
    BillingOutOfTime,
    BillingPaused,
    BillingSlow,
    BillingUnavailable,
    MappingError,
)

log = structlog.get_logger("selfcare")

FAILURES = 3  # in a row
SAY_NOTHING = (BillingBusy, BillingPaused, BillingOutOfTime)  # of whether billing answers
# Seconds, doubled from trial to trial: billing is back in use within half a minute, and a
# server that accepts and stays silent is left with few connections that hang.
PAUSE, LONGEST_PAUSE = 5.0, 20.0
DOUBLED_AT_MOST = 10  # times: long past the longest, and far from where a float overflows
# A refused password counts against the account that Oracle locks after some tries: the
# first pause still lets billing come back within half a minute, the next are longer.
REFUSED_PAUSE, LONGEST_REFUSED_PAUSE = 25.0, 900.0


class Breaker:
    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        *,
        what: str = "billing",
        do: str = "run: flask billing check",
    ) -> None:
        """what, do: how the log calls it, and what it tells the operator."""
        self._clock = clock
        self._what, self._do = what, do
        self._lock = threading.Lock()
        # Since the last answer: who was too slow; pauses after a refusal, and others.
        self._failures = 0
        self._slow: list[str] = []
        self._pauses = {True: 0, False: 0}
        self._reason = ""
        self._paused_until = 0.0
        self._is_trying = False

    @property
    def is_open(self) -> bool:
        return self._paused_until > 0

    @contextmanager
    def guard(self) -> Iterator[bool]:
        """Gives whether this is the one trial after a pause. Raises: BillingPaused, during one."""
        is_trial = self._enter()
        try:
            yield is_trial
        except SAY_NOTHING:
            self._is_trying = self._is_trying and not is_trial
            raise
        except (BillingUnavailable, MappingError) as error:
            self._failed(error, is_trial)
            raise
        except BaseException:
            self._answered()  # badly perhaps, but it answers
            raise
        self._answered()

    def check(self, *, is_trial: bool) -> None:
        """Once more, for whoever had to wait since. Raises: BillingPaused."""
        if self._paused_until and not is_trial:
            raise BillingPaused(f"not asked any more: {self._reason}")

    def _enter(self) -> bool:
        if not self._paused_until:  # as a rule; no lock for it
            return False
        with self._lock:
            if not self._paused_until:
                return False
            left = self._paused_until - self._clock()
            if left > 0 or self._is_trying:
                raise BillingPaused(f"not asked for {max(left, 0):.0f} s: {self._reason}")
            self._is_trying = True
            return True

    def _answered(self) -> None:
        if self._failures or self._slow or self._paused_until:
            with self._lock:
                was_away = self._paused_until > 0
                self._failures, self._slow = 0, []
                self._pauses = {True: 0, False: 0}
                self._paused_until, self._is_trying = 0.0, False
            if was_away:
                log.warning(f"{self._what} answers again")

    def _failed(self, error: Exception, is_trial: bool) -> None:
        refused = isinstance(error, BillingUnavailable) and error.refuses_us
        with self._lock:
            self._is_trying = self._is_trying and not is_trial
            is_sure = refused or is_trial or isinstance(error, BillingHangs)
            if not self._count(error) or (not is_sure and self._in_a_row < FAILURES):
                return
            self._reason = str(error)
            first, longest = (
                (REFUSED_PAUSE, LONGEST_REFUSED_PAUSE) if refused else (PAUSE, LONGEST_PAUSE)
            )
            if is_trial or not self._paused_until:  # stragglers of the same failure add nothing
                pause = min(first * 2 ** self._pauses[refused], longest)
                self._paused_until = self._clock() + pause
                self._pauses[refused] = min(self._pauses[refused] + 1, DOUBLED_AT_MOST)
                log.error(
                    f"{self._what} is away",
                    reason=self._reason,
                    next_try_in_seconds=pause,
                    do=self._do,
                )

    def _count(self, error: Exception) -> bool:
        """False for a customer whose page is slow, and who opens it again and again: it would be
        everybody's outage, also as the trial. Visitors without an account are one."""
        if not isinstance(error, BillingSlow):
            self._failures += 1
            return True
        self._failures = 0  # it did answer
        who = asker().customer
        if who in self._slow:
            return False
        self._slow.append(who)
        return True

    @property
    def _in_a_row(self) -> int:
        return max(self._failures, len(self._slow))
