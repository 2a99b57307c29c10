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

from legacy_adapters.errors import (
    BillingBusy,
    BillingHangs,
    BillingPaused,
    BillingUnavailable,
    MappingError,
)

log = structlog.get_logger("selfcare")

FAILURES = 3  # in a row
# Seconds, doubled from trial to trial: billing is back in use within half a minute, and a
# server that accepts and stays silent is left with few connections that hang.
PAUSE, LONGEST_PAUSE = 5.0, 20.0
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
        self._failures = 0
        self._pauses = {True: 0, False: 0}  # since the last answer: refused ones, and others
        self._reason = ""
        self._paused_until = 0.0
        self._is_trying = False

    @property
    def is_open(self) -> bool:
        return self._paused_until > 0

    @contextmanager
    def guard(self) -> Iterator[None]:
        """Raises: BillingUnavailable at once, during a pause."""
        is_trial = self._enter()
        try:
            yield
        except BillingBusy:
            self._is_trying = self._is_trying and not is_trial
            raise
        except (BillingUnavailable, MappingError) as error:
            self._failed(error, is_trial)
            raise
        except BaseException:
            self._answered()  # badly perhaps, but it answers
            raise
        self._answered()

    def _enter(self) -> bool:
        """Whether this is the one trial after a pause."""
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
        if self._failures or self._paused_until:
            with self._lock:
                was_away = self._paused_until > 0
                self._failures = 0
                self._pauses = {True: 0, False: 0}
                self._paused_until, self._is_trying = 0.0, False
            if was_away:
                log.warning(f"{self._what} answers again")

    def _failed(self, error: Exception, is_trial: bool) -> None:
        refused = isinstance(error, BillingUnavailable) and error.refuses_us
        with self._lock:
            self._failures += 1
            self._is_trying = self._is_trying and not is_trial
            is_sure = refused or is_trial or isinstance(error, BillingHangs)
            if not is_sure and self._failures < FAILURES:
                return
            self._reason = str(error)
            first, longest = (
                (REFUSED_PAUSE, LONGEST_REFUSED_PAUSE) if refused else (PAUSE, LONGEST_PAUSE)
            )
            if is_trial or not self._paused_until:  # stragglers of the same failure add nothing
                pause = min(first * 2 ** self._pauses[refused], longest)
                self._paused_until = self._clock() + pause
                self._pauses[refused] += 1
                log.error(
                    f"{self._what} is away",
                    reason=self._reason,
                    next_try_in_seconds=pause,
                    do=self._do,
                )
