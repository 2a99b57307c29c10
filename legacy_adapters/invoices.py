"""Invoices: each query beside its row factory.

A page's head and its rows come in one round trip: the contract, outer-joined to rows that
were found by the same code. A contract without rows is one row of NULLs.
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    Select,
    Subquery,
    bindparam,
    func,
    or_,
    select,
    true,
)

from legacy_adapters import decode, unique
from legacy_adapters.contracts import BESIDE, below, by_codes, contract_row, head, is_one_of
from legacy_adapters.prepared import Row
from legacy_adapters.records import (
    NO_MONEY,
    Contract,
    ContractCode,
    Invoice,
    InvoiceDetail,
    InvoiceLine,
    InvoiceNumber,
    IssuedInvoice,
    OpenInvoice,
    Statement,
)
from legacy_adapters.schema import Relation

OPEN, PAID = "open", "paid"  # the words of a status, beside "cancelled"
WHOSE = "contract_code"  # beside a contract without invoices it is NULL
LINE_OF = "line_contract_code"
HISTORY_FIELDS = ("number", "period", "issued_on", "due_on", "units", "principal", "tv_fee")
OPEN_FIELDS = (
    "number",
    "period",
    "issued_on",
    "due_on",
    "principal",
    "tv_fee",
    "interest",
    "outstanding",
)
DETAIL_FIELDS = (
    *("number", "period", "issued_on", "due_on", "billed_from", "billed_to", "meter"),
    *("reading_before", "reading_after", "units", "net", "vat", "principal", "tv_fee"),
    *("interest", "outstanding", "status", "nslf", "nivf", "eic", "verification_url"),
)
LINE_FIELDS = (
    "position",
    "kind",
    "description",
    "quantity",
    "unit",
    "unit_price",
    "net",
    "vat_rate",
)


def _of_contract(invoice: Relation, fields: Sequence[str]) -> Select[Any]:
    code = invoice.field("contract_code") == bindparam("invoice_code")
    return invoice.select(fields).where(code)


def _beside_contract(contract: Relation, rows: Subquery) -> Select[Any]:
    first = head(contract)
    return select(first, rows).select_from(first.outerjoin(rows, true()))


def statement(contract: Relation, invoice: Relation) -> Select[Any]:
    """Parameters: code, invoice_code (the same)."""
    fields = (WHOSE, *OPEN_FIELDS)
    found = _of_contract(invoice, fields).where(invoice.equals("status", "open"))
    rows = found.subquery("i")
    return _beside_contract(contract, rows).order_by(
        rows.c.issued_on.desc().nulls_last(), rows.c.number.desc()
    )


def statements(contract: Relation, invoice: Relation, size: int = 1) -> Select[Any]:
    """The contracts, and below them their open invoices. Parameters:
    those of both_lists_of_codes."""
    wanted = is_one_of(invoice.field("contract_code"), size, BESIDE)
    owed = invoice.select((WHOSE, *OPEN_FIELDS)).where(wanted, invoice.equals("status", "open"))
    found = below(by_codes(contract, size).subquery("c"), owed.subquery("i"))
    return select(found).order_by(found.c.issued_on.desc().nulls_last(), found.c.number.desc())


def statement_rows(found: Sequence[Contract], rows: Sequence[Row]) -> dict[ContractCode, Statement]:
    """Raises: BillingDataError."""
    owed: dict[str, list[OpenInvoice]] = {contract.code: [] for contract in found}
    for row in rows:
        code = decode.text(row, WHOSE)
        if code in owed:  # its contract may be left out by the mapping
            owed[code].append(open_row(row))
    for listed in (several for several in owed.values() if len(several) > 1):
        unique.each_number_once([invoice.number for invoice in listed])
    return {c.code: Statement(contract=c, open_invoices=tuple(owed[c.code])) for c in found}


def open_rows(rows: Sequence[Row]) -> tuple[OpenInvoice, ...]:
    """Those beside one contract. Raises: BillingDataError."""
    found = tuple(open_row(row) for row in rows if row[WHOSE] is not None)
    unique.each_number_once([invoice.number for invoice in found])
    return found


def open_row(row: Row) -> OpenInvoice:
    return OpenInvoice(
        number=InvoiceNumber(decode.text(row, "number")),
        period=decode.period(row, "period"),
        issued_on=decode.day(row, "issued_on"),
        due_on=decode.day(row, "due_on"),
        principal=decode.money(row, "principal"),
        tv_fee=decode.money(row, "tv_fee"),
        interest=decode.money(row, "interest"),
        outstanding=decode.amount(row, "outstanding"),
    )


def history(contract: Relation, invoice: Relation) -> Select[Any]:
    """Parameters: code, invoice_code (the same), since, at_least."""
    newest = func.row_number().over(
        order_by=(invoice.field("issued_on").desc().nulls_last(), invoice.field("number").desc())
    )
    ranked = (
        _of_contract(invoice, (WHOSE, *HISTORY_FIELDS))
        .add_columns(newest.label("rank"))
        .where(invoice.differs("status", "cancelled"))
        .subquery("r")
    )
    wanted = or_(ranked.c.issued_on >= bindparam("since"), ranked.c.rank <= bindparam("at_least"))
    rows = select(ranked).where(wanted).subquery("i")
    return _beside_contract(contract, rows).order_by(rows.c.rank)


def history_rows(rows: Sequence[Row]) -> tuple[Invoice, ...]:
    """Those beside one contract that can be named. Raises: BillingDataError."""
    found = [history_row(row) for row in rows if row["number"] is not None]
    found = [invoice for invoice in found if invoice.number]
    unique.each_number_once([invoice.number for invoice in found])
    return tuple(found)


def history_row(row: Row) -> Invoice:
    return Invoice(
        number=InvoiceNumber(decode.text(row, "number")),
        period=decode.period(row, "period"),
        issued_on=decode.day(row, "issued_on"),
        due_on=decode.day(row, "due_on"),
        units=decode.quantity(row, "units"),
        amount=decode.money(row, "principal") + decode.money(row, "tv_fee"),
    )


def issued_by_codes(invoice: Relation, size: int = 1) -> Select[Any]:
    """Parameters: those of list_of_codes, since."""
    wanted = is_one_of(invoice.field("contract_code"), size)
    since = invoice.field("issued_on") >= bindparam("since")
    found = invoice.select((WHOSE, *HISTORY_FIELDS, "outstanding", "status"))
    return found.where(wanted, since, invoice.differs("status", "cancelled"))


def issued_rows(rows: Sequence[Row]) -> tuple[IssuedInvoice, ...]:
    """Those that can be named, by contract and day. Raises: BillingDataError."""
    found = [issued_row(row) for row in rows if decode.text(row, "number")]
    unique.each_once("number", [(one.contract_code, one.invoice.number) for one in found])
    return tuple(sorted(found, key=order_of_issue))


def issued_row(row: Row) -> IssuedInvoice:
    return IssuedInvoice(
        contract_code=ContractCode(decode.text(row, WHOSE)),
        invoice=history_row(row),
        outstanding=_owed_now(row),
    )


def _owed_now(row: Row) -> Decimal:
    """As the page of open invoices has it: what is not open is not owed, whatever is outstanding,
    and of what is open nobody may take an empty amount for nothing."""
    return decode.amount(row, "outstanding") if decode.text(row, "status") == OPEN else NO_MONEY


def order_of_issue(issued: IssuedInvoice) -> tuple[str, date, str]:
    """Told here, because databases order codes each in their own way."""
    invoice = issued.invoice
    return issued.contract_code, invoice.issued_on or date.min, invoice.number


def detail(contract: Relation, invoice: Relation, line: Relation | None) -> Select[Any]:
    """The invoice once per line. Parameters: code, invoice_code, number; with lines also
    line_code and line_number (the same values)."""
    first = head(contract)
    found = (
        _of_contract(invoice, (WHOSE, *DETAIL_FIELDS))
        .add_columns(func.count().over().label("copies"))
        .where(
            invoice.field("number") == bindparam("number"),
            invoice.differs("status", "cancelled"),
        )
        .subquery("i")
    )
    joined = first.outerjoin(found, true())
    if line is None:
        return select(first, found).select_from(joined)
    lines = (
        line.select((WHOSE, *LINE_FIELDS))
        .where(
            line.field("contract_code") == bindparam("line_code"),
            line.field("invoice_number") == bindparam("line_number"),
        )
        .subquery("l")
    )
    told = (lines.c[name].label(f"line_{name}") for name in (WHOSE, *LINE_FIELDS))
    return (
        select(first, found, *told)
        .select_from(joined.outerjoin(lines, true()))
        .order_by(lines.c.position.nulls_last())
    )


def detail_row(rows: Sequence[Row]) -> InvoiceDetail:
    """Raises: BillingDataError."""
    row = rows[0]
    if LINE_OF in row:
        unique.of_those(WHOSE, [decode.text(row, WHOSE)], rows, LINE_OF)
    unique.once("number", row["copies"])
    principal, tv_fee = decode.money(row, "principal"), decode.money(row, "tv_fee")
    owed = _owed_now(row)
    return InvoiceDetail(
        contract=contract_row(row),
        number=InvoiceNumber(decode.text(row, "number")),
        period=decode.period(row, "period"),
        issued_on=decode.day(row, "issued_on"),
        due_on=decode.day(row, "due_on"),
        billed_from=decode.day(row, "billed_from"),
        billed_to=decode.day(row, "billed_to"),
        meter=decode.text(row, "meter"),
        reading_before=decode.optional_quantity(row, "reading_before"),
        reading_after=decode.optional_quantity(row, "reading_after"),
        units=decode.quantity(row, "units"),
        net=decode.money(row, "net"),
        vat=decode.money(row, "vat"),
        principal=principal,
        tv_fee=tv_fee,
        interest=decode.money(row, "interest"),
        amount=principal + tv_fee,
        outstanding=owed,
        is_paid=not owed and decode.text(row, "status") in (OPEN, PAID),
        nslf=decode.text(row, "nslf"),
        nivf=decode.text(row, "nivf"),
        eic=decode.text(row, "eic"),
        verification_url=decode.text(row, "verification_url"),
        lines=tuple(_line(r) for r in rows if r.get(LINE_OF) is not None),
    )


def _line(row: Row) -> InvoiceLine:
    return InvoiceLine(
        kind=decode.text(row, "line_kind") or "other",
        description=decode.text(row, "line_description"),
        quantity=decode.quantity(row, "line_quantity"),
        unit=decode.text(row, "line_unit"),
        unit_price=decode.quantity(row, "line_unit_price"),
        net=decode.money(row, "line_net"),
        vat_rate=decode.quantity(row, "line_vat_rate"),
    )
