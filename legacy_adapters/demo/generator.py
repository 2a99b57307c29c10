"""Makes the demo's billing database: the manual's own contract, four demo customers, and
any number of generated contracts. The same seed and day give the same rows."""

import json
import sqlite3
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from hashlib import md5
from pathlib import Path
from random import Random
from typing import Any

from legacy_adapters.demo.bills import FIXED_FEE, TV_FEE, Bill, Habit, Line, bills
from legacy_adapters.demo.names import CHANNELS, FIRST_NAMES, REGIONS, STREETS, SURNAMES

HERE = Path(__file__).parent
VERSION = 2  # raise it when the rows change: ./run then makes them anew
UTILITY_NIPT = "K00000000A"
ZONES = [zone for _code, _name, zones in REGIONS for zone, _office in zones]
HABITS = (*[Habit.PROMPT] * 14, *[Habit.CURRENT] * 3, *[Habit.LATE] * 2, Habit.PARTIAL)
BATCH = 2_000  # contracts


@dataclass(frozen=True, kw_only=True)
class DemoSize:
    contracts: int = 400  # generated, beside the fixed 305
    seed: int = 1
    months: int = 26


@dataclass(frozen=True, kw_only=True)
class Customer:
    """A demo customer with a run of contracts of their own."""

    name: str
    first: int
    habits: tuple[Habit, ...]
    tax_id: str | None = None
    phone: str | None = None
    address: str | None = None

    @property
    def codes(self) -> list[str]:
        return [contract_code(self.first + i) for i in range(len(self.habits))]


def contract_code(index: int) -> str:
    return f"AL{index:07d}"


MANUAL_CODE = contract_code(0)
AGRON_HOXHA = Customer(
    name="AGRON HOXHA",
    first=1,
    habits=(Habit.CURRENT, Habit.LATE, Habit.PROMPT),
    phone="+355692000001",
)
VERA_LEKA = Customer(name="VERA LEKA", first=4, habits=(Habit.CURRENT,), phone="+355692000002")
ELBASAN_MARKET = Customer(
    name="ELBASAN MARKET SHPK",
    first=5,
    habits=(*[Habit.PROMPT] * 11, Habit.CURRENT, Habit.CURRENT, Habit.LATE, Habit.PARTIAL) * 20,
    tax_id="L12345678T",
    phone="+355692000003",
)
CUSTOMERS = (AGRON_HOXHA, VERA_LEKA, ELBASAN_MARKET)
FIRST_GENERATED = ELBASAN_MARKET.first + len(ELBASAN_MARKET.habits)


def describe(size: DemoSize, today: date) -> dict[str, str]:
    """What the database remembers of how it was made."""
    return {
        "DEMO_VERSION": str(VERSION),
        "DEMO_CONTRACTS": str(size.contracts),
        "DEMO_SEED": str(size.seed),
        "DEMO_MONTHS": str(size.months),
        "DEMO_TODAY": today.isoformat(),
    }


def read_description(file: Path) -> dict[str, str]:
    """As `describe` wrote it; empty when the file is no demo database."""
    if not file.exists():
        return {}
    try:
        with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as connection:
            return dict(connection.execute("SELECT KOD, VLERA FROM PARAM_SISTEMI"))
    except sqlite3.Error:
        return {}
    finally:
        connection.close()


