"""The test bank in a process of its own, and its books, read past it."""

import json
import secrets
import socket
import sqlite3
import time
from contextlib import closing, suppress
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import requests

from app.gateways.cards.sandbox import signing
from app.gateways.cards.sandbox.desk import Desk
from app.gateways.cards.sandbox.ledger import Ledger, new_transaction_id
from tests.banks.twins import SECRET
from tests.components import free_port
from tests.faults.payments.processes import PATIENCE, Process


@dataclass(frozen=True)
class Capture:
    """Money that the bank took. twice: the ids under which it took it, if it erred."""

    reference: str
    amount: Decimal
    currency: str
    transactions: frozenset[str]
    is_given_back: bool

    @property
    def was_taken_twice(self) -> bool:
        return len(self.transactions) > 1


class BankProcess:
    def __init__(self, folder: Path) -> None:
        self.file, self.port = folder / "bank.sqlite3", free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        arguments = (str(self.file), str(self.port), str(folder / "never"))
        module = "tests.banks.sandbox_process"
        self.process = Process(folder / "bank.log", module, *arguments, env={})

    def start(self) -> None:
        self.process.start()
        end = time.monotonic() + PATIENCE
        while True:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                break
            assert time.monotonic() < end, self.process.log.read_text()
            time.sleep(0.05)
        with self.connected() as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS twice (reference, transaction_id)")

    def connected(self) -> Any:
        connection = sqlite3.connect(self.file, timeout=15, isolation_level=None)
        connection.row_factory = sqlite3.Row
        return closing(connection)

    def decide(self, reference: str, what: str, **more: str) -> dict[str, str] | None:
        """What the browser takes back; empty where it does not go back, None if the bank is
        away."""
        asked = json.dumps({"reference": reference, "what": what, **more})
        try:
            answer = requests.post(f"{self.address}/decide", data=asked, timeout=10)
        except requests.RequestException:
            return None
        if answer.status_code != 200:
            return None
        back = answer.json()["back"]
        return back["fields"] if back else {}

    def take_again(self, reference: str) -> None:
        """The bank errs: it takes an order's money a second time, and says so."""
        ledger = Ledger(self.file)
        order = ledger.find(reference)
        assert order is not None and order.transaction_id
        second = new_transaction_id()
        with self.connected() as connection:
            connection.execute("BEGIN IMMEDIATE")
            rows = [(reference, order.transaction_id), (reference, second)]
            connection.executemany("INSERT INTO twice VALUES (?, ?)", rows)
            connection.execute(
                "UPDATE orders SET transaction_id = ? WHERE reference = ?", (second, reference)
            )
            connection.execute("COMMIT")
        told = {**Desk(ledger, SECRET).report(reference), "nonce": secrets.token_hex(8)}
        fields = signing.sign(signing.NOTICE, told, SECRET)
        with self.connected() as connection:
            connection.execute(
                "INSERT INTO callbacks (reference, address, fields, due_at) VALUES (?, ?, ?, ?)",
                (reference, order.callback_url, json.dumps(fields), time.time()),
            )

    # Its books

    def captures(self) -> dict[str, Capture]:
        with self.connected() as connection:
            rows = connection.execute("SELECT * FROM orders WHERE state = 'captured'").fetchall()
            again: dict[str, set[str]] = {}
            for row in connection.execute("SELECT * FROM twice"):
                again.setdefault(row["reference"], set()).add(row["transaction_id"])
        return {
            row["reference"]: Capture(
                reference=row["reference"],
                amount=Decimal(row["amount"]),
                currency=row["currency"],
                transactions=frozenset(again.get(row["reference"], {row["transaction_id"]})),
                is_given_back=0 < row["reversed_at"] <= time.time(),
            )
            for row in rows
        }

    def endings(self) -> dict[str, int]:
        with self.connected() as connection:
            query = "SELECT ending, count(*) FROM orders WHERE ending <> '' GROUP BY 1"
            return dict(tuple(row) for row in connection.execute(query))

    def notices(self) -> list[dict[str, str]]:
        """Every callback that it has written, sent or not."""
        with self.connected() as connection:
            rows = connection.execute("SELECT fields FROM callbacks").fetchall()
        return [json.loads(row["fields"]) for row in rows]

    def waiting(self) -> int:
        """Callbacks to be sent, and decisions that it has not told yet."""
        query = "SELECT count(*) FROM callbacks WHERE state = 'waiting'"
        late = "SELECT count(*) FROM orders WHERE told_from > ? OR reversed_at > ?"
        with self.connected() as connection:
            now = time.time()
            return int(
                connection.execute(query).fetchone()[0]
                + connection.execute(late, (now, now)).fetchone()[0]
            )

    def hurry(self) -> None:
        """What was not taken is sent again now, what it had given up too."""
        with self.connected() as connection:
            connection.execute(
                "UPDATE callbacks SET due_at = ?, state = 'waiting'"
                " WHERE state = 'given up' OR (state = 'waiting' AND tries > 0)",
                (time.time(),),
            )

    def empty(self) -> None:
        with self.connected() as connection:
            for table in ("orders", "callbacks", "twice"):
                connection.execute(f"DELETE FROM {table}")
