"""The certificates' tables."""

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
)

from app.database.tables import Moment, metadata

debt_application = Table(
    "debt_application",
    metadata,
    Column("id", Integer, primary_key=True),
    # One form files once, however often it is sent.
    Column("form_key", String(26), nullable=False, unique=True),
    # What was issued outlives the account.
    Column("account_id", ForeignKey("account.id", ondelete="SET NULL")),
    Column("language", String(2), nullable=False),
    Column("kind", String(12), nullable=False),
    Column("contract_code", String(20), nullable=False),
    Column("holder", String(200), nullable=False),
    Column("typed", LargeBinary, nullable=False),
    Column("state", String(10), nullable=False),
    Column("filed_at", Moment, nullable=False),
    Column("due_on", Date, nullable=False),
    Column("decided_at", Moment),
    Column("decided_by", ForeignKey("staff_member.id")),
    Column("reason", Text, nullable=False),
    Index("ix_debt_application_account", "account_id", "id"),
    Index("ix_debt_application_queue", "state", "due_on", "id"),
)

debt_certificate = Table(
    "debt_certificate",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("application_id", ForeignKey("debt_application.id"), nullable=False, unique=True),
    Column("code", String(26), nullable=False, unique=True),
    Column("issued_at", Moment, nullable=False),
    Column("valid_until", Date, nullable=False),
    Column("ended_on", Date),
    Column("ended_why", String(10)),
    Column("is_signed", Boolean, nullable=False),
    # The paper itself: signed once, and issued in one transaction with its row.
    Column("paper", LargeBinary, nullable=False),
    Index("ix_debt_certificate_valid", "ended_on", "valid_until"),
)

# What it is about, each contract with the day of its newest invoice then.
debt_certificate_contract = Table(
    "debt_certificate_contract",
    metadata,
    Column("certificate_id", ForeignKey("debt_certificate.id"), primary_key=True),
    Column("contract_code", String(20), primary_key=True),
    Column("newest", Date),
)
