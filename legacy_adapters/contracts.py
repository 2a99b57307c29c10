"""Contracts: each query beside its row factory."""

from bisect import bisect_left
from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    DateTime,
    Select,
    Subquery,
    and_,
    bindparam,
    case,
    func,
    literal,
    null,
    select,
    true,
    type_coerce,
    union_all,
)

from legacy_adapters import decode, unique
from legacy_adapters.decode import EARLIEST_YEAR
from legacy_adapters.errors import BillingDataError
from legacy_adapters.known import known
from legacy_adapters.prepared import Row
from legacy_adapters.records import Contract, ContractCode, ContractInfo, Debt
from legacy_adapters.schema import DayInSqlite, Relation
from legacy_adapters.text_dates import TextDate, without_blanks

BESIDE = "invoice_"  # before the names of parameters that stand in one statement twice
CONTRACT_FIELDS = ("code", "subscriber", "address", "phone", "tax_id")
OWING = "owing"  # the code of a contract that owes, beside columns of contracts
INFO_FIELDS = (
    "region",
    "instance",
    "connected_on",
    "zone",
    "category",
    "phases",
    "connected_power",
    "contracted_power",
)


# How many codes a list may hold: a database parses a few statements instead of one for each
# length, and SQLAlchemy writes none anew. Oracle takes 1,000 at most.
LIST_SIZES = (1, 5, 25, 100, 300, 900)


def list_size(count: int) -> int:
    """Of the shortest list that holds so many."""
    return LIST_SIZES[bisect_left(LIST_SIZES, count)]


def list_of_codes(codes: Sequence[ContractCode]) -> dict[str, str]:
    """The parameters for the shortest list that holds these; the last stands there repeatedly."""
    size = list_size(len(codes))
    padded = [*codes, *[codes[-1]] * (size - len(codes))]
    return dict(zip(CODE_PARAMETERS[:size], padded, strict=True))


CODE_PARAMETERS = [f"code_{place}" for place in range(LIST_SIZES[-1])]


def both_lists_of_codes(codes: Sequence[ContractCode]) -> dict[str, str]:
    """list_of_codes, for a statement with two such lists."""
    values = list_of_codes(codes)
    return values | {BESIDE + name: code for name, code in values.items()}


def is_one_of(code: ColumnElement[Any], size: int, before: str = "") -> ColumnElement[bool]:
    """before: stands before each parameter's name."""
    names = [before + name for name in CODE_PARAMETERS[:size]]
    return code.in_([bindparam(name, type_=code.type) for name in names])


def by_code(contract: Relation) -> Select[Any]:
    """Parameters: code."""
    return contract.select(CONTRACT_FIELDS).where(contract.field("code") == bindparam("code"))


def head(contract: Relation) -> Subquery:
    """by_code to stand beside other rows, which a second contract of the code would double:
    `heads` tells how many there are."""
    return by_code(contract).add_columns(func.count().over().label("heads")).subquery("c")


def by_codes(contract: Relation, size: int = 1) -> Select[Any]:
    """Parameters: those of list_of_codes."""
    wanted = is_one_of(contract.field("code"), size)
    return contract.select(CONTRACT_FIELDS).where(wanted)


def by_tax_id(contract: Relation) -> Select[Any]:
    """Parameters: those of spelled, at_most. Both in one list: who asks for one more than it takes
    knows whether there are others."""
    tax_id = contract.field("tax_id")
    asked = [bindparam(name, type_=tax_id.type) for name in SPELLED]
    place = func.row_number().over(order_by=contract.field("code")).label("place")
    ranked = (
        contract.select(CONTRACT_FIELDS).add_columns(place).where(tax_id.in_(asked)).subquery("r")
    )
    return select(ranked).where(ranked.c.place <= bindparam("at_most")).order_by(ranked.c.place)


SPELLED = ("tax_id", "tax_id_in_capitals", "tax_id_in_small_letters")


def spelled(tax_id: str) -> dict[str, str]:
    """Capitals make no other number, and old systems took what clerks typed: a holder's contract
    that is not found is left out of what is owed."""
    return dict(zip(SPELLED, (tax_id, tax_id.upper(), tax_id.lower()), strict=True))


def contract_rows(rows: Sequence[Row]) -> tuple[Contract, ...]:
    """Raises: BillingDataError."""
    found = tuple(contract_row(row) for row in rows)
    unique.each_once("code", [contract.code for contract in found])
    return found


def contract_row(row: Row) -> Contract:
    return Contract(
        code=ContractCode(decode.text(row, "code")),
        subscriber=decode.text(row, "subscriber"),
        address=decode.text(row, "address"),
        phone=decode.text(row, "phone"),
        tax_id=decode.text(row, "tax_id"),
    )


