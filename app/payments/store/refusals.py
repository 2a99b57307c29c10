"""Statements over what came in a bank's name and was not the bank's."""

from datetime import date

from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql, sqlite

from app.payments.store.tables import payment_refusal


def count_refusal(connection: Connection, day: date, gateway: str, reason: str) -> None:
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    row = {"day": day, "gateway": gateway, "reason": reason[:80], "times": 1}
    connection.execute(
        dialect.insert(payment_refusal)
        .values(row)
        .on_conflict_do_update(
            index_elements=["day", "gateway", "reason"],
            set_={"times": payment_refusal.c.times + 1},
        )
    )


def list_refusals(connection: Connection, since: date) -> list[tuple[date, str, str, int]]:
    query = (
        select(payment_refusal)
        .where(payment_refusal.c.day >= since)
        .order_by(payment_refusal.c.day.desc(), payment_refusal.c.times.desc())
    )
    return [(row.day, row.gateway, row.reason, row.times) for row in connection.execute(query)]
