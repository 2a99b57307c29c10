"""Which work there is, and the queue in which a web process asks the job process for it.

A queue may lose a job: its server restarts, a process dies over one. So a job carries nothing;
what must not be lost stands in a table, and the work that looks there is also done periodically.
"""

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from huey import Huey
from huey.api import Task

from app.jobs.queues import SECONDS, open_queue
from app.jobs.rarely import Rarely

LOOKED_AT = 100  # jobs waiting in the queue among which an equal one is looked for
AWAY = "is SELFCARE_JOBS_URL reachable? Until then what was asked is done within a minute"


class Jobs:
    """The same in the web, which asks, and in the job process, which works.

    It opens nothing before it is used: a process forked later inherits no connection.
    """

    def __init__(self, address: str, *, name: str = "selfcare") -> None:
        self._address = address
        self._name = name
        self._queue: Huey | None = None
        self._tasks: dict[str, Any] = {}
        self._opening = threading.Lock()
        self._asked: list[str] = []
        self._telling = False
        self._changed = threading.Condition()
        self._teller: threading.Thread | None = None
        self._rarely = Rarely()
        self.work: dict[str, Callable[[], object]] = {}
        self.periodic: dict[str, float] = {}  # name of a work -> seconds between two times
        self.apart: dict[str, tuple[Callable[[], object], float]] = {}
        self.stopping = threading.Event()  # long work looks here whether to leave off

    def register(
        self,
        name: str,
        work: Callable[[], object],
        *,
        every: float | None = None,
        apart: bool = False,
    ) -> None:
        """every: it is also done by itself after so many seconds, and at the start. apart: it may
        take long, so it is done beside the others and never by request."""
        if apart and every is not None:
            self.apart[name] = (work, every)
            return
        self.work[name] = work
        if every is not None:
            self.periodic[name] = every

    def ask(self, name: str) -> None:
        """Has this work done soon. Never raises and never waits: a thread tells the queue."""
        with self._changed:
            if name not in self._asked:
                self._asked.append(name)
            if self._teller is None:
                self._teller = threading.Thread(target=self._tell, name="jobs", daemon=True)
                self._teller.start()
            self._changed.notify_all()

    def flush(self, seconds: float) -> bool:
        """Waits until the queue was told all that was asked; False when that took too long."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._asked and not self._telling, seconds)

    def close(self) -> None:
        """Ends what this process has of the queue."""
        self.stopping.set()
        with self._changed:
            self._changed.notify_all()
        if self._teller is not None:
            self._teller.join(SECONDS)
        self.reopen()

    def _tell(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._asked or self.stopping.is_set())
                if not self._asked:
                    return
                # Emptied first: who asks from now on may mean what the next job would not see.
                names, self._asked, self._telling = self._asked, [], True
            for name in names:
                self._tell_one(name)
            with self._changed:
                self._telling = False
                self._changed.notify_all()

    def _tell_one(self, name: str) -> None:
        try:
            queue = self.open()
            if not any(self._is(name, data) for data in queue.storage.enqueued_items(LOOKED_AT)):
                queue.enqueue(self._tasks[name].s())
        except Exception as error:  # whatever a driver raises: the thread must outlive it
            self.reopen()
            self._rarely.warn("the job queue cannot be told", error, do=AWAY)

    def _is(self, name: str, data: bytes) -> bool:
        try:
            return bool(self.read(data).name == name)
        except ValueError:
            return False

    def open(self) -> Huey:
        """Raises: whatever the queue's driver raises."""
        with self._opening:
            if self._queue is None:
                queue = open_queue(self._address, self._name)
                self._tasks = {name: _task(queue, name, work) for name, work in self.work.items()}
                self._queue = queue
            return self._queue

    def reopen(self) -> None:
        """The next use takes a new connection."""
        with self._opening:
            queue, self._queue = self._queue, None
        if queue is not None:
            with suppress(Exception):  # it is given up because it does not work
                queue.storage.close()

    def read(self, data: bytes) -> Task:
        """Raises: ValueError, for what is no job of this version."""
        try:
            return self.open().deserialize_task(data)
        except Exception as error:  # JSON of any shape, names that nobody knows
            raise ValueError(f"not a job: {type(error).__name__}") from error

    def count(self) -> int:
        """How many jobs wait in the queue. Raises: whatever its driver raises."""
        return int(self.open().pending_count())


def _task(queue: Huey, name: str, work: Callable[[], object]) -> Any:
    def run() -> None:
        work()

    return queue.task(name=name)(run)
