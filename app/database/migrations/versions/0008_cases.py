"""Requests and complaints: forms, cases, their history and documents, drafts.

Accounts hear of their cases by mail unless they switch that off."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
PREFERENCE = "case_by_email"


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.Integer, primary_key=True)


def _case_id() -> sa.Column[int]:
    return sa.Column("case_id", sa.Integer, sa.ForeignKey("service_case.id"), nullable=False)


def _staff_id(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, sa.ForeignKey("staff_member.id"))


def upgrade() -> None:
    op.create_table(
        "case_form",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
    )
    op.create_table(
        "case_counter",
        sa.Column("request_code", sa.String(6), primary_key=True),
        sa.Column("last", sa.Integer, nullable=False),
    )
    op.create_table(
        "service_case",
        _id(),
        sa.Column("number", sa.String(15), nullable=False, unique=True),
        sa.Column("draft_key", sa.String(26), nullable=False, unique=True),
        sa.Column("request_code", sa.String(6), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("form_digest", sa.String(64), sa.ForeignKey("case_form.digest"), nullable=False),
        sa.Column("contract_code", sa.String(20), nullable=False),
        sa.Column("holder", sa.String(200), nullable=False),
        sa.Column("holder_key", sa.String(200), nullable=False),
        sa.Column("account_id", sa.Integer, sa.ForeignKey("account.id", ondelete="SET NULL")),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("answers", sa.LargeBinary, nullable=False),
        sa.Column("debt", sa.String(10), nullable=False),
        sa.Column("debt_amount", sa.BigInteger, nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("is_open", sa.Boolean, nullable=False),
        sa.Column("filed_at", MOMENT, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("closed_at", MOMENT),
        sa.Column("due_on", sa.Date, nullable=False),
        sa.Column("days_left", sa.Integer),
        _staff_id("assigned_to"),
        sa.Column("answer", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
    )
    for columns, name in (
        (["request_code"], "ix_service_case_request_code"),
        (["contract_code"], "ix_service_case_contract_code"),
        (["account_id", "contract_code", "id"], "ix_service_case_account"),
        (["is_open", "due_on", "id"], "ix_service_case_queue"),
        (["assigned_to", "is_open", "due_on"], "ix_service_case_assigned"),
        (["holder_key"], "ix_service_case_holder"),
    ):
        op.create_index(name, "service_case", columns)
    op.create_table(
        "case_event",
        _id(),
        _case_id(),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("what", sa.String(20), nullable=False),
        sa.Column("by_whom", sa.String(10), nullable=False),
        _staff_id("staff_id"),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("remark", sa.Text, nullable=False),
    )
    op.create_index("ix_case_event_case_id", "case_event", ["case_id"])
    op.create_table(
        "case_document",
        sa.Column("document_id", sa.Integer, sa.ForeignKey("document.id"), primary_key=True),
        _case_id(),
        sa.Column("purpose", sa.String(40), nullable=False),
        sa.Column("by_whom", sa.String(10), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
    )
    op.create_index("ix_case_document_case_id", "case_document", ["case_id"])
    _create_drafts()
    _switch_mail_on()


def _create_drafts() -> None:
    account = sa.ForeignKey("account.id", ondelete="CASCADE")
    op.create_table(
        "case_draft",
        sa.Column("key", sa.String(26), primary_key=True),
        sa.Column("account_id", sa.Integer, account, nullable=False),
        sa.Column("contract_code", sa.String(20), nullable=False),
        sa.Column("request_code", sa.String(6), nullable=False),
        sa.Column("answers", sa.LargeBinary, nullable=False),
        sa.Column("kept_at", MOMENT, nullable=False),
    )
    op.create_index("ix_case_draft_kept_at", "case_draft", ["kept_at"])
    op.create_index("ix_case_draft_account", "case_draft", ["account_id", "contract_code"])
    document = sa.ForeignKey("document.id", ondelete="CASCADE")
    draft = sa.ForeignKey("case_draft.key", ondelete="CASCADE")
    op.create_table(
        "case_draft_document",
        sa.Column("document_id", sa.Integer, document, primary_key=True),
        sa.Column("draft_key", sa.String(26), draft, nullable=False),
        sa.Column("purpose", sa.String(40), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
    )
    op.create_index("ix_case_draft_document_draft_key", "case_draft_document", ["draft_key"])


def _switch_mail_on() -> None:
    """For accounts that are there; new ones begin with it."""
    account = sa.table("account", sa.column("id", sa.Integer), sa.column("preferences", sa.JSON))
    connection = op.get_bind()
    for row in connection.execute(sa.select(account)).all():
        if PREFERENCE not in row.preferences:
            values = {"preferences": [*row.preferences, PREFERENCE]}
            connection.execute(sa.update(account).where(account.c.id == row.id).values(values))


def downgrade() -> None:
    for table in (
        *("case_draft_document", "case_draft", "case_document", "case_event"),
        *("service_case", "case_counter", "case_form"),
    ):
        op.drop_table(table)
