"""How long is waited for a portal database that does not answer.

`statement_timeout` is kept by the server, and TCP is content while the other kernel takes what is
sent: of a server that is stopped, or hangs in its storage, only the client can tell that nothing
comes any more.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from math import inf
from select import POLLIN, poll
from typing import Any, NamedTuple, TypeVar

import psycopg
from psycopg.abc import PQGen
from sqlalchemy.exc import DisconnectionError

RV = TypeVar("RV")
STATEMENT_SECONDS = 4.0  # kept by the server, which afterwards goes on answering
SILENT_SECONDS = 4.5
CONNECT_SECONDS = 2  # libpq's least
POOL_SECONDS = 1.0
PAGE_SECONDS = 4.5
USED = "used"


class Patience(NamedTuple):
    """silent: for one answer; left: for all that fails in this request."""

    silent: float = SILENT_SECONDS
    left: float = inf


_patience: ContextVar[Patience] = ContextVar("patience", default=Patience())  # noqa: B039 - a tuple never changes


def begin_waiting(seconds: float) -> None:
    """What fails from here on in this request shares so many seconds; what goes well, however
    slowly, does not count."""
    _patience.set(Patience(left=seconds))


def stop_waiting() -> None:
    """What follows on this thread is no request any more."""
    _patience.set(Patience())


@contextmanager
def unhurried() -> Iterator[None]:
    """For what may take as long as it takes, such as making tables anew."""
    before = _patience.get()
    _patience.set(Patience(silent=inf))
    try:
        yield
    finally:
        _patience.set(before)


def is_given_up() -> bool:
    """It has cost this request all its time already."""
    return _patience.get().left <= 0


def have_waited(seconds: float) -> None:
    """In vain. inf: it is away, and not asked again in this request."""
    patience = _patience.get()
    if patience.left != inf:
        _patience.set(patience._replace(left=max(0.0, patience.left - seconds)))


class NoAnswer(psycopg.OperationalError):
    """The server says nothing; the connection is closed."""


class PatientConnection(psycopg.Connection[Any]):
    """Every command of psycopg waits here, whatever it is."""

    def wait(self, gen: PQGen[RV], *more: Any, **named: Any) -> RV:
        begun = time.monotonic()
        try:
            return super().wait(_heard(gen, min(_patience.get())), *more, **named)
        except NoAnswer:
            have_waited(inf)
            self.close()  # the answer, if it comes, must not be taken for another's
            raise
        except psycopg.Error:
            have_waited(time.monotonic() - begun)
            raise


def _heard(gen: PQGen[RV], seconds: float) -> PQGen[RV]:
    """The same command, ended when for so long nothing came. psycopg looks ten times a second
    whether something did, and tells a false value if not."""
    try:
        wanted = next(gen)
        heard = time.monotonic()
        while True:
            ready = yield wanted
            if ready:
                heard = time.monotonic()
            elif time.monotonic() - heard >= seconds:
                raise NoAnswer(f"no answer for {seconds:.1f} seconds")
            wanted = gen.send(ready)
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]


def connect(_dialect: object, _record: object, given: Any, named: Any) -> PatientConnection:
    """For SQLAlchemy, in the place of psycopg's own."""
    begun = time.monotonic()
    try:
        connection = PatientConnection.connect(*given, **named)
    except psycopg.Error:
        have_waited(inf)
        raise
    have_waited(time.monotonic() - begun)
    return connection


def refuse_lost(connection: psycopg.Connection[Any], record: Any, _: object) -> None:
    """A server that is asked nothing says nothing: but that it ends the connection, or that this
    was ended under way. To see that costs no round trip; SQLAlchemy then connects anew.

    Raises: DisconnectionError.
    """
    if not record.info.get(USED):  # or one that is lost again and again were refused for good
        record.info[USED] = True
        return
    try:
        looked = poll()
        looked.register(connection.fileno(), POLLIN)
        is_lost = bool(looked.poll(0))
    except psycopg.Error:  # it is closed already
        is_lost = True
    if is_lost:
        raise DisconnectionError
