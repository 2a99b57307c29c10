"""Kannel with its fake SMSC, in a network of their own.

Kannel's fake SMSC listens on every address of the machine. So all of it runs where nothing but
a loopback exists, and whoever wants to reach it comes there, by `Kannel.run`.
"""

import ctypes
import fcntl
import os
import re
import shutil
import socket
import struct
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import TypeVar
from urllib.parse import unquote_to_bytes

from tests.components import need

FAKE_SMSC = Path("/usr/lib/kannel/test/fakesmsc")
USER, PASSWORD = "portal", "a secret & more"
URL = "http://127.0.0.1:13003"
CONFIGURATION = f"""
group = core
admin-port = 13000
admin-password = none
smsbox-port = 13001
box-allow-ip = 127.0.0.1

group = smsc
smsc = fake
smsc-id = fake
port = 13002
connect-allow-ip = 127.0.0.1

group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = 13003

group = sendsms-user
username = {USER}
password = "{PASSWORD}"
concatenation = true
max-messages = 9
"""
SERVICE = """
group = sms-service
keyword = default
get-url = "{address}"
max-messages = 1
concatenation = false
omit-empty = true
accept-x-kannel-headers = true
"""
PHONES = [str(FAKE_SMSC), "-H", "127.0.0.1", "-r", "13002"]
PATIENCE = 20.0
CLONE_NEWNET, SIOCSIFFLAGS, IFF_UP_RUNNING = 0x40000000, 0x8914, 0x41
T = TypeVar("T")


class Kannel:
    def __init__(self, folder: Path, *, questions_to: str = "") -> None:
        """questions_to: whom Kannel asks for the answers to SMS that come in, an address with
        Kannel's own signs in it."""
        self._folder = folder
        self._service = SERVICE.format(address=questions_to) if questions_to else ""
        programs = [shutil.which("bearerbox"), shutil.which("smsbox"), FAKE_SMSC.exists()]
        need(all(programs), "Kannel with its fake SMSC")
        need(os.geteuid() == 0, "The right to a network of its own (root)")
        # A namespace belongs to a thread and to what it starts.
        self._inside = ThreadPoolExecutor(1)
        self._stack = ExitStack()
        self._heard = ""  # by fake SMSCs before this one
        self._stack.callback(self._inside.shutdown)

    def run(self, what: Callable[[], T]) -> T:
        return self._inside.submit(what).result(60)

    def enter_network(self) -> None:
        need(self.run(_enter_network) == 0, "The right to a network of its own (unshare)")

    def start(self) -> None:
        configuration = self._folder / "kannel.conf"
        configuration.write_text(CONFIGURATION + self._service)
        self._start(["bearerbox", str(configuration)], 13001)
        self._phone = self._start([*PHONES, "-m", "0", "1 2 text 3"])
        self._start(["smsbox", str(configuration)], 13003)

    def text(self, number: str, short_code: str, text: str) -> None:
        """Somebody sends an SMS. The fake SMSC is told so when it starts, so it starts anew."""
        _end(self._phone)
        log = self._folder / "fakesmsc.log"
        self._heard += log.read_text(encoding="utf-8")
        self._phone = self._start([*PHONES, "-m", "1", f"{number} {short_code} text {text}"])

    def stop(self) -> None:
        self._stack.close()

    def arrived(self, count: int) -> list[tuple[str, str, str, str]]:
        """Waits for so many SMS at the SMSC: from, to, kind (text, ucs-2), text."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            log = self._heard + (self._folder / "fakesmsc.log").read_text(encoding="utf-8")
            found = re.findall(r"Got message \d+: <(\S+) (\S+) (\S+) (.*)>\n", log)
            if len(found) >= count:
                return [(a, b, kind, _decoded(kind, text)) for a, b, kind, text in found]
            time.sleep(0.02)
        raise AssertionError(f"{count} SMS did not arrive:\n{log}")

    def _start(self, command: list[str], port: int | None = None) -> subprocess.Popen[bytes]:
        with (self._folder / f"{Path(command[0]).name}.log").open("wb") as log:
            process = self.run(
                lambda: subprocess.Popen(
                    command, cwd=self._folder, stdout=log, stderr=subprocess.STDOUT
                )
            )
        self._stack.callback(_end, process)
        if port:
            self.run(lambda: _wait_for(process, port))
        return process


def _enter_network() -> int:
    """0, or what the system has against it."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET):
        return ctypes.get_errno()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP_RUNNING))
    return 0


def _wait_for(process: subprocess.Popen[bytes], port: int) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise AssertionError(f"{process.args!r} does not listen on {port}")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait(PATIENCE)


def _decoded(kind: str, text: str) -> str:
    if kind != "ucs-2":
        return text
    return unquote_to_bytes(text.replace("+", " ")).decode("utf-16-be")
