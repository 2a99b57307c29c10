"""A trouble that lasts is told once a minute, not at every try."""

import threading
import time

import structlog

log = structlog.get_logger("selfcare")
APART_SECONDS = 60.0


class Rarely:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._next: dict[str, float] = {}

    def warn(self, event: str, error: Exception, *, do: str) -> None:
        with self._lock:
            now = time.monotonic()
            if now < self._next.get(event, 0.0):
                return
            self._next[event] = now + APART_SECONDS
        log.warning(event, kind=type(error).__name__, reason=str(error)[:200], do=do)
