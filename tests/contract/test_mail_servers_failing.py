"""Mail servers that go wrong: in time, in words, and with nothing told that is secret."""

import ssl
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from app.gateways.errors import GatewayUnavailable
from tests.components import free_port
from tests.mail_gateways import CODE, FROM, TO, a_mail, certificate, context, failing, gateway_at
from tests.mail_server import PASSWORD, USER
from tests.talker import Talker, Wire, drip, silence, talking, within_tls

__all__ = ["certificate", "context"]


# Servers that go wrong: what they are told stands on the wire


def smtp(
    *lines: bytes, end: Callable[[Talker, Wire], None] | None = None
) -> Callable[[Talker, Wire], None]:
    """Says one of the lines at once, and each next one when a command has come."""

    def talk(talker: Talker, wire: Wire) -> None:
        for number, line in enumerate(lines):
            if number:
                talker.hear(wire, b"\r\n.\r\n" if lines[number - 1][:3] == b"354" else b"\r\n")
            wire.sendall(line)
        if end:
            end(talker, wire)

    return talk


HELLO = (b"220 mail.example ESMTP\r\n", b"250-mail.example\r\n250 AUTH PLAIN\r\n")
DIALOGUE = (*HELLO, b"250 ok\r\n", b"250 ok\r\n", b"354 go on\r\n")


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        (HELLO, "does not offer STARTTLS"),
        ((b"220 x\r\n", b"500 what\r\n", b"250 x\r\n"), "does not offer STARTTLS"),
        ((HELLO[0], b"250-x\r\n250 STARTTLS\r\n", b"454 4.7.0 not now\r\n"), "us in: 454 4.7.0"),
        (
            (HELLO[0], b"250-x\r\n250 STARTTLS\r\n", b"220 go\r\n250 x\r\n250 AUTH PLAIN\r\n"),
            "TLS failed",
        ),
    ],
)
def test_never_in_the_clear_where_starttls_is_set(answers: tuple[bytes, ...], told: str) -> None:
    own = {"security": "starttls", "user": USER, "password": PASSWORD}
    with talking(smtp(*answers)) as talker:
        assert told in failing(GatewayUnavailable, talker.port, **own)
    commands = [line[:4].upper() for line in talker.heard.splitlines()]
    assert [c for c in commands if c.isalpha()][:1] == [b"EHLO"]
    assert not {b"AUTH", b"MAIL", b"RCPT", b"DATA"} & set(commands)
    for secret in (USER, TO, FROM, CODE):
        assert secret.encode() not in talker.heard


@pytest.mark.parametrize("security", ["none", "starttls", "tls"])
@pytest.mark.parametrize("end", [silence, drip])
def test_a_bound_in_time(end: Callable[[Talker, Wire], None], security: str) -> None:
    with talking(end) as talker:
        before = time.monotonic()
        failing(GatewayUnavailable, talker.port, security=security)
        assert time.monotonic() - before < 4


@pytest.mark.parametrize("after", range(1, 6))
def test_a_bound_in_time_at_each_step(after: int) -> None:
    with talking(smtp(*DIALOGUE[:after], end=silence)) as talker:
        before = time.monotonic()
        told = failing(GatewayUnavailable, talker.port)
        assert told == "the mail server cannot be used: no answer in time"
        assert time.monotonic() - before < 2


def test_a_server_that_drips_within_tls(certificate: Path, context: ssl.SSLContext) -> None:
    with talking(within_tls(context, drip)) as talker:
        before = time.monotonic()
        failing(GatewayUnavailable, talker.port, security="tls", ca_file=certificate)
        assert time.monotonic() - before < 4


@pytest.mark.parametrize("after", range(6))
def test_a_server_that_hangs_up(after: int) -> None:
    with talking(smtp(*DIALOGUE[:after])) as talker:
        assert "cannot be used" in failing(GatewayUnavailable, talker.port)


def test_a_server_that_hangs_up_after_the_content() -> None:
    """It may have taken it: worth another try, with the same Message-ID."""

    def hang_up(talker: Talker, wire: Wire) -> None:
        talker.hear(wire, b"\r\n.\r\n")

    with talking(smtp(*DIALOGUE, end=hang_up)) as talker:
        told = failing(GatewayUnavailable, talker.port)
    assert told == "the mail server cannot be used: it hung up"
    assert f"Kodi: {CODE}".encode() in talker.heard


@pytest.mark.parametrize("end", [None, silence, drip])
def test_what_happens_after_the_yes_is_no_failure(
    end: Callable[[Talker, Wire], None] | None,
) -> None:
    with talking(smtp(*DIALOGUE, b"250 taken\r\n", end=end)) as talker:
        gateway_at(talker.port).send(a_mail())


def test_a_server_that_is_not_there_or_not_open() -> None:
    told = failing(GatewayUnavailable, free_port())
    assert told == "the mail server cannot be used: Connection refused"
    with talking(smtp(b"554 5.3.2 closed\r\n")) as talker:
        told = failing(GatewayUnavailable, talker.port)
        assert told == "the mail server does not let us in: 554 5.3.2"
    with talking(smtp(*HELLO, b"535 5.7.8 no\r\n")) as talker:
        own = {"user": USER, "password": PASSWORD}
        assert "us in: 535 5.7.8" in failing(GatewayUnavailable, talker.port, **own)
    with talking(smtp(b"220 x\r\n", b"250 nothing\r\n")) as talker:
        assert "lets nobody sign in" in failing(GatewayUnavailable, talker.port, **own)


def test_a_name_that_nobody_knows() -> None:
    told = failing(GatewayUnavailable, 25, host="mail.portal.invalid")
    assert told.startswith("the mail server cannot be used: ")
