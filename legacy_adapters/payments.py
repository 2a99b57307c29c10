"""Payments: the query and its row factory."""

from typing import Any

from sqlalchemy import Row, Select, bindparam, func, or_, select

from legacy_adapters import decode
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


def payment_row(row: Row[Any]) -> Payment:
    values = row._mapping
    return Payment(
        paid_on=decode.day(values, "paid_on"),
        amount=decode.money(values, "amount"),
        method=decode.text(values, "method"),
        source=decode.text(values, "source"),
    )
