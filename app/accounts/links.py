"""Addresses of the portal's pages that stand in mails.

Made from a setting, never from a request: its Host header is anybody's to choose.
"""

from app.accounts.records import LinkToken
from legacy_adapters.records import ContractCode


class Links:
    def __init__(self, address: str) -> None:
        """address: `https://host[/path]`, without a slash at its end."""
        self._address = address

    def sign_in(self) -> str:
        return f"{self._address}/login"

    def not_me(self, token: LinkToken) -> str:
        return f"{self._address}/not-me/{token}"

    def confirm_email(self, token: LinkToken) -> str:
        return f"{self._address}/confirm-email/{token}"

    def delegates(self, code: ContractCode) -> str:
        return f"{self._address}/contracts/{code}/delegates"

    def invitation(self, token: LinkToken) -> str:
        return f"{self._address}/invitations/{token}"

    def switch_off(self, token: LinkToken) -> str:
        return f"{self._address}/m/{token}"
