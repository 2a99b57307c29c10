"""One engine for the portal's database; SQLite for one machine, PostgreSQL for many."""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, ExceptionContext, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, TimeoutError

from app.database import waiting
from legacy_adapters.kept import KeptConnections

AFTER_COMMIT = "after commit"
SUPPORTED = ("sqlite", "sqlite+pysqlite", "postgresql+psycopg")


class DatabaseError(Exception):
    """The portal's database cannot be used; the message says why."""


class DatabaseUnavailable(DatabaseError):
    """It does not answer now.

    do: what helps, for an operator.
    """

    do = "is SELFCARE_DATABASE_URL right, and that database reachable?"


class DatabaseNotReady(DatabaseUnavailable):
    """It is not made yet, or has not this version's tables."""

    do = "run: flask db upgrade; SELFCARE_DATA_DIR and SELFCARE_DATABASE_URL say which database"


class DatabaseReadOnly(DatabaseUnavailable):
    """It answers and takes no writes: a standby after a failover, or told so."""

    do = "the database takes no writes: does SELFCARE_DATABASE_URL name a standby?"


class Database:
    """Gives connections. `read` never commits; `write` commits when its block ends well.

    A file that is not there is never made by connecting: who has the wrong folder is to hear it.
    """

    def __init__(self, address: str) -> None:
        self.url = _parse(address)
        self.file = _file_of(self.url)
        self.engine = _make_engine(self.url, self.file)
        # One statement is one round trip: no BEGIN before it and no ROLLBACK after.
        self._reader: Callable[[], AbstractContextManager[Connection]]
        self._kept: KeptConnections | None = None
        if self.engine.dialect.name == "sqlite":  # there nothing begins by itself anyway
            self._kept = KeptConnections(self.engine)
            self._reader = self._kept.connect
        else:
            self._reader = self.engine.execution_options(isolation_level="AUTOCOMMIT").connect

    @property
    def is_made(self) -> bool:
        return self.file is None or self.file.exists()

    def make(self) -> None:
        """Makes the file, where it is one and not there."""
        if self.file:
            self.file.touch(mode=0o600)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        with _translated_errors(), self._reader() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        with _translated_errors(), self.engine.connect() as connection:
            if self.engine.dialect.name == "sqlite":
                # Take the write lock first: a later upgrade could fail half-way.
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            connection.info.pop(AFTER_COMMIT, None)
            yield connection
            connection.commit()
            afterwards = connection.info.pop(AFTER_COMMIT, {})
        for action in afterwards:
            action()

    def find_read_only(self) -> bool:
        """Whether it answers, and takes no writes. A file is written or away."""
        if self.engine.dialect.name == "sqlite":
            return False
        with self.read() as connection:
            return connection.exec_driver_sql("SHOW transaction_read_only").scalar() == "on"

    def close(self) -> None:
        if self._kept:
            self._kept.close()
        self.engine.dispose()


def after_commit(connection: Connection, action: Callable[[], None]) -> None:
    """Calls it once when the transaction of `Database.write` has been committed; it must not
    raise."""
    connection.info.setdefault(AFTER_COMMIT, {})[action] = None


@contextmanager
def _translated_errors() -> Iterator[None]:
    if waiting.is_given_up():
        raise DatabaseUnavailable("it has just not answered this request")
    try:
        yield
    except DBAPIError as error:
        if not error.connection_invalidated and not _is_operational(error):
            raise
        raise _kind_of(error.orig)(f"{type(error.orig).__name__}: {error.orig}") from error
    except TimeoutError as error:
        waiting.have_waited(waiting.POOL_SECONDS)
        raise DatabaseUnavailable(str(error)) from error


def _is_operational(error: DBAPIError) -> bool:
    # A missing table is an operator's matter too: PostgreSQL calls it a ProgrammingError.
    return type(error).__name__ in {"OperationalError", "InterfaceError", "ProgrammingError"}


def _kind_of(error: object) -> type[DatabaseUnavailable]:
    if _is_read_only(error):
        return DatabaseReadOnly
    return DatabaseNotReady if _lacks_tables(error) else DatabaseUnavailable


def _is_read_only(error: object) -> bool:
    return getattr(error, "sqlstate", None) == "25006"


def _lacks_tables(error: object) -> bool:
    missing = getattr(error, "sqlstate", None) in {"42P01", "42703"}
    return missing or str(error).startswith(("no such table", "no such column"))


def _parse(address: str) -> URL:
    try:
        url = make_url(address)
        if "@" in (url.host or ""):  # a part of the password, which no log may show
            raise ArgumentError
    except (ArgumentError, ValueError):
        raise DatabaseError("the portal's database address is not one") from None
    if url.drivername not in SUPPORTED:
        raise DatabaseError(
            f"portal databases of the kind {url.drivername}:// are not supported;"
            f" supported: {', '.join(f'{name}://' for name in SUPPORTED)}"
        )
    return url


def _file_of(url: URL) -> Path | None:
    if url.get_backend_name() != "sqlite" or url.database in {None, "", ":memory:"}:
        return None
    return Path(str(url.database))


def _make_engine(url: URL, file: Path | None) -> Engine:
    if url.get_backend_name() != "sqlite":
        return _make_postgresql_engine(url)
    if file:
        _make_folder(file.parent)
    engine = create_engine(
        url,
        max_overflow=-1,  # its file has no connections to save, and readers keep theirs
        hide_parameters=True,
        connect_args={"timeout": 4.0, "check_same_thread": False},
    )
    event.listen(engine, "connect", _prepare_sqlite)

    def refuse_missing(*_: Any) -> None:
        if file and not file.exists():
            raise DatabaseNotReady(f"there is no {file}")

    event.listen(engine, "do_connect", refuse_missing)
    return engine


def _make_postgresql_engine(url: URL) -> Engine:
    milliseconds = round(waiting.STATEMENT_SECONDS * 1000)
    engine = create_engine(
        url,
        pool_pre_ping=False,
        pool_recycle=300,
        pool_timeout=waiting.POOL_SECONDS,
        hide_parameters=True,
        connect_args={
            "connect_timeout": waiting.CONNECT_SECONDS,
            # Moments are read in no other style, and texts are of no other encoding.
            "options": f"-c statement_timeout={milliseconds} -c datestyle=ISO",
            "client_encoding": "utf8",
            # A server that vanished without a word is noticed, too.
            "tcp_user_timeout": 5000,
            "keepalives_idle": 30,
        },
    )
    event.listen(engine, "do_connect", waiting.connect)
    event.listen(engine, "checkout", waiting.refuse_lost)
    event.listen(engine, "handle_error", _leave_standby)
    return engine


def _leave_standby(context: ExceptionContext) -> None:
    """After a failover whoever connects anew finds the new server."""
    if _is_read_only(context.original_exception):
        context.is_disconnect = True


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        reason = "" if os.access(folder, os.W_OK | os.X_OK) else "not for this user"
    except OSError as error:
        reason = error.strerror or type(error).__name__
    if reason:  # SQLite writes beside its file, too
        raise DatabaseError(
            f"the folder {folder} of the portal's database cannot be written: {reason}."
            " SELFCARE_DATA_DIR and SELFCARE_DATABASE_URL say where it is"
        )


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # BEGIN is ours: see Database.write
    for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}")
