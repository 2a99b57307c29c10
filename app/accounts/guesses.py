"""Bounds how many unknown codes of papers one network may ask for."""

from collections.abc import Callable
from datetime import datetime

from app.accounts.rules import network_of
from app.accounts.tries import Budget, Tries
from app.database.engine import Database

GUESSES, SPAN = 30, 15  # unknown codes of one network in so many minutes


class TooManyGuesses(Exception):
    """This network has asked for too many codes that nobody has."""


class Guesses:
    """For papers of every kind together. asker: the network address."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock
        self._tries = Tries()

    def refuse_if_too_many(self, asker: str) -> None:
        """Raises: TooManyGuesses."""
        with self._database.read() as connection:
            if self._tries.is_used_up(connection, _budget(asker), self._clock()):
                raise TooManyGuesses

    def count(self, asker: str) -> None:
        """One code that nobody has."""
        with self._database.write() as connection:
            self._tries.spend(connection, _budget(asker), self._clock())


def _budget(asker: str) -> Budget:
    return Budget(subject=f"verify {network_of(asker)}", limit=GUESSES, minutes=SPAN)
