"""The invoice's PDF in ratio to the frozen bare one, as a Markdown table.

    python -m benchmarks.documents

Both draw an overdue invoice of twelve lines, with a year's consumption and the tax authority's
code to scan; then the same without the code, whose modules segno computes for either. In process,
the fastest of interleaved rounds: on a shared machine only ratios mean something. The first
document of a process reads the fonts; what it takes is told beside the table.
"""

import argparse
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import partial

from app.formats import Formats
from app.invoices.document import render_invoice
from app.invoices.rules import Consumption, MonthUsed
from app.invoices.service import InvoiceFile
from app.messages.texts import texts
from benchmarks.frozen.bare_invoice import LINES, URL, USED, bare_invoice
from benchmarks.pages import Rounds, tell
from config.settings import UtilitySettings
from legacy_adapters.records import (
    Contract,
    ContractCode,
    InvoiceDetail,
    InvoiceLine,
    InvoiceNumber,
    Period,
)

Draw = Callable[[], bytes]


def as_line(described: str, quantity: str, price: str, vat: str, net: float) -> InvoiceLine:
    number, _space, unit = quantity.partition(" ")
    return InvoiceLine(
        kind="other",
        description=described,
        quantity=as_number(number),
        unit=unit,
        unit_price=as_number(price),
        net=Decimal(str(net)),
        vat_rate=as_number(vat),
    )


def as_number(written: str) -> Decimal:
    return Decimal(written.replace(",", "."))


def same_invoice() -> InvoiceFile:
    """What the bare one shows, as records."""
    lines = [as_line(*line) for line in LINES]
    used = [Decimal(units) for units in USED]
    months = [
        MonthUsed(period=Period(2025, 11).plus(place), units=units, year_before=None)
        for place, units in enumerate(used)
    ]
    invoice = InvoiceDetail(
        contract=Contract(
            code=ContractCode("AL0000000"),
            subscriber="EMËR ÇELA-MBIEMËR",
            address="BULEVARDI GJERGJ FISHTA, PALLATI 12, TIRANË",
            phone="",
            tax_id="K12345678L",
        ),
        number=InvoiceNumber("123456789"),
        period=Period(2026, 10),
        issued_on=date(2026, 10, 31),
        due_on=date(2026, 11, 30),
        billed_from=date(2026, 10, 1),
        billed_to=date(2026, 10, 31),
        meter="MT-0012345",
        reading_before=Decimal(12_345),
        reading_after=Decimal(12_825),
        units=Decimal(480),
        net=Decimal("6146.50"),
        vat=Decimal("1154.10"),
        principal=Decimal("7300.60"),
        tv_fee=Decimal(100),
        interest=Decimal("12.30"),
        amount=Decimal("7400.60"),
        outstanding=Decimal("7412.90"),
        is_paid=False,
        nslf="0123456789ABCDEF0123456789ABCDEF",
        nivf="01234567-89ab-cdef-0123-456789abcdef",
        eic="fedcba98-7654-3210-fedc-ba9876543210",
        verification_url=URL,
        lines=tuple(lines),
    )
    average = sum(used, Decimal(0)) / len(used)
    consumption = Consumption(months=tuple(months), average=average, highest=max(used))
    return InvoiceFile(invoice=invoice, consumption=consumption)


def drawing(file: InvoiceFile) -> Draw:
    return partial(
        render_invoice,
        file,
        utility=UtilitySettings(address="Rruga e Kavajës 59, Tiranë", nipt="L12345678A"),
        is_sample=True,
        formats=Formats("sq"),
        translate=texts("sq"),
    )


def invoices() -> dict[str, tuple[Draw, Draw]]:
    """Ours and the bare one, by what they are."""
    file = same_invoice()
    uncoded = replace(file, invoice=replace(file.invoice, verification_url=""))
    return {
        "an invoice": (drawing(file), bare_invoice),
        "without the code to scan": (drawing(uncoded), partial(bare_invoice, with_code=False)),
    }


def compare(documents: dict[str, tuple[Draw, Draw]], rounds: int) -> Iterator[str]:
    """The table's lines."""
    drawn: dict[tuple[str, int], Draw] = {
        (name, place): draw for name, both in documents.items() for place, draw in enumerate(both)
    }
    best = Rounds(rounds=rounds, requests=5).fastest(drawn)
    yield "| document | bare, ms | ours, ms | ratio | bytes |"
    yield "| --- | --- | --- | --- | --- |"
    for name, (draw, _bare) in documents.items():
        ours, bare = best[name, 0], best[name, 1]
        yield f"| {name} | {bare:.2f} | {ours:.2f} | {ours / bare:.2f} | {len(draw()):,} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=100)
    rounds = parser.parse_args().rounds
    documents = invoices()
    begun = time.perf_counter()
    documents["an invoice"][0]()
    tell(f"the first document takes {(time.perf_counter() - begun) * 1000:.0f} ms")
    for line in compare(documents, rounds):
        print(line)


if __name__ == "__main__":
    main()
