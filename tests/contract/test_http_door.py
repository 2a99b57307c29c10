"""The door to banks: its bounds in time and size, TLS, and what it never does."""

import socket
import time
from pathlib import Path
from threading import Event

import pytest

from app.gateways import http
from app.gateways.errors import GatewayUnavailable
from app.gateways.http import MOST_BYTES, HttpDoor
from tests.banks.server import Asked, Reply, serving
from tests.certificates import make_certificate, server_context
from tests.components import free_port
from tests.talker import Talker, Wire, drip, silence, talking, within_tls


def fine(talker: Talker, wire: Wire) -> None:
    talker.hear(wire, b"\r\n\r\n")
    wire.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine")


def test_what_goes_there_and_back() -> None:
    heard: list[Asked] = []

    def answer(asked: Asked) -> Reply:
        heard.append(asked)
        return 404, "text/plain", asked.body[::-1]

    with serving(answer) as address:
        told = HttpDoor(5).ask("POST", f"{address}/a?b=c", body=b"\x00ab", headers={"X-Y": "z"})
    assert (told.status, told.body, told.is_ok) == (404, b"ba\x00", False)
    [asked] = heard
    assert (asked.method, asked.path) == ("POST", "/a?b=c")
    assert asked.headers["X-Y"] == "z" and asked.headers["Accept-Encoding"] == "identity"


def test_the_most_that_is_read() -> None:
    with serving(lambda asked: (200, "text/plain", b"x" * int(asked.path[1:]))) as address:
        assert len(HttpDoor(5).ask("GET", f"{address}/{MOST_BYTES}").body) == MOST_BYTES
        with pytest.raises(GatewayUnavailable, match="its answer is too long"):
            HttpDoor(5).ask("GET", f"{address}/{MOST_BYTES + 1}")


def test_no_redirect_is_followed() -> None:
    with talking(fine) as other:

        def there(talker: Talker, wire: Wire) -> None:
            talker.hear(wire, b"\r\n\r\n")
            wire.sendall(
                b"HTTP/1.1 307 Go\r\nLocation: http://127.0.0.1:%d/\r\n"
                b"Content-Length: 0\r\n\r\n" % other.port
            )

        with talking(there) as talker:
            assert HttpDoor(2).ask("GET", f"http://127.0.0.1:{talker.port}/").status == 307
    assert other.connections == 0


def test_the_environment_leads_nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login operator password word\n")
    (tmp_path / ".netrc").chmod(0o600)
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    with talking(silence) as proxy, talking(fine) as talker:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        assert HttpDoor(2).ask("GET", f"http://127.0.0.1:{talker.port}/").body == b"fine"
    assert proxy.connections == 0
    assert b"authorization" not in talker.heard.lower()


def test_only_a_trusted_certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = make_certificate(tmp_path / "server.pem")
    with talking(within_tls(server_context(file), fine)) as talker:
        url = f"https://127.0.0.1:{talker.port}/"
        with pytest.raises(GatewayUnavailable, match="its certificate is not accepted: self-signe"):
            HttpDoor(2).ask("GET", url)
        assert talker.heard == b""
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
        assert HttpDoor(2).ask("GET", url).body == b"fine"
        with pytest.raises(GatewayUnavailable, match="its certificate is not accepted: Hostname"):
            HttpDoor(2).ask("GET", f"https://localhost:{talker.port}/")


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("talk", [silence, drip])
def test_a_bound_in_time(talk: object, scheme: str) -> None:
    with talking(talk) as talker:  # type: ignore[arg-type]
        before = time.monotonic()
        with pytest.raises(GatewayUnavailable):
            HttpDoor(0.6).ask("GET", f"{scheme}://127.0.0.1:{talker.port}/")
        assert time.monotonic() - before < 1.2


def test_an_answer_that_was_cut_off_is_none() -> None:
    """Without a length, the end of the connection is the end of the answer."""

    def begin_and_drip(talker: Talker, wire: Wire) -> None:
        talker.hear(wire, b"\r\n\r\n")
        wire.sendall(b"HTTP/1.1 200 OK\r\n\r\npaid")
        drip(talker, wire)

    with (
        talking(begin_and_drip) as talker,
        pytest.raises(GatewayUnavailable, match="no answer in time"),
    ):
        HttpDoor(0.6).ask("GET", f"http://127.0.0.1:{talker.port}/")


def test_a_task_of_several_questions_has_one_bound() -> None:
    def slowly(asked: Asked) -> Reply:
        time.sleep(0.4)
        return 200, "text/plain", b""

    with serving(slowly) as address:
        door = HttpDoor(0.6)
        until = door.deadline()
        assert door.ask("GET", address, until=until).is_ok
        with pytest.raises(GatewayUnavailable, match="no answer in time"):
            door.ask("GET", address, until=until)
        with pytest.raises(GatewayUnavailable, match="no answer in time"):
            door.ask("GET", address, until=until - 5)


def test_a_name_server_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    """No such server can be set for one process, so what asks it stands in."""
    over = Event()

    def hang(*_: object, **__: object) -> list[object]:
        over.wait(10)
        return []

    monkeypatch.setattr(http.socket, "getaddrinfo", hang)
    before = time.monotonic()
    try:
        with pytest.raises(GatewayUnavailable, match="no answer in time"):
            HttpDoor(0.5).ask("GET", "http://bank.example/")
    finally:
        over.set()
    assert time.monotonic() - before < 1


def test_the_next_address_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    real = socket.getaddrinfo
    with talking(fine) as talker:
        dead = real("127.0.0.2", free_port(), type=socket.SOCK_STREAM)
        monkeypatch.setattr(
            http.socket,
            "getaddrinfo",
            lambda host, *a, **k: real(host, *a, **k) if host[0].isdigit() else dead + live,
        )
        live = real("127.0.0.1", talker.port, type=socket.SOCK_STREAM)
        assert HttpDoor(2).ask("GET", f"http://bank.example:{talker.port}/").body == b"fine"


@pytest.mark.parametrize("problem", [ConnectionResetError, BrokenPipeError])
def test_reset_before_it_is_connected(
    problem: type[OSError], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that goes just then cannot be timed, so what connects stands in."""

    def refused(*_: object, **__: object) -> socket.socket:
        raise problem(104, "Connection reset by peer")

    monkeypatch.setattr(http.socket, "create_connection", refused)
    with pytest.raises(GatewayUnavailable, match="Connection reset by peer"):
        HttpDoor(1).ask("GET", "http://127.0.0.1/")


@pytest.mark.parametrize("url", ["", "bank", "ftp://127.0.0.1/", "http://", "http://a b/", "//x"])
def test_an_address_that_is_none(url: str) -> None:
    with pytest.raises(GatewayUnavailable):
        HttpDoor(1).ask("GET", url)
