"""Where jobs wait: a file for one machine, Redis or PostgreSQL for many."""

from functools import partial
from pathlib import Path

from huey import Huey, PostgresHuey, RedisHuey, SqliteHuey
from psycopg.errors import DuplicateObject, DuplicateTable, UniqueViolation
from redis import ConnectionPool

from app.jobs.serializer import JsonSerializer

SQLITE = "sqlite:///"
# What PostgreSQL says where another process makes the queue's tables at the same moment.
MADE_MEANWHILE = (UniqueViolation, DuplicateObject, DuplicateTable)
SECONDS = 3  # a queue that does not answer for so long counts as away


def open_queue(address: str, name: str) -> Huey:
    """address: as config.settings.JobsSettings accepts it; name: keeps apart those who share a
    server. Raises: whatever the queue's driver raises."""
    # Nobody waits for an answer, so none is kept.
    common = {"name": name, "results": False, "serializer": JsonSerializer()}
    if address.startswith(SQLITE):
        file = Path(address.removeprefix(SQLITE))
        file.parent.mkdir(parents=True, exist_ok=True)
        return SqliteHuey(filename=str(file), timeout=SECONDS, **common)
    if address.startswith("postgresql://"):
        options = {"connect_timeout": SECONDS, "options": f"-c statement_timeout={SECONDS}s"}
        postgresql = partial(
            PostgresHuey, dsn=address, table_prefix="selfcare_jobs", **common, **options
        )
        try:
            return postgresql()
        except MADE_MEANWHILE:
            return postgresql()
    waits = {"socket_timeout": SECONDS, "socket_connect_timeout": SECONDS}
    return RedisHuey(connection_pool=ConnectionPool.from_url(address, **waits), **common)
