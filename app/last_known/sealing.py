"""Answers as bytes: compact, and unreadable without the key where one is set."""

import zlib
from datetime import datetime
from typing import Any, TypeVar

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from pydantic import TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from app.last_known.records import Topic
from app.last_known.store import Kept
from config.settings import LastKnownSettings
from legacy_adapters.records import ContractCode

T = TypeVar("T")
CLEAR, SEALED = b"\x00", b"\x01"


class Unreadable(Exception):
    """A row of another version, of another contract, or without its key."""


@dataclass(frozen=True, kw_only=True)
class Envelope:
    """Says what it holds: an answer that got into another's row is not shown."""

    code: str
    topic: str
    answer: Any


ENVELOPE = TypeAdapter(Envelope)


class Seal:
    def __init__(self, settings: LastKnownSettings) -> None:
        keys = [Fernet(_url_safe(key.get_secret_value())) for key in settings.keys]
        self._fernet = MultiFernet(keys) if keys else None

    def close(self, topic: Topic[T], code: ContractCode, answer: T, told_at: datetime) -> Kept:
        inner = topic.adapter.dump_python(answer, mode="json")
        envelope = Envelope(code=code, topic=topic.name, answer=inner)
        body = zlib.compress(ENVELOPE.dump_json(envelope), level=6)
        body = SEALED + self._fernet.encrypt(body) if self._fernet else CLEAR + body
        return Kept(contract_code=code, topic=topic.name, told_at=told_at, body=body)

    def open(self, topic: Topic[T], kept: Kept) -> T:
        """Raises: Unreadable."""
        try:
            envelope = ENVELOPE.validate_json(zlib.decompress(self._unsealed(kept.body)))
            answer = topic.adapter.validate_python(envelope.answer)
        except (InvalidToken, zlib.error, ValidationError) as error:
            raise Unreadable from error
        if (envelope.code, envelope.topic) != (kept.contract_code, topic.name):
            raise Unreadable
        return answer

    def _unsealed(self, body: bytes) -> bytes:
        if body[:1] == CLEAR:
            return body[1:]
        if self._fernet is None:
            raise InvalidToken
        return self._fernet.decrypt(body[1:])


def _url_safe(base64: str) -> str:
    return base64.replace("+", "-").replace("/", "_")
