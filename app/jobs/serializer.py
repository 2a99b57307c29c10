"""Jobs as JSON: huey's own choice, pickle, would run whatever stands in the queue."""

import json
from typing import Any

from huey.registry import Message
from huey.serializer import Serializer


class JsonSerializer(Serializer):  # type: ignore[misc]
    def _serialize(self, data: Any) -> bytes:
        return json.dumps(data._asdict()).encode()

    def _deserialize(self, data: bytes) -> Message:
        """Raises: ValueError, TypeError, when it is not a job."""
        found = json.loads(data)
        if not isinstance(found, dict):
            raise TypeError("a job is an object")
        return Message(**found)
