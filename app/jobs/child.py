"""The job process as a child beside a web server, forked like the server's own workers."""

import os
import signal
import sys
import time
import traceback
from collections.abc import Callable

import structlog

log = structlog.get_logger("selfcare")
PAUSE_SECONDS = 5.0  # before a child that ended is started again


class Child:
    """One process beside this one; for the main thread of a process that forks."""

    def __init__(self, run: Callable[[int], None]) -> None:
        """run: what the child does; told the parent's process id, to notice that it is gone."""
        self._run = run
        self._pid: int | None = None
        self._start_at = 0.0

    def keep(self) -> None:
        """Starts it if it does not run, but not at once after it ended. To be called often."""
        if self._pid is not None and not self._has_ended():
            return
        if self._pid is not None:
            log.error(
                "the job process ended",
                again_in_seconds=PAUSE_SECONDS,
                do="the lines before this one say why",
            )
            self._pid, self._start_at = None, time.monotonic() + PAUSE_SECONDS
        if time.monotonic() >= self._start_at:
            self._start()

    def tell_to_stop(self) -> None:
        self._signal(signal.SIGTERM)

    def wait(self, seconds: float) -> None:
        """Waits for its end, and ends it after so long."""
        end = time.monotonic() + seconds
        while self._pid is not None and not self._has_ended():
            if time.monotonic() >= end:
                self._signal(signal.SIGKILL)
            time.sleep(0.05)
        self._pid = None

    def _has_ended(self) -> bool:
        if self._pid is None:
            return True
        try:
            return os.waitpid(self._pid, os.WNOHANG)[0] != 0
        except ChildProcessError:
            return True  # the server, which waits for all children, was told first

    def _signal(self, told: signal.Signals) -> None:
        if self._pid is not None and not self._has_ended():
            os.kill(self._pid, told)

    def _start(self) -> None:
        parent = os.getpid()
        # A signal between fork and the child's own handlers would meet the server's.
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
        try:
            self._pid = os.fork()
            if self._pid == 0:
                self._be_child(parent)
        except OSError as error:
            self._start_at = time.monotonic() + PAUSE_SECONDS
            log.error(
                "the job process cannot be started",
                reason=error.strerror,
                again_in_seconds=PAUSE_SECONDS,
                do="has this machine memory and processes left?",
            )
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)

    def _be_child(self, parent: int) -> None:
        """Never returns: what stands above on the stack is the server's."""
        code = 1
        try:
            for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
                if callable(signal.getsignal(number)):
                    signal.signal(number, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_SETMASK, set())
            self._run(parent)
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
