"""Whether what is owed makes sense: a code read the wrong way round, cents taken for lek or an
amount that is not known hide a debt, and nothing else would say so."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from legacy_adapters import decode
from legacy_adapters.doctor import paid
from legacy_adapters.doctor.patient import Patient
from legacy_adapters.doctor.questions import FAILURES, level_of, reason
from legacy_adapters.doctor.report import Finding, Level, Topic
from legacy_adapters.doctor.sampled import ROWS_OF_MANY, is_nearly_all, relations, rows_of
from legacy_adapters.errors import BillingDataError
from legacy_adapters.prepared import Row
from legacy_adapters.relations import RELATIONS
from legacy_adapters.schema import Relation

FEWEST = 25  # invoices, of which one at least should be open
ROUNDED = Decimal(1)  # lek: what billing may round for itself
PARTS = ("principal", "tv_fee", "interest")
INVOICE = ("status", "issued_on", "due_on", *PARTS, "outstanding")
ASIDE = {"tv_fee": "TV fee", "interest": "interest"}  # what is no part of the principal
OLD_DAYS = 100  # without an invoice of any sampled contract
UNREAD = "days and numbers in every row: pages that meet others fail"
NO_WORD = "of no word"
OTHER_WAY = "0 where it is paid; or the words of the status' map the other way round"
Count = Callable[["Invoice"], bool]


@dataclass(frozen=True, kw_only=True)
class Invoice:
    """status: "" for none. outstanding, net, vat: None where it is empty."""

    status: str
    issued_on: date | None
    parts: dict[str, Decimal]
    outstanding: Decimal | None
    net: Decimal | None
    vat: Decimal | None
    is_due_before: bool

    @property
    def whole(self) -> Decimal:
        return sum(self.parts.values(), Decimal(0))

    @property
    def billed(self) -> Decimal:
        return self.parts["principal"] + self.parts["tv_fee"]


def check(patient: Patient, today: date) -> Iterator[Finding]:
    known = relations(patient)
    billed: list[Decimal] = []
    if "invoice" in known and all(known["invoice"].has(field) for field in INVOICE):
        invoices = _Invoices(patient, known["invoice"], today)
        yield from _as_far_as_it_goes(patient, "invoice", invoices.findings())
        billed = [one.billed for one in invoices.found if one.status == "paid"]
    if "payment" in known and known["payment"].has("amount"):
        found = paid.check(patient, known["payment"], billed)
        yield from _as_far_as_it_goes(patient, "payment", found)


def _as_far_as_it_goes(
    patient: Patient, name: str, findings: Iterator[Finding]
) -> Iterator[Finding]:
    try:
        yield from findings
    except FAILURES as error:
        told = f"what is owed and paid cannot be looked at: {reason(error)}"
        place = patient.place(name)
        yield Finding(level=level_of(error), topic=Topic.MONEY, place=place, found=told)


class _Invoices:
    def __init__(self, patient: Patient, relation: Relation, today: date) -> None:
        self._patient = patient
        self._relation = relation
        self._today = today
        self.found: list[Invoice] = []

    def findings(self) -> Iterator[Finding]:
        fields = [*INVOICE, *filter(self._relation.has, ("net", "vat"))]
        asked = rows_of(self._patient, self._relation, fields)
        rows = asked.found
        if asked.unread:
            yield self._finding(Level.BROKEN, "", asked.told_unread, UNREAD)
        unreadable = 0
        for row in rows:
            try:
                self.found.append(_read(row))
            except BillingDataError:
                unreadable += 1
        if unreadable:
            told = f"{unreadable} of {len(rows)} invoices cannot be read"
            yield self._finding(Level.BROKEN, "outstanding", told, UNREAD)
        if self.found:
            yield from self._status(self.found)
            yield from self._outstanding(self.found)
            yield from self._counted_twice(self.found)
            yield from self._parts(self.found)
            yield from self._days(self.found)
        if len(rows) < ROWS_OF_MANY:  # else there are others
            yield from self._newest(self.found)

    def _status(self, found: Sequence[Invoice]) -> Iterator[Finding]:
        known = RELATIONS["invoice"]["status"].words
        counted = Counter(one.status if one.status in known else NO_WORD for one in found)
        words = [*known, *(counted.keys() & {NO_WORD})]
        told = ", ".join(f"{counted[word]} {word}" for word in words)
        told = f"{len(found)} invoices of some contracts: {told}"
        if counted[NO_WORD]:
            yield self._finding(Level.BROKEN, "status", told, f"one of {', '.join(known)}")
        elif counted["open"] or len(found) < FEWEST:
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

    def _counted_twice(self, found: Sequence[Invoice]) -> Iterator[Finding]:
        """What stands in the principal already looks like paid."""
        for part, name in ASIDE.items():
            owed = [one for one in found if one.status == "open" and one.parts[part] > 0]
            just = sum(_paid(one) in {one.parts[part], _aside(one)} for one in owed)
            if is_nearly_all(just, len(owed)):
                told = f"{just} of {len(owed)} open invoices seem paid by just their {name}"
                told += ": is it in the principal already?"
                expected = f"a principal without the {name}, and an outstanding with it"
                yield self._finding(Level.WARNING, "principal", told, expected)

    def _parts(self, found: Sequence[Invoice]) -> Iterator[Finding]:
        sums = [
            one.net + one.vat - one.parts["principal"]
            for one in found
            if one.net is not None and one.vat is not None
        ]
        wrong = sum(abs(rest) > ROUNDED for rest in sums)
        if is_nearly_all(wrong, len(sums)):
            told = f"net and vat do not make the principal in {wrong} of {len(sums)} invoices"
            yield self._finding(
                Level.WARNING, "net", told, "the principal without VAT, and the VAT"
            )

    def _days(self, found: Sequence[Invoice]) -> Iterator[Finding]:
        wrong = sum(invoice.is_due_before for invoice in found)
        if wrong:
            told = f"{wrong} of {len(found)} invoices are due before they are issued"
            yield self._finding(Level.WARNING, "due_on", told, "the last day to pay")

    def _newest(self, found: Sequence[Invoice]) -> Iterator[Finding]:
        issued = [one.issued_on for one in found if one.issued_on]
        if issued and (self._today - max(issued)).days > OLD_DAYS:
            told = f"the newest invoice of the sampled contracts is of {max(issued)}"
            expected = (
                "the table in use, or a view that puts together one for each year; or these"
                " contracts are closed or prepaid, and nothing is wrong"
            )
            yield self._finding(Level.WARNING, "issued_on", told, expected)

    def _finding(self, level: Level, field: str, found: str, expected: str = "") -> Finding:
        return Finding(
            level=level,
            topic=Topic.MONEY,
            place=self._patient.place("invoice", f"columns.{field}" if field else ""),
            found=found,
            expected=expected,
        )


def _has_rest(invoice: Invoice) -> bool:
    return (invoice.outstanding or 0) > 0


def _is_unknown(invoice: Invoice) -> bool:
    return invoice.outstanding is None


def _aside(invoice: Invoice) -> Decimal:
    return sum((invoice.parts[part] for part in ASIDE), Decimal(0))


def _paid(invoice: Invoice) -> Decimal | None:
    return None if invoice.outstanding is None else invoice.whole - invoice.outstanding


def _read(row: Row) -> Invoice:
    """Raises: BillingDataError."""
    issued, due = decode.day(row, "issued_on"), decode.day(row, "due_on")
    return Invoice(
        status=decode.text(row, "status"),
        issued_on=issued,
        parts={part: decode.money(row, part) for part in PARTS},
        outstanding=_known(row, "outstanding"),
        net=_known(row, "net"),
        vat=_known(row, "vat"),
        is_due_before=issued is not None and due is not None and due < issued,
    )


def _known(row: Row, field: str) -> Decimal | None:
    return None if row.get(field) is None else decode.money(row, field)
