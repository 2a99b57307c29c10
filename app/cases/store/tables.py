"""The cases' tables."""

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

from app.database.tables import Moment, Money, metadata

# The form that cases were filed with, kept once for all that share it.
case_form = Table(
    "case_form",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("body", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
)

# The newest number of each request's code: raised within the transaction that files.
case_counter = Table(
    "case_counter",
    metadata,
    Column("request_code", String(6), primary_key=True),
    Column("last", Integer, nullable=False),
)

service_case = Table(
    "service_case",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("number", String(15), nullable=False, unique=True),
    # A draft becomes one case, however often it is sent.
    Column("draft_key", String(26), nullable=False, unique=True),
    Column("request_code", String(6), nullable=False, index=True),
    Column("kind", String(40), nullable=False),
    Column("form_digest", ForeignKey("case_form.digest"), nullable=False),
    Column("contract_code", String(20), nullable=False, index=True),
    Column("holder", String(200), nullable=False),
    Column("holder_key", String(200), nullable=False),
    # What was asked and answered outlives the account.
    Column("account_id", ForeignKey("account.id", ondelete="SET NULL")),
    Column("language", String(2), nullable=False),
    Column("answers", LargeBinary, nullable=False),
    Column("debt", String(10), nullable=False),
    Column("debt_amount", Money, nullable=False),
    Column("state", String(20), nullable=False),
    Column("is_open", Boolean, nullable=False),
    Column("filed_at", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False),
    Column("closed_at", Moment),
    # While the clock stands still: the last day there is, so that those cases come last.
    Column("due_on", Date, nullable=False),
    Column("days_left", Integer),
    Column("assigned_to", ForeignKey("staff_member.id")),
    Column("answer", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Index("ix_service_case_account", "account_id", "contract_code", "id"),
    Index("ix_service_case_queue", "is_open", "due_on", "id"),
    Index("ix_service_case_assigned", "assigned_to", "is_open", "due_on"),
    Index("ix_service_case_holder", "holder_key"),
)

case_event = Table(
    "case_event",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("case_id", ForeignKey("service_case.id"), nullable=False, index=True),
    Column("at", Moment, nullable=False),
    Column("what", String(20), nullable=False),
    Column("by_whom", String(10), nullable=False),
    Column("staff_id", ForeignKey("staff_member.id")),
    Column("state", String(20), nullable=False),
    Column("note", Text, nullable=False),
    Column("remark", Text, nullable=False),
)

case_document = Table(
    "case_document",
    metadata,
    Column("document_id", ForeignKey("document.id"), primary_key=True),
    Column("case_id", ForeignKey("service_case.id"), nullable=False, index=True),
    Column("purpose", String(40), nullable=False),
    Column("by_whom", String(10), nullable=False),
    Column("at", Moment, nullable=False),
)

case_draft = Table(
    "case_draft",
    metadata,
    Column("key", String(26), primary_key=True),
    Column("account_id", ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("contract_code", String(20), nullable=False),
    Column("request_code", String(6), nullable=False),
    Column("answers", LargeBinary, nullable=False),
    Column("kept_at", Moment, nullable=False, index=True),
    Index("ix_case_draft_account", "account_id", "contract_code"),
)

case_draft_document = Table(
    "case_draft_document",
    metadata,
    Column("document_id", ForeignKey("document.id", ondelete="CASCADE"), primary_key=True),
    Column(
        "draft_key",
        ForeignKey("case_draft.key", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("purpose", String(40), nullable=False),
    Column("at", Moment, nullable=False),
)
