"""Hands one message over to its gateway."""

from app.gateways.mail.port import MailGateway
from app.gateways.sms.port import SmsGateway
from app.messages.layout import Layout
from app.messages.records import Message


class Sender:
    def __init__(self, *, mail: MailGateway, sms: SmsGateway, layout: Layout) -> None:
        self._mail = mail
        self._sms = sms
        self._layout = layout

    def send(self, message: Message) -> None:
        """Raises: GatewayUnavailable, Refused."""
        if message.letter is not None:
            self._mail.send(self._layout.lay_out(message, message.letter))
        else:
            self._sms.send(to=message.recipient, text=message.text, reference=str(message.id))
