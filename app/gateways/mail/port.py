"""What a mail gateway can do."""

from email.message import EmailMessage
from typing import Protocol


class MailGateway(Protocol):
    def send(self, mail: EmailMessage) -> None:
        """Hands the mail over: From, To, Subject, Date and Message-ID are in it, To is one
        address, and a mail that is tried again keeps its Message-ID.

        Raises: GatewayUnavailable, worth another try; Refused, never to be tried again.
        """
