"""clamd: a real one, and ones that go wrong."""

import struct
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest

from app.gateways.antivirus import open_antivirus
from app.gateways.antivirus.port import Antivirus, TooLargeToScan
from app.gateways.errors import GatewayUnavailable
from config.documents import DocumentSettings
from tests.clamav import BIG, SIGNATURE, VIRUS, ClamdServer, clamd
from tests.components import free_port
from tests.talker import Talker, Wire, drip, silence, talking


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClamdServer]:
    with clamd(tmp_path_factory.mktemp("clamd")) as started:
        yield started


def scanner(place: str, seconds: float = 10.0) -> Antivirus:
    found = open_antivirus(DocumentSettings(clamd=place, clamd_seconds=seconds))
    assert found is not None
    return found


@pytest.fixture(params=["tcp", "socket"])
def real(request: pytest.FixtureRequest, server: ClamdServer) -> Antivirus:
    return scanner(server.place if request.param == "tcp" else str(server.socket))


def test_none_where_none_is_set() -> None:
    assert open_antivirus(DocumentSettings()) is None


def test_finds_what_it_knows_and_nothing_else(real: Antivirus) -> None:
    assert real.scan(BytesIO(VIRUS)) == f"{SIGNATURE}.UNOFFICIAL"
    assert real.scan(BytesIO(VIRUS + b"y")) == ""
    assert real.scan(BytesIO(b"")) == ""
    assert real.scan(BytesIO(bytes(range(256)) * 10_000)) == ""


def test_from_where_the_content_stands(real: Antivirus) -> None:
    content = BytesIO(b"before" + VIRUS)
    content.seek(len(b"before"))
    assert real.scan(content) != ""


@pytest.mark.parametrize("more", [1, BIG])
def test_too_large_for_the_scanner_is_not_clean(real: Antivirus, more: int) -> None:
    with pytest.raises(TooLargeToScan, match="StreamMaxLength"):
        real.scan(BytesIO(b"x" * (BIG + more)))
    assert real.scan(BytesIO(b"x" * BIG)) == ""


def test_away(tmp_path: Path, server: ClamdServer) -> None:
    for place in (f"127.0.0.1:{free_port()}", str(tmp_path / "nowhere.sock")):
        with pytest.raises(GatewayUnavailable, match="clamd cannot be used"):
            scanner(place).scan(BytesIO(VIRUS))


@pytest.mark.parametrize("talk", [silence, drip])
def test_hanging(talk: object) -> None:
    with talking(talk) as talker, pytest.raises(GatewayUnavailable):  # type: ignore[arg-type]
        scanner(f"127.0.0.1:{talker.port}", 0.5).scan(BytesIO(b"x" * 9_000_000))


def answering(answer: bytes) -> object:
    def talk(talker: Talker, wire: Wire) -> None:
        talker.hear(wire, struct.pack("!L", 0))
        wire.sendall(answer)

    return talk


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\0",
        b"OK\0",
        b"stream: OK ERROR\0",
        b"stream: Can't allocate memory ERROR\0",
        b"UNKNOWN COMMAND\0",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"\xff\xfe" * 3000,
        b"stream: FOUND\0",
    ],
)
def test_what_is_no_answer_is_not_clean(answer: bytes) -> None:
    talk = answering(answer)
    with talking(talk) as talker, pytest.raises(GatewayUnavailable):  # type: ignore[arg-type]
        scanner(f"127.0.0.1:{talker.port}", 2.0).scan(BytesIO(b"xyz"))


def test_a_signatures_name_is_one_word() -> None:
    answer = b"stream: Evil\n<b>\xc3\xab FOUND\0"
    with talking(answering(answer)) as talker:  # type: ignore[arg-type]
        found = scanner(f"127.0.0.1:{talker.port}", 2.0).scan(BytesIO(b"xyz"))
    assert found and found.isascii() and " " not in found and "\n" not in found
