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

from app.gateways.errors import GatewayError, GatewayUnavailable, Refused
from app.gateways.mail.envelope import Envelope, seal
from app.gateways.network import cut_off_after, in_words
from config.sending import MailSettings

WHOLE = 6  # times the patience for one answer

# What a server says to a client that is set up wrongly, whatever the command was.
NOT_THE_MAIL = frozenset({502, 503, 530, 534, 535, 538})
TOO_BIG = 552


class SmtpGateway:
    def __init__(self, settings: MailSettings) -> None:
        self._settings = settings
        file = settings.ca_file
        self._tls = ssl.create_default_context(cafile=str(file) if file else None)

    def send(self, mail: EmailMessage) -> None:
        envelope = seal(mail)
        with ExitStack() as stack:
            server = self._connect(stack)
            _hand_over(server, envelope)
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


def _hand_over(server: smtplib.SMTP, envelope: Envelope) -> None:
    options: list[str] = []
    if envelope.needs_utf8:
        if not (server.has_extn("smtputf8") and server.has_extn("8bitmime")):
            raise Refused("the mail server takes no address with letters beyond ASCII")
        options = ["SMTPUTF8", "BODY=8BITMIME"]
    try:
        server.sendmail(envelope.sender, [envelope.recipient], envelope.content, options)
    except smtplib.SMTPRecipientsRefused as error:
        [(code, reply)] = error.recipients.values()
        # 5.7: we may not send there (relaying denied, address blocked), whoever it is for.
        never = not _codes(code, reply).startswith(f"{code} 5.7.")
        raise _answered("the recipient", code, reply, never) from None
    except smtplib.SMTPSenderRefused as error:
        never = error.smtp_code == TOO_BIG
        raise _answered("the sender", error.smtp_code, error.smtp_error, never) from None
    except smtplib.SMTPDataError as error:
        raise _answered("the mail", error.smtp_code, error.smtp_error, True) from None
    except (smtplib.SMTPException, OSError) as error:
        raise _gone(error) from None


def _answered(what: str, code: int, reply: bytes | str, never: bool) -> GatewayError:
    reason = f"the mail server refuses {what}: {_codes(code, reply)}"
    lasting = 500 <= code < 600 and code not in NOT_THE_MAIL  # noqa: PLR2004
    return Refused(reason) if lasting and never else GatewayUnavailable(reason)


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
