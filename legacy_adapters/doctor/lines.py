"""Whether an invoice's lines are found as pages ask for them, and each once."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

from sqlalchemy import Connection, Select, bindparam

from legacy_adapters import decode
from legacy_adapters.doctor.joins import is_own
from legacy_adapters.doctor.patient import Patient
from legacy_adapters.doctor.questions import FAILURES, level_of, reason
from legacy_adapters.doctor.report import Finding, Level, Topic
from legacy_adapters.doctor.sampled import is_nearly_all, relations, rows_of
from legacy_adapters.errors import BillingDataError
from legacy_adapters.prepared import Row
from legacy_adapters.relations import RELATIONS
from legacy_adapters.schema import Relation

ASKED = 10  # the newest invoices of as many contracts
TWICE = Decimal("1.9")  # nearly; some lines are in no net
NAMES = ("contract_code", "invoice_number")
SPELLED = "contract_code and invoice_number spelled as `invoice` spells them"
ONE_ROW = "one row for each line: no join may double it, nor a cancelled invoice of that number"
OWN_PLACE = f"{ONE_ROW}; or billing numbers no single lines, and nothing is wrong"


def check(patient: Patient) -> Iterator[Finding]:
    fitted, invoice = patient.fitted.get("invoice_line"), relations(patient).get("invoice")
    line = fitted.relation if fitted else None
    if line is None or invoice is None or not all(map(line.has, NAMES)):
        return
    try:
        yield from _Lines(patient, invoice, line).findings()
    except FAILURES as error:
        told = f"the lines of invoices cannot be looked up: {reason(error)}"
        yield _finding(patient, level_of(error), "invoice_number", told)


class _Lines:
    def __init__(self, patient: Patient, invoice: Relation, line: Relation) -> None:
        self._patient = patient
        self._invoice = invoice
        self._line = line

    def findings(self) -> Iterator[Finding]:
        invoices = self._newest()
        found = [self._patient.ask(partial(self._of, invoice)) for invoice in invoices]
        yield from self._repeated(found)
        lost = sum(not lines for lines in found)
        if not lost:
            yield from self._sums(invoices, found)
            return
        told = f"{lost} of {len(invoices)} invoices have no lines by contract and number"
        if lost < len(invoices):
            yield _finding(self._patient, Level.NOTE, "invoice_number", told)
        elif lines := self._patient.ask(self._first):
            # Those of old invoices may be gone: only where none of both meets are names wrong.
            meets = any(self._patient.ask(partial(self._has_invoice, line)) for line in lines)
            level, expected = (Level.NOTE, "") if meets else (Level.BROKEN, SPELLED)
            yield _finding(self._patient, level, "invoice_number", told, expected)

    def _first(self, connection: Connection) -> Sequence[Row]:
        return [dict(r) for r in connection.execute(self._select().limit(ASKED)).mappings()]

    def _has_invoice(self, line: Row, connection: Connection) -> bool:
        code, number = self._invoice.field("contract_code"), self._invoice.field("number")
        statement = self._invoice.select(["number"]).where(
            code == bindparam("code"), number == bindparam("number")
        )
        values = {
            "code": decode.text(line, "contract_code"),
            "number": decode.text(line, "invoice_number"),
        }
        return connection.execute(statement, values).first() is not None

    def _newest(self) -> Sequence[Row]:
        """Of some contracts the newest invoice: of old ones the lines may be gone."""
        wanted = ("contract_code", "number", "status", "issued_on", "net", "tv_fee")
        fields = [field for field in wanted if self._invoice.has(field)]
        newest = {}
        for row in sorted(rows_of(self._patient, self._invoice, fields).found, key=_issued):
            if row.get("number") and row.get("status") != "cancelled":
                newest[row["contract_code"]] = row
        return list(newest.values())[-ASKED:]

    def _select(self) -> Select[Any]:
        return self._line.select([f for f in RELATIONS["invoice_line"] if self._line.has(f)])

    def _of(self, invoice: Row, connection: Connection) -> Sequence[Row]:
        code, number = (self._line.field(name) for name in NAMES)
        statement = self._select().where(code == bindparam("code"), number == bindparam("number"))
        values = {
            "code": decode.text(invoice, "contract_code"),
            "number": decode.text(invoice, "number"),
        }
        return [dict(row) for row in connection.execute(statement, values).mappings()]

    def _repeated(self, found: Sequence[Sequence[Row]]) -> Iterator[Finding]:
        """By their place: one line of many that comes out twice is a small sum."""
        fitted = self._patient.fitted["invoice_line"]
        if not (self._line.has("position") and fitted.mapping.columns["position"].columns):
            return  # a constant
        placed = [line for lines in found for line in lines if _is_placed(line)]
        own = [field for field in (placed[0] if placed else ()) if is_own(fitted, field)]
        whole = _repeats(placed, dict.fromkeys((*NAMES, "position", *own)))
        alike = _repeats(placed, (*NAMES, "position"))
        if whole:
            told = f"{whole} of {len(placed)} lines come out more than once"
            yield _finding(self._patient, Level.BROKEN, "position", told, ONE_ROW)
        elif alike:
            told = f"{alike} of {len(placed)} lines have the place of another one of their invoice"
            yield _finding(self._patient, Level.WARNING, "position", told, OWN_PLACE)

    def _sums(self, invoices: Sequence[Row], found: Sequence[Sequence[Row]]) -> Iterator[Finding]:
        """Only what is plainly too much: not everywhere do the lines add up to the net."""
        if not self._line.has("net"):
            return
        told_of = [
            (invoice, sum(map(_net, lines), Decimal(0)))
            for invoice, lines in zip(invoices, found, strict=True)
            if invoice.get("net") is not None and decode.money(invoice, "net") > 0
        ]
        doubled = sum(_is_doubled(invoice, lines) for invoice, lines in told_of)
        if is_nearly_all(doubled, len(told_of)):
            told = f"in {doubled} of {len(told_of)} invoices the lines are twice the invoice's"
            yield _finding(self._patient, Level.WARNING, "net", f"{told} net, or more", ONE_ROW)


def _is_placed(line: Row) -> bool:
    """Billing may number no lines: 0, or nothing."""
    return str(line.get("position") or "").strip(" 0.") != ""


def _repeats(lines: Sequence[Row], fields: Iterable[str]) -> int:
    counted = Counter(tuple(line[field] for field in fields) for line in lines)
    return sum(times for times in counted.values() if times > 1)


def _issued(invoice: Row) -> date:
    try:
        return decode.day(invoice, "issued_on") or date.min
    except (BillingDataError, KeyError):
        return date.min


def _net(line: Row) -> Decimal:
    """The TV fee is in no invoice's net."""
    return Decimal(0) if line.get("kind") == "tv_fee" else decode.money(line, "net")


def _is_doubled(invoice: Row, lines: Decimal) -> bool:
    net = decode.money(invoice, "net")
    tv_fee = decode.money(invoice, "tv_fee") if "tv_fee" in invoice else Decimal(0)
    has_fee = abs(lines - net - tv_fee) <= 1  # among its lines, and not called so
    return lines >= TWICE * net and not has_fee


def _finding(patient: Patient, level: Level, field: str, found: str, expected: str = "") -> Finding:
    place = patient.place("invoice_line", f"columns.{field}")
    return Finding(level=level, topic=Topic.KEYS, place=place, found=found, expected=expected)
