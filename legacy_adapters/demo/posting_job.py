"""The demo utility's own job, which posts the portal's payments: what a real utility writes in
its billing system. docs/posting.md tells what it must do."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Date,
    Integer,
    Row,
    String,
    Table,
    Update,
    func,
    insert,
    select,
    update,
)

from config.home import HOME
from config.posting import PostingSettings
from legacy_adapters import decode
from legacy_adapters.demo.names import PORTAL_CHANNEL
from legacy_adapters.engine import BillingEngine
from legacy_adapters.errors import translated_errors
from legacy_adapters.posting.ddl import COLUMNS
from legacy_adapters.posting.engines import WRITES, writing_engine
from legacy_adapters.posting.table import Money, named

CARD = "K"
NO_INVOICE = "Kontrata nuk ka faturë me këtë numër."
PAID = "Fatura është paguar më parë."
CANCELLED = "Fatura është anuluar."


@dataclass(frozen=True, kw_only=True, slots=True)
class Counts:
    accepted: int
    refused: int


def run_posting_job(billing: str | BillingEngine) -> Counts:
    """Takes what is waiting, oldest first, each payment in one transaction of its own: whoever
    is killed leaves a payment posted or waiting, and two at once post none twice.

    billing: the demo's address, SQLite's or PostgreSQL's, or its engine. Raises:
    BillingUnavailable, MappingError.
    """
    if isinstance(billing, BillingEngine):
        return _run(billing)
    engine = writing_engine(billing, PostingSettings())
    try:
        return _run(engine)
    finally:
        engine.dispose()


def _run(billing: BillingEngine) -> Counts:
    accepted = refused = 0
    with translated_errors(), billing.connect() as connection:
        connection.execution_options(**WRITES)
        while (reason := _post_next(connection)) is not None:
            connection.commit()
            accepted, refused = accepted + (not reason), refused + bool(reason)
    return Counts(accepted=accepted, refused=refused)


def _table(name: str, **columns: Any) -> Table:
    table = named(name, ())
    for column, kind in columns.items():
        table.append_column(Column(column, kind))
    return table


STAGING = named("PORTAL_PAYMENT", COLUMNS)
CONTRACT = _table("KONTRATE", ktr_id=Integer, ktr_kod=String)
INVOICE = _table(
    "FATURE",
    **dict.fromkeys(("fat_id", "ktr_id"), Integer),
    **dict.fromkeys(("fat_nr", "status"), String),
    **dict.fromkeys(("vl_neto", "vl_tvsh", "tks_tv", "kamate", "vl_paguar"), Money),
)
PAYMENT = _table(
    "PAGESE",
    **dict.fromkeys(("pag_id", "ktr_id"), Integer),
    dt_pag=Date,
    vlera=Money,
    **dict.fromkeys(("men_kod", "kan_kod", "storno"), String),
)


def _post_next(connection: Connection) -> str | None:
    """None: nothing waits. Otherwise why it was refused; "" for not at all."""
    if connection.dialect.name == "postgresql":  # SQLite has locked the file already
        connection.exec_driver_sql("LOCK TABLE PAGESE IN SHARE ROW EXCLUSIVE MODE")
    waiting = select(STAGING).where(STAGING.c.status == "N")
    oldest = waiting.order_by(STAGING.c.created_at, STAGING.c.portal_payment_id).limit(1)
    row = connection.execute(oldest).first()
    if row is None:
        connection.rollback()
        return None
    reason = _post(connection, row)
    connection.execute(_answer(row, reason))
    return reason


def _answer(row: Row[Any], reason: str) -> Update:
    return (
        update(STAGING)
        .where(STAGING.c.portal_payment_id == row.portal_payment_id)
        .values(
            status="R" if reason else "A",
            status_text=reason or None,
            processed_at=datetime.now(UTC).replace(microsecond=0, tzinfo=None),
        )
    )


def _post(connection: Connection, row: Row[Any]) -> str:
    """Why it is refused, or ""."""
    wanted = (
        select(INVOICE)
        .join_from(INVOICE, CONTRACT, CONTRACT.c.ktr_id == INVOICE.c.ktr_id)
        .where(CONTRACT.c.ktr_kod == row.contract_code, INVOICE.c.fat_nr == row.invoice_number)
    )
    invoice = connection.execute(wanted).first()
    if invoice is None:
        return NO_INVOICE
    if invoice.status != "H":
        return PAID if invoice.status == "P" else CANCELLED
    amount = decode.money(row._mapping, "amount")
    paid = decode.money(invoice._mapping, "vl_paguar") + amount
    connection.execute(
        update(INVOICE)
        .where(INVOICE.c.fat_id == invoice.fat_id)
        .values(vl_paguar=paid, status="P" if paid >= _total(invoice) else "H")
    )
    next_id = select(func.coalesce(func.max(PAYMENT.c.pag_id), 0) + 1).scalar_subquery()
    connection.execute(
        insert(PAYMENT).values(
            pag_id=next_id,
            ktr_id=invoice.ktr_id,
            dt_pag=row.paid_at.replace(tzinfo=UTC).astimezone(HOME).date(),
            vlera=amount,
            men_kod=CARD,
            kan_kod=PORTAL_CHANNEL[0],
            storno="J",
        )
    )
    return ""


def _total(invoice: Row[Any]) -> Decimal:
    parts = ("vl_neto", "vl_tvsh", "tks_tv", "kamate")
    return sum((decode.money(invoice._mapping, part) for part in parts), Decimal(0))
