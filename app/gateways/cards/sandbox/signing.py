"""The test bank's signature: over names and values, and over what kind of message it is."""

import hmac
import json
from collections.abc import Mapping
from hashlib import sha256

KIND, SIGNATURE = "kind", "signature"
ORDER, NOTICE, STATUS, LIST = "order", "notice", "status", "list"


def sign(kind: str, fields: Mapping[str, str], secret: str) -> dict[str, str]:
    """The fields with their kind and signature."""
    whole = {**fields, KIND: kind}
    return {**whole, SIGNATURE: _signature(_canonical(whole), secret)}


def is_signed(kind: str, fields: Mapping[str, str], secret: str) -> bool:
    whole = {name: value for name, value in fields.items() if name != SIGNATURE}
    given = fields.get(SIGNATURE, "")
    return whole.get(KIND) == kind and _is_same(given, _signature(_canonical(whole), secret))


def signature_of_answer(question: str, body: bytes, secret: str) -> str:
    """question: the signature of what was asked, so that no answer stands for another's."""
    return _signature(question.encode("ascii") + b"\n" + body, secret)


def is_answer_signed(question: str, body: bytes, given: str, secret: str) -> bool:
    return _is_same(given, signature_of_answer(question, body, secret))


def _canonical(fields: Mapping[str, str]) -> bytes:
    return json.dumps(sorted(fields.items()), separators=(",", ":")).encode("ascii")


def _signature(message: bytes, secret: str) -> str:
    return hmac.new(secret.encode(), message, sha256).hexdigest()


def _is_same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), wanted.encode("ascii"))
