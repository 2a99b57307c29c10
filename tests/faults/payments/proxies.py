"""A TCP proxy that can be cut: what passes is ended, or stays without an answer."""

import socket
import threading
from collections.abc import Callable
from contextlib import suppress


class CuttableProxy:
    """met: how many connections a cut ended, refused or kept waiting."""

    def __init__(self, port: int) -> None:
        self.met = 0
        self._to = port
        self._is_cut = self._is_silent = False
        self._mended = threading.Event()
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = int(self._listener.getsockname()[1])
        _run(self._accept)

    def cut(self, *, silent: bool = False) -> None:
        """silent: connections stay, and nothing passes any more."""
        self._mended.clear()
        self._is_silent, self._is_cut = silent, True
        if not silent:
            self.met += self._end_all()

    def mend(self) -> None:
        """What was cut stays cut; new connections pass."""
        was_silent, self._is_cut, self._is_silent = self._is_silent, False, False
        self._mended.set()
        if was_silent:
            self._end_all()

    def close(self) -> None:
        self.mend()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._end_all()

    def _end_all(self) -> int:
        with self._lock:
            found = list(self._open)
        for one in found:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        return len(found) // 2

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                if self._is_cut and not self._is_silent:
                    self.met += 1
                    client.close()
                    continue
                try:
                    server = socket.create_connection(("127.0.0.1", self._to), timeout=5)
                except OSError:
                    client.close()
                    continue
                server.settimeout(None)
                with self._lock:
                    self._open |= {client, server}
                both = (client, server)
                ended = threading.Barrier(2, action=lambda both=both: self._forget(*both))
                _run(self._pump, client, server, ended)
                _run(self._pump, server, client, ended)

    def _pump(self, source: socket.socket, sink: socket.socket, ended: threading.Barrier) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if self._is_silent:
                    self.met += 1
                    self._mended.wait()
                    break
                sink.sendall(data)
        for one in (source, sink):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        ended.wait()

    def _forget(self, *sockets: socket.socket) -> None:
        with self._lock:
            self._open -= set(sockets)
        for one in sockets:
            one.close()


def _run(work: Callable[..., None], *arguments: object) -> None:
    threading.Thread(target=work, args=arguments, daemon=True).start()
