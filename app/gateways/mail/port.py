"""What a mail gateway can do."""

from email.message import EmailMessage
from typing import Protocol

from app.gateways.handing import HandingOver, unnoted


class MailGateway(Protocol):
    def send(self, mail: EmailMessage, handing_over: HandingOver = unnoted) -> None:
        """Hands the mail over: From, To, Subject, Date and Message-ID are in it, To is one
        address, and a mail that is tried again keeps its Message-ID. handing_over: called before
        the point of no return, where sending the mail twice would be two mails.

        Raises: GatewayUnavailable, worth another try; Refused, never to be tried again, and
        RecipientRefused, where it is the address that takes no mail; whatever handing_over raises.
        """
