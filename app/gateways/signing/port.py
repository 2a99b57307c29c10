"""What signs papers."""

from typing import Protocol

from app.gateways.errors import GatewayError


class SigningFailed(GatewayError):
    """The signature could not be made; the message says why, for the operator."""


class SigningNotSet(Exception):
    """The settings name a certificate that cannot be used; the message says why."""


class Signer(Protocol):
    def sign(self, paper: bytes, *, reason: str, place: str) -> bytes:
        """The PDF with a signature (PAdES) beside it: each change of a byte is noticed.

        Raises: SigningFailed.
        """
