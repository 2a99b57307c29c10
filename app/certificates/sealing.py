"""What applicants type, at rest: sealed together with the form that it was typed into."""

import json

from app.certificates.records import FormKey, Typed
from app.sealing import CannotUnseal, Sealer
from config.certificates import CertificateSettings


class Seal:
    def __init__(self, settings: CertificateSettings) -> None:
        self._sealer = Sealer(settings.keys)

    def close(self, key: FormKey, typed: Typed) -> bytes:
        body = json.dumps({"of": key, "typed": dict(typed)}, ensure_ascii=False)
        return self._sealer.seal(body.encode())

    def close_paper(self, paper: bytes) -> bytes:
        return self._sealer.seal(paper)

    def open_paper(self, kept: bytes) -> bytes | None:
        """None where it cannot be read any more."""
        try:
            return self._sealer.open(kept)
        except CannotUnseal:
            return None

    def open(self, key: FormKey, kept: bytes) -> Typed | None:
        """None where it cannot be read: without its key, or in another's row."""
        try:
            found = json.loads(self._sealer.open(kept))
        except (CannotUnseal, ValueError):
            return None
        return dict(found["typed"]) if found.get("of") == key else None
