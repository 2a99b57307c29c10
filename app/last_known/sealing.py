"""Answers as bytes: compact, and unreadable without the key where one is set."""

import zlib
from datetime import datetime
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from app.last_known.records import Topic
from app.last_known.store import Kept
from app.sealing import CannotUnseal, Sealer
from config.settings import LastKnownSettings
from legacy_adapters.records import ContractCode

T = TypeVar("T")


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
        self._sealer = Sealer(settings.keys)

    def close(self, topic: Topic[T], code: ContractCode, answer: T, told_at: datetime) -> Kept:
        inner = topic.adapter.dump_python(answer, mode="json")
        envelope = Envelope(code=code, topic=topic.name, answer=inner)
        body = zlib.compress(ENVELOPE.dump_json(envelope), level=6)
        body = self._sealer.seal(body)
        return Kept(contract_code=code, topic=topic.name, told_at=told_at, body=body)

    def open(self, topic: Topic[T], kept: Kept) -> T:
        """Raises: Unreadable."""
        try:
            envelope = ENVELOPE.validate_json(zlib.decompress(self._sealer.open(kept.body)))
            answer = topic.adapter.validate_python(envelope.answer)
        except (CannotUnseal, zlib.error, ValidationError) as error:
            raise Unreadable from error
        if (envelope.code, envelope.topic) != (kept.contract_code, topic.name):
            raise Unreadable
        return answer
