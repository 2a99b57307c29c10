"""SQLite as billing's engine: the demo, pilots and tests. The file is opened read-only and
is never created."""

import sqlite3
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, QueuePool, create_engine, event
from sqlalchemy.exc import DisconnectionError

from config.settings import BillingSettings
from legacy_adapters.asking import asker
from legacy_adapters.engine import BillingEngine
from legacy_adapters.kept import KeptConnections

CONNECTIONS = 8
BUSY_SECONDS = 1.5
STEPS = 100_000  # of SQLite's machine, between two looks at the clock


def sqlite_engine(url: URL, _settings: BillingSettings) -> BillingEngine:
    path = Path(url.database or "").resolve()

    def connect() -> Any:
        address = f"file:{quote(str(path))}?mode=ro"
        connection = sqlite3.connect(
            address, uri=True, timeout=BUSY_SECONDS, check_same_thread=False
        )
        connection.set_progress_handler(lambda: asker().seconds_left <= 0, STEPS)
        # Old data in another character set must not take a whole page away.
        connection.text_factory = lambda text: text.decode("utf-8", "replace")
        return connection

    def remember_file(_connection: Any, record: Any) -> None:
        record.info["file"] = _identity(path)

    def check_file(_connection: Any, record: Any, _proxy: Any) -> None:
        """A copy of billing may be replaced under us: read the one that is there now."""
        if record.info["file"] != _identity(path):
            raise DisconnectionError

    engine = create_engine(
        "sqlite+pysqlite://",
        creator=connect,
        poolclass=QueuePool,
        pool_size=CONNECTIONS,
        max_overflow=-1,  # a file has no connections to save, and questions keep theirs
        hide_parameters=True,
    )
    event.listen(engine, "connect", remember_file)
    event.listen(engine, "checkout", check_file)
    kept = KeptConnections(
        engine, is_usable=lambda connection: connection.info["file"] == _identity(path)
    )

    def dispose() -> None:
        kept.close()
        engine.dispose()

    return BillingEngine(
        engine=engine,
        connect=kept.connect,
        connections=CONNECTIONS,
        seconds=BUSY_SECONDS,
        answer_seconds=BUSY_SECONDS,
        is_remote=False,
        set_limit=lambda _connection, _seconds: None,
        dispose=dispose,
    )


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
