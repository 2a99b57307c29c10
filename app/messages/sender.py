"""Hands one message over to its gateway."""

from collections.abc import Callable

from app.gateways.handing import HandingOver, unnoted
from app.gateways.mail.port import MailGateway
from app.gateways.sms.port import SmsGateway
from app.messages.layout import Enclosed, Layout
from app.messages.records import Enclosure, Message

# In a language. Raises: GatewayUnavailable, Refused.
Enclose = Callable[[Enclosure, str], Enclosed]


class Sender:
    def __init__(
        self, *, mail: MailGateway, sms: SmsGateway, layout: Layout, enclose: Enclose
    ) -> None:
        self._mail = mail
        self._sms = sms
        self._layout = layout
        self._enclose = enclose

    def send(self, message: Message, handing_over: HandingOver = unnoted) -> None:
        """handing_over: as the gateways'. Raises: GatewayUnavailable, Refused."""
        letter = message.letter
        if letter is None:
            to, name = message.recipient, message.reference
            self._sms.send(to=to, text=message.text, reference=name, handing_over=handing_over)
            return
        enclosed = None
        if letter.enclosure:
            enclosed = self._enclose(letter.enclosure, message.language)
        self._mail.send(self._layout.lay_out(message, letter, enclosed), handing_over)
