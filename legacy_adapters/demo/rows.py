"""The demo's facts as rows, in the order of the tables' columns."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from functools import cache
from hashlib import md5
from random import Random
from typing import Any

from legacy_adapters.demo.bills import TV_FEE, Bill

FIRST_NUMBER = 200_000_000
FAKE_AUTHORITY = "https://efiskalizimi-app.tatime.gov.al/invoice-check/#/verify?iic="
Codes = tuple[str, str]  # NSLF and NIVF: of the right form; the tax authority knows none of them
Way = tuple[str, str]  # the method and channel of a payment


class Rows:
    """Rows by table, until somebody writes them."""

    def __init__(self, utility_nipt: str) -> None:
        self.utility_nipt = utility_nipt
        self.invoice_id = 0
        self.tables: dict[str, list[tuple[Any, ...]]] = defaultdict(list)

    def add(self, table: str, *row: Any) -> None:
        self.tables[table].append(row)

    @property
    def next_number(self) -> int:
        return FIRST_NUMBER + self.invoice_id

    def add_invoice(
        self, contract: int, number: int, bill: Bill, codes: Codes, status: str = ""
    ) -> None:
        self.invoice_id = invoice = self.invoice_id + 1
        month, reading, units, (lines, net, vat), interest, total, paid, _paid_day = bill
        net_lek, vat_lek, price = _amounts(net, vat)
        self.tables["FATURE"].append(
            (
                *(invoice, str(number), contract, *month.period, reading, reading + units, units),
                *(net_lek, vat_lek, TV_FEE / 100, interest / 100, paid / 100),
                *(status or ("P" if paid >= total else "H"), *codes),
                f"{FAKE_AUTHORITY}{codes[0]}&tin={self.utility_nipt}&crtd={month.period[2]}"
                f"T10:00:00%2B01:00&ord={number % 100_000}"
                f"&bu=aa000aa000&cr=bb000bb000&sw=cc000cc000&prc={price}",
            )
        )
        for line in lines:
            self.tables["FAT_RRESHT"].append((invoice, *line))

    def add_payment(self, payment: int | None, contract: int, bill: Bill, way: Way) -> None:
        row = payment, contract, _iso(bill.paid_day), bill.paid / 100, *way, "J"
        self.tables["PAGESE"].append(row)


def digested_codes(number: int, bill: Bill) -> Codes:
    told = f"{number}-{bill.issued}"
    digest = md5(told.encode(), usedforsecurity=False).hexdigest()
    groups = digest[:8], digest[8:12], digest[12:16], digest[16:20], digest[20:]
    return digest.upper(), "-".join(groups)


def drawn_codes(rng: Random, count: int) -> Iterable[Codes]:
    """One draw for all of a contract's, which share most of their NIVF: cheap."""
    drawn = rng.randbytes(16 * count).hex()
    upper = drawn.upper()
    begin = f"{drawn[:8]}-{drawn[8:12]}-{drawn[12:16]}-{drawn[16:20]}-"
    for start in range(0, len(drawn), 32):
        yield upper[start : start + 32], begin + drawn[start + 20 : start + 32]


@cache
def _amounts(net: int, vat: int) -> tuple[float, float, str]:
    """In lek; the last is the price that the tax authority is told."""
    return net / 100, vat / 100, f"{(net + vat + TV_FEE) / 100:.2f}"


@cache
def _iso(day: int) -> str:
    return date.fromordinal(day).isoformat()
