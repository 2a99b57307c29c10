"""A billing in SQLite, copied table by table into other databases: the same rows there."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from config.posting import PostingSettings
from legacy_adapters.posting.ddl import creating
from tests.oracle_net import H2Database

STAGING = PostingSettings()  # the demo's has rules of its own: made as a DBA would make it
ORACLE_TYPES = {"VARCHAR": "VARCHAR2", "TEXT": "VARCHAR2(400)", "INTEGER": "NUMBER(12)"}


@dataclass(frozen=True)
class Source:
    """A table of the SQLite file; columns with their declared types, and its primary key."""

    name: str
    columns: tuple[tuple[str, str], ...]
    key: tuple[str, ...]
    connection: sqlite3.Connection

    @property
    def rows(self) -> Iterator[tuple[Any, ...]]:
        return iter(self.connection.execute(f'SELECT * FROM "{self.name}"'))


@contextmanager
def opened(file: Path) -> Iterator[tuple[list[Source], list[str]]]:
    """The tables, and the statements that make their indexes."""
    connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
    try:
        listed = connection.execute("SELECT type, name, sql FROM sqlite_master WHERE sql NOTNULL")
        found = [row for row in listed if not row[1].startswith("sqlite_")]
        tables = []
        for kind, name, _sql in found:
            if kind == "table":
                info = connection.execute(f'PRAGMA table_info("{name}")').fetchall()
                columns = tuple((column[1], column[2]) for column in info)
                key = tuple(c[1] for c in sorted(info, key=lambda c: c[5]) if c[5])
                tables.append(Source(name, columns, key, connection))
        yield tables, [sql for kind, _name, sql in found if kind == "index"]
    finally:
        connection.close()


def run_in_postgresql(address: str, text: str) -> None:
    """address: SQLAlchemy's."""
    plain = address.replace("postgresql+psycopg", "postgresql")
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(text.encode())


def copy_to_postgresql(address: str, file: Path, schema: str = "public") -> None:
    """Into this schema, which becomes the database's own. Names come out in small letters."""
    plain = address.replace("postgresql+psycopg", "postgresql")
    database = address.rpartition("/")[2]
    run_in_postgresql(
        address,
        f"CREATE SCHEMA IF NOT EXISTS {schema};"
        f" ALTER DATABASE {database} SET search_path TO {schema}",
    )
    with opened(file) as (tables, indexes), psycopg.connect(plain) as connection:
        for table in tables:
            columns = ", ".join([*(f"{n} {kind}" for n, kind in table.columns), *_key(table)])
            if table.name == STAGING.table:
                for statement in creating("postgresql", STAGING):
                    connection.execute(statement.encode())
            else:
                connection.execute(f"CREATE TABLE {table.name} ({columns})".encode())
            with connection.cursor().copy(f"COPY {table.name} FROM STDIN".encode()) as copy:
                for row in table.rows:
                    copy.write_row(row)
        for index in _apart_from_staging(indexes):
            connection.execute(index.encode())
        connection.execute("ANALYZE")


def copy_to_h2(database: H2Database, owner: str, file: Path) -> None:
    """Into the schema of this owner, with the types that Oracle would have."""
    database.add_schema(owner)
    with opened(file) as (tables, indexes):
        for table in tables:
            if table.name == STAGING.table:
                names = {"table": f"{owner}.{STAGING.table}"}
                names["status_view"] = f"{owner}.{STAGING.status_view}"
                database.script("\n".join(creating("oracle", PostingSettings(**names))))
                continue
            described = [f'"{n.upper()}" {oracle_type(k)}' for n, k in table.columns]
            columns = ", ".join([*described, *_key(table)])
            database.script(f'CREATE TABLE {owner}."{table.name.upper()}" ({columns});')
            names = [name for name, _kind in table.columns]
            database.load_rows(f'{owner}."{table.name.upper()}"', names, table.rows)
        for index in _apart_from_staging(indexes):
            name, on = index.partition(" INDEX ")[2].split(" ON ")
            database.script(f"CREATE INDEX {owner}.{name} ON {owner}.{on.upper()};")


def _apart_from_staging(indexes: list[str]) -> list[str]:
    return [index for index in indexes if STAGING.table not in index]


def _key(table: Source) -> list[str]:
    return [f"PRIMARY KEY ({', '.join(table.key).upper()})"] if table.key else []


def oracle_type(declared: str) -> str:
    name, bracket, size = declared.partition("(")
    if name == "NUMERIC":
        return f"NUMBER({size}"
    return ORACLE_TYPES.get(name, name) + (bracket + size)
