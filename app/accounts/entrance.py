"""What keeps a crowd at the door from standing in everybody's way."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from app.accounts.records import TooBusy

T = TypeVar("T")
EVEN_SECONDS = 0.2  # what claims and recoveries take, whatever happens
GENTLE = 10  # niceness of hashing: a page that wants a core goes first


class Entrance:
    """How many requests of one process may be signing in, registering or recovering at once,
    and the threads in which their passwords are hashed."""

    def __init__(self, *, places: int, hashing_threads: int) -> None:
        self._places = threading.BoundedSemaphore(places)
        self._hashing_threads = hashing_threads
        self._lock = threading.Lock()
        self._hashing: ThreadPoolExecutor | None = None

    @contextmanager
    def enter(self) -> Iterator[None]:
        """Raises: TooBusy, at once, so that the thread is free for somebody's page."""
        if not self._places.acquire(blocking=False):
            raise TooBusy
        try:
            yield
        finally:
            self._places.release()

    def hash(self, work: Callable[[], T]) -> T:
        """Waits for its turn: one password takes all of a core for its 20 ms."""
        return self._threads().submit(work).result()

    def _threads(self) -> ThreadPoolExecutor:
        # Not before it is needed: web processes are forked, and threads are not.
        with self._lock:
            if self._hashing is None:
                self._hashing = ThreadPoolExecutor(
                    self._hashing_threads, thread_name_prefix="passwords", initializer=_be_gentle
                )
            return self._hashing


def _be_gentle() -> None:
    if hasattr(os, "setpriority"):  # on Linux niceness is a thread's own
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), GENTLE)


@contextmanager
def evenly(seconds: float) -> Iterator[None]:
    """Takes so long whatever happens, so that the time does not tell what happened."""
    end = time.monotonic() + seconds
    try:
        yield
    finally:
        time.sleep(max(0.0, end - time.monotonic()))
