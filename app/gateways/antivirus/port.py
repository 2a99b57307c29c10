"""What a virus scanner can do."""

from typing import BinaryIO, Protocol

from app.gateways.errors import Refused


class TooLargeToScan(Refused):
    """The scanner takes nothing so large."""


class Antivirus(Protocol):
    def scan(self, content: BinaryIO) -> str:
        """The name of what was found in it, "" for nothing. Reads from where content is.

        Raises: GatewayUnavailable, worth another try; TooLargeToScan.
        """
