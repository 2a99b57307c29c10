"""What the portal paid in the demo's billing is carried into the file that takes its place.

The same contract has other numbers and amounts when the demo is made for another day. So a
contract with payments of the portal keeps its invoices and payments as they were; only time
goes on: new months come, and what is open bears interest.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from legacy_adapters.demo.bills import interest
from legacy_adapters.demo.rows import FIRST_NUMBER

STAGING = "PORTAL_PAYMENT"
BUSY_SECONDS = 20.0
MANUAL = 0  # the printed contract, whose open invoice bears no interest
Values = dict[str, Any]


@contextmanager
def carrying(old: Path, new: Path, *, today: date) -> Iterator[None]:
    """Within it nobody writes into the old file: what is to come waits, finds it replaced and
    is told to try again."""
    if not _has_payments(old):
        yield
        return
    with closing(_opened(old)) as source:
        source.execute("BEGIN IMMEDIATE")
        with closing(_opened(new)) as target:
            target.execute("BEGIN")
            _Carrier(source, target, today).carry()
            target.execute("COMMIT")
        yield


def _has_payments(file: Path) -> bool:
    if not file.exists():
        return False
    with closing(_opened(file)) as connection:
        try:
            return bool(connection.execute(f"SELECT 1 FROM {STAGING} LIMIT 1").fetchall())  # noqa: S608
        except sqlite3.OperationalError as error:
            if str(error).startswith("no such table"):  # of an older version
                return False
            raise
        except sqlite3.DatabaseError:
            return False  # no database at all


def _opened(file: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(file, timeout=BUSY_SECONDS, isolation_level=None)
    connection.row_factory = sqlite3.Row
    return connection


class _Carrier:
    def __init__(self, source: sqlite3.Connection, target: sqlite3.Connection, today: date) -> None:
        self._source = source
        self._target = target
        self._today = today
        both = (source, target)
        self._last_id = max(
            c.execute("SELECT COALESCE(MAX(FAT_ID), 0) FROM FATURE").fetchone()[0] for c in both
        )

    def carry(self) -> None:
        for row in self._rows(self._source, STAGING):
            self._insert(STAGING, row)
        paid = self._source.execute(
            "SELECT * FROM KONTRATE WHERE KTR_KOD IN (SELECT CONTRACT_CODE FROM PORTAL_PAYMENT)"
        )
        for contract in paid.fetchall():
            self._carry_contract(dict(contract))

    def _carry_contract(self, contract: Values) -> None:
        key = contract["KTR_ID"]
        kept = self._invoices(self._source, key)
        newest = max(((row["VIT"], row["MUAJ"]) for row in kept), default=(0, 0))
        later = [
            row
            for row in self._invoices(self._target, key)
            if (row["VIT"], row["MUAJ"]) > newest and row["STATUS"] != "A"
        ]
        lines = {row["FAT_ID"]: self._lines(self._target, row) for row in later}
        self._empty(key)
        for holder in self._rows(self._source, "ABONENT", ABN_ID=contract["ABN_ID"]):
            self._insert("ABONENT", holder)
        self._insert("KONTRATE", contract)
        for row in kept:
            self._add_invoice(row, self._lines(self._source, row))
        for payment in self._rows(self._source, "PAGESE", KTR_ID=key):
            self._insert("PAGESE", payment | {"PAG_ID": None})
        reading = max((row["LEX_PAS"] for row in kept), default=0)
        for row in later:
            number = str(FIRST_NUMBER + self._last_id + 1)
            readings = {"LEX_PARA": reading, "LEX_PAS": reading + row["KWH"]}
            unpaid = {"FAT_NR": number, "STATUS": "H", "VL_PAGUAR": 0}
            self._add_invoice(row | readings | unpaid, lines[row["FAT_ID"]])
            reading = readings["LEX_PAS"]

    def _empty(self, contract: int) -> None:
        of_it = "SELECT FAT_ID FROM FATURE WHERE KTR_ID = ?"
        self._target.execute(f"DELETE FROM FAT_RRESHT WHERE FAT_ID IN ({of_it})", (contract,))  # noqa: S608
        for table in ("FATURE", "PAGESE"):
            self._target.execute(f"DELETE FROM {table} WHERE KTR_ID = ?", (contract,))  # noqa: S608

    def _add_invoice(self, row: Values, lines: list[Values]) -> None:
        self._last_id += 1
        changes: Values = {"FAT_ID": self._last_id}
        if row["STATUS"] == "H" and row["KTR_ID"] != MANUAL:
            principal = round(100 * (row["VL_NETO"] + row["VL_TVSH"]))
            days = (self._today - date.fromisoformat(row["DT_AFAT"])).days
            changes["KAMATE"] = interest(principal, days) / 100
        self._insert("FATURE", row | changes)
        for line in lines:
            self._insert("FAT_RRESHT", line | {"FAT_ID": self._last_id})

    def _invoices(self, connection: sqlite3.Connection, contract: int) -> list[Values]:
        return sorted(
            self._rows(connection, "FATURE", KTR_ID=contract),
            key=lambda row: (row["DT_LESHIM"], row["FAT_ID"]),
        )

    def _lines(self, connection: sqlite3.Connection, invoice: Values) -> list[Values]:
        return self._rows(connection, "FAT_RRESHT", FAT_ID=invoice["FAT_ID"])

    def _rows(self, connection: sqlite3.Connection, table: str, **where: int) -> list[Values]:
        wanted = " AND ".join([f"{column} = ?" for column in where] or ["1"])
        found = connection.execute(f"SELECT * FROM {table} WHERE {wanted}", (*where.values(),))  # noqa: S608
        return [dict(row) for row in found]

    def _insert(self, table: str, row: Values) -> None:
        known = self._target.execute("SELECT name FROM pragma_table_info(?)", (table,))
        names = [name for (name,) in known if name in row]  # an older version may have had others
        columns, marks = ", ".join(names), ", ".join("?" * len(names))
        self._target.execute(
            f"INSERT OR REPLACE INTO {table} ({columns}) VALUES ({marks})",  # noqa: S608
            [row[name] for name in names],
        )
