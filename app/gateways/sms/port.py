"""What an SMS gateway can do."""

from typing import Protocol

from app.gateways.handing import HandingOver, unnoted


class SmsGateway(Protocol):
    def send(
        self, *, to: str, text: str, reference: str, handing_over: HandingOver = unnoted
    ) -> None:
        """Hands a text over for one number (`+355691234567`); reference: the portal's own name
        of this message, which a delivery report names. handing_over: as a mail gateway's.

        Raises: GatewayUnavailable, worth another try; Refused, never to be tried again; whatever
        handing_over raises.
        """
