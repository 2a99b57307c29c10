"""The one door to banks' servers: every conversation ends, and its failure has words."""

import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from http.client import HTTPException
from threading import Thread
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, NewConnectionError

from app.gateways.errors import GatewayUnavailable
from app.gateways.network import cut_off_after, in_words

MOST_BYTES = 1024 * 1024  # of an answer
CONNECT_SECONDS = 5.0  # for one of a name's addresses
OK, MULTIPLE_CHOICES = 200, 300
PIECE = 65536
HEADERS = {
    "User-Agent": "selfcare-portal",
    "Accept-Encoding": "identity",  # a packed answer could be larger than it looks
    "Connection": "close",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    status: int
    body: bytes

    @property
    def is_ok(self) -> bool:
        return OK <= self.status < MULTIPLE_CHOICES


class HttpDoor:
    """seconds: what one question takes at most, looking up the name included. One connection per
    question: nothing to keep alive, to share between threads or to lose in a fork."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._tls = ssl.create_default_context()

    def deadline(self) -> float:
        """For a task of several questions; a moment of the monotonic clock."""
        return time.monotonic() + self._seconds

    def ask(
        self,
        method: str,
        url: str,
        *,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        until: float | None = None,
    ) -> Answer:
        """Follows no redirect and asks no proxy; any status is an answer.

        Raises: GatewayUnavailable, in words without address, headers or body.
        """
        until = self.deadline() if until is None else until
        try:
            with ExitStack() as stack:
                return _Conversation(self._tls, until, stack).ask(
                    requests.Request(method, url, headers={**HEADERS, **(headers or {})}, data=body)
                )
        except (requests.RequestException, HTTPError, HTTPException, OSError) as error:
            words = _words(error, is_late=time.monotonic() >= until)
        # Raised out here: what failed holds the address, and that may hold more.
        raise GatewayUnavailable(f"the bank cannot be used: {words}")


class _Conversation(HTTPAdapter):
    def __init__(self, tls: ssl.SSLContext, until: float, stack: ExitStack) -> None:
        self._tls, self._until, self._stack = tls, until, stack
        super().__init__(max_retries=0)
        stack.callback(self.close)

    def ask(self, request: requests.Request) -> Answer:
        # Not by a session: that would read proxies and passwords from the environment.
        answer = self.send(request.prepare(), stream=True, timeout=self._left())
        self._stack.callback(answer.close)
        if answer.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise _Unusable("its answer is packed, which was not asked for")
        body = b"".join(self._pieces(answer))
        self._left()  # a connection that was cut off looks like an answer's end
        return Answer(status=answer.status_code, body=body)

    def _pieces(self, answer: requests.Response) -> Iterator[bytes]:
        size = 0
        while piece := answer.raw.read(PIECE, decode_content=False):
            size += len(piece)
            if size > MOST_BYTES:
                raise _Unusable("its answer is too long")
            yield piece

    def _left(self) -> float:
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left

    def get_connection_with_tls_context(self, request: Any, *_: Any, **__: Any) -> Any:
        is_secure = str(request.url).startswith("https:")
        tls = {"ssl_context": self._tls} if is_secure else None
        pool: HTTPConnectionPool = self.poolmanager.connection_from_url(request.url, tls)
        kind = _SecureConnection if is_secure else _Connection
        pool.ConnectionCls = partial(kind, wire=self.connect)  # type: ignore[assignment]
        return pool

    def cert_verify(self, *_: Any, **__: Any) -> None:
        """The context does, by the system's authorities; requests would bring its own."""

    def connect(self, host: str, port: int) -> socket.socket:
        problem: OSError = TimeoutError()
        for address in _look_up(host, port, self._left()):
            try:
                seconds = min(CONNECT_SECONDS, self._left())
                wire = socket.create_connection(address, seconds)
            except OSError as error:
                problem = error
                continue
            self._stack.callback(wire.close)
            self._stack.enter_context(cut_off_after(self._left(), wire))
            wire.settimeout(self._left())
            return wire
        raise problem


class _Connection(HTTPConnection):
    def __init__(self, *args: Any, wire: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._wire = wire

    def _new_conn(self) -> socket.socket:
        return _connected(self, self._wire)


class _SecureConnection(HTTPSConnection):
    def __init__(self, *args: Any, wire: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._wire = wire

    def _new_conn(self) -> socket.socket:
        return _connected(self, self._wire)


def _connected(connection: HTTPConnection, wire: Any) -> socket.socket:
    try:
        connected: socket.socket = wire(connection.host, connection.port)
    except OSError as error:
        # urllib3 takes a bare reset for one after the request, and reads on from no connection.
        raise NewConnectionError(connection, "no connection") from error
    return connected


class _Unusable(requests.RequestException):
    """Its message is for the operator."""


def _look_up(host: str, port: int, seconds: float) -> list[tuple[str, int]]:
    """In a thread: a name server that does not answer would hold us longer than anything else."""
    found: list[tuple[str, int]] = []
    problems: list[OSError] = []

    def look() -> None:
        try:
            every = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            problems.append(error)
        else:
            found.extend((str(address[0]), port) for *_, address in every)

    thread = Thread(target=look, daemon=True)
    thread.start()
    thread.join(seconds)
    if problems:
        raise problems[0]
    return found


def _words(error: BaseException, *, is_late: bool) -> str:
    if is_late:
        return "no answer in time"
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, _Unusable):
            return str(cause)
        if isinstance(cause, OSError) and not isinstance(cause, requests.RequestException):
            return in_words(cause)
        cause = cause.__cause__ or cause.__context__
    return "it does not speak HTTP"
