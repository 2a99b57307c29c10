"""Kannel's sendsms, the SMS gateway of many operators."""

import http.client
import socket
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from urllib.parse import SplitResult, urlencode, urlsplit

from app.gateways.errors import GatewayUnavailable, Refused, Unanswered
from app.gateways.handing import HandingOver, unnoted
from app.gateways.network import cut_off_after, in_words
from app.gateways.sms.alphabet import fits, transliterated
from app.gateways.sms.checks import check
from config.sending import SmsSettings

REPORTS = "19"  # delivered, failed, refused by the operator
WHOLE = 2  # times the patience for the answer
ACCEPTED, BAD_REQUEST, SERVER_ERRORS = 202, 400, 500
# The address, the user or the moment is wrong, not the SMS.
NOT_THE_SMS = frozenset({401, 403, 404, 405, 407, 408, 421, 429})


class KannelSms:
    def __init__(self, settings: SmsSettings, reports: str) -> None:
        self._settings = settings
        self._reports = reports
        self._tls = ssl.create_default_context()

    def send(
        self, *, to: str, text: str, reference: str, handing_over: HandingOver = unnoted
    ) -> None:
        """Kannel gives no name to an SMS: `reference` stands in the address of its report."""
        check(to, text)
        if self._settings.transliterate:
            text = transliterated(text)
        query = {
            "username": self._settings.user,
            "password": self._settings.password.get_secret_value(),
            "from": self._settings.sender,
            "to": to,
            "text": text,
            "charset": "UTF-8",
            "coding": "0" if fits(text) else "2",
        }
        if self._reports:  # Kannel puts what became of the SMS in for %d
            address = f"{self._reports}&{urlencode({'id': reference})}&status=%d"
            query |= {"dlr-mask": REPORTS, "dlr-url": address}
        status = self._ask(urlencode(query), handing_over)
        if status == ACCEPTED:
            return
        reason = f"the SMS gateway answers {status}"
        if BAD_REQUEST <= status < SERVER_ERRORS and status not in NOT_THE_SMS:
            raise Refused(reason)
        raise GatewayUnavailable(reason)

    def _ask(self, query: str, handing_over: HandingOver) -> int:
        """Follows no redirect and reads no body: the status says it all.

        The query holds the password, so no error of the library's is passed on.
        """
        address = urlsplit(self._settings.url)
        failure: type[GatewayUnavailable] = GatewayUnavailable
        try:
            with self._connected(address) as server:
                server.putrequest("GET", f"{address.path}?{query}")
                handing_over()
                failure = Unanswered
                server.endheaders()
                with server.getresponse() as answer:
                    return answer.status
        except OSError as error:
            words = in_words(error)
        except http.client.HTTPException:
            words = "it does not speak HTTP"
        raise failure(f"the SMS gateway cannot be used: {words}")

    @contextmanager
    def _connected(self, address: SplitResult) -> Iterator[http.client.HTTPConnection]:
        secure, seconds = address.scheme == "https", self._settings.seconds
        host, port = str(address.hostname), address.port or (443 if secure else 80)
        with ExitStack() as stack:
            wire = stack.enter_context(socket.create_connection((host, port), seconds))
            stack.enter_context(cut_off_after(WHOLE * seconds, wire))
            if secure:
                wire = stack.enter_context(self._tls.wrap_socket(wire, server_hostname=host))
            server = http.client.HTTPConnection(host, port)
            server.sock = wire
            yield server
