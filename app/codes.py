"""Codes that nobody can guess: of papers, orders and forms."""

import secrets
from base64 import b32encode

LENGTH = 26


def new_code() -> str:
    """130 random bits in 26 capitals and digits that are not mistaken for each other."""
    return b32encode(secrets.token_bytes(17)).decode()[:LENGTH]


def plain_code(typed: str) -> str:
    """As it is printed, whatever its case and spaces; "" for what is none."""
    code = "".join(typed.split()).upper()
    return code if len(code) == LENGTH and code.isascii() and code.isalnum() else ""
