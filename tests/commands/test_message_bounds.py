"""Where a request ends: no two readings of one message, through a real socket."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.portal_process import PortalProcess

HIDDEN = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PortalProcess]:
    folder: Path = tmp_path_factory.mktemp("bounds")
    process = PortalProcess(folder, SELFCARE_WORKERS="1")
    yield process.wait_until_ready()
    process.stop()


def answers(served: PortalProcess, request: bytes) -> list[bytes]:
    """The status lines of all that comes back on one connection."""
    with socket.create_connection(("127.0.0.1", served.port), timeout=10) as line:
        line.sendall(request)
        line.shutdown(socket.SHUT_WR)
        received = b""
        while part := line.recv(65_536):
            received += part
    return [one for one in received.split(b"\r\n") if one.startswith(b"HTTP/1.1 ")]


def test_a_plain_request_is_answered(served: PortalProcess) -> None:
    assert answers(served, HIDDEN) == [b"HTTP/1.1 200 OK"]


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        b"Content-Length: 5\r\nContent-Length: 60\r\n",
        b"Content-Length: +5\r\n",
        b"Content-Length: 5\r\nTransfer-Encoding: xchunked\r\n",
        b"Transfer-Encoding: chunked, identity\r\n",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        b"Content-Length : 5\r\n",
        b"X: 1\r\n Content-Length: 5\r\n",
    ],
)
def test_a_request_that_can_be_read_in_two_ways_hides_none(
    served: PortalProcess, head: bytes
) -> None:
    found = answers(
        served,
        b"POST /login HTTP/1.1\r\nHost: localhost\r\n" + head + b"\r\n0\r\n\r\n" + HIDDEN,
    )
    assert len(found) == 1 and found[0].split()[1] in {b"400", b"501"}, found
