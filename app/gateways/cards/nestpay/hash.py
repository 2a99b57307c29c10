"""NestPay's hash, version 3."""

import hmac
from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha512

LEFT_OUT = frozenset({"hash", "encoding"})
LEFT_OUT_OF_ANSWERS = LEFT_OUT | {"nationalidno"}


def hash_of(fields: Mapping[str, str], store_key: str, left_out: frozenset[str] = LEFT_OUT) -> str:
    """Over the values alone, in the order of their names: names are not part of it."""
    names = sorted((n for n in fields if n.lower() not in left_out), key=str.lower)
    written = "|".join(_escaped(value) for value in [*(fields[n] for n in names), store_key])
    return b64encode(sha512(_bytes(written)).digest()).decode("ascii")


def is_right(fields: Mapping[str, str], given: str, store_key: str) -> bool:
    wanted = hash_of(fields, store_key, LEFT_OUT_OF_ANSWERS)
    return hmac.compare_digest(_bytes(wanted), _bytes(given))


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("|", "\\|")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")  # whatever came must not raise
