"""Makes the demo's billing database: the manual's own contract, four demo customers, and
any number of generated contracts. The same seed and day give the same rows."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

from legacy_adapters.demo import writing
from legacy_adapters.demo.bills import TV_FEE, Bill, Habit, bills, charge, make_month
from legacy_adapters.demo.carrying import carrying
from legacy_adapters.demo.dice import Dice
from legacy_adapters.demo.names import (
    CHANNELS,
    FIRST_NAMES,
    PORTAL_CHANNEL,
    REGIONS,
    STREETS,
    SURNAMES,
)
from legacy_adapters.demo.progress import Progress
from legacy_adapters.demo.rows import Rows, digested_codes, drawn_codes
from legacy_adapters.errors import BillingError

HERE = Path(__file__).parent
VERSION = 4  # raise it when the rows change: ./run then makes them anew
UTILITY_NIPT = "K00000000A"
ZONES = [zone for _code, _name, zones in REGIONS for zone, _office in zones]
HABITS = (*[Habit.PROMPT] * 14, *[Habit.CURRENT] * 3, *[Habit.LATE] * 2, Habit.PARTIAL)
METHODS = "CCCB"
WAYS = [(method, channel) for channel, _name in CHANNELS for method in METHODS]
CANCELLED = 0.02
ROOM_FOR_THE_MANUAL = 1_000  # invoices
BATCH = 100  # contracts that share one run of chance
PART = 50 * BATCH  # contracts that a process writes at a time
WORTH_PROCESSES = 250_000  # invoices; fewer are made before other processes have started


@dataclass(frozen=True, kw_only=True)
class DemoSize:
    contracts: int = 400  # generated, beside the fixed 305
    seed: int = 1
    months: int = 26

    @property
    def invoices(self) -> int:
        return self.contracts * self.months

    @property
    def megabytes(self) -> int:
        """About so many, with what is beside the file while it is made."""
        return 20 + self.invoices * 600 // 1_000_000


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
MOST_GENERATED = 10**7 - FIRST_GENERATED  # as many as seven digits can name


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
        # Not read-only: what a killed posting job left half written is taken back first.
        with sqlite3.connect(f"file:{file}?mode=rw", uri=True) as connection:
            return dict(connection.execute("SELECT KOD, VLERA FROM PARAM_SISTEMI"))
    except sqlite3.Error:
        return {}
    finally:
        connection.close()


class DemoNotMade(BillingError):
    """The demo's database could not be written; what was there before still is."""


def make_demo(
    file: Path,
    *,
    size: DemoSize,
    today: date,
    tell: Callable[[str], None] = lambda _line: None,
    processes: int | None = None,
) -> None:
    """Writes the database beside the file and then puts it in its place, whole or not at all.

    The rows are the same whatever the number of processes; without one it is chosen by the size.
    What the portal paid in the database of before is carried over. Long work tells of itself
    now and then. Raises: DemoNotMade.
    """
    if processes is None:
        processes = writing.process_count() if size.invoices >= WORTH_PROCESSES else 1
    unfinished = file.with_suffix(".unfinished")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        unfinished.unlink(missing_ok=True)
        try:
            _write(unfinished, size, today, Progress(size.contracts, tell), processes)
            with carrying(file, unfinished, today=today):
                unfinished.replace(file)
        finally:
            unfinished.unlink(missing_ok=True)
    except (OSError, sqlite3.Error, BrokenExecutor) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise DemoNotMade(
            f"{file} could not be made: {reason}."
            f" Its folder must be writable and have {size.megabytes:,} MB to spare."
        ) from error


def _write(file: Path, size: DemoSize, today: date, progress: Progress, processes: int) -> None:
    schema = (HERE / "schema.sql").read_text(encoding="utf-8")
    spans = [
        range(size.contracts)[first : first + PART] for first in range(0, size.contracts, PART)
    ]
    parts = [partial(_generated_rows, size, today, span) for span in spans]
    with closing(writing.open_new(file, schema)) as connection:
        with writing.transaction(connection):
            writing.insert(connection, _fixed_rows(size, today))
        if processes > 1:
            written = writing.write_parts_by_many(
                connection,
                parts,
                schema=schema,
                folder=file.with_suffix(".parts"),
                processes=processes,
            )
        else:
            written = writing.write_parts(connection, parts)
        with closing(written):
            for span, _ in zip(spans, written, strict=True):
                progress.tell_contracts(span.stop)
        progress.tell_indexes()
        connection.executescript((HERE / "indexes.sql").read_text(encoding="utf-8"))
        connection.execute("ANALYZE")


def _fixed_rows(size: DemoSize, today: date) -> writing.Rows:
    rows = Rows(UTILITY_NIPT)
    _add_codes(rows, size, today)
    _add_manual(rows)
    for customer in CUSTOMERS:
        _add_customer(rows, customer, size, today)
    return rows.tables


def _generated_rows(size: DemoSize, today: date, contracts: range) -> Iterator[writing.Rows]:
    """Batch by batch, and each batch the same whoever makes it and after whatever."""
    for first in contracts[::BATCH]:
        rows = Rows(UTILITY_NIPT)
        dice = Dice(f"{size.seed}-batch-{first}")
        for index in range(first, min(first + BATCH, contracts.stop)):
            _add_generated(rows, FIRST_GENERATED + index, dice, size, today)
        yield rows.tables


