"""What long work says of itself."""

import time
from collections.abc import Callable

SECONDS_OF_SILENCE = 2


class Progress:
    """Says at every tenth how far it is, and nothing about work of a second or two."""

    def __init__(self, contracts: int, tell: Callable[[str], None]) -> None:
        self.contracts = contracts
        self.tell = tell
        self.begun = time.monotonic()
        self.tenth = 0

    def tell_contracts(self, done: int) -> None:
        tenth = 10 * done // self.contracts
        if tenth > self.tenth and self.is_long:
            self.tenth = tenth
            self._say(f"{10 * tenth} %: {done:,} contracts")

    def tell_indexes(self) -> None:
        if self.is_long:
            self._say("Making the indexes")

    @property
    def is_long(self) -> bool:
        return self.seconds >= SECONDS_OF_SILENCE

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.begun

    def _say(self, line: str) -> None:
        self.tell(f"{line}, {self.seconds:,.0f} s")
