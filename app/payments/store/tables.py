"""The payments' tables."""

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    false,
    text,
)

from app.database.tables import Moment, Money, metadata

pay_link = Table(
    "pay_link",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("contract_code", String(20), nullable=False, index=True),
    Column("by_customer", Boolean, nullable=False),
    Column("made_by", ForeignKey("account.id", ondelete="SET NULL"), index=True),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("revoked_at", Moment),
    # Made for a message, not by hand.
    Column("is_automatic", Boolean, nullable=False, server_default=false()),
    Index("ix_pay_link_expires_at", "expires_at"),
)

payment_order = Table(
    "payment_order",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("reference", String(26), nullable=False, unique=True),
    # Money's records outlive the account.
    Column("account_id", ForeignKey("account.id", ondelete="SET NULL"), index=True),
    Column("link_id", ForeignKey("pay_link.id"), index=True),
    Column("gateway", String(20), nullable=False),
    Column("bank_reference", String(100), nullable=False),
    Column("language", String(2), nullable=False),
    Column("amount", Money, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("state", String(9), nullable=False),
    Column("state_at", Moment, nullable=False),
    Column("problem", String(20)),
    Column("created_at", Moment, nullable=False, index=True),
    Column("expires_at", Moment, nullable=False),
    Column("sent_at", Moment),
    Column("asks", Integer, nullable=False),
    Column("next_ask_at", Moment, index=True),
    Column("captured", Money),
    Column("captured_currency", String(3), nullable=False),
    Column("captured_at", Moment, index=True),
    Column("transaction", String(100), nullable=False),
    Column("receipt_code", String(26), unique=True),
    Index(
        "ix_payment_order_problem",
        "problem",
        sqlite_where=text("problem IS NOT NULL"),
        postgresql_where=text("problem IS NOT NULL"),
    ),
)

payment_line = Table(
    "payment_line",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("order_id", ForeignKey("payment_order.id"), nullable=False, index=True),
    Column("contract_code", String(20), nullable=False, index=True),
    Column("holder", String(200), nullable=False),
    Column("invoice_number", String(60), nullable=False),
    Column("period", Integer),  # YYYYMM
    Column("principal", Money, nullable=False),
    Column("tv_fee", Money, nullable=False),
    Column("interest", Money, nullable=False),
    Column("amount", Money, nullable=False),
)

# An invoice that is in an order: the key lets it be in one at a time, whoever pays.
payment_hold = Table(
    "payment_hold",
    metadata,
    Column("contract_code", String(20), primary_key=True),
    Column("invoice_number", String(60), primary_key=True),
    Column("order_id", ForeignKey("payment_order.id"), nullable=False, index=True),
    Column("amount", Money, nullable=False),
)

payment_posting = Table(
    "payment_posting",
    metadata,
    Column("payment_id", String(40), primary_key=True),
    Column("order_id", ForeignKey("payment_order.id"), nullable=False, index=True),
    Column("line_id", ForeignKey("payment_line.id"), nullable=False, unique=True),
    Column("state", String(8), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_try_at", Moment, nullable=False),
    Column("posted_at", Moment),
    Column("reason", String(200), nullable=False),
    Index("ix_payment_posting_due", "state", "next_try_at"),
)

payment_event = Table(
    "payment_event",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("order_id", ForeignKey("payment_order.id"), nullable=False, index=True),
    Column("at", Moment, nullable=False),
    Column("state", String(9), nullable=False),
    Column("source", String(10), nullable=False),
    Column("detail", String(300), nullable=False),
)

# What came in a bank's name and was not the bank's, counted by day.
payment_refusal = Table(
    "payment_refusal",
    metadata,
    Column("day", Date, primary_key=True),
    Column("gateway", String(20), primary_key=True),
    Column("reason", String(80), primary_key=True),
    Column("times", Integer, nullable=False),
)
