"""Processes that the test starts, kills and starts again."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from config.settings import ROOT

PATIENCE = 60.0


class Process:
    """One Python module with its arguments; what it says goes to a file."""

    def __init__(self, log: Path, module: str, *arguments: str, env: Mapping[str, str]) -> None:
        self.log = log
        self._command = [sys.executable, "-m", module, *arguments]
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("SELFCARE_")}
        self._env = {**inherited, **env}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                self._command,
                cwd=ROOT,
                env=self._env,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def kill(self) -> bool:
        """kill -9; whether there was something to kill, and it is dead."""
        if self._process is None or self._process.poll() is not None:
            return False
        self._process.kill()
        return self._process.wait(10) == -signal.SIGKILL

    def stop(self) -> None:
        """With all that it has started, at once."""
        if self._process is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(10)
        self._process = None


def kill_pid(pid: int) -> bool:
    """kill -9 of another's child; whether it was there and is gone."""
    if not is_alive(pid):
        return False
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    end = time.monotonic() + 10
    while is_alive(pid):
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def is_alive(pid: int) -> bool:
    """A killed one that nobody has waited for yet is dead."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"
