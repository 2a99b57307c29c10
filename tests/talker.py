"""A server that answers as a test tells it, byte by byte, and keeps what it was told."""

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread

Wire = socket.socket


class Talker:
    def __init__(self, talk: Callable[["Talker", Wire], None]) -> None:
        self._talk = talk
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.heard = b""
        self.connections = 0
        self.over = Event()  # the test has seen enough
        self._thread = Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while not self.over.is_set():
            wire, _ = self._listener.accept()
            with wire, suppress(OSError):
                wire.settimeout(10)
                if not self.over.is_set():
                    self.connections += 1
                    self._talk(self, wire)

    def hear(self, wire: Wire, until: bytes) -> None:
        """Raises: OSError, when the other side goes."""
        start = len(self.heard)
        while until not in self.heard[start:]:
            some = wire.recv(65536)
            if not some:
                raise ConnectionResetError
            self.heard += some

    def close(self) -> None:
        self.over.set()
        with suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port)).close()
        self._thread.join(15)
        self._listener.close()
        assert not self._thread.is_alive()


@contextmanager
def talking(talk: Callable[[Talker, Wire], None]) -> Iterator[Talker]:
    talker = Talker(talk)
    try:
        yield talker
    finally:
        talker.close()


def silence(talker: Talker, wire: Wire) -> None:
    talker.over.wait(30)


def drip(talker: Talker, wire: Wire) -> None:
    """A byte now and then: no time-out of a socket ends that."""
    while not talker.over.wait(0.1):
        wire.sendall(b"2")


def within_tls(
    context: ssl.SSLContext, talk: Callable[[Talker, Wire], None]
) -> Callable[[Talker, Wire], None]:
    def talk_within(talker: Talker, wire: Wire) -> None:
        with context.wrap_socket(wire, server_side=True) as inner:
            talk(talker, inner)

    return talk_within
