"""Faults to order. Each counts in `hits` how often it really happened.

At connect (`faults.connect`): Refuse, Silent, Close, Reset.
At log-in (`faults.login`): Ora(1017), Ora(28000), Ora(1033, ...).
On statements (`faults.on(predicate, fault)`): Hang, Close, Reset, Ora, Garbage, Drip.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar


@dataclass
class Fault:
    """Happens until cleared."""

    hits: int = field(default=0, init=False)
    cleared: threading.Event = field(default_factory=threading.Event, init=False, repr=False)

    def clear(self) -> None:
        """Ends the fault; whoever hangs or drips in it goes on as if nothing had been."""
        self.cleared.set()


@dataclass
class Refuse(Fault):
    """The listener's refusal, such as 12514: service unknown."""

    code: int = 12514


@dataclass
class Silent(Fault):
    """Accepts the connection and says nothing."""


@dataclass
class Close(Fault):
    """Ends the connection in order (FIN)."""


@dataclass
class Reset(Fault):
    """Ends the connection with a reset (RST)."""


@dataclass
class Ora(Fault):
    """ORA-<code>; closes_session for those that end the session, such as 28 and 3113."""

    code: int = 0
    text: str = ""
    closes_session: bool = False


@dataclass
class Hang(Fault):
    """No answer; honours_break: the client may interrupt it."""

    honours_break: bool = True


@dataclass
class Garbage(Fault):
    """Nonsense instead of an answer: in a whole packet, or not even that."""

    framed: bool = True


@dataclass
class Drip(Fault):
    """The right answer, one byte every so many milliseconds; once cleared, the rest at once."""

    milliseconds: int = 10


Predicate = Callable[[str], bool]
F = TypeVar("F", bound=Fault)


class Faults:
    """The server's switchboard; safe to switch while sessions run."""

    def __init__(self) -> None:
        self.connect: Fault | None = None
        self.login: Ora | None = None
        self._on_statements: list[tuple[Predicate, Fault]] = []
        self._lock = threading.Lock()

    def on(self, predicate: Predicate | str, fault: F) -> F:
        """Lets the fault happen to statements: those that hold a text, or fit a predicate."""
        if isinstance(predicate, str):
            part = predicate.upper()
            self._on_statements.append((lambda sql: part in sql.upper(), fault))
        else:
            self._on_statements.append((predicate, fault))
        return fault

    def clear(self) -> None:
        for fault in [self.connect, self.login, *(fault for _, fault in self._on_statements)]:
            if fault:
                fault.clear()
        self.connect = self.login = None
        self._on_statements = []

    def hit(self, fault: Fault) -> Fault:
        with self._lock:
            fault.hits += 1
        return fault

    def at_connect(self) -> Fault | None:
        return self._live(self.connect)

    def at_login(self) -> Ora | None:
        fault = self._live(self.login)
        return fault if isinstance(fault, Ora) else None

    def on_statement(self, sql: str) -> Fault | None:
        for predicate, fault in list(self._on_statements):
            if not fault.cleared.is_set() and predicate(sql):
                return self.hit(fault)
        return None

    def _live(self, fault: Fault | None) -> Fault | None:
        return self.hit(fault) if fault and not fault.cleared.is_set() else None
