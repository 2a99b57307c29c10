"""A real mail server, as strict as a test wants it."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.components import free_port

USER, PASSWORD = "portal", "a secret, quite long"


class MailServer:
    """answers: what it says instead of yes to MAIL, to RCPT and after DATA."""

    def __init__(self, answers: dict[str, str]) -> None:
        self.port = free_port()
        self.arrived: list[tuple[str, list[str], bytes]] = []
        self.in_the_clear = 0
        self.signed_in = 0
        self._answers = answers

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if "MAIL" in self._answers:
            return self._answers["MAIL"]
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if "RCPT" in self._answers:
            return self._answers["RCPT"].format(address)
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if "DATA" in self._answers:
            return self._answers["DATA"].format(envelope.rcpt_tos[0])
        self.in_the_clear += server.transport.get_extra_info("ssl_object") is None
        self.signed_in += bool(session.authenticated)
        content = envelope.original_content
        assert isinstance(content, bytes) and envelope.mail_from
        self.arrived.append((envelope.mail_from, envelope.rcpt_tos, content))
        return "250 2.0.0 OK"

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: Any
    ) -> AuthResult:
        wanted = LoginPassword(USER.encode(), PASSWORD.encode())
        return AuthResult(success=given == wanted, handled=False)


@contextmanager
def mail_server(
    *,
    starttls: ssl.SSLContext | None = None,
    tls: ssl.SSLContext | None = None,
    sign_in: bool = False,
    utf8: bool = True,
    **answers: str,
) -> Iterator[MailServer]:
    server = MailServer(answers)
    controller = Controller(
        server,
        hostname="127.0.0.1",
        port=server.port,
        ssl_context=tls,
        tls_context=starttls,
        require_starttls=bool(starttls),
        authenticator=server.authenticate,
        auth_required=sign_in,
        auth_require_tls=bool(starttls),
        enable_SMTPUTF8=utf8,
    )
    controller.start()
    try:
        yield server
    finally:
        controller.stop()
