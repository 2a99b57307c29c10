"""What reached the server: tests look here instead of guessing what the client did."""

import threading
from dataclasses import dataclass, field
from typing import Any

from tests.oracle_net.values import Bind


@dataclass(frozen=True)
class Statement:
    """One execution: of many rows of binds (executemany), each is one."""

    session: int
    user: str
    sql: str
    binds: tuple[Bind, ...]
    tags: dict[str, str]

    @property
    def values(self) -> dict[str, Any]:
        return {bind.name: bind.value for bind in self.binds}

    @property
    def bind_types(self) -> dict[str, str]:
        return {bind.name: bind.type.name for bind in self.binds}


@dataclass
class Log:
    """Counts and statements since the start, or since clear()."""

    statements: list[Statement] = field(default_factory=list)
    connects: list[str] = field(default_factory=list)  # connect descriptors
    round_trips: int = 0  # requests after the log-in: statements, fetches, pings, commits ...
    pings: int = 0
    logins: int = 0
    refused_logins: int = 0
    logoffs: int = 0
    breaks: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, what: str) -> None:
        with self._lock:
            setattr(self, what, getattr(self, what) + 1)

    def clear(self) -> None:
        with self._lock:
            self.statements.clear()
            self.connects.clear()
            self.round_trips = self.pings = self.logins = 0
            self.refused_logins = self.logoffs = self.breaks = 0

    @property
    def texts(self) -> list[str]:
        return [statement.sql for statement in self.statements]

    def find(self, part: str) -> list[Statement]:
        """Statements whose text holds this part, whatever its case."""
        return [s for s in self.statements if part.upper() in s.sql.upper()]
