"""clamd, ClamAV's daemon: a file is sent to it, nothing needs to be where it can read it."""

import re
import socket
import struct
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import BinaryIO

from app.gateways.antivirus.port import TooLargeToScan
from app.gateways.errors import GatewayUnavailable
from app.gateways.network import cut_off_after, in_words

PIECE = 64 * 1024
CONNECT_SECONDS = 5.0
LONGEST_ANSWER = 4096
COMMAND, END = b"zINSTREAM\0", b"\0"
FOUND = re.compile(r"stream: (.+) FOUND", re.DOTALL)


class Clamd:
    """place: host:port, or the path of a socket; seconds: for one file, as a whole."""

    def __init__(self, place: str, seconds: float) -> None:
        self._place = place
        self._seconds = seconds

    def scan(self, content: BinaryIO) -> str:
        try:
            with self._connected() as wire:
                answer = _ask(wire, content)
        except OSError as error:
            words = in_words(error)
            raise GatewayUnavailable(f"clamd cannot be used: {words}") from None
        return _understood(answer)

    @contextmanager
    def _connected(self) -> Iterator[socket.socket]:
        with ExitStack() as stack:
            wire = stack.enter_context(self._connect())
            wire.settimeout(self._seconds)
            stack.enter_context(cut_off_after(self._seconds, wire))
            yield wire

    def _connect(self) -> socket.socket:
        seconds = min(CONNECT_SECONDS, self._seconds)
        if not self._place.startswith("/"):
            host, _, port = self._place.rpartition(":")
            return socket.create_connection((host.strip("[]"), int(port)), seconds)
        wire = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            wire.settimeout(seconds)
            wire.connect(self._place)
        except OSError:
            wire.close()
            raise
        return wire


def _ask(wire: socket.socket, content: BinaryIO) -> bytes:
    try:
        wire.sendall(COMMAND)
        while piece := content.read(PIECE):
            wire.sendall(struct.pack("!L", len(piece)) + piece)
        wire.sendall(struct.pack("!L", 0))
    except (BrokenPipeError, ConnectionResetError):
        pass  # it has had enough, and has said why before it hung up
    answer = b""
    while END not in answer and len(answer) < LONGEST_ANSWER:
        some = wire.recv(LONGEST_ANSWER)
        if not some:
            break
        answer += some
    return answer


def _understood(answer: bytes) -> str:
    text = answer.partition(END)[0].decode("ascii", "replace").strip()
    if text == "stream: OK":
        return ""
    if found := FOUND.fullmatch(text):
        return re.sub(r"[^!-~]", "_", found[1])[:80]
    if "size limit exceeded" in text:
        raise TooLargeToScan("clamd's StreamMaxLength is below the file's size")
    raise GatewayUnavailable(f"clamd does not scan: {text[:80] or 'it hung up'}")
