"""Addresses of cases' pages, for mails: made from a setting, never from a request."""

from app.cases.records import CaseNumber


class CaseAddresses:
    def __init__(self, address: str) -> None:
        """address: `https://host[/path]`, without a slash at its end."""
        self._address = address

    def case(self, number: CaseNumber) -> str:
        return f"{self._address}/cases/{number}"
