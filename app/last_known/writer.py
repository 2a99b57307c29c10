"""Writes answers behind the pages, so that keeping them costs no page a round trip."""

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from queue import Empty, Full, Queue
from typing import Any, NamedTuple

import structlog
from cachetools import LRUCache

from app.database.engine import Database
from app.last_known import store
from app.last_known.records import Topic
from app.last_known.sealing import Seal
from legacy_adapters.records import ContractCode

log = structlog.get_logger("selfcare")
LONGEST_QUEUE = 5_000
GATHER_SECONDS = 1.0
AGAIN_SECONDS = 600  # an unchanged answer is written again this often, for its moment's sake
CLEAN_SECONDS = 3_600
NEVER = (0, 0.0)
REMEMBERED = 20_000  # answers whose like needs not be written again


class Job(NamedTuple):
    topic: Topic[Any]
    code: ContractCode
    answer: Any
    told_at: datetime


class GivenUp(NamedTuple):
    """In the answers' own queue: none that was told before may be written after it."""

    codes: Sequence[ContractCode]


class Writer:
    """One thread per process, started by the first answer."""

    def __init__(
        self,
        *,
        database: Database,
        seal: Seal,
        keep_days: int,
        now: Callable[[], datetime],
        is_linked: store.IsLinked,
    ) -> None:
        self._database = database
        self._seal = seal
        self._keep = timedelta(days=keep_days)
        self._now = now
        self._is_linked = is_linked
        self._queue: Queue[Job | GivenUp | None] = Queue(LONGEST_QUEUE)
        self._closing = threading.Event()
        # Not a TTLCache: that one looks at its clock and its links several times for each page.
        self._written: LRUCache[tuple[str, ContractCode], tuple[int, float]] = LRUCache(REMEMBERED)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._clean_at = 0.0

    def keep(self, topic: Topic[Any], code: ContractCode, answer: Any) -> None:
        """Soon. What does not fit into the queue is left out: it will be told again."""
        key, fingerprint, now = (topic.name, code), hash(answer), time.monotonic()
        with self._lock:
            written, again_at = self._written.get(key, NEVER)
            if written == fingerprint and now < again_at:
                return
            self._written[key] = fingerprint, now + AGAIN_SECONDS
        if not self._put(Job(topic, code, answer, self._now())):
            self._forget([key])

    def give_up(self, codes: Sequence[ContractCode]) -> None:
        """Soon. Deletes what was told of those of these contracts that no account has."""
        for code in codes:
            self.forget(code)
        self._put(GivenUp(codes))

    def _put(self, job: Job | GivenUp) -> bool:
        """False, where it does not fit."""
        with self._lock:
            if self._closing.is_set():
                return True
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="last-known", daemon=True)
                self._thread.start()
        try:
            self._queue.put_nowait(job)
        except Full:
            return False
        return True

    def forget(self, code: ContractCode) -> None:
        """What was written of this contract may be gone: write it again when it is told."""
        with self._lock:
            keys = [key for key in self._written if key[1] == code]
        self._forget(keys)

    def flush(self) -> None:
        """Waits until all that was given is written."""
        self._queue.join()

    def close(self) -> None:
        """Ends the thread. What it has not begun to write is left out."""
        with self._lock:
            self._closing.set()
            thread = self._thread
        if thread is not None:
            with suppress(Full):  # else it is awake
                self._queue.put_nowait(None)
            thread.join()

    def _work(self) -> None:
        while jobs := self._gather():
            try:
                self._write(jobs)
            except Exception as error:  # the thread must outlive whatever one batch holds
                self._forget([(j.topic.name, j.code) for j in jobs if isinstance(j, Job)])
                log.warning(
                    "last known data not kept",
                    kind=type(error).__name__,
                    reason=str(error)[:200],
                    do="is SELFCARE_DATABASE_URL reachable and writable?",
                )
            for _ in jobs:
                self._queue.task_done()

    def _gather(self) -> list[Job | GivenUp]:
        """Those of a second; none when the writer is closed."""
        jobs: list[Job | GivenUp | None] = [self._queue.get()]
        self._closing.wait(GATHER_SECONDS)
        while len(jobs) < LONGEST_QUEUE:
            try:
                jobs.append(self._queue.get_nowait())
            except Empty:
                break
        return [] if self._closing.is_set() else [job for job in jobs if job]

    def _write(self, jobs: list[Job | GivenUp]) -> None:
        newest = {(job.topic.name, job.code): job for job in jobs if isinstance(job, Job)}
        given_up = [code for job in jobs if isinstance(job, GivenUp) for code in job.codes]
        rows = [self._seal.close(*job) for job in newest.values()]
        now = self._now()
        if rows:
            with self._database.write() as connection:
                store.keep(connection, rows, now)
        if given_up:
            with self._database.write() as connection:
                store.forget_unlinked(connection, sorted(given_up), self._is_linked)
        if time.monotonic() >= self._clean_at:
            with self._database.write() as connection:
                store.clean(connection, since=now - self._keep, now=now)
            self._clean_at = time.monotonic() + CLEAN_SECONDS

    def _forget(self, keys: list[tuple[str, ContractCode]]) -> None:
        with self._lock:
            for key in keys:
                self._written.pop(key, None)
