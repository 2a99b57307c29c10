"""Card payments: banks that go wrong, are away or are none, over all gateways."""

import time
import traceback
from collections.abc import Callable

import pytest

from app.gateways.cards.port import CardGateway
from app.gateways.errors import GatewayUnavailable
from tests.banks import nestpay, raiaccept
from tests.banks.twins import (
    AT,
    SECRET,
    a_checkout,
    new_reference,
    raiaccept_at,
)
from tests.card_gateways import NAMES
from tests.components import free_port
from tests.talker import Talker, Wire, drip, silence, talking

# Banks that go wrong


def answering(status: bytes, kind: bytes, body: bytes) -> Callable[[Talker, Wire], None]:
    def talk(talker: Talker, wire: Wire) -> None:
        talker.hear(wire, b"\r\n\r\n")
        head = b"HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n"
        wire.sendall(head % (status, kind, len(body)) + body)

    return talk


def pour(talker: Talker, wire: Wire) -> None:
    talker.hear(wire, b"\r\n\r\n")
    wire.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while not talker.over.is_set():
        wire.sendall(b"<" * 65536)


def drip_a_body(talker: Talker, wire: Wire) -> None:
    talker.hear(wire, b"\r\n\r\n")
    wire.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    drip(talker, wire)


def drip_without_end(talker: Talker, wire: Wire) -> None:
    """Cut off, it looks like an answer that is over."""
    talker.hear(wire, b"\r\n\r\n")
    wire.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    drip(talker, wire)


LOL = b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 12))
BOMB = b'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY l0 "lol">%s]><CC5Response>&l11;</CC5Response>'
FILE = (
    b'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    b"<CC5Response><ErrMsg>&x;</ErrMsg></CC5Response>"
)
FAULTS: dict[str, Callable[[Talker, Wire], None]] = {
    "hangs": silence,
    "drips": drip,
    "drips a body": drip_a_body,
    "drips without end": drip_without_end,
    "pours": pour,
    "hangs up": lambda talker, wire: talker.hear(wire, b"\r\n\r\n"),
    "speaks otherwise": lambda talker, wire: wire.sendall(b"220 mail.example ESMTP\r\n"),
    "HTML": answering(b"200 OK", b"text/html", b"<html><p>maintenance &nbsp; <br></html>"),
    "empty": answering(b"200 OK", b"text/xml", b""),
    "500": answering(b"500 X", b"text/html", b"<h1>error</h1>"),
    "503": answering(b"503 X", b"text/html", b""),
    "redirects": answering(b"302 Found\r\nLocation: http://127.0.0.1:9/", b"text/html", b""),
    "too long": answering(b"200 OK", b"text/xml", b"<a>" + b"x" * 2_000_000),
    "deep XML": answering(b"200 OK", b"text/xml", b"<a>" * 300_000),
    "deep JSON": answering(b"200 OK", b"application/json", b"[" * 900_000),
    "XML bomb": answering(b"200 OK", b"text/xml", BOMB % LOL),
    "outer entity": answering(b"200 OK", b"text/xml", FILE),
    "strange XML": answering(b"200 OK", b"text/xml", b'<?xml version="1.0" encoding="x-no"?><a/>'),
    "not UTF-8": answering(b"200 OK", b"application/json", b'{"status": "\xff\xfe"}'),
    "packed": answering(b"200 OK\r\nContent-Encoding: gzip", b"text/xml", b"\x1f\x8b\x08"),
    "wrong length": answering(b"200 OK\r\nContent-Length: 5000", b"text/xml", b"<a/>"),
}


def unavailable(gateway: CardGateway, bank_reference: str = "D-1") -> str:
    """The reason, after a look that it and its traceback tell no secrets."""
    before = time.monotonic()
    with pytest.raises(GatewayUnavailable) as caught:
        gateway.ask(new_reference(), bank_reference)
    assert time.monotonic() - before < 2
    told = "".join(traceback.format_exception(caught.value))
    for secret in (SECRET, nestpay.KEY, nestpay.PASSWORD, raiaccept.PASSWORD, "token-", "passwd"):
        assert secret not in told
    return str(caught.value)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_bank_that_goes_wrong(fault: str, name: str) -> None:
    with talking(FAULTS[fault]) as talker:
        assert unavailable(AT[name](f"http://127.0.0.1:{talker.port}", seconds=0.7))
        assert talker.connections == 1


@pytest.mark.parametrize("fault", FAULTS)
def test_a_bank_that_goes_wrong_after_letting_us_in(fault: str) -> None:
    with raiaccept.raiaccept_bank() as bank, talking(FAULTS[fault]) as talker:
        address = f"http://127.0.0.1:{talker.port}"
        gateway = raiaccept_at(bank.address, seconds=0.7, api_url=address)
        assert unavailable(gateway)
        with pytest.raises(GatewayUnavailable):
            gateway.begin(a_checkout())
        assert bank.logins == 1


@pytest.mark.parametrize("name", NAMES)
def test_a_bank_that_is_away(name: str) -> None:
    told = unavailable(AT[name](f"http://127.0.0.1:{free_port()}", seconds=0.7))
    assert told == "the bank cannot be used: Connection refused"


@pytest.mark.parametrize("name", NAMES)
def test_a_bank_whose_name_is_unknown(name: str) -> None:
    told = unavailable(AT[name]("https://bank.invalid", seconds=1.5))
    assert told.startswith("the bank cannot be used: ")