def make_demo(file: Path, *, size: DemoSize, today: date) -> None:
    """Writes the database beside the file and then puts it in its place, whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_suffix(".unfinished")
    unfinished.unlink(missing_ok=True)
    connection = sqlite3.connect(unfinished)
    try:
        connection.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;")
        connection.executescript((HERE / "schema.sql").read_text(encoding="utf-8"))
        _Writer(connection, size, today).write()
        connection.executescript((HERE / "indexes.sql").read_text(encoding="utf-8"))
        connection.execute("ANALYZE")
        connection.commit()
    finally:
        connection.close()
    unfinished.replace(file)


class _Writer:
    def __init__(self, connection: sqlite3.Connection, size: DemoSize, today: date) -> None:
        self.connection = connection
        self.size = size
        self.today = today
        self.invoice_id = 0
        self.rows: dict[str, list[tuple[Any, ...]]] = {}

    def write(self) -> None:
        self._codes()
        self._manual()
        for customer in CUSTOMERS:
            self._customer(customer)
        self._flush()
        for index in range(FIRST_GENERATED, FIRST_GENERATED + self.size.contracts):
            self._generated(index)
            if index % BATCH == 0:
                self._flush()
        self._flush()

    def _add(self, table: str, *row: Any) -> None:
        self.rows.setdefault(table, []).append(row)

    def _flush(self) -> None:
        for table, rows in self.rows.items():
            marks = ", ".join("?" * len(rows[0]))
            self.connection.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)  # noqa: S608
        self.connection.commit()
        self.rows.clear()

    def _codes(self) -> None:
        for key, value in describe(self.size, self.today).items():
            self._add("PARAM_SISTEMI", key, value)
        for code, name, zones in REGIONS:
            self._add("RAJON", code, name)
            for zone, office in zones:
                self._add("ZONE", zone, code, office)
        for row in (("F", "FAMILJARE"), ("B", "BIZNES")):
            self._add("KATEGORI", *row)
        for row in CHANNELS:
            self._add("KANAL", *row)

    def _manual(self) -> None:
        """The contract printed in the manual, to the cent."""
        records = json.loads((HERE / "manual.json").read_text(encoding="utf-8"))
        told = records["contract"]
        power = float(told["connected_power_kw"]), float(told["contracted_power_kw"])
        contract = (told["code"], 0, told["address"], told["zone"], "F", told["phases"])
        self._add("ABONENT", 0, told["subscriber"], None, told["phone"])
        self._add("KONTRATE", 0, *contract, *power, told["connected_on"], "MT00000000", "J")
        reading = 4000 - sum(row["units_kwh"] for row in records["invoices"])
        newest = int(records["open_invoices"][0]["number"])
        for age, row in reversed(list(enumerate(records["invoices"]))):
            bill = _printed_bill(row, reading, is_open=age == 0)
            self._bill(0, str(newest - age), bill)
            reading += bill.units
        channels = {name: code for code, name in CHANNELS}
        for payment in reversed(records["payments"]):
            channel = channels[payment["source"]]
            amount = float(payment["amount"])
            self._add("PAGESE", None, 0, payment["paid"], amount, "C", channel, "J")

    def _customer(self, customer: Customer) -> None:
        for index, habit in enumerate(customer.habits, start=customer.first):
            rng = Random(f"{self.size.seed}-{index}")  # noqa: S311
            if index == customer.first:
                self._add("ABONENT", index, customer.name, customer.tax_id, customer.phone)
            self._contract(index, customer.first, rng, habit, customer.tax_id is not None)

    def _generated(self, index: int) -> None:
        rng = Random(f"{self.size.seed}-{index}")  # noqa: S311
        name = f"{rng.choice(FIRST_NAMES)} {rng.choice(SURNAMES)}"
        business = rng.random() < 0.08  # noqa: PLR2004
        nipt = f"L{rng.randrange(10**8):08d}{rng.choice('ABCDEFGH')}" if business else None
        phone = f"+35569{rng.randrange(10**7):07d}"
        self._add("ABONENT", index, f"{name} SHPK" if business else name, nipt, phone)
        self._contract(index, index, rng, rng.choice(HABITS), business)

    def _contract(
        self, index: int, subscriber: int, rng: Random, habit: Habit, business: bool
    ) -> None:
        address = f"{rng.choice(STREETS)}, NR. {rng.randint(1, 220)}"
        power = rng.choice((15.0, 25.0, 40.0)) if business else rng.choice((5.0, 7.0, 10.0))
        connected = date(rng.randint(2005, 2023), rng.randint(1, 12), rng.randint(1, 28))
        self._add(
            "KONTRATE",
            *(index, contract_code(index), subscriber, address, rng.choice(ZONES)),
            *("B" if business else "F", 3 if business else 1, power, power),
            *(connected.isoformat(), f"MT{rng.randrange(10**8):08d}", "J"),
        )
        found = bills(
            rng, today=self.today, months=self.size.months, business=business, habit=habit
        )
        for bill in found:
            self._bill(index, str(200_000_000 + self.invoice_id), bill)
            if bill.paid_on:
                channel, method = rng.choice(CHANNELS)[0], rng.choice("CCCB")
                paid = bill.paid_on.isoformat()
                self._add("PAGESE", None, index, paid, bill.paid / 100, method, channel, "J")
        if found and rng.random() < 0.02:  # noqa: PLR2004
            self._bill(index, str(200_000_000 + self.invoice_id), found[0], status="A")

    def _bill(self, contract: int, number: str, bill: Bill, status: str | None = None) -> None:
        self.invoice_id += 1
        found = status or ("P" if bill.paid >= bill.total else "H")
        fiscal = _fiscal_codes(number, bill)
        self._add(
            "FATURE",
            *(self.invoice_id, number, contract, bill.year, bill.month),
            *(bill.issued.isoformat(), bill.due.isoformat()),
            *(f"{bill.year}-{bill.month:02d}-{day:02d}" for day in (1, _days(bill))),
            *(bill.reading_before, bill.reading_before + bill.units, bill.units),
            *(bill.net / 100, bill.vat / 100, TV_FEE / 100, bill.interest / 100, bill.paid / 100),
            *(found, *fiscal),
        )
        for position, line in enumerate(bill.lines, start=1):
            net = line.net / 100
            self._add(
                "FAT_RRESHT", self.invoice_id, position, line.code, line.quantity, line.price, net
            )


def _printed_bill(row: dict[str, Any], reading: int, is_open: bool) -> Bill:
    issued, due = date.fromisoformat(row["issued"]), date.fromisoformat(row["due"])
    units = row["units_kwh"]
    lines = [Line("EN", units, 9.5, units * 9_50), Line("TF", 1, 95.0, FIXED_FEE)]
    net = sum(line.net for line in lines)
    # An invoice of a month's last days bills that month, an earlier one the month before.
    last = issued.year * 12 + issued.month - (1 if issued.day >= 29 else 2)  # noqa: PLR2004
    bill = Bill(last // 12, last % 12 + 1, issued, due, reading, units, lines, net, net // 5)
    if not is_open:
        bill.paid = bill.total
    if f"{bill.total / 100:.2f}" != row["amount"]:
        raise ValueError(f"the invoice of {issued} does not come out to {row['amount']}")
    return bill


def _days(bill: Bill) -> int:
    return monthrange(bill.year, bill.month)[1]


def _fiscal_codes(number: str, bill: Bill) -> Iterator[str]:
    """Codes of the right form; the tax authority knows none of them."""
    digest = md5(f"{number}-{bill.issued}".encode(), usedforsecurity=False).hexdigest().upper()
    yield digest
    yield f"{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-{digest[20:]}".lower()
    yield (
        "https://efiskalizimi-app.tatime.gov.al/invoice-check/#/verify"
        f"?iic={digest}&tin={UTILITY_NIPT}&crtd={bill.issued}T10:00:00%2B01:00"
        f"&ord={int(number) % 100_000}&bu=aa000aa000&cr=bb000bb000&sw=cc000cc000"
        f"&prc={(bill.principal + TV_FEE) / 100:.2f}"
    )
