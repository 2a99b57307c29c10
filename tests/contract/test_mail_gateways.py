"""The mail gateways: what both twins promise, the folder, and a real mail server."""

import re
import resource
import ssl
from concurrent.futures import ThreadPoolExecutor
from email.message import EmailMessage
from pathlib import Path
from threading import Event

import pytest

from app.gateways.errors import GatewayUnavailable, Refused
from tests.certificates import make_certificate, server_context
from tests.mail_gateways import (
    TO,
    FolderTwin,
    Twin,
    a_mail,
    certificate,
    context,
    failing,
    gateway_at,
    parsed,
    twin,
)
from tests.mail_server import PASSWORD, USER, mail_server

__all__ = ["certificate", "context", "twin"]


def test_mails_arrive_whole_and_in_order(twin: Twin) -> None:
    text = "Përshëndetje, çmimi:\n.\n..\nFrom here\n" + "ë" * 3000 + "\n"
    first = a_mail(subject="Fatura juaj – qershor: 12\u00a0345,50 lekë, " + "ç" * 200, text=text)
    first.add_alternative("<p>Përshëndetje</p>", subtype="html")
    first.add_attachment(
        bytes(range(256)) * 400, maintype="application", subtype="pdf", filename="faturë.pdf"
    )
    twin.send(first)
    twin.send(a_mail(subject="second"))
    one, two = [parsed(content) for content in twin.arrived()]
    assert two["Subject"] == "second"
    assert dict(one.items()).keys() == dict(first.items()).keys()
    for name in ("From", "To", "Subject", "Date", "Message-ID"):
        assert str(one[name]) == str(first[name])
    plain = one.get_body(("plain",))
    assert plain is not None and plain.get_content().replace("\r\n", "\n") == text
    [attached] = one.iter_attachments()
    assert attached.get_content() == bytes(range(256)) * 400
    assert attached.get_filename() == "faturë.pdf"


def test_what_travels_has_seven_bits_and_whole_line_ends(twin: Twin) -> None:
    twin.send(a_mail(text="ë\rnot a line\r\n.\r\nRCPT TO:<x@y.example>\n.\n"))
    [content] = twin.arrived()
    assert content.isascii()
    assert not set(content.replace(b"\r\n", b"")) & set(b"\r\n\0")


def test_a_letter_beyond_ascii_in_the_address(twin: Twin) -> None:
    twin.send(a_mail(to="blerta.çela@shtëpi.example"))
    [content] = twin.arrived()
    assert parsed(content)["To"] == "blerta.çela@shtëpi.example"


def test_the_callers_mail_stays_as_it_was(twin: Twin) -> None:
    mail = a_mail()
    before = mail.as_bytes()
    twin.send(mail)
    twin.send(mail)
    assert mail.as_bytes() == before
    assert len(set(twin.arrived())) == 1


NOT_ONE = [
    "arta@customer.example, x@y.example",
    "arta@customer.example x@y.example",
    "arta@customer.example; x@y.example",
    "Arta",
    "",
    '"arta x"@customer.example',
    '"arta>, <x"@y.example',
    "=?utf-8?q?arta=40y=2Eexample=2C?=@customer.example",
    "arta@customer.example\0",
    "arta@customer.example\x0b",
]


@pytest.mark.parametrize("to", NOT_ONE)
def test_only_one_well_formed_address(twin: Twin, to: str) -> None:
    with pytest.raises(Refused) as caught:
        twin.send(a_mail(to=to))
    assert "arta" not in str(caught.value).lower()
    assert twin.arrived() == []


@pytest.mark.parametrize("header", ["Cc", "Bcc", "Resent-To", "Resent-Bcc"])
def test_nobody_else_gets_it(twin: Twin, header: str) -> None:
    mail = a_mail()
    mail[header] = "x@y.example"
    with pytest.raises(Refused):
        twin.send(mail)
    assert twin.arrived() == []


def raw(mail: EmailMessage, name: str, value: str) -> EmailMessage:
    """Past the library's own care when a header is set."""
    mail._headers.append((name, value))  # type: ignore[attr-defined]
    return mail


