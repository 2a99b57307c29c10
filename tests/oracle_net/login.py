"""The log-in with the 12c password verifier, the server's half."""

import hashlib
import secrets
from functools import cache

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

_VERIFIER_12C = 0x4815
# Oracle says 4096 here. Nothing is to be protected from guessing, and tests log in often.
_ROUNDS = 16
_SESSION_ROUNDS = 3
_BLOCK = 16
_SALT = secrets.token_bytes(16)


def _aes(key: bytes) -> Cipher[modes.CBC]:
    return Cipher(algorithms.AES(key), modes.CBC(bytes(_BLOCK)))


def _encrypted(key: bytes, content: bytes) -> bytes:
    cipher = _aes(key).encryptor()
    return cipher.update(content) + cipher.finalize()


def _decrypted(key: bytes, content: bytes) -> bytes:
    cipher = _aes(key).decryptor()
    return cipher.update(content) + cipher.finalize()


@cache
def _password_key(password: str) -> bytes:
    salt = _SALT + b"AUTH_PBKDF2_SPEEDY_KEY"
    speedy = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, _ROUNDS, 64)
    return hashlib.sha512(speedy + _SALT).digest()[:32]


class Login:
    """One try to log in. An unknown user is challenged like a known one."""

    def __init__(self, password: str | None) -> None:
        self._password = password
        self._key = _password_key(password or secrets.token_hex(8))
        self._server_part = secrets.token_bytes(32)
        self._session_salt = secrets.token_bytes(16)
        self._session_key = b""

    def challenge(self) -> list[tuple[str, str, int]]:
        """Key, value and flags of each answer to the first half of the log-in."""
        session_key = _encrypted(self._key, self._server_part)
        return [
            ("AUTH_SESSKEY", session_key.hex().upper(), 0),
            ("AUTH_VFR_DATA", _SALT.hex().upper(), _VERIFIER_12C),
            ("AUTH_PBKDF2_CSK_SALT", self._session_salt.hex().upper(), 0),
            ("AUTH_PBKDF2_VGEN_COUNT", str(_ROUNDS), 0),
            ("AUTH_PBKDF2_SDER_COUNT", str(_SESSION_ROUNDS), 0),
            ("AUTH_GLOBALLY_UNIQUE_DBID", "0", 0),
        ]

    def is_right(self, given: dict[str, str]) -> bool:
        """Whether the second half holds the password of a known user."""
        client_part = _decrypted(self._key, bytes.fromhex(given["AUTH_SESSKEY"]))[:32]
        parts = (client_part + self._server_part).hex().upper().encode()
        self._session_key = hashlib.pbkdf2_hmac(
            "sha512", parts, self._session_salt, _SESSION_ROUNDS, 32
        )
        salted = _decrypted(self._session_key, bytes.fromhex(given["AUTH_PASSWORD"]))
        password = salted[_BLOCK : -salted[-1]]
        return self._password is not None and password == self._password.encode()

    def proof(self) -> str:
        """Shows the client that the server, too, knows the session key."""
        proof = secrets.token_bytes(_BLOCK) + b"SERVER_TO_CLIENT"
        padded = proof + bytes([_BLOCK]) * _BLOCK
        return _encrypted(self._session_key, padded).hex().upper()
