"""Tells the operator of questions that failed, once for each thing that is wrong."""

import threading
import time
from collections.abc import Callable
from typing import Any

import structlog

from legacy_adapters.errors import BillingBusy, BillingOutOfTime, BillingPaused

log = structlog.get_logger("selfcare")
SECONDS = 60.0
MANY = (BillingBusy, BillingOutOfTime)  # under load each page may have one, and all say the same


class Failures:
    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._not_before: dict[type[Exception], float] = {}
        self._untold: dict[type[Exception], int] = {}

    def log(self, error: Exception, **more: Any) -> None:
        """more: what else the line is to say."""
        if isinstance(error, BillingPaused):
            return  # that billing is away was logged when it went
        if isinstance(error, MANY):
            untold = self._count(type(error))
            if untold is None:
                return
            more["as_often_since_told"] = untold
        log.error(
            "billing failed",
            kind=type(error).__name__,
            reason=str(error),
            **more,
            do="run: flask billing check",
        )

    def _count(self, kind: type[Exception]) -> int | None:
        """How many were not told, where it is time to tell."""
        with self._lock:
            if self._clock() < self._not_before.get(kind, 0.0):
                self._untold[kind] = self._untold.get(kind, 0) + 1
                return None
            self._not_before[kind] = self._clock() + SECONDS
            return self._untold.pop(kind, 0)


log_billing_failed = Failures().log  # of this process
