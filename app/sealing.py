"""Bytes that cannot be read without a key, where one is set."""

import json
from collections.abc import Mapping, Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from pydantic import SecretStr

CLEAR, SEALED = b"\x00", b"\x01"
LOST = "?"  # shown for what can no longer be read
MARK = "\x02"  # of sealed words in a column of text; nobody can type it
WORDS = "words"


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


class WordSealer:
    """For what people type: sealed together with whose it is, so that what got into another's
    row is not shown."""

    def __init__(self, keys: Sequence[SecretStr], field: str) -> None:
        """keys: as of Sealer. field: what the words are called within what is kept."""
        self.sealer = Sealer(keys)
        self._field = field

    def close(self, owner: str, words: Mapping[str, str]) -> bytes:
        body = json.dumps({"of": owner, self._field: dict(words)}, ensure_ascii=False)
        return self.sealer.seal(body.encode())

    def open(self, owner: str, kept: bytes) -> dict[str, str] | None:
        """None where it cannot be read: without its key, or in another's row."""
        try:
            found = json.loads(self.sealer.open(kept))
        except (CannotUnseal, ValueError):
            return None
        return dict(found[self._field]) if found.get("of") == owner else None

    def close_text(self, owner: str, text: str) -> str:
        """For columns of text: as it is where no key is set."""
        if not text or not self.sealer.has_key:
            return text
        return MARK + self.close(owner, {WORDS: text})[1:].decode("ascii")

    def open_text(self, owner: str, kept: str) -> str:
        """LOST where it cannot be read."""
        if not kept.startswith(MARK):
            return kept
        found = self.open(owner, SEALED + kept.removeprefix(MARK).encode())
        return found[WORDS] if found else LOST


def _decrypt(key: Fernet | MultiFernet, kept: bytes) -> bytes:
    try:
        return key.decrypt(kept[1:])
    except InvalidToken as error:
        raise CannotUnseal from error


def _url_safe(base64: str) -> str:
    return base64.replace("+", "-").replace("/", "_")
