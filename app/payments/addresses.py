"""Addresses of payments' pages, for banks, mails and papers: made from a setting, never from a
request."""

from app.gateways.cards.port import OrderReference


class PaymentAddresses:
    def __init__(self, address: str) -> None:
        """address: `https://host[/path]`, without a slash at its end."""
        self._address = address

    def order(self, reference: OrderReference) -> str:
        return f"{self._address}/payments/{reference}"

    def bank_return(self, gateway: str) -> str:
        return f"{self._address}/payments/return/{gateway}"

    def callback(self, gateway: str) -> str:
        return f"{self._address}/payments/callback/{gateway}"

    def verify(self, code: str) -> str:
        return f"{self._address}/verify/{code}"

    def link(self, token: str) -> str:
        return f"{self._address}/p/{token}"
