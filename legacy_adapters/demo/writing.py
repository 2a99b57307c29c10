"""Writes very many rows into an SQLite file, by several processes where that pays."""

import gc
import os
import shutil
import signal
import sqlite3
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import closing, contextmanager
from itertools import chain, islice
from multiprocessing import get_context, parent_process
from pathlib import Path
from threading import Thread
from typing import Any

Rows = dict[str, list[tuple[Any, ...]]]  # by table
Parts = Sequence[Callable[[], Iterator[Rows]]]  # what can be pickled, if several write
Written = Generator[None, None, None]  # a step for each part; closed when no more are wanted

# Nothing is safe before the file is whole: it then takes its name, or is thrown away.
OPEN = """
PRAGMA page_size = 16384;
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA secure_delete = OFF;
PRAGMA locking_mode = EXCLUSIVE;
PRAGMA cache_size = -32768;
"""
ROWS_AT_ONCE = 20  # in one statement: narrow rows cost a third less than one by one
MOST_PROCESSES = 4  # each holds some tens of megabytes, and one file takes it all in
READY_PARTS = 2  # beyond those being made: enough to keep the processes busy


def open_new(file: Path, schema: str) -> sqlite3.Connection:
    connection = sqlite3.connect(file, isolation_level=None)
    try:
        connection.executescript(OPEN + schema)
    except BaseException:
        connection.close()
        raise
    return connection


def insert(connection: sqlite3.Connection, rows: Rows) -> None:
    for table, many in rows.items():
        width = len(many[0]) if many else 0
        one = f"({', '.join('?' * width)})"
        even = len(many) // ROWS_AT_ONCE * ROWS_AT_ONCE
        values = list(chain.from_iterable(many[:even]))
        step = ROWS_AT_ONCE * width
        together = [values[start : start + step] for start in range(0, len(values), step)]
        if together:
            all_of_them = ", ".join([one] * ROWS_AT_ONCE)
            connection.executemany(f"INSERT INTO {table} VALUES {all_of_them}", together)  # noqa: S608
        if many[even:]:
            connection.executemany(f"INSERT INTO {table} VALUES {one}", many[even:])  # noqa: S608


def write_parts(connection: sqlite3.Connection, parts: Parts) -> Written:
    """One after the other, each when the next is asked for."""
    for part in parts:
        with transaction(connection):
            for rows in part():
                insert(connection, rows)
        yield


def write_parts_by_many(
    connection: sqlite3.Connection, parts: Parts, *, schema: str, folder: Path, processes: int
) -> Written:
    """The same rows in the same order: each part becomes a file of its own, which is copied.

    SQLite copies a whole table into one of the same form page by page.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    workers = ProcessPoolExecutor(
        processes, mp_context=get_context("spawn"), initializer=_begin_worker
    )
    try:
        waiting: deque[Future[Path]] = deque()
        asked = iter(enumerate(parts))
        for _ in parts:
            for number, part in islice(asked, processes + READY_PARTS - len(waiting)):
                file = folder / f"{number}.sqlite3"
                waiting.append(workers.submit(_write_part, part, schema, file))
            file = waiting.popleft().result()
            _copy(connection, file)
            file.unlink()
            yield
    finally:
        workers.shutdown(cancel_futures=True)
        shutil.rmtree(folder, ignore_errors=True)


def process_count() -> int:
    return min(os.cpu_count() or 1, MOST_PROCESSES)


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN")
    yield
    connection.execute("COMMIT")


def _begin_worker() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the one who asked
    gc.disable()  # rows make no cycles, and looking for them among millions is dear
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A parent that was killed cannot say that there is nothing more to do."""
    parent = parent_process()
    if parent:
        parent.join()
        os._exit(1)


def _write_part(part: Callable[[], Iterator[Rows]], schema: str, file: Path) -> Path:
    with closing(open_new(file, schema)) as connection:
        list(write_parts(connection, [part]))
    return file


def _copy(connection: sqlite3.Connection, file: Path) -> None:
    connection.execute("ATTACH ? AS part", (str(file),))
    tables = connection.execute("SELECT name FROM part.sqlite_schema WHERE type = 'table'")
    with transaction(connection):
        for (table,) in tables.fetchall():
            connection.execute(f"INSERT INTO main.{table} SELECT * FROM part.{table}")  # noqa: S608
    connection.execute("DETACH part")
