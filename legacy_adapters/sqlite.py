"""SQLite as billing's engine: the demo, pilots and tests. The file is opened read-only and
is never created."""

import os
import sqlite3
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Engine, QueuePool, create_engine, event
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
    engine = create_engine(
        "sqlite+pysqlite://",
        creator=partial(open_file, path, mode="ro", busy_seconds=BUSY_SECONDS),
        poolclass=QueuePool,
        pool_size=CONNECTIONS,
        max_overflow=-1,  # a file has no connections to save, and questions keep theirs
        hide_parameters=True,
    )
    follow_file(engine, path)
    kept = KeptConnections(engine, is_usable=lambda found: is_current(found.info, path))

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


def open_file(path: Path, *, mode: str, busy_seconds: float) -> sqlite3.Connection:
    """mode: ro or rw; neither creates the file."""
    address = f"file:{quote(str(path))}?mode={mode}"
    connection = sqlite3.connect(address, uri=True, timeout=busy_seconds, check_same_thread=False)
    connection.set_progress_handler(lambda: asker().seconds_left <= 0, STEPS)
    # Old data in another character set must not take a whole page away.
    connection.text_factory = lambda text: text.decode("utf-8", "replace")
    return connection


def follow_file(engine: Engine, path: Path) -> None:
    """A copy of billing may be replaced under us: the engine uses the one that is there now."""

    def remember_file(_connection: Any, record: Any) -> None:
        record.info["file"] = _identity(path)

    def check_file(_connection: Any, record: Any, _proxy: Any) -> None:
        if not is_current(record.info, path):
            raise DisconnectionError

    event.listen(engine, "connect", remember_file)
    event.listen(engine, "checkout", check_file)


def is_current(info: Mapping[Any, Any], path: Path) -> bool:
    """info: a connection's, of such an engine."""
    return bool(info["file"] == _identity(path))


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = os.stat(path)  # noqa: PTH116 - asked before each question, and the method costs more
    except OSError:
        return None
    return found.st_dev, found.st_ino
