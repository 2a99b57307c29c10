"""Payments: the query and its row factory."""

from typing import Any

from sqlalchemy import Select, bindparam, func, or_, select

from legacy_adapters import decode
from legacy_adapters.prepared import Row
from legacy_adapters.records import Payment
from legacy_adapters.schema import Relation

FIELDS = ("paid_on", "amount", "method", "source")


def recent(payment: Relation) -> Select[Any]:
    """Parameters: code, since, at_least."""
    newest = func.row_number().over(
        order_by=(payment.field("paid_on").desc().nulls_last(), payment.field("amount").desc())
    )
    rows = (
        payment.select(FIELDS)
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