@pytest.mark.parametrize("breaking", ["\r\nBcc: x@y.example", "\nBcc: x", "\r\n\r\nx", "\r", "\0"])
@pytest.mark.parametrize("where", ["Subject", "X-Case", "Reply-To"])
def test_no_header_is_smuggled_in(twin: Twin, where: str, breaking: str) -> None:
    mail = a_mail()
    del mail[where]
    with pytest.raises(Refused):
        twin.send(raw(mail, where, f"a{breaking}"))
    assert twin.arrived() == []


def test_a_folded_header_is_no_smuggling(twin: Twin) -> None:
    twin.send(raw(a_mail(), "X-Case", "one\r\n two\n\tthree"))
    [content] = twin.arrived()
    assert parsed(content)["X-Case"] == "one two\tthree"


def test_a_text_that_no_mail_can_carry(twin: Twin) -> None:
    with pytest.raises(Refused, match="break its lines"):
        twin.send(a_mail(text="a\0b\n"))
    assert twin.arrived() == []


def test_a_line_end_in_an_encoded_word_is_one_too(twin: Twin) -> None:
    with pytest.raises(Refused):
        twin.send(a_mail(subject="=?utf-8?q?a=0D=0ABcc:_x=40y.example?="))
    assert twin.arrived() == []


@pytest.mark.parametrize("breaking", ["\r\nx", "\nx", "\rx"])
def test_the_library_lets_no_line_end_be_set(breaking: str) -> None:
    with pytest.raises(ValueError, match="linefeed or carriage return"):
        a_mail(subject=f"a{breaking}")
    with pytest.raises(ValueError, match="linefeed or carriage return"):
        a_mail(to=f"{TO}{breaking}")


def test_without_a_sender_no_mail_is_given_up(twin: Twin) -> None:
    mail = a_mail()
    del mail["From"]
    with pytest.raises(GatewayUnavailable, match="sender"):
        twin.send(mail)


# The folder


def test_a_file_has_a_name_that_sorts_and_is_for_nobody_else(tmp_path: Path) -> None:
    FolderTwin(tmp_path).send(a_mail())
    [file] = (tmp_path / "outbox/mail").iterdir()
    assert re.fullmatch(r"\d{8}T\d{6}\.\d{6}Z-[0-9a-f]{8}\.eml", file.name)
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700


def test_nothing_half_written_is_ever_seen(tmp_path: Path) -> None:
    twin, done = FolderTwin(tmp_path), Event()
    mail = a_mail(text="x" * 70 + "\n")
    mail.add_attachment(b"x" * 8_000_000, maintype="application", subtype="pdf")
    whole = len(mail.as_bytes())

    def look() -> set[int]:
        seen = set()
        while not done.is_set():
            seen |= {file.stat().st_size for file in twin.folder.glob("*.eml")}
        return seen

    with ThreadPoolExecutor(1) as other:
        looking = other.submit(look)
        try:
            for _ in range(4):
                twin.send(mail)
        finally:
            done.set()
    assert looking.result() == {whole}


def test_a_full_disk(tmp_path: Path) -> None:
    twin = FolderTwin(tmp_path)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    mail = a_mail(text="x\n" * 20_000)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, hard))
    try:
        with pytest.raises(GatewayUnavailable, match="cannot be written: File too large"):
            twin.send(mail)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(twin.folder.iterdir()) == []
    twin.send(mail)
    assert len(twin.arrived()) == 1


def test_a_folder_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "outbox").touch()
    with pytest.raises(GatewayUnavailable, match="cannot be written: Not a directory"):
        FolderTwin(tmp_path).send(a_mail())


