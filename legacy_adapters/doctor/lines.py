"""Whether an invoice's lines are found as pages ask for them, and each once."""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

from sqlalchemy import Connection, Select, bindparam

from legacy_adapters import decode
from legacy_adapters.doctor.patient import Patient
from legacy_adapters.doctor.questions import FAILURES, reason
from legacy_adapters.doctor.report import Finding, Level, Topic
from legacy_adapters.doctor.sampled import is_nearly_all, relations, rows_of
from legacy_adapters.errors import BillingDataError
from legacy_adapters.prepared import Row
from legacy_adapters.schema import Relation

ASKED = 10  # the newest invoices of as many contracts
TWICE = Decimal("1.9")  # nearly; some lines are in no net
NAMES = ("contract_code", "invoice_number")
SPELLED = "contract_code and invoice_number spelled as `invoice` spells them"
ONE_ROW = "one row for each line: no join may double it, nor a cancelled invoice of that number"


def check(patient: Patient) -> Iterator[Finding]:
    fitted, invoice = patient.fitted.get("invoice_line"), relations(patient).get("invoice")
    line = fitted.relation if fitted else None
    if line is None or invoice is None or not all(map(line.has, NAMES)):
        return
    try:
        yield from _Lines(patient, invoice, line).findings()
    except FAILURES as error:
        told = f"the lines of invoices cannot be looked up: {reason(error)}"
        yield _finding(patient, Level.NOTE, "invoice_number", told)


class _Lines:
    def __init__(self, patient: Patient, invoice: Relation, line: Relation) -> None:
        self._patient = patient
        self._invoice = invoice
        self._line = line

    def findings(self) -> Iterator[Finding]:
        invoices = self._newest()
        found = [self._patient.ask(partial(self._of, invoice)) for invoice in invoices]
        lost = sum(not lines for lines in found)
        if not lost:
            yield from self._sums(invoices, found)
            return
        told = f"{lost} of {len(invoices)} invoices have no lines by contract and number"
        if lost < len(invoices):
            yield _finding(self._patient, Level.NOTE, "invoice_number", told)
        elif self._patient.ask(lambda c: c.execute(self._select().limit(1)).first()):
            yield _finding(self._patient, Level.BROKEN, "invoice_number", told, SPELLED)

    def _newest(self) -> Sequence[Row]:
        """Of some contracts the newest invoice: of old ones the lines may be gone."""
        wanted = ("contract_code", "number", "status", "issued_on", "net")
        fields = [field for field in wanted if self._invoice.has(field)]
        newest = {}
        for row in sorted(rows_of(self._patient, self._invoice, fields), key=_issued):
            if row.get("number") and row.get("status") != "cancelled":
                newest[row["contract_code"]] = row
        return list(newest.values())[-ASKED:]

    def _select(self) -> Select[Any]:
        wanted = (*NAMES, "kind", "net")
        return self._line.select([field for field in wanted if self._line.has(field)])

    def _of(self, invoice: Row, connection: Connection) -> Sequence[Row]:
        code, number = (self._line.field(name) for name in NAMES)
        statement = self._select().where(code == bindparam("code"), number == bindparam("number"))
        values = {
            "code": decode.text(invoice, "contract_code"),
            "number": decode.text(invoice, "number"),
        }
        return [dict(row) for row in connection.execute(statement, values).mappings()]

    def _sums(self, invoices: Sequence[Row], found: Sequence[Sequence[Row]]) -> Iterator[Finding]:
        """Only what is plainly too much: not everywhere do the lines add up to the net."""
        if not self._line.has("net"):
            return
        nets = [
            (sum(map(_net, lines), Decimal(0)), decode.money(invoice, "net"))
            for invoice, lines in zip(invoices, found, strict=True)
            if invoice.get("net") is not None
        ]
        nets = [(lines, net) for lines, net in nets if net > 0]
        doubled = sum(lines >= TWICE * net for lines, net in nets)
        if is_nearly_all(doubled, len(nets)):
            told = f"in {doubled} of {len(nets)} invoices the lines are twice the invoice's net, or"
            yield _finding(self._patient, Level.WARNING, "net", f"{told} more", ONE_ROW)


def _issued(invoice: Row) -> date:
    try:
        return decode.day(invoice, "issued_on") or date.min
    except (BillingDataError, KeyError):
        return date.min


def _net(line: Row) -> Decimal:
    """The TV fee is in no invoice's net."""
    return Decimal(0) if line.get("kind") == "tv_fee" else decode.money(line, "net")


def _finding(patient: Patient, level: Level, field: str, found: str, expected: str = "") -> Finding:
    place = patient.place("invoice_line", f"columns.{field}")
    return Finding(level=level, topic=Topic.KEYS, place=place, found=found, expected=expected)