def info_by_code(contract: Relation, info: Relation) -> Select[Any]:
    """The contract, with NULLs beside it where there is no info. Parameters: code, info_code."""
    first = head(contract)
    rest = (
        info.select(("contract_code", *INFO_FIELDS))
        .where(info.field("contract_code") == bindparam("info_code"))
        .subquery("i")
    )
    return select(first, rest).select_from(first.outerjoin(rest, true()))


def info_row(rows: Sequence[Row]) -> ContractInfo:
    """Of one contract. Raises: BillingDataError."""
    unique.once("contract_code", len(rows))
    row = rows[0]
    return ContractInfo(
        contract=contract_row(row),
        region=decode.text(row, "region"),
        instance=decode.text(row, "instance"),
        connected_on=decode.day(row, "connected_on"),
        zone=decode.text(row, "zone"),
        category=decode.text(row, "category"),
        phases=decode.text(row, "phases"),
        connected_power=decode.number(row, "connected_power"),
        contracted_power=decode.number(row, "contracted_power"),
    )


def below(first: Subquery, rows: Subquery) -> Subquery:
    """The one's rows and the other's, each with NULLs in the other's columns.

    Not joined: two relations may keep codes as different types, which no database compares.
    """
    both = union_all(select(*first.c, *_nulls(rows)), select(*_nulls(first), *rows.c))
    return both.subquery("s")


def _nulls(rows: Subquery) -> list[ColumnElement[Any]]:
    return [type_coerce(null(), column.type).label(column.name) for column in rows.c]


def with_debts_by_codes(contract: Relation, invoice: Relation, size: int = 1) -> Select[Any]:
    """by_codes, and below it what debts_by_codes gives, its code as `owing`. Parameters: those
    of both_lists_of_codes."""
    debts = debts_by_codes(invoice, size, BESIDE).subquery("o")
    owing = select(debts.c.code.label(OWING), *[c for c in debts.c if c.name != "code"])
    return select(below(by_codes(contract, size).subquery("c"), owing.subquery("d")))


def debts_by_codes(invoice: Relation, size: int = 1, before: str = "") -> Select[Any]:
    """Parameters: those of list_of_codes, each with `before` before its name."""
    wanted = is_one_of(invoice.field("contract_code"), size, before)
    # Grouped outside: Oracle takes an expression with binds in it for another one each time.
    owed = (
        invoice.select(("contract_code", "number", "outstanding", "due_on"))
        .where(wanted, invoice.equals("status", "open"))
        .subquery("o")
    )
    # Rounded before it is added, as the page adds what it shows.
    rounded = func.round(owed.c.outstanding, 2)
    is_owed = rounded > 0
    is_to_pay = and_(is_owed, unique.named(owed.c.number).is_not(None))
    due_on = type_coerce(case((is_owed, owed.c.due_on)), owed.c.due_on.type)
    return select(
        owed.c.contract_code.label("code"),
        func.sum(rounded).label("total"),
        func.sum(case((is_to_pay, rounded))).label("payable"),
        func.count().label("invoices"),
        func.min(_known_day(due_on)).label("earliest_due"),
        unique.repeated(owed.c.number).label("repeated"),
        (func.count() - func.count(known(owed.c.outstanding))).label("without_amount"),
    ).group_by(owed.c.contract_code)


def _known_day(day: ColumnElement[Any]) -> ColumnElement[Any]:
    """NULL for what stands for no day (decode.day): that is before or after every other."""
    if isinstance(day.type, TextDate | DayInSqlite):
        return without_blanks(day)
    if not isinstance(day.type, Date | DateTime):
        return day  # the mapping has none
    first, last = literal(date(EARLIEST_YEAR, 1, 1)), literal(date.max)
    return type_coerce(case((day.between(first, last), day)), day.type)


def newest_by_codes(invoice: Relation, size: int = 1) -> Select[Any]:
    """Parameters: those of list_of_codes."""
    wanted = is_one_of(invoice.field("contract_code"), size)
    issued = (
        invoice.select(("contract_code", "issued_on"))
        .where(wanted, invoice.differs("status", "cancelled"))
        .subquery("o")
    )
    return select(
        issued.c.contract_code.label("code"),
        func.max(_known_day(issued.c.issued_on)).label("newest"),
    ).group_by(issued.c.contract_code)


def newest_row(row: Row) -> tuple[ContractCode, date | None]:
    return ContractCode(decode.text(row, "code")), decode.day(row, "newest")


def debt_row(row: Row, code: str = "code") -> tuple[ContractCode, Debt]:
    """code: its column's name. Raises: BillingDataError, also for what nobody can add up."""
    if row["repeated"]:
        unique.once("number", 2)
    if row["without_amount"]:
        raise BillingDataError("outstanding: what billing holds is no amount")
    return ContractCode(decode.text(row, code)), Debt(
        total=decode.money(row, "total"),
        payable=decode.money(row, "payable"),
        invoices=int(row["invoices"]),
        earliest_due=decode.day(row, "earliest_due"),
    )
