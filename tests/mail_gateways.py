"""Mails, their gateways and where they arrive, for tests."""

import ssl
import traceback
from collections.abc import Iterator
from email import message_from_string, policy
from email.headerregistry import Address
from email.message import EmailMessage
from pathlib import Path

import pytest

from app.gateways.mail import open_mail
from app.gateways.mail.port import MailGateway
from config.sending import MailSettings
from tests.certificates import make_certificate, server_context
from tests.mail_server import PASSWORD, MailServer, mail_server

FROM, TO, CODE = "portal@energjia.example", "arta@customer.example", "4711"


def a_mail(to: str = TO, subject: str = "Fatura e qershorit", text: str = "") -> EmailMessage:
    mail = EmailMessage(policy=policy.SMTP)
    mail["From"] = Address("Energjia Veriore sh.a.", addr_spec=FROM)
    mail["To"] = to
    mail["Subject"] = subject
    mail["Date"] = "Tue, 03 Nov 2026 10:11:12 +0100"
    mail["Message-ID"] = "<17.1@energjia.example>"
    mail.set_content(text or f"Kodi: {CODE}\n")
    return mail


def parsed(content: bytes) -> EmailMessage:
    mail = message_from_string(content.decode("utf-8"), policy=policy.SMTP)
    assert isinstance(mail, EmailMessage)
    return mail


def gateway_at(port: int, **changes: object) -> MailGateway:
    own = {"host": "127.0.0.1", "port": port, "sender": FROM, "security": "none", "seconds": 0.5}
    return open_mail(MailSettings(**{**own, **changes}), Path("/nowhere"))


class FolderTwin:
    def __init__(self, folder: Path) -> None:
        self.folder = folder / "outbox/mail"
        self.send = open_mail(MailSettings(), self.folder).send

    def arrived(self) -> list[bytes]:
        return [file.read_bytes() for file in sorted(self.folder.glob("*"))]


class SmtpTwin:
    def __init__(self, server: MailServer) -> None:
        self._server = server
        self.send = gateway_at(server.port).send

    def arrived(self) -> list[bytes]:
        for sender, recipients, content in self._server.arrived:
            assert sender == FROM
            assert recipients == [parsed(content)["To"].addresses[0].addr_spec]
        return [content for _, _, content in self._server.arrived]


Twin = FolderTwin | SmtpTwin


@pytest.fixture(params=["folder", "smtp"])
def twin(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Twin]:
    if request.param == "folder":
        yield FolderTwin(tmp_path)
    else:
        with mail_server() as server:
            yield SmtpTwin(server)


# A mail server


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("certificate") / "server.pem")


@pytest.fixture(scope="module")
def context(certificate: Path) -> ssl.SSLContext:
    return server_context(certificate)


def failing(kind: type[Exception], port: int, **changes: object) -> str:
    """The reason, after a look that it and its traceback tell no secrets."""
    with pytest.raises(kind) as caught:
        gateway_at(port, **changes).send(a_mail())
    told = "".join(traceback.format_exception(caught.value))
    for secret in (TO, "customer.example", CODE, PASSWORD):
        assert secret not in told
    return str(caught.value)
