"""SQLite as billing's engine: the demo, pilots and tests. The file is opened read-only and
is never created."""

import sqlite3
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Engine, QueuePool, create_engine, event
from sqlalchemy.exc import DisconnectionError


def sqlite_engine(url: URL) -> Engine:
    path = Path(url.database or "").resolve()

    def connect() -> Any:
        address = f"file:{quote(str(path))}?mode=ro"
        connection = sqlite3.connect(address, uri=True, timeout=2.0, check_same_thread=False)
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
        pool_size=8,
        max_overflow=0,
        pool_timeout=3,
        hide_parameters=True,
    )
    event.listen(engine, "connect", remember_file)
    event.listen(engine, "checkout", check_file)
    return engine


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
