"""Addresses of the portal's pages in messages: made from a setting, never from a request."""

from legacy_adapters.records import ContractCode


class NotificationAddresses:
    def __init__(self, address: str) -> None:
        """address: `https://host[/path]`, without a slash at its end."""
        self.start = address

    def pay(self, code: ContractCode) -> str:
        return f"{self.start}/contracts/{code}/pay"

    def history(self, code: ContractCode) -> str:
        return f"{self.start}/contracts/{code}/history"