@pytest.mark.parametrize("kind", ["starttls", "tls"])
def test_encrypted_and_signed_in(kind: str, certificate: Path, context: ssl.SSLContext) -> None:
    with mail_server(**{kind: context}, sign_in=kind == "starttls") as server:
        signing = {"user": USER, "password": PASSWORD} if kind == "starttls" else {}
        gateway = gateway_at(server.port, security=kind, ca_file=certificate, **signing)
        gateway.send(a_mail())
        gateway.send(a_mail(subject="second"))
    assert [parsed(c)["Subject"] for _, _, c in server.arrived] == ["Fatura e qershorit", "second"]
    assert server.in_the_clear == 0
    assert server.signed_in == (2 if signing else 0)


def test_a_wrong_password(certificate: Path, context: ssl.SSLContext) -> None:
    own = {"security": "starttls", "ca_file": certificate, "user": USER, "password": "wrong one"}
    with mail_server(starttls=context, sign_in=True) as server:
        told = failing(GatewayUnavailable, server.port, **own)
        assert told == "the mail server does not let us in: 535 5.7.8"
        nobody = {**own, "user": "", "password": ""}
        told = failing(GatewayUnavailable, server.port, **nobody)
        assert told == "the mail server refuses the sender: 530 5.7.0"
    assert server.arrived == []


@pytest.mark.parametrize("kind", ["starttls", "tls"])
def test_a_certificate_that_is_not_trusted(
    kind: str, certificate: Path, context: ssl.SSLContext, tmp_path: Path
) -> None:
    another = make_certificate(tmp_path / "another.pem")
    with mail_server(**{kind: context}) as server:
        for trusted in (another, None):
            told = failing(GatewayUnavailable, server.port, security=kind, ca_file=trusted)
            assert "its certificate is not accepted" in told
        misnamed = make_certificate(tmp_path / "misnamed.pem", "mail.other.example")
    with mail_server(**{kind: server_context(misnamed)}) as server:
        told = failing(GatewayUnavailable, server.port, security=kind, ca_file=misnamed)
        assert "IP address mismatch" in told
    assert server.arrived == []


def test_the_systems_authorities(
    certificate: Path, context: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with mail_server(starttls=context) as server:
        gateway_at(server.port, security="starttls").send(a_mail())
    assert len(server.arrived) == 1


ANSWERS = [
    ("RCPT", "550 5.1.1 <{0}>: no such user", Refused, "refuses the recipient: 550 5.1.1"),
    ("RCPT", "553 {0} no", Refused, "refuses the recipient: 553"),
    ("RCPT", "451 4.7.1 {0} greylisted", GatewayUnavailable, "the recipient: 451 4.7.1"),
    ("RCPT", "452 4.2.2 {0} full", GatewayUnavailable, "the recipient: 452 4.2.2"),
    ("RCPT", "421 4.3.2 bye", GatewayUnavailable, "the recipient: 421 4.3.2"),
    ("RCPT", "554 5.7.1 <{0}>: relay denied", GatewayUnavailable, "the recipient: 554 5.7.1"),
    ("RCPT", "530 {0} sign in first", GatewayUnavailable, "the recipient: 530"),
    ("MAIL", "550 5.7.1 not you", GatewayUnavailable, "refuses the sender: 550 5.7.1"),
    ("MAIL", "552 5.3.4 too big", Refused, "refuses the sender: 552 5.3.4"),
    ("DATA", "554 5.7.1 {0} spam", Refused, "refuses the mail: 554 5.7.1"),
    ("DATA", "552 5.3.4 too big", Refused, "refuses the mail: 552 5.3.4"),
    ("DATA", "452 4.3.1 no room", GatewayUnavailable, "refuses the mail: 452 4.3.1"),
]


@pytest.mark.parametrize(("when", "answer", "kind", "told"), ANSWERS)
def test_what_a_server_refuses(when: str, answer: str, kind: type[Exception], told: str) -> None:
    with mail_server(**{when: answer}) as server:
        assert failing(kind, server.port).endswith(told)
    assert server.arrived == []


def test_an_address_beyond_ascii_wants_a_server_that_takes_it() -> None:
    with mail_server(utf8=False) as server, pytest.raises(Refused, match="beyond ASCII"):
        gateway_at(server.port).send(a_mail(to="çela@customer.example"))
    assert server.arrived == []
