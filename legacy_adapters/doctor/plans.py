"""The portal's fixed statements: what their plans read whole, and how long they take."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, Select

from legacy_adapters import contracts, invoices, payments
from legacy_adapters.doctor.kinds import Scan, TableName
from legacy_adapters.doctor.patient import Patient
from legacy_adapters.doctor.questions import FAILURES, reason
from legacy_adapters.doctor.report import Finding, Level, Topic
from legacy_adapters.errors import CANNOT_READ, BillingUnavailable
from legacy_adapters.schema import Relation

Relations = dict[str, Relation]
YEAR = timedelta(days=365)


@dataclass(frozen=True, kw_only=True)
class Question:
    """A statement as statements.py builds it, with values for one contract."""

    name: str
    statement: Select[Any]
    values: dict[str, Any]
    relations: tuple[str, ...]


@dataclass(frozen=True)
class Example:
    """Whom to ask for: a real contract has a real plan and a real time."""

    code: str = "0"
    number: str = "0"


BUILDERS: dict[str, tuple[tuple[str, ...], Callable[[Relations], Select[Any]]]] = {
    "contract": (("contract",), lambda r: contracts.by_code(r["contract"])),
    "contracts": (("contract",), lambda r: contracts.by_codes(r["contract"])),
    "info": (
        ("contract", "contract_info"),
        lambda r: contracts.info_by_code(r["contract"], r["contract_info"]),
    ),
    "of_tax_id": (("contract",), lambda r: contracts.by_tax_id(r["contract"])),
    "newest": (("invoice",), lambda r: contracts.newest_by_codes(r["invoice"])),
    "debts": (("invoice",), lambda r: contracts.debts_by_codes(r["invoice"])),
    "with_debts": (
        ("contract", "invoice"),
        lambda r: contracts.with_debts_by_codes(r["contract"], r["invoice"]),
    ),
    "statement": (
        ("contract", "invoice"),
        lambda r: invoices.statement(r["contract"], r["invoice"]),
    ),
    "statements": (
        ("contract", "invoice"),
        lambda r: invoices.statements(r["contract"], r["invoice"]),
    ),
    "history": (("contract", "invoice"), lambda r: invoices.history(r["contract"], r["invoice"])),
    "detail": (
        ("contract", "invoice", "invoice_line"),
        lambda r: invoices.detail(r["contract"], r["invoice"], r.get("invoice_line")),
    ),
    "payments": (("payment",), lambda r: payments.recent(r["payment"])),
    "issued": (("invoice",), lambda r: invoices.issued_by_codes(r["invoice"])),
    "posted": (("payment",), lambda r: payments.posted_by_codes(r["payment"])),
}


def questions(patient: Patient, example: Example) -> list[Question]:
    """Those whose relations are whole."""
    whole = {n: f.relation for n, f in patient.fitted.items() if f.is_whole and f.relation}
    found = []
    for name, (needed, build) in BUILDERS.items():
        mapped = tuple(n for n in needed if n in patient.mapping.relations or n != "invoice_line")
        if all(n in whole for n in mapped):
            statement = build(whole)
            values = _values(statement, example)
            found.append(Question(name=name, statement=statement, values=values, relations=mapped))
    return found


def _values(statement: Select[Any], example: Example) -> dict[str, Any]:
    known: dict[str, Any] = {
        **dict.fromkeys(("code", "info_code", "invoice_code", "line_code"), example.code),
        **dict.fromkeys(("code_0", "invoice_code_0"), example.code),
        **dict.fromkeys(("number", "line_number"), example.number),
        **dict.fromkeys(contracts.SPELLED, "-"),
        "at_most": 1,
        "since": date.today() - YEAR,  # noqa: DTZ011
        "at_least": 12,
    }
    wanted = statement.compile().params.keys()
    return {name: value for name, value in known.items() if name in wanted}


def check(patient: Patient, example: Example) -> Iterator[Finding]:
    for question in questions(patient, example):
        yield from _plan(patient, question)
        yield _time(patient, question)


def _plan(patient: Patient, question: Question) -> Iterator[Finding]:
    aliases: dict[str, TableName] = {}
    for name in question.relations:
        aliases |= patient.fitted[name].tables
    try:
        scans = patient.ask(
            lambda c: patient.kind.scans(c, question.statement, question.values, aliases)
        )
    except FAILURES as error:
        yield Finding(
            level=Level.NOTE,
            topic=Topic.PLANS,
            place=question.name,
            found=f"its plan cannot be seen: {reason(error)}",
        )
        return
    told = [finding for scan in scans if (finding := _scan(patient, question, scan))]
    yield from told
    if not told:
        small = ", ".join(sorted({str(scan.table) for scan in scans}))
        found = f"reads whole only what is small: {small}" if small else "reads no table whole"
        yield Finding(level=Level.OK, topic=Topic.PLANS, place=question.name, found=found)


def _scan(patient: Patient, question: Question, scan: Scan) -> Finding | None:
    rows = patient.rows(scan.table)
    if rows is not None and rows <= patient.scan_limit:
        return None
    about = "nobody knows how many" if rows is None else f"about {rows:,}"
    if rows == patient.scan_limit + 1:  # without statistics, rows are counted no farther
        about = f"more than {patient.scan_limit:,}"
    is_sure = rows is not None or scan.is_known
    return Finding(
        level=Level.WARNING if is_sure else Level.NOTE,
        topic=Topic.PLANS,
        place=question.name,
        found=f"reads all of {scan.table} ({about} rows): {scan.how}",
        expected="an index on what the statement looks up, and fresh statistics",
    )


def _time(patient: Patient, question: Question) -> Finding:
    def timed(connection: Connection) -> float:
        started = time.perf_counter()
        connection.execute(question.statement, question.values).all()
        return time.perf_counter() - started

    def finding(level: Level, found: str, expected: str = "") -> Finding:
        return Finding(
            level=level, topic=Topic.TIMES, place=question.name, found=found, expected=expected
        )

    try:
        seconds = patient.ask(timed)
    except CANNOT_READ:
        return finding(Level.WARNING, "what it reads cannot be decoded", "see the samples")
    except BillingUnavailable as error:
        expected = "an answer; is it the time-out, look at its plan"
        return finding(Level.BROKEN, f"it fails: {reason(error)}", expected)
    except FAILURES as error:
        return finding(Level.BROKEN, f"it fails: {reason(error)}", "see docs/mapping.md")
    told = f"{seconds * 1000:,.0f} ms"
    if seconds > patient.answer_seconds:
        expected = f"less than SELFCARE_BILLING_ANSWER_SECONDS ({patient.answer_seconds:g} s)"
        return finding(Level.WARNING, told, expected)
    return finding(Level.NOTE, told)
