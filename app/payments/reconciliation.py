"""Compares what the bank took, what the portal counts, and what billing has, of one span."""

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path

from app.gateways.cards.port import ALL, OrderReference, Report, Verdict
from app.gateways.cards.values import code
from app.payments import rules
from app.payments.records import Order, Posting, Source, State
from app.payments.settling import Settling
from app.payments.shared import Shared
from app.payments.store import orders, postings
from app.payments.store.postings import Expected
from legacy_adapters.posting.port import PaymentId, PaymentPosting, PostedPayment, PostingStatus

# A thousand may be grouped; a third decimal there is not.
AMOUNT = re.compile(r"(-?)([0-9]{1,3}(?:[., ][0-9]{3})+|[0-9]{1,12})(?:[.,]([0-9]{1,2}))?")
# What is neither may be a refusal: no money was taken then.
GIVEN_BACK = frozenset({"reversed", "refund", "refunded", "void", "voided"})
TAKEN = frozenset({"", "captured", "paid", "approved", "settled", "success", "sale"})
COLUMNS = ("order", "amount", "currency", "transaction", "status")


class Kind(StrEnum):
    NOT_OURS = "the bank took money for an order that the portal does not know"
    NOT_COUNTED = "the bank took money that the portal does not count as paid"
    NOT_AT_BANK = "the portal counts as paid what the bank does not list"
    BANK_AMOUNT = "bank and portal have different amounts"
    TWICE_AT_BANK = "the bank took money more than once for one order"
    REVERSED = "the bank gave back what the portal counts as paid"
    NOT_IN_BILLING = "billing does not have it"
    BILLING_AMOUNT = "portal and billing have different amounts or invoices"
    REFUSED = "billing refused it"
    WAITING = "billing has not taken it yet"
    ONLY_IN_BILLING = "billing has a payment that the portal did not make"


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """subject: an order's reference or a payment's id."""

    kind: Kind
    subject: str
    detail: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """The counts are of what was compared. settled: how many captures the portal learnt of."""

    at_bank: int
    in_portal: int
    in_billing: int
    differences: tuple[Difference, ...]
    settled: int


class SettlementFileError(Exception):
    """The file cannot be read; the message names the line."""


class Reconciliation:
    def __init__(self, shared: Shared, *, settling: Settling, desk: PaymentPosting | None) -> None:
        self._shared = shared
        self._settling = settling
        self._desk = desk

    def compare(
        self,
        since: datetime,
        until: datetime,
        *,
        settlement: Sequence[Report] | None = None,
        settle: bool = False,
    ) -> Comparison:
        """settlement: the bank's own list, where its interface has none. settle: what the bank
        took and the portal does not know of is counted now; where a file says so, after asking.

        Raises: NoList, GatewayUnavailable, PayingIsOff, BillingError.
        """
        bank = settlement
        if bank is None:
            bank = self._shared.bank().list_captures(since, until)
        # Anybody can write a file: what it says is only a reason to ask.
        must_ask = settlement is not None and self._shared.settings.ask_first
        settled = sum(self._settle(report, must_ask) for report in bank) if settle else 0
        counted = self._counted(bank, since, until)
        with self._shared.database.read() as connection:
            expected = postings.list_expected(connection, since, until)
        posted = self._desk.list_since(since) if self._desk else []
        differences = [
            *compare_bank(bank, counted, since, until),
            *compare_billing(expected, posted, self._known(posted)),
        ]
        return Comparison(
            at_bank=len(bank),
            in_portal=len(expected),
            in_billing=len(posted),
            differences=tuple(differences),
            settled=settled,
        )

    def _settle(self, report: Report, must_ask: bool) -> bool:
        with self._shared.database.read() as connection:
            order = orders.find_order(connection, report.reference)
        if order is None:
            return False
        if must_ask:
            found = self._settling.ask(order.reference, Source.OPERATOR)
        else:
            found = self._settling.settle(report, Source.OPERATOR)
        return found.state is not order.state

    def _counted(
        self, bank: Sequence[Report], since: datetime, until: datetime
    ) -> dict[OrderReference, Order]:
        """What the portal knows of the bank's orders, and all that it counts itself."""
        references = sorted({report.reference for report in bank})
        with self._shared.database.read() as connection:
            found = orders.list_of_references(connection, references)
            for order in orders.list_captured(connection, since, until):
                found[order.reference] = order
        return found

    def _known(self, posted: Sequence[PostedPayment]) -> set[PaymentId]:
        with self._shared.database.read() as connection:
            return postings.find_known(connection, [one.payment_id for one in posted])


def compare_bank(
    bank: Iterable[Report],
    portal: Mapping[OrderReference, Order],
    since: datetime,
    until: datetime,
) -> list[Difference]:
    """Pure. portal: the orders of the bank's list, and those captured in the span."""
    taken: dict[OrderReference, list[Report]] = {}
    for report in bank:
        taken.setdefault(report.reference, []).append(report)
    found = []
    for reference, reports in taken.items():
        found += _compare_order(reference, reports, portal.get(reference))
    for reference, order in portal.items():
        in_span = order.captured_at is not None and since <= order.captured_at < until
        if reference not in taken and in_span and order.state in rules.COUNTED:
            found.append(
                Difference(kind=Kind.NOT_AT_BANK, subject=reference, detail=str(order.amount))
            )
    return found


