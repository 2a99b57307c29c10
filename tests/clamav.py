"""A real clamd on a free loopback port, which knows one signature."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import md5
from pathlib import Path

from tests.components import free_port, need

# Not the standard's own test file: its 68 bytes would make this very file a finding.
VIRUS = b"%PDF-1.4 a file that this one signature knows " + b"x" * 40
SIGNATURE = "Portal.Test.Virus"
BIG = 3_000_000


class ClamdServer:
    def __init__(self, folder: Path, virus: bytes, *, most: int = BIG) -> None:
        """most: StreamMaxLength."""
        self._program = shutil.which("clamd") or shutil.which("clamd", path="/usr/sbin")
        need(self._program, "clamd (clamav-daemon)")
        self.port = free_port()
        self.place = f"127.0.0.1:{self.port}"
        self.socket = folder / "clamd.sock"
        database = folder / "signatures"
        database.mkdir(parents=True)
        digest = md5(virus, usedforsecurity=False).hexdigest()
        (database / "portal.hdb").write_text(f"{digest}:{len(virus)}:{SIGNATURE}\n")
        self._config = folder / "clamd.conf"
        self._config.write_text(
            f"DatabaseDirectory {database}\nTCPSocket {self.port}\nTCPAddr 127.0.0.1\n"
            f"LocalSocket {self.socket}\nForeground yes\nStreamMaxLength {most}\n"
            f"TemporaryDirectory {folder}\nLogFile {folder}/log\n"
        )
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [str(self._program), "-c", str(self._config)]
        nowhere = subprocess.DEVNULL
        self._process = subprocess.Popen(command, stdout=nowhere, stderr=nowhere)
        end = time.monotonic() + 30
        while not self._answers():
            assert self._process.poll() is None, "clamd does not start"
            assert time.monotonic() < end, "clamd does not answer"
            time.sleep(0.05)

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as wire:
                wire.sendall(b"zPING\0")
                return wire.recv(10).startswith(b"PONG")
        except OSError:
            return False

    def stop(self) -> None:
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None


@contextmanager
def clamd(folder: Path, virus: bytes = VIRUS, *, most: int = BIG) -> Iterator[ClamdServer]:
    server = ClamdServer(folder, virus, most=most)
    server.start()
    try:
        yield server
    finally:
        server.stop()
