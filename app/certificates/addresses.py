"""Addresses of certificates' pages, for mails and papers: made from a setting, never from a
request."""

from app.certificates.records import CertificateCode


class CertificateAddresses:
    def __init__(self, address: str) -> None:
        """address: `https://host[/path]`, without a slash at its end."""
        self._address = address

    def application(self, number: str) -> str:
        return f"{self._address}/debt-certificates/{number}"

    def verify(self, code: CertificateCode) -> str:
        return f"{self._address}/verify/{code}"
