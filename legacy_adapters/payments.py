"""Payments: the query and its row factory."""

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, bindparam, func, or_, select

from legacy_adapters import decode
from legacy_adapters.contracts import is_one_of
from legacy_adapters.prepared import Row
from legacy_adapters.records import ContractCode, Payment, PostedPayment
from legacy_adapters.schema import Relation

FIELDS = ("paid_on", "amount", "method", "source")


def recent(payment: Relation) -> Select[Any]:
    """Parameters: code, since, at_least."""
    newest = func.row_number().over(
        order_by=(payment.field("paid_on").desc().nulls_last(), payment.field("amount").desc())
    )
    rows = (
        payment.select(("contract_code", *FIELDS))
        .add_columns(newest.label("rank"))
        .where(payment.field("contract_code") == bindparam("code"))
        .subquery("p")
    )
    return (
        select(rows)
        .where(or_(rows.c.paid_on >= bindparam("since"), rows.c.rank <= bindparam("at_least")))
        .order_by(rows.c.rank)
    )


def payment_row(row: Row) -> Payment:
    return Payment(
        paid_on=decode.day(row, "paid_on"),
        amount=decode.money(row, "amount"),
        method=decode.text(row, "method"),
        source=decode.text(row, "source"),
    )


def posted_by_codes(payment: Relation, size: int = 1) -> Select[Any]:
    """Parameters: those of list_of_codes, since."""
    wanted = is_one_of(payment.field("contract_code"), size)
    since = payment.field("paid_on") >= bindparam("since")
    return payment.select(("contract_code", *FIELDS)).where(wanted, since)


def posted_row(row: Row) -> PostedPayment:
    return PostedPayment(
        contract_code=ContractCode(decode.text(row, "contract_code")), payment=payment_row(row)
    )


def order_of_posting(posted: PostedPayment) -> tuple[str, date, Decimal, str, str]:
    """Complete, so that equal payments of one day can be told apart by their place."""
    paid = posted.payment
    return posted.contract_code, paid.paid_on or date.min, paid.amount, paid.method, paid.source
