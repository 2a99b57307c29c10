"""SQLite connections that stay open between questions.

SQLAlchemy's pool makes a Connection for each question and rolls back after it. SQLite is so near
that this takes as long as most questions, and after a SELECT there is nothing to roll back.
"""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine


class KeptConnections:
    """As many as were ever used at once; the engine's pool must not bound them.

    For questions that read all their rows: a cursor that is left open would go on reading the
    database as it was.
    """

    def __init__(
        self, engine: Engine, *, is_usable: Callable[[Connection], bool] = lambda _connection: True
    ) -> None:
        self._engine = engine
        self._is_usable = is_usable
        self._idle: deque[Connection] = deque()  # taking and putting back need no lock

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        connection = self._take()
        try:
            yield connection
        except BaseException:
            connection.close()  # whatever state it is in: the pool knows what to do
            raise
        self._idle.append(connection)

    def close(self) -> None:
        """Those that are in use are kept again afterwards."""
        while connection := self._take_idle():
            connection.close()

    def _take(self) -> Connection:
        while connection := self._take_idle():
            if self._is_usable(connection):
                return connection
            connection.close()
        return self._engine.connect()

    def _take_idle(self) -> Connection | None:
        try:
            return self._idle.pop()
        except IndexError:
            return None
