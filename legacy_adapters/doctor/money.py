"""Whether what is owed makes sense: a code read the wrong way round, cents taken for lek or an
amount that is not known hide a debt, and nothing else would say so."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from legacy_adapters import decode
from legacy_adapters.contracts import is_one_of, list_size
from legacy_adapters.doctor.patient import Patient
from legacy_adapters.doctor.questions import FAILURES, reason
from legacy_adapters.doctor.report import Finding, Level, Topic
from legacy_adapters.doctor.sampled import ask_by, relations, some_contracts
from legacy_adapters.errors import BillingDataError
from legacy_adapters.prepared import Row
from legacy_adapters.relations import RELATIONS
from legacy_adapters.schema import Relation

ROWS = 5_000
FEWEST = 25  # invoices, of which one at least should be open
ROUNDED = Decimal(1)  # lek: what billing may round for itself
PARTS = ("principal", "tv_fee", "interest")
INVOICE = ("status", "issued_on", "due_on", *PARTS, "outstanding")
NO_WORD = "no word"
OTHER_WAY = "0 where it is paid; or the words of the status' map the other way round"
Count = Callable[["Invoice"], bool]


@dataclass(frozen=True, kw_only=True)
class Invoice:
    """status: "" for none. outstanding: None where it is empty."""

    status: str
    outstanding: Decimal | None
    whole: Decimal
    is_due_before: bool


def check(patient: Patient) -> Iterator[Finding]:
    known = relations(patient)
    try:
        if "invoice" in known and all(known["invoice"].has(field) for field in INVOICE):
            yield from _Invoices(patient, known["invoice"]).findings()
        if "payment" in known and known["payment"].has("amount"):
            yield from _payments(patient, known["payment"])
    except FAILURES as error:
        told = f"what is owed and paid cannot be looked at: {reason(error)}"
        yield Finding(level=Level.NOTE, topic=Topic.MONEY, found=told)


def _rows(patient: Patient, relation: Relation, fields: Sequence[str]) -> Sequence[Row]:
    codes = some_contracts(patient)
    wanted = is_one_of(relation.field("contract_code"), list_size(len(codes)))
    return ask_by(patient, relation.select(fields).where(wanted).limit(ROWS), codes)


class _Invoices:
    def __init__(self, patient: Patient, relation: Relation) -> None:
        self._patient = patient
        self._relation = relation

    def findings(self) -> Iterator[Finding]:
        rows = _rows(self._patient, self._relation, INVOICE)
        found, unreadable = [], 0
        for row in rows:
            try:
                found.append(_read(row))
            except BillingDataError:
                unreadable += 1
        if unreadable:
            told = f"{unreadable} of {len(rows)} invoices cannot be read"
            expected = "days and numbers in every row: pages that meet others fail"
            yield self._finding(Level.BROKEN, "outstanding", told, expected)
        if found:
            yield from self._status(found)
            yield from self._outstanding(found)
            yield from self._days(found)

    def _status(self, found: Sequence[Invoice]) -> Iterator[Finding]:
        counted = Counter(invoice.status or NO_WORD for invoice in found)
        words = [*RELATIONS["invoice"]["status"].words, *(counted.keys() & {NO_WORD})]
        told = ", ".join(f"{counted[word]} {word}" for word in words)
        told = f"{len(found)} invoices of some contracts: {told}"
        if counted["open"] or len(found) < FEWEST:
            yield self._finding(Level.OK, "status", told)
        else:
            yield self._finding(Level.WARNING, "status", told, "some that are open, or all is paid")

    def _outstanding(self, found: Sequence[Invoice]) -> Iterator[Finding]:
        owed = [invoice for invoice in found if invoice.status == "open"]
        paid = [invoice for invoice in found if invoice.status == "paid"]
        wrong = [
            self._count(paid, _has_rest, "paid invoices have something outstanding", OTHER_WAY),
            self._count(owed, _is_unknown, "open invoices do not say how much", "an amount"),
            self._count(
                owed,
                lambda invoice: (invoice.outstanding or 0) > invoice.whole + ROUNDED,
                "open invoices owe more than their principal, TV fee and interest",
                "lek everywhere, and no cents: { divide = ..., by = 100 }",
                Level.WARNING,
            ),
        ]
        if owed and not any(map(_has_rest, owed)):
            told = f"none of {len(owed)} open invoices has anything to pay"
            expected = "what is owed, above 0; or the status' map means something else"
            wrong.append(self._finding(Level.BROKEN, "outstanding", told, expected))
        findings = [finding for finding in wrong if finding]
        yield from findings
        if not findings:
            told = f"{len(owed)} open invoices have something to pay, {len(paid)} paid ones nothing"
            yield self._finding(Level.OK, "outstanding", told)

    def _count(
        self,
        some: Sequence[Invoice],
        is_wrong: Count,
        told: str,
        expected: str,
        level: Level = Level.BROKEN,
    ) -> Finding | None:
        wrong = sum(map(is_wrong, some))
        if not wrong:
            return None
        return self._finding(level, "outstanding", f"{wrong} of {len(some)} {told}", expected)

    def _days(self, found: Sequence[Invoice]) -> Iterator[Finding]:
        wrong = sum(invoice.is_due_before for invoice in found)
        if wrong:
            told = f"{wrong} of {len(found)} invoices are due before they are issued"
            yield self._finding(Level.WARNING, "due_on", told, "the last day to pay")

    def _finding(self, level: Level, field: str, found: str, expected: str = "") -> Finding:
        return Finding(
            level=level,
            topic=Topic.MONEY,
            place=self._patient.place("invoice", f"columns.{field}"),
            found=found,
            expected=expected,
        )


def _has_rest(invoice: Invoice) -> bool:
    return (invoice.outstanding or 0) > 0


def _is_unknown(invoice: Invoice) -> bool:
    return invoice.outstanding is None


def _read(row: Row) -> Invoice:
    """Raises: BillingDataError."""
    issued, due = decode.day(row, "issued_on"), decode.day(row, "due_on")
    outstanding = row["outstanding"]
    return Invoice(
        status=decode.text(row, "status"),
        outstanding=None if outstanding is None else decode.money(row, "outstanding"),
        whole=sum((decode.money(row, part) for part in PARTS), Decimal(0)),
        is_due_before=issued is not None and due is not None and due < issued,
    )


def _payments(patient: Patient, relation: Relation) -> Iterator[Finding]:
    place = patient.place("payment", "columns.amount")
    rows = _rows(patient, relation, ["amount"])
    try:
        amounts = [decode.money(row, "amount") for row in rows]
    except BillingDataError:
        told = f"some of {len(rows)} payments cannot be read"
        expected = "numbers in every row: pages that meet others fail"
        yield Finding(
            level=Level.BROKEN, topic=Topic.MONEY, place=place, found=told, expected=expected
        )
        return
    if amounts and not any(amount > 0 for amount in amounts):
        told = f"none of {len(amounts)} payments is above 0"
        yield Finding(
            level=Level.WARNING,
            topic=Topic.MONEY,
            place=place,
            found=told,
            expected='what was paid: { times = "...", by = -1 } turns it round',
        )
    elif amounts:
        told = f"{len(amounts)} payments of some contracts"
        yield Finding(level=Level.OK, topic=Topic.MONEY, place=place, found=told)
