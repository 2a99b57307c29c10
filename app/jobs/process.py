"""The job process: works the queue off, and does what is periodic by itself.

huey's own consumer sends periodic work through the queue, so that a queue which is away would
stop all of it; here only what pages ask for goes through the queue.
"""

import os
import signal
import threading
import time
from collections.abc import Callable
from functools import partial
from types import FrameType

import structlog
from huey.api import Task

from app.database.engine import DatabaseUnavailable
from app.jobs.queue import Jobs
from app.jobs.rarely import Rarely
from legacy_adapters.errors import BillingError

log = structlog.get_logger("selfcare")
LOOK_SECONDS = 0.5  # between two looks into a queue that cannot tell by itself, or at the parent
AWAY_SECONDS = 5.0
LEAVE_SECONDS = 8.0  # for the work at hand, when the process has to end
AWAY = "is SELFCARE_JOBS_URL reachable? Periodic work goes on meanwhile"


def work_until_told(jobs: Jobs, *, parent: int | None = None) -> None:
    """Works until SIGTERM or SIGINT comes or the parent process is gone.

    For the main thread. What is at hand then is finished if that takes seconds; else it counts
    as not done, and what it left in the tables is done by the next job process.
    """

    told_to_end: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        # No more than this: it may run while this thread holds a lock, an Event's own too.
        told_to_end.append(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, note)
    log.debug("the job process works", process=os.getpid())
    worker = Worker(jobs)
    runs: dict[str, Callable[[], None]] = {"queue": worker.queue, "periodic": worker.periodic}
    runs |= {name: partial(worker.apart, name) for name in jobs.apart}
    threads = [
        threading.Thread(target=run, name=f"jobs-{name}", daemon=True) for name, run in runs.items()
    ]
    for thread in threads:
        thread.start()
    while not told_to_end and (parent is None or os.getppid() == parent):
        time.sleep(LOOK_SECONDS)
    jobs.stopping.set()
    end = time.monotonic() + LEAVE_SECONDS
    for thread in threads:
        thread.join(max(0.0, end - time.monotonic()))


class Worker:
    """What the process's threads do; each runs until `jobs.stopping`."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs
        self._rarely = Rarely()

    def queue(self) -> None:
        while not self._jobs.stopping.is_set():
            try:
                queue = self._jobs.open()
                data = queue.storage.dequeue()
            except Exception as error:  # whatever a driver raises
                self._jobs.reopen()
                self._rarely.warn("the job queue is away", error, do=AWAY)
                self._jobs.stopping.wait(AWAY_SECONDS)
                continue
            if data is not None:
                self._do_asked(data)
            elif not getattr(queue.storage, "blocking", False):
                self._jobs.stopping.wait(LOOK_SECONDS)
        self._jobs.reopen()  # here, because a connection may belong to this thread

    def _do_asked(self, data: bytes) -> None:
        try:
            task: Task = self._jobs.read(data)
        except ValueError as error:
            hint = "do web and job process have the same version, and the queue to themselves?"
            self._rarely.warn("a job that nobody knows was dropped", error, do=hint)
            return
        self._do(task.name)

    def periodic(self) -> None:
        next_at = dict.fromkeys(self._jobs.periodic, time.monotonic())
        while not self._jobs.stopping.is_set():
            for name, every in self._jobs.periodic.items():
                if next_at[name] <= time.monotonic() and not self._jobs.stopping.is_set():
                    next_at[name] = time.monotonic() + every
                    self._do(name)
            self._jobs.stopping.wait(LOOK_SECONDS)

    def apart(self, name: str) -> None:
        """One long work, again and again, so many seconds after its end."""
        work, every = self._jobs.apart[name]
        while not self._jobs.stopping.is_set():
            self._try(name, work)
            self._jobs.stopping.wait(every)

    def _do(self, name: str) -> None:
        self._try(name, self._jobs.work[name])

    def _try(self, name: str, work: Callable[[], object]) -> None:
        try:
            work()
        except Exception as error:  # one work's trouble must not end the others
            log.error(
                "a job failed",
                job=name,
                kind=type(error).__name__,
                reason=str(error)[:200],
                do=f"{_what_helps(error)} It is tried again by itself",
            )


def _what_helps(error: Exception) -> str:
    if isinstance(error, DatabaseUnavailable):
        return f"{error.do}."
    if isinstance(error, BillingError):
        return "run: flask billing check."
    return "the reason says why; the newest lines before it, too."
