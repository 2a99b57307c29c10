"""Whether payments are what was paid: in lek as the invoices are, and each told once."""

from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal
from statistics import median

from legacy_adapters import decode
from legacy_adapters.doctor.joins import is_own
from legacy_adapters.doctor.patient import Patient
from legacy_adapters.doctor.report import Finding, Level, Topic
from legacy_adapters.doctor.sampled import FEWEST, rows_of
from legacy_adapters.errors import BillingDataError
from legacy_adapters.prepared import Row
from legacy_adapters.relations import RELATIONS
from legacy_adapters.schema import Relation

ANOTHER_UNIT = 8  # times as much: less is who pays several invoices at once, or in instalments
ALIKE_AT_MOST = 5  # one payment of so many may be like another one
UNREAD = "numbers in every row: pages that meet others fail"
FEWEST_PAYMENTS = 10  # of which any may be alike


def check(patient: Patient, relation: Relation, billed: Sequence[Decimal]) -> Iterator[Finding]:
    """billed: of each paid invoice of the same contracts. Raises: one of questions.FAILURES."""
    fields = [field for field in RELATIONS["payment"] if relation.has(field)]
    rows = rows_of(patient, relation, fields)
    payments = _Payments(patient, rows.found)
    if rows.unread:
        yield payments.finding(Level.BROKEN, rows.told_unread, UNREAD)
    yield from payments.amounts(billed)
    yield from payments.alike()


class _Payments:
    def __init__(self, patient: Patient, rows: Sequence[Row]) -> None:
        self._patient = patient
        self._rows = rows

    def amounts(self, billed: Sequence[Decimal]) -> Iterator[Finding]:
        try:
            amounts = [decode.money(row, "amount") for row in self._rows]
        except BillingDataError:
            told = f"some of {len(self._rows)} payments cannot be read"
            yield self.finding(Level.BROKEN, told, UNREAD)
            return
        if amounts and not any(amount > 0 for amount in amounts):
            told = f"none of {len(amounts)} payments is above 0"
            expected = 'what was paid: { times = "...", by = -1 } turns it round'
            yield self.finding(Level.WARNING, told, expected)
        elif amounts:
            yield self.finding(Level.OK, f"{len(amounts)} payments of some contracts")
            yield from self._unit(_above_0(amounts), _above_0(billed))

    def _unit(self, paid: Sequence[Decimal], billed: Sequence[Decimal]) -> Iterator[Finding]:
        if min(len(paid), len(billed)) < FEWEST:
            return
        ratio = median(paid) / median(billed)
        if ratio * ANOTHER_UNIT > 1 and ratio < ANOTHER_UNIT:
            return
        times = f"{ratio:,.0f} times" if ratio > 1 else f"1/{1 / ratio:,.0f} of"
        told = f"{len(paid)} payments are {times} what {len(billed)} paid invoices are (medians)"
        expected = "lek everywhere: no cents and no old lek; { divide = ..., by = 100 }"
        yield self.finding(Level.WARNING, told, expected)

    def alike(self) -> Iterator[Finding]:
        rows, fitted = self._rows, self._patient.fitted["payment"]
        own = [
            field
            for field in (rows[0] if rows else ())
            if field == "contract_code" or is_own(fitted, field)
        ]
        counted = Counter(tuple(row[field] for field in own) for row in rows)
        alike = sum(times for times in counted.values() if times > 1)
        if len(rows) >= FEWEST_PAYMENTS and alike * ALIKE_AT_MOST > len(rows):
            told = f"{alike} of {len(rows)} payments are like another one in every field"
            if fitted.mapping.joins:
                told += " that no join adds"
            expected = (
                "one row for each payment: a join, as to what it was for, may double them; or equal"
                " bills are paid on one day, and nothing is wrong"
            )
            yield self.finding(Level.WARNING, told, expected)

    def finding(self, level: Level, found: str, expected: str = "") -> Finding:
        place = self._patient.place("payment", "columns.amount")
        return Finding(level=level, topic=Topic.MONEY, place=place, found=found, expected=expected)


def _above_0(amounts: Sequence[Decimal]) -> list[Decimal]:
    return [amount for amount in amounts if amount > 0]
