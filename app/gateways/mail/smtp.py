"""A mail server, spoken to by the standard library's client.

One connection per mail: nothing to keep alive, to share between threads or to lose in a fork.
"""

import re
import smtplib
import socket
import ssl
from contextlib import ExitStack, suppress
from email.message import EmailMessage
from functools import cache

from app.gateways.errors import GatewayError, GatewayUnavailable, RecipientRefused, Refused
from app.gateways.handing import HandingOver, unnoted
from app.gateways.mail.envelope import Envelope, seal
from app.gateways.network import cut_off_after, in_words
from config.sending import MailSettings

WHOLE = 6  # times the patience for one answer

# What a server says to a client that is set up wrongly, whatever the command was.
NOT_THE_MAIL = frozenset({502, 503, 530, 534, 535, 538})
TOO_BIG = 552
OK, GO_ON, TAKES_RECIPIENT = 250, 354, frozenset({250, 251})


class SmtpGateway:
    def __init__(self, settings: MailSettings) -> None:
        self._settings = settings
        file = settings.ca_file
        self._tls = ssl.create_default_context(cafile=str(file) if file else None)

    def send(self, mail: EmailMessage, handing_over: HandingOver = unnoted) -> None:
        envelope = seal(mail)
        with ExitStack() as stack:
            server = self._connect(stack)
            _hand_over(server, envelope, handing_over)
            # It has the mail: what happens now must not have it sent again.
            with suppress(smtplib.SMTPException, OSError):
                server.quit()

    def _connect(self, stack: ExitStack) -> smtplib.SMTP:
        """Whatever fails here says nothing about a mail, so none is given up for it."""
        try:
            server = _Connection(self._settings, self._tls, stack)
            stack.callback(server.close)
            self._enter(server)
        except smtplib.SMTPResponseException as error:
            told = _codes(error.smtp_code, error.smtp_error)
            raise GatewayUnavailable(f"the mail server does not let us in: {told}") from None
        except (smtplib.SMTPException, OSError) as error:
            raise _gone(error) from None
        return server

    def _enter(self, server: smtplib.SMTP) -> None:
        server.ehlo_or_helo_if_needed()
        if self._settings.security == "starttls":
            if not server.has_extn("starttls"):
                raise GatewayUnavailable("the mail server does not offer STARTTLS")
            server.starttls(context=self._tls)
            server.ehlo_or_helo_if_needed()
        if self._settings.user:
            if not server.has_extn("auth"):
                raise GatewayUnavailable("the mail server lets nobody sign in")
            server.login(self._settings.user, self._settings.password.get_secret_value())


class _Connection(smtplib.SMTP):
    def __init__(self, settings: MailSettings, tls: ssl.SSLContext, stack: ExitStack) -> None:
        self._settings, self._tls, self._stack = settings, tls, stack
        super().__init__(settings.host, settings.port, _own_name(), settings.seconds)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        connection = socket.create_connection((host, port), timeout)
        self._stack.callback(connection.close)
        self._stack.enter_context(cut_off_after(WHOLE * timeout, connection))
        if self._settings.security == "tls":
            return self._tls.wrap_socket(connection, server_hostname=host)
        return connection


@cache
def _own_name() -> str:
    """Asked once: it may ask a slow name server."""
    return socket.getfqdn()


def _hand_over(server: smtplib.SMTP, envelope: Envelope, handing_over: HandingOver) -> None:
    options: list[str] = []
    if envelope.needs_utf8:
        if not (server.has_extn("smtputf8") and server.has_extn("8bitmime")):
            raise Refused("the mail server takes no address with letters beyond ASCII")
        options = ["SMTPUTF8", "BODY=8BITMIME"]
    try:
        _say_all(server, envelope, options, handing_over)
    except (smtplib.SMTPException, OSError) as error:
        raise _gone(error) from None


def _say_all(
    server: smtplib.SMTP, envelope: Envelope, options: list[str], handing_over: HandingOver
) -> None:
    """By itself, because the library's own does not let one in before the last line."""
    if server.has_extn("size"):
        options.append(f"SIZE={len(envelope.content)}")
    code, reply = server.mail(envelope.sender, options)
    if code != OK:
        raise _answered("the sender", code, reply, never=code == TOO_BIG)
    code, reply = server.rcpt(envelope.recipient)
    if code not in TAKES_RECIPIENT:
        # 5.7: we may not send there (relaying denied, address blocked), whoever it is for.
        never = not _codes(code, reply).startswith(f"{code} 5.7.")
        raise _answered("the recipient", code, reply, never=never, lasting=RecipientRefused)
    code, reply = server.docmd("DATA")
    if code == GO_ON:
        lines = re.sub(rb"(?m)^\.", b"..", envelope.content)
        server.send(lines if lines.endswith(b"\r\n") else lines + b"\r\n")
        handing_over()  # without the last line the server has nothing
        server.send(b".\r\n")
        code, reply = server.getreply()
    if code != OK:
        raise _answered("the mail", code, reply, never=True)


def _answered(
    what: str, code: int, reply: bytes | str, *, never: bool, lasting: type[Refused] = Refused
) -> GatewayError:
    reason = f"the mail server refuses {what}: {_codes(code, reply)}"
    lasts = 500 <= code < 600 and code not in NOT_THE_MAIL  # noqa: PLR2004
    return lasting(reason) if lasts and never else GatewayUnavailable(reason)


def _codes(code: int, reply: bytes | str) -> str:
    """Only the figures: a server's words repeat addresses."""
    text = reply.decode("ascii", "replace") if isinstance(reply, bytes) else reply
    enhanced = re.match(r"[245]\.\d{1,3}\.\d{1,3}\b", text)
    return f"{code} {enhanced[0]}" if enhanced else str(code)


def _gone(error: Exception) -> GatewayUnavailable:
    # smtplib's own errors are OSErrors that hold no reason; what they stand for is their cause.
    cause = error.__context__ if isinstance(error, smtplib.SMTPException) else error
    words = in_words(cause) if isinstance(cause, OSError) else "it hung up"
    return GatewayUnavailable(f"the mail server cannot be used: {words}")
