"""The test bank's books, in an SQLite file of its own.

Every step is one transaction, committed before anybody hears of it: several processes write
here, and any of them may die at any moment.
"""

import json
import secrets
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

SCHEMA = """
CREATE TABLE IF NOT EXISTS orders (
    reference TEXT PRIMARY KEY, amount TEXT NOT NULL, currency TEXT NOT NULL,
    language TEXT NOT NULL, return_url TEXT NOT NULL, callback_url TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'open', ending TEXT NOT NULL DEFAULT '',
    other TEXT NOT NULL DEFAULT '', transaction_id TEXT NOT NULL DEFAULT '',
    decided_at REAL NOT NULL DEFAULT 0, told_from REAL NOT NULL DEFAULT 0,
    reversed_at REAL NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE IF NOT EXISTS callbacks (
    id INTEGER PRIMARY KEY, reference TEXT NOT NULL, address TEXT NOT NULL,
    fields TEXT NOT NULL, due_at REAL NOT NULL, tries INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL DEFAULT 'waiting'
) STRICT;
CREATE INDEX IF NOT EXISTS callbacks_waiting ON callbacks (due_at) WHERE state = 'waiting';
"""
OPEN, CAPTURED = "open", "captured"
BUSY_SECONDS = 15.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """state: open, declined or captured; ending: what the payer pressed; other: the order that a
    wrong notice names; moments are seconds since 1970, 0 for never."""

    reference: str
    amount: str
    currency: str
    language: str
    return_url: str
    callback_url: str
    state: str = OPEN
    ending: str = ""
    other: str = ""
    transaction_id: str = ""
    decided_at: float = 0.0
    told_from: float = 0.0
    reversed_at: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Letter:
    """A callback to be sent. tries: how often it was tried, this time included."""

    id: int
    address: str
    fields: Mapping[str, str]
    tries: int


class Ledger:
    def __init__(self, file: Path) -> None:
        self._file = file
        file.parent.mkdir(parents=True, exist_ok=True)
        with closing(self._connect()) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(SCHEMA)

    def add(self, order: Order) -> Order:
        """The order of that reference: this one, or the one that was there before."""
        with self._write() as connection:
            connection.execute(
                "INSERT INTO orders (reference, amount, currency, language, return_url,"
                " callback_url) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                (
                    *(order.reference, order.amount, order.currency),
                    *(order.language, order.return_url, order.callback_url),
                ),
            )
            found = _find(connection, order.reference)
        return found or order

    def find(self, reference: str) -> Order | None:
        with closing(self._connect()) as connection:
            return _find(connection, reference)

    def captured(self) -> list[Order]:
        """In the order of their capture."""
        with closing(self._connect()) as connection:
            rows = connection.execute(
                "SELECT * FROM orders WHERE state = ? ORDER BY decided_at, reference", (CAPTURED,)
            )
            return [Order(**row) for row in rows]

    def decide(self, decided: Order, letters: Sequence[tuple[float, Mapping[str, str]]]) -> Order:
        """Writes the decision and its callbacks (each with the moment it is due) at once, unless
        the money was taken before; the order as it is now."""
        with self._write() as connection:
            before = _find(connection, decided.reference)
            if before is None or before.state == CAPTURED:
                return before or decided
            connection.execute(
                "UPDATE orders SET state = ?, ending = ?, other = ?, transaction_id = ?,"
                " decided_at = ?, told_from = ?, reversed_at = ? WHERE reference = ?",
                (
                    *(decided.state, decided.ending, decided.other, decided.transaction_id),
                    *(decided.decided_at, decided.told_from, decided.reversed_at),
                    decided.reference,
                ),
            )
            connection.executemany(
                "INSERT INTO callbacks (reference, address, fields, due_at) VALUES (?, ?, ?, ?)",
                [
                    (decided.reference, decided.callback_url, json.dumps(fields), due_at)
                    for due_at, fields in letters
                ],
            )
        return decided

    def take_letter(self, lease: float) -> Letter | None:
        """One that is due; nobody else gets it for `lease` seconds, and whoever takes it and dies
        leaves it to the next."""
        with self._write() as connection:
            row = connection.execute(
                "UPDATE callbacks SET tries = tries + 1, due_at = ? WHERE id = (SELECT id FROM"
                " callbacks WHERE state = 'waiting' AND due_at <= ? ORDER BY due_at, id LIMIT 1)"
                " RETURNING id, address, fields, tries",
                (time.time() + lease, time.time()),
            ).fetchone()
        return Letter(**{**row, "fields": json.loads(row["fields"])}) if row else None

    def put_back(self, letter: Letter, seconds: float) -> None:
        self._settle(letter, "waiting", time.time() + seconds)

    def end(self, letter: Letter, *, is_delivered: bool) -> None:
        self._settle(letter, "delivered" if is_delivered else "given up", time.time())

    def _settle(self, letter: Letter, state: str, due_at: float) -> None:
        with self._write() as connection:
            connection.execute(
                "UPDATE callbacks SET state = ?, due_at = ? WHERE id = ? AND tries = ?",
                (state, due_at, letter.id, letter.tries),
            )

    def next_letter_at(self) -> float | None:
        with closing(self._connect()) as connection:
            [found] = connection.execute(
                "SELECT min(due_at) AS at FROM callbacks WHERE state = 'waiting'"
            )
            at: float | None = found["at"]
            return at

    def letters(self) -> list[dict[str, object]]:
        with closing(self._connect()) as connection:
            return list(connection.execute("SELECT * FROM callbacks ORDER BY id"))

    def _connect(self) -> sqlite3.Connection:
        """For one step: what is open across a fork or a thread is a risk, and this costs little."""
        connection = sqlite3.connect(self._file, timeout=BUSY_SECONDS, isolation_level=None)
        connection.row_factory = _as_dict
        connection.execute("PRAGMA synchronous = FULL")
        return connection

    @contextmanager
    def _write(self) -> Iterator[sqlite3.Connection]:
        with closing(self._connect()) as connection:
            connection.execute("BEGIN IMMEDIATE")  # a later lock would fail instead of waiting
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")


def new_transaction_id() -> str:
    return f"TB-{secrets.token_hex(8)}"


def _find(connection: sqlite3.Connection, reference: str) -> Order | None:
    row = connection.execute("SELECT * FROM orders WHERE reference = ?", (reference,)).fetchone()
    return Order(**row) if row else None


def _as_dict(cursor: sqlite3.Cursor, row: tuple[object, ...]) -> dict[str, object]:
    return {column[0]: value for column, value in zip(cursor.description, row, strict=True)}
