"""What customers and clerks write, at rest: sealed together with whose it is, so that answers
which got into another's row are not shown."""

import json

from app.cases.records import Answers
from app.sealing import SEALED, CannotUnseal, Sealer
from config.cases import CaseSettings

LOST = "?"  # shown for what can no longer be read
MARK = "\x02"  # of sealed words; nobody can type it
WORDS = "words"


class Seal:
    def __init__(self, settings: CaseSettings) -> None:
        self._sealer = Sealer(settings.keys)

    def close(self, owner: str, answers: Answers) -> bytes:
        """owner: the draft's key, which the case keeps."""
        body = json.dumps({"of": owner, "answers": dict(answers)}, ensure_ascii=False)
        return self._sealer.seal(body.encode())

    def open(self, owner: str, kept: bytes) -> Answers | None:
        """None where it cannot be read: without its key, or in another's row."""
        try:
            found = json.loads(self._sealer.open(kept))
        except (CannotUnseal, ValueError):
            return None
        return found["answers"] if found.get("of") == owner else None

    def close_words(self, owner: str, words: str) -> str:
        """For columns of text: as they are where no key is set."""
        if not words or not self._sealer.has_key:
            return words
        return MARK + self.close(owner, {WORDS: words})[1:].decode("ascii")

    def open_words(self, owner: str, kept: str) -> str:
        """LOST where they cannot be read."""
        if not kept.startswith(MARK):
            return kept
        found = self.open(owner, SEALED + kept.removeprefix(MARK).encode())
        return found[WORDS] if found else LOST
