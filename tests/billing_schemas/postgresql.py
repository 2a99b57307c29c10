"""A billing database of SQLite, copied into a PostgreSQL schema of its own."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from sqlalchemy import make_url

from tests.components import postgresql


@contextmanager
def billing_server(folder: Path) -> Iterator[str]:
    """A PostgreSQL of its own below one of pytest's folders; yields its address."""
    for parent in (folder, *folder.parents[:2]):
        parent.chmod(parent.stat().st_mode | 0o055)  # the server runs as another user
    with postgresql(folder / "server") as address:
        yield address


def run_in_postgresql(address: str, text: str) -> None:
    with psycopg.connect(_plain(address), autocommit=True) as connection:
        connection.execute(text)  # type: ignore[arg-type]


def _plain(address: str) -> str:
    url = make_url(address)
    return f"host={url.host} port={url.port} user={url.username} dbname={url.database}"


def copy_to_postgresql(address: str, sqlite_file: Path, schema_sql: str, schema: str) -> None:
    """Makes the schema with the tables and rows, and lets the user read it by default."""
    with (
        psycopg.connect(_plain(address), autocommit=True) as target,
        sqlite3.connect(sqlite_file) as source,
        target.cursor() as cursor,
    ):
        # Names and rows come from the tests' own files.
        cursor.execute(f"CREATE SCHEMA {schema}; SET search_path TO {schema}")  # type: ignore[arg-type]
        cursor.execute(schema_sql.replace("WITHOUT ROWID", ""))  # type: ignore[arg-type]
        for table in re.findall(r"CREATE TABLE (\w+)", schema_sql):
            rows = source.execute(f"SELECT * FROM {table}")
            with cursor.copy(f"COPY {table} FROM STDIN") as copy:  # type: ignore[arg-type]
                for row in rows:
                    copy.write_row(row)
        cursor.execute(f"ALTER ROLE {make_url(address).username} SET search_path TO {schema}")  # type: ignore[arg-type]