def _compare_order(
    reference: OrderReference, reports: Sequence[Report], order: Order | None
) -> list[Difference]:
    captures = [report for report in reports if report.verdict is Verdict.CAPTURED]
    given_back = any(report.verdict is Verdict.REVERSED for report in reports)
    amounts = ", ".join(f"{report.amount} {report.currency}" for report in captures)

    def difference(kind: Kind, detail: str = "") -> list[Difference]:
        return [Difference(kind=kind, subject=reference, detail=detail or amounts)]

    if order is None:
        return difference(Kind.NOT_OURS) if captures else []
    if given_back:
        return difference(Kind.REVERSED) if order.state in rules.COUNTED else []
    # Told twice with one id it is one; without any nobody knows.
    names = [report.transaction for report in captures]
    if len(set(names)) > 1 or names.count("") > 1:
        return difference(Kind.TWICE_AT_BANK)
    if captures and order.captured is None:
        return difference(Kind.NOT_COUNTED, f"{amounts}; the order is {order.state}")
    told = {(report.amount, report.currency) for report in captures}
    if told and told != {(order.amount, order.currency)}:
        ours = f"{amounts}; the order is of {order.amount} {order.currency}"
        return difference(Kind.BANK_AMOUNT, ours) if order.state is not State.CLOSED else []
    return []


def compare_billing(
    expected: Iterable[Expected],
    posted: Iterable[PostedPayment],
    known: set[PaymentId],
) -> list[Difference]:
    """Pure. known: those of `posted` that the portal made, in this span or another."""
    there = {one.payment_id: one for one in posted}
    found = []
    for ours in expected:
        kind, detail = _compare_payment(ours, there.get(ours.payment_id))
        if kind:
            found.append(Difference(kind=kind, subject=ours.payment_id, detail=detail))
    found += [
        Difference(kind=Kind.ONLY_IN_BILLING, subject=one.payment_id, detail=f"{one.amount} ALL")
        for one in there.values()
        if one.payment_id not in known
    ]
    return found


def _compare_payment(ours: Expected, theirs: PostedPayment | None) -> tuple[Kind | None, str]:
    if theirs is None:
        waits = "still to be posted" if ours.posting is Posting.WAITING else "it was posted"
        return Kind.NOT_IN_BILLING, f"{ours.amount} ALL, {waits}"
    same = (theirs.contract_code, theirs.invoice_number, theirs.amount)
    if same != (ours.contract_code, ours.invoice_number, ours.amount):
        return Kind.BILLING_AMOUNT, f"{ours.amount} here, {theirs.amount} there"
    if theirs.status is PostingStatus.REFUSED:
        return Kind.REFUSED, theirs.reason
    if theirs.status is PostingStatus.WAITING:
        return Kind.WAITING, f"{ours.amount} ALL"
    return None, ""


def read_settlement_file(file: Path, names: Mapping[str, str]) -> list[Report]:
    """A CSV file with a head line. names: the file's own names of COLUMNS, where they differ;
    currency, transaction and status may be missing.

    Raises: SettlementFileError.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
        dialect = csv.Sniffer().sniff(text[:4096], delimiters=",;\t")
        rows = csv.DictReader(text.splitlines(), dialect=dialect)
        fields, found = rows.fieldnames or (), list(rows)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SettlementFileError(f"{file}: cannot be read as CSV: {error}") from error
    called = {column: names.get(column, column) for column in COLUMNS}
    for column in ("order", "amount"):
        if called[column] not in fields:
            raise SettlementFileError(
                f"{file}: no column “{called[column]}”; its columns: {fields}."
                f" Name it: --column {column}=..."
            )
    return [
        _row(row, called, f"{file}, line {number}") for number, row in enumerate(found, start=2)
    ]


def _row(row: Mapping[str, str | None], called: Mapping[str, str], where: str) -> Report:
    def text(column: str) -> str:
        """What a terminal shows as it is."""
        return "".join(c for c in row.get(called[column]) or "" if c.isprintable()).strip()

    amount = AMOUNT.fullmatch(text("amount").replace("\u00a0", " "))
    if amount is None:
        raise SettlementFileError(f"{where}: no amount: {text('amount')!r}")
    sign, whole, cents = amount.groups()
    status = text("status").lower()
    if status not in GIVEN_BACK | TAKEN:
        raise SettlementFileError(
            f"{where}: status {status!r} is none of {', '.join(sorted(GIVEN_BACK | TAKEN - {''}))}"
        )
    return Report(
        reference=OrderReference(text("order")[:60]),
        verdict=Verdict.REVERSED if sign or status in GIVEN_BACK else Verdict.CAPTURED,
        amount=Decimal(f"{re.sub('[., ]', '', whole)}.{cents or 0}"),
        currency={"": ALL, "008": ALL, "8": ALL}.get(text("currency"), text("currency")[:3]),
        transaction=code(text("transaction")),
    )
