"""Files of many rows in ratio to frozen bare ones, as Markdown tables.

    python -m benchmarks.exports [--rows 10000 1000000]

The rows are those of open invoices, made before the clock runs; both write the same ones, in turns,
each file in a process of its own that also tells how much its memory grew. The list on paper is
measured against itself: a row of a long list must not cost more than one of a short list.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import BinaryIO

from app.exports import tables
from app.exports.list_pdf import ListPdf
from app.exports.reading import Owed
from app.exports.records import Named, Tally
from app.formats import Formats
from app.messages.texts import texts
from app.spreadsheets import Row, Sheet, csv_pieces, write_xlsx
from benchmarks.frozen.bare_sheets import bare_csv, bare_xlsx
from benchmarks.pages import tell
from config.settings import ROOT, UtilitySettings
from legacy_adapters.records import (
    Contract,
    ContractCode,
    InvoiceNumber,
    OpenInvoice,
    Period,
    Statement,
)

TODAY = date(2026, 11, 28)
INVOICES = 2  # of each contract
PAGE = 100  # contracts
DIFFERENT = 50  # pages; then they come again, as they would not fit into memory


def contract(number: int) -> Owed:
    code = ContractCode(f"AL{number:07}")
    holder = Contract(
        code=code,
        subscriber=f"ELBASAN MARKET {number % 97} SHPK",
        address=f"RRUGA E DURRËSIT, NR. {number % 301}, TIRANË",
        phone="",
        tax_id="",
    )
    invoices = [invoice(number, age) for age in range(INVOICES)]
    named = Named(code=code, name=f"Dyqani {number}", group="Tiranë")
    return Owed(named=named, statement=Statement(contract=holder, open_invoices=tuple(invoices)))


def invoice(number: int, age: int) -> OpenInvoice:
    principal = Decimal(100_000 + number * 37 % 900_000) / 100
    return OpenInvoice(
        number=InvoiceNumber(f"{200_000_000 + number * INVOICES + age}"),
        period=Period(2026, 10 - age),
        issued_on=date(2026, 11 - age, 1 + number % 28),
        due_on=TODAY + timedelta(days=2 - 31 * age),
        principal=principal,
        tv_fee=Decimal("100.00"),
        interest=Decimal("12.34") * age,
        outstanding=principal + Decimal("100.00") + Decimal("12.34") * age,
    )


@cache
def pages() -> list[list[Owed]]:
    return [[contract(p * PAGE + n) for n in range(PAGE)] for p in range(DIFFERENT)]


@cache
def batches() -> list[list[Row]]:
    return [[row for owed in page for row in tables.open_rows(owed, TODAY)] for page in pages()]


def endless(some: list[list[Row]]) -> Iterator[list[Row]]:
    while True:
        yield from some


def of_rows(count: int) -> Iterator[list[Row]]:
    return islice(endless(batches()), count // (PAGE * INVOICES))


def our_csv(stream: BinaryIO, rows: Iterator[Sequence[Row]]) -> None:
    for piece in csv_pieces(tables.open_columns(str), rows, "sq"):
        stream.write(piece.encode())


def our_xlsx(stream: BinaryIO, rows: Iterator[Sequence[Row]]) -> None:
    with TemporaryDirectory() as folder:
        write_xlsx(
            stream,
            [Sheet(name="List", columns=tables.open_columns(str), batches=rows)],
            title="List",
            author="",
            made_at=datetime.now(UTC),
            folder=Path(folder),
        )


WRITERS: dict[str, Callable[[BinaryIO, Iterator[Sequence[Row]]], None]] = {
    "our csv": our_csv,
    "bare csv": bare_csv,
    "our xlsx": our_xlsx,
    "bare xlsx": bare_xlsx,
}


def write_one(name: str, count: int) -> dict[str, float]:
    """In this process: seconds, and by how many megabytes its memory grew."""
    batches()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with TemporaryFile() as stream:
        begun = time.perf_counter()
        WRITERS[name](stream, of_rows(count))
        seconds = time.perf_counter() - begun
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    return {"seconds": seconds, "grown": grown / 1024}


def apart(name: str, count: int) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.exports", "--one", name, "--rows", str(count)]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def compare_sheets(counts: Sequence[int], rounds: int) -> Iterator[str]:
    yield "| file | rows | bare, rows/s | ours, rows/s | ratio | our memory grew by |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for count in counts:
        for kind in ("csv", "xlsx"):
            found = {name: apart(f"{name} {kind}", count) for name in ("our", "bare")}
            for _ in range(rounds - 1):
                for name, before in found.items():
                    again = apart(f"{name} {kind}", count)
                    before["seconds"] = min(before["seconds"], again["seconds"])
            ours, bare = found["our"]["seconds"], found["bare"]["seconds"]
            tell(f"{kind}, {count:,} rows: {bare / ours:.2f}")
            yield (
                f"| {kind} | {count:,} | {count / bare:,.0f} | {count / ours:,.0f} |"
                f" {bare / ours:.2f} | {found['our']['grown']:.1f} MB |"
            )


def draw_list(rows: int) -> float:
    """Seconds."""
    every = [owed for page in pages() for owed in page]
    wanted = every[: rows // INVOICES]
    some = [wanted[start : start + PAGE] for start in range(0, len(wanted), PAGE)]
    with TemporaryFile() as stream:
        begun = time.perf_counter()
        paper = ListPdf(
            stream,
            utility=UtilitySettings(),
            is_sample=False,
            owner="Elbasan Market",
            group="",
            at=datetime.now(UTC),
            formats=Formats("sq"),
            translate=texts("sq"),
        )
        assert paper.write(some, Tally()) == rows
        return time.perf_counter() - begun


def compare_lists(rounds: int) -> Iterator[str]:
    few, many = 1_000, 10_000
    draw_list(few)
    best = {few: 1e9, many: 1e9}
    for _ in range(rounds):
        for rows, before in best.items():
            best[rows] = min(before, draw_list(rows))
    speed = {rows: rows / seconds for rows, seconds in best.items()}
    yield "| list on paper | rows/s |"
    yield "| --- | --- |"
    yield f"| 1,000 rows | {speed[few]:,.0f} |"
    yield f"| 10,000 rows | {speed[many]:,.0f} |"
    yield f"| ratio | {speed[many] / speed[few]:.2f} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 1_000_000])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--one", choices=sorted(WRITERS), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        print(json.dumps(write_one(asked.one, asked.rows[0])))
        return
    for line in (*compare_sheets(asked.rows, asked.rounds), "", *compare_lists(asked.rounds)):
        print(line)


if __name__ == "__main__":
    main()
