"""The listener: accepts connections and gives each its session and thread."""

import atexit
import itertools
import socket
import threading
import weakref
from collections.abc import Callable
from typing import Any

from tests.oracle_net.facts import Facts, Version
from tests.oracle_net.faults import Faults
from tests.oracle_net.h2 import H2Database
from tests.oracle_net.log import Log
from tests.oracle_net.session import Session
from tests.oracle_net.statements import Executor
from tests.oracle_net.wire import Channel

ORACLE_12_1: Version = (12, 1, 0, 2, 0)
ORACLE_19: Version = (19, 22, 0, 0, 0)

# What the driver takes from the announced protocol and field versions.
_VERSIONS = [
    # at least, protocol version, field version
    ((18,), 317, 12),
    ((12, 2), 315, 8),
    ((12,), 315, 7),
    ((0,), 314, 7),
]
_FIELD_VERSION_18 = 11
_LONG_STOP = 5
_running: "weakref.WeakSet[OracleServer]" = weakref.WeakSet()


@atexit.register
def _stop_all() -> None:
    """A connection that nobody closed says good-bye at Python's end, when no thread runs that
    could answer it: without this, the process would never end."""
    for server in list(_running):
        server.stop()


class OracleServer:
    """Listens on a free loopback port; use it as a context manager, or start() and stop().

    `users` are names and passwords; `database` is an H2Database, or makes an executor for a
    user's session. What the server tells of itself stands in `facts`, what reached it in
    `log`, and what is to go wrong in `faults`: all three may be changed at any time.
    """

    def __init__(
        self,
        users: dict[str, str],
        database: H2Database | Callable[[str], Executor],
        *,
        version: Version = ORACLE_19,
    ) -> None:
        self.users = {name.upper(): password for name, password in users.items()}
        self.facts = Facts(version)
        self.log = Log()
        self.faults = Faults()
        self.port = 0
        _, self.protocol_version, self.field_version = next(
            row for row in _VERSIONS if version >= row[0]
        )
        if isinstance(database, H2Database):
            for user in self.users:
                database.add_schema(user)
            self.make_executor: Callable[[str], Executor] = database.executor
        else:
            self.make_executor = database
        self._numbers = itertools.count(1)
        self._sessions: dict[Session, threading.Thread] = {}
        self._lock = threading.Lock()
        self._listener: socket.socket | None = None
        self._acceptor: threading.Thread | None = None

    def __enter__(self) -> "OracleServer":
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> "OracleServer":
        """On the port of before, if it was started before: an outage that ends."""
        self._listener = socket.create_server(("127.0.0.1", self.port), backlog=100)
        self.port = self._listener.getsockname()[1]
        self._acceptor = threading.Thread(
            target=self._accept, args=[self._listener], name=f"oracle-net-{self.port}", daemon=True
        )
        self._acceptor.start()
        _running.add(self)
        return self

    def stop(self) -> None:
        """Closes the port and all sessions, those that hang too."""
        _running.discard(self)
        if self._listener:
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes up the acceptor
            self._listener.close()
            self._listener = None
        if self._acceptor:
            self._acceptor.join(_LONG_STOP)
        for thread in self._cut():
            thread.join(_LONG_STOP)

    def drop_sessions(self) -> None:
        """Cuts every connection, as a fail-over or a firewall does; new ones are welcome."""
        self._cut()

    def _cut(self) -> list[threading.Thread]:
        with self._lock:
            sessions = dict(self._sessions)
        for session in sessions:
            session.channel.cut()
        return list(sessions.values())

    @property
    def open_sessions(self) -> int:
        with self._lock:
            return len(self._sessions)

    @property
    def dsn(self) -> str:
        return f"127.0.0.1:{self.port}/{self.facts.service_name}"

    def url(self, user: str) -> str:
        """For SQLAlchemy."""
        address = f"127.0.0.1:{self.port}/?service_name={self.facts.service_name}"
        return f"oracle+oracledb://{user}:{self.users[user.upper()]}@{address}"

    def login_facts(self, session_number: int) -> dict[str, str]:
        """What a client learns at log-in."""
        facts = self.facts
        return {
            "AUTH_VERSION_NO": str(self._packed_version()),
            "AUTH_SESSION_ID": str(session_number),
            "AUTH_SERIAL_NUM": str(session_number % 60000 + 1),
            "AUTH_SC_DBUNIQUE_NAME": facts.database_name,
            "AUTH_SC_SERVICE_NAME": facts.service_name,
            "AUTH_INSTANCENAME": facts.instance_name,
            "AUTH_MAX_OPEN_CURSORS": "300",
            "AUTH_MAX_IDEN_LENGTH": "128" if facts.version >= (12, 2) else "30",
        }

    def _packed_version(self) -> int:
        major, minor, patch, port, last = self.facts.version
        if self.field_version >= _FIELD_VERSION_18:
            return major << 24 | minor << 16 | patch << 12 | port << 4 | last
        return major << 24 | minor << 20 | patch << 12 | port << 8 | last

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return  # stopped
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            session = Session(self, Channel(connection), next(self._numbers))
            thread: Any = threading.Thread(target=self._serve, args=[session], daemon=True)
            with self._lock:
                self._sessions[session] = thread
            thread.start()

    def _serve(self, session: Session) -> None:
        try:
            session.run()
        finally:
            with self._lock:
                del self._sessions[session]