def _add_codes(rows: Rows, size: DemoSize, today: date) -> None:
    for key, value in describe(size, today).items():
        rows.add("PARAM_SISTEMI", key, value)
    for code, name, zones in REGIONS:
        rows.add("RAJON", code, name)
        for zone, office in zones:
            rows.add("ZONE", zone, code, office)
    for row in (("F", "FAMILJARE"), ("B", "BIZNES")):
        rows.add("KATEGORI", *row)
    for row in (*CHANNELS, PORTAL_CHANNEL):
        rows.add("KANAL", *row)


def _add_manual(rows: Rows) -> None:
    """The contract printed in the manual, to the cent."""
    records = json.loads((HERE / "manual.json").read_text(encoding="utf-8"))
    told = records["contract"]
    power = float(told["connected_power_kw"]), float(told["contracted_power_kw"])
    contract = (told["code"], 0, told["address"], told["zone"], "F", told["phases"])
    rows.add("ABONENT", 0, told["subscriber"], None, told["phone"])
    rows.add("KONTRATE", 0, *contract, *power, told["connected_on"], "MT00000000", "J")
    reading = 4000 - sum(row["units_kwh"] for row in records["invoices"])
    newest = int(records["open_invoices"][0]["number"])
    for age, row in reversed(list(enumerate(records["invoices"]))):
        bill = _printed_bill(row, reading, is_open=age == 0)
        rows.add_invoice(0, newest - age, bill, digested_codes(newest - age, bill))
        reading += bill.units
    channels = {name: code for code, name in CHANNELS}
    for payment in reversed(records["payments"]):
        channel = channels[payment["source"]]
        amount = float(payment["amount"])
        rows.add("PAGESE", None, 0, payment["paid"], amount, "C", channel, "J")


def _add_customer(rows: Rows, customer: Customer, size: DemoSize, today: date) -> None:
    business = customer.tax_id is not None
    rows.add("ABONENT", customer.first, customer.name, customer.tax_id, customer.phone)
    for index, habit in enumerate(customer.habits, start=customer.first):
        rng = Random(f"{size.seed}-{index}")  # noqa: S311
        _add_contract(rows, index, customer.first, rng, business)
        found = bills(rng, today=today, months=size.months, business=business, habit=habit)
        for bill in found:
            number = rows.next_number
            rows.add_invoice(index, number, bill, digested_codes(number, bill))
            if bill.paid_day:
                channel = rng.choice(CHANNELS)[0]
                rows.add_payment(None, index, bill, (rng.choice(METHODS), channel))
        if found and rng.random() < CANCELLED:
            number = rows.next_number
            rows.add_invoice(index, number, found[0], digested_codes(number, found[0]), "A")


def _add_generated(rows: Rows, index: int, dice: Dice, size: DemoSize, today: date) -> None:
    name = f"{dice.choice(FIRST_NAMES)} {dice.choice(SURNAMES)}"
    business = dice.random() < 0.08  # noqa: PLR2004
    nipt = f"L{dice.randrange(10**8):08d}{dice.choice('ABCDEFGH')}" if business else None
    phone = f"+35569{dice.randrange(10**7):07d}"
    rows.add("ABONENT", index, f"{name} SHPK" if business else name, nipt, phone)
    habit = dice.choice(HABITS)
    _add_contract(rows, index, index, dice, business)
    found = bills(dice, today=today, months=size.months, business=business, habit=habit)
    # Room for a cancelled invoice too: where an invoice stands hangs on no other contract.
    rows.invoice_id = ROOM_FOR_THE_MANUAL + index * (size.months + 1)
    codes = iter(drawn_codes(dice, len(found) + 1))
    for bill in found:
        rows.add_invoice(index, rows.next_number, bill, next(codes))
        if bill.paid_day:
            rows.add_payment(rows.invoice_id, index, bill, dice.choice(WAYS))
    if found and dice.random() < CANCELLED:
        rows.add_invoice(index, rows.next_number, found[0], next(codes), "A")


def _add_contract(rows: Rows, index: int, subscriber: int, rng: Random, business: bool) -> None:
    address = f"{rng.choice(STREETS)}, NR. {rng.randint(1, 220)}"
    power = rng.choice((15.0, 25.0, 40.0)) if business else rng.choice((5.0, 7.0, 10.0))
    connected = date(rng.randint(2005, 2023), rng.randint(1, 12), rng.randint(1, 28))
    rows.add(
        "KONTRATE",
        *(index, contract_code(index), subscriber, address, rng.choice(ZONES)),
        *("B" if business else "F", 3 if business else 1, power, power),
        *(connected.isoformat(), f"MT{rng.randrange(10**8):08d}", "J"),
    )


def _printed_bill(row: dict[str, Any], reading: int, is_open: bool) -> Bill:
    issued, due = date.fromisoformat(row["issued"]), date.fromisoformat(row["due"])
    units = row["units_kwh"]
    # An invoice of a month's last days bills that month, an earlier one the month before.
    last = issued.year * 12 + issued.month - (1 if issued.day >= 29 else 2)  # noqa: PLR2004
    month = make_month(last // 12, last % 12 + 1, issued=issued, due=due, today=issued)
    charged = charge(units, month.is_old_tariff, business=False)
    total = charged.net + charged.vat + TV_FEE
    if f"{total / 100:.2f}" != row["amount"]:
        raise ValueError(f"the invoice of {issued} does not come out to {row['amount']}")
    return Bill(month, reading, units, charged, 0, total, 0 if is_open else total, 0)
