"""Who asks billing, what for, and until when an answer is of use: one per request."""

import time
from contextvars import ContextVar
from math import inf
from typing import NamedTuple


class Asker(NamedTuple):
    """action and customer are shown to the DBA as the session's tags; customer is a hash.

    until: on the clock of time.monotonic().
    """

    action: str = ""
    customer: str = ""
    until: float = inf

    @property
    def seconds_left(self) -> float:
        return max(0.0, self.until - time.monotonic())


_asker: ContextVar[Asker] = ContextVar("asker", default=Asker())  # noqa: B039 - a tuple never changes


def asker() -> Asker:
    return _asker.get()


def begin_asking(action: str, *, seconds: float) -> None:
    """All that is asked from here on in this request shares so many seconds."""
    _asker.set(Asker(action=action, until=time.monotonic() + seconds))


def name_customer(customer: str) -> None:
    action, _nobody, until = _asker.get()
    _asker.set(Asker(action, customer, until))


def stop_asking() -> None:
    """What follows on this thread is no request any more."""
    _asker.set(Asker())
