"""How a question reaches billing: by a connection, in time, once more where that is safe,
and not at all while billing is away."""

import time
from collections.abc import Callable
from contextvars import copy_context
from typing import TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from legacy_adapters.asking import asker
from legacy_adapters.breaker import Breaker
from legacy_adapters.engine import BillingEngine
from legacy_adapters.errors import BillingOutOfTime, BillingUnavailable, translated_errors
from legacy_adapters.lane import Lane

T = TypeVar("T")
RETRY_NEEDS = 0.5  # seconds; with less left a second try cannot end well


class Guard:
    def __init__(self, engine: BillingEngine, breaker: Breaker | None = None) -> None:
        self._engine = engine
        self._lane = Lane(engine.connections, engine.seconds) if engine.is_remote else None
        self.breaker = breaker or Breaker()

    def ask(self, question: Callable[[Connection], T]) -> T:
        """What the question returns. Raises: BillingUnavailable, MappingError."""
        with self.breaker.guard() as is_trial:
            again_until = time.monotonic() + self._engine.seconds - RETRY_NEEDS
            try:
                return self._in_time(self.connect, question, is_trial=is_trial)
            except BillingUnavailable as error:
                if not error.may_retry or time.monotonic() > again_until:
                    raise
                if asker().seconds_left < RETRY_NEEDS:
                    raise
            return self._in_time(self._connect_anew, question, is_trial=is_trial)

    def ask_once(self, question: Callable[[Connection], T]) -> T:
        """As ask, but never a second time: for what is more than a question."""
        with self.breaker.guard() as is_trial:
            return self._in_time(self.connect, question, is_trial=is_trial)

    def connect(self, question: Callable[[Connection], T], seconds: float | None = None) -> T:
        """The question on a connection of its own, without any of the above.

        seconds: how long each of its statements may take; the setting's, when None.
        """
        with translated_errors(), self._engine.connect() as connection:
            try:
                if seconds is None:
                    return question(connection)
                self._engine.set_limit(connection, seconds)
                try:
                    return question(connection)
                finally:
                    if not connection.invalidated:
                        self._engine.set_limit(connection, self._engine.answer_seconds)
            except DBAPIError:
                # What this connection knows may be what is wrong: the next question gets a new one.
                connection.invalidate()
                raise

    def _connect_anew(self, question: Callable[[Connection], T]) -> T:
        self._engine.dispose()  # where one connection died, those that lie idle are dead too
        return self.connect(question)

    def _in_time(
        self,
        connect: Callable[[Callable[[Connection], T]], T],
        question: Callable[[Connection], T],
        *,
        is_trial: bool,
    ) -> T:
        if self._lane is None:
            return connect(question)
        until = asker().until
        if until <= time.monotonic():
            raise BillingOutOfTime("this page had no time left to ask billing")
        context = copy_context()  # the thread of the lane knows who asks

        def ask_in_turn() -> T:
            self.breaker.check(is_trial=is_trial)  # it may have gone while this one waited
            return context.run(connect, question)

        return self._lane.run(ask_in_turn, until)
