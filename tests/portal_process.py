"""The portal as ./run starts it, in a process of its own."""

import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

from config.settings import ROOT
from tests.components import free_port

PATIENCE = 60.0


class PortalProcess:
    def __init__(
        self, data_dir: Path, *, config: str = "", port: int | None = None, **variables: str
    ) -> None:
        """config: the text of a settings file that names folder and port instead of the
        environment, as {data_dir} and {port}."""
        self.data_dir = data_dir
        self.port = port or free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.output = ""
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("SELFCARE_")}
        own = {"SELFCARE_PORT": str(self.port), "SELFCARE_DATA_DIR": str(data_dir)}
        if config:
            file = data_dir.with_suffix(".toml")
            file.write_text(
                config.replace("{data_dir}", str(data_dir)).replace("{port}", str(self.port))
            )
            own = {"SELFCARE_CONFIG": str(file)}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "app.local"],
            cwd=ROOT,
            env={**inherited, **own, **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.output += line

    def wait_until_ready(self) -> "PortalProcess":
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise AssertionError(f"ended with {self.process.returncode}:\n{self.output}")
            try:
                with urllib.request.urlopen(f"{self.address}/healthz", timeout=2):
                    return self
            except (urllib.error.URLError, OSError):
                time.sleep(0.05)
        raise AssertionError(f"not ready after {PATIENCE} s:\n{self.output}")

    def wait_for_end(self) -> int:
        code = self.process.wait(PATIENCE)
        self._reader.join(5)
        if self.process.stdout:
            self.process.stdout.close()
        return code

    def stop(self, how: signal.Signals = signal.SIGINT) -> int:
        """As Ctrl-C does: the signal goes to the whole group."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, how)
        return self.wait_for_end()
