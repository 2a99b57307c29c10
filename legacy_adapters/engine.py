"""What every kind of database gives to the rest of the adapter."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from sqlalchemy import Connection, Engine


@dataclass(frozen=True, kw_only=True)
class BillingEngine:
    """connections: how many questions at once. seconds: how long one may take, connecting
    included; answer_seconds: one statement of it. is_remote: a network is between, so that
    anything may hang. connect: a connection for one question. set_limit: how long each further
    statement of a connection may take.
    """

    engine: Engine
    connect: Callable[[], AbstractContextManager[Connection]]
    connections: int
    seconds: float
    answer_seconds: float
    is_remote: bool
    set_limit: Callable[[Connection, float], None]
    dispose: Callable[[], None]
