"""SQLite as billing's engine: the demo, pilots and tests. The file is opened read-only and
is never created."""

import sqlite3
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Engine, NullPool, create_engine


def sqlite_engine(url: URL) -> Engine:
    path = Path(url.database or "").resolve()

    def connect() -> Any:
        address = f"file:{quote(str(path))}?mode=ro"
        connection = sqlite3.connect(address, uri=True, timeout=2.0, check_same_thread=False)
        # Old data in another character set must not take a whole page away.
        connection.text_factory = lambda text: text.decode("utf-8", "replace")
        return connection

    return create_engine(
        "sqlite+pysqlite://",
        creator=connect,
        poolclass=NullPool,  # a copy of billing may be replaced under us: open what is there now
        hide_parameters=True,
    )
