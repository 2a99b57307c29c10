"""Bytes that cannot be read without a key, where one is set."""

from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from pydantic import SecretStr

CLEAR, SEALED = b"\x00", b"\x01"


class CannotUnseal(Exception):
    """Sealed under a key that is not there, or changed since."""


class Sealer:
    def __init__(self, keys: Sequence[SecretStr]) -> None:
        """keys: 32 bytes in base64 each; the first seals, all open."""
        self._each = [Fernet(_url_safe(key.get_secret_value())) for key in keys]
        self._all = MultiFernet(self._each) if self._each else None

    @property
    def has_key(self) -> bool:
        return self._all is not None

    def seal(self, body: bytes) -> bytes:
        return SEALED + self._all.encrypt(body) if self._all else CLEAR + body

    def open(self, kept: bytes) -> bytes:
        """Raises: CannotUnseal."""
        if kept[:1] == CLEAR:
            return kept[1:]
        if self._all is None:
            raise CannotUnseal
        return _decrypt(self._all, kept)

    def is_up_to_date(self, kept: bytes) -> bool:
        """Whether it is kept as `seal` would keep it today."""
        if not self._each or kept[:1] == CLEAR:
            return not self._each and kept[:1] == CLEAR
        try:
            _decrypt(self._each[0], kept)
        except CannotUnseal:
            return False
        return True


def _decrypt(key: Fernet | MultiFernet, kept: bytes) -> bytes:
    try:
        return key.decrypt(kept[1:])
    except InvalidToken as error:
        raise CannotUnseal from error


def _url_safe(base64: str) -> str:
    return base64.replace("+", "-").replace("/", "_")
