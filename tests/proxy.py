"""A TCP proxy that loses a connection around a COMMIT."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from enum import Enum

# As they look on the wire: PostgreSQL's query, and function 14 of Oracle's protocol.
COMMITS: dict[str, Callable[[bytes], bool]] = {
    "postgresql": lambda sent: b"COMMIT\0" in sent,
    "oracle": lambda sent: b"\x03\x0e" in sent[10:],
}


class Cut(Enum):
    NOT = "passes everything"
    BEFORE = "the COMMIT never arrives"
    AFTER = "the COMMIT arrives, its answer does not, and the connection ends"
    SILENT = "the COMMIT arrives, and nothing comes back"


class CommitProxy:
    """hits: how many COMMITs were met by a cut."""

    def __init__(self, port: int, is_commit: Callable[[bytes], bool]) -> None:
        self.cut = Cut.NOT
        self.hits = 0
        self._to = port
        self._is_commit = is_commit
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._run(self._accept)

    def _run(self, work: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                try:
                    server = socket.create_connection(("127.0.0.1", self._to))
                except OSError:  # it will be there again, and so must this be
                    client.close()
                    continue
                self._sockets += [client, server]
                met: list[Cut] = []
                self._run(self._to_server, client, server, met)
                self._run(self._to_client, client, server, met)

    def _to_server(self, client: socket.socket, server: socket.socket, met: list[Cut]) -> None:
        with suppress(OSError):
            while sent := client.recv(65536):
                cut = self.cut
                if cut is not Cut.NOT and self._is_commit(sent):
                    met.append(cut)  # of this connection from now on, whatever comes next
                    self.hits += 1
                    if cut is Cut.BEFORE:
                        break
                server.sendall(sent)
        _end(client, server)

    def _to_client(self, client: socket.socket, server: socket.socket, met: list[Cut]) -> None:
        with suppress(OSError):
            while answer := server.recv(65536):
                if not met:
                    client.sendall(answer)
                elif Cut.AFTER in met:
                    break
        if Cut.SILENT not in met:
            _end(client, server)

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        _end(*self._sockets)
        for thread in self._threads:
            thread.join(10)
        for one in self._sockets:
            one.close()


def _end(*sockets: socket.socket) -> None:
    for one in sockets:
        with suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)


@contextmanager
def commit_proxy(kind: str, port: int) -> Iterator[CommitProxy]:
    """kind: one of COMMITS."""
    proxy = CommitProxy(port, COMMITS[kind])
    try:
        yield proxy
    finally:
        proxy.close()
