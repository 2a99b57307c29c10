"""What an SMS gateway can do."""

from typing import Protocol


class SmsGateway(Protocol):
    def send(self, *, to: str, text: str, reference: str) -> None:
        """Hands a text over for one number (`+355691234567`); reference: the portal's own name
        of this message, which a delivery report would name.

        Raises: GatewayUnavailable, worth another try; Refused, never to be tried again.
        """
