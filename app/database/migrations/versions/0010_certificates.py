"""Debt certificates: applications, and what was issued on them."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "debt_application",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("form_key", sa.String(26), nullable=False, unique=True),
        sa.Column("account_id", sa.Integer, sa.ForeignKey("account.id", ondelete="SET NULL")),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("contract_code", sa.String(20), nullable=False),
        sa.Column("holder", sa.String(200), nullable=False),
        sa.Column("typed", sa.LargeBinary, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("filed_at", MOMENT, nullable=False),
        sa.Column("due_on", sa.Date, nullable=False),
        sa.Column("decided_at", MOMENT),
        sa.Column("decided_by", sa.Integer, sa.ForeignKey("staff_member.id")),
        sa.Column("reason", sa.Text, nullable=False),
    )
    op.create_index("ix_debt_application_account", "debt_application", ["account_id", "id"])
    op.create_index("ix_debt_application_queue", "debt_application", ["state", "due_on", "id"])
    op.create_table(
        "debt_certificate",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column(
            "application_id",
            sa.Integer,
            sa.ForeignKey("debt_application.id"),
            nullable=False,
            unique=True,
        ),
        sa.Column("code", sa.String(26), nullable=False, unique=True),
        sa.Column("issued_at", MOMENT, nullable=False),
        sa.Column("valid_until", sa.Date, nullable=False),
        sa.Column("ended_on", sa.Date),
        sa.Column("ended_why", sa.String(10)),
        sa.Column("is_signed", sa.Boolean, nullable=False),
        sa.Column("paper", sa.LargeBinary, nullable=False),
    )
    op.create_index("ix_debt_certificate_valid", "debt_certificate", ["ended_on", "valid_until"])
    op.create_table(
        "debt_certificate_contract",
        sa.Column(
            "certificate_id", sa.Integer, sa.ForeignKey("debt_certificate.id"), primary_key=True
        ),
        sa.Column("contract_code", sa.String(20), primary_key=True),
        sa.Column("newest", sa.Date),
    )


def downgrade() -> None:
    op.drop_table("debt_certificate_contract")
    op.drop_table("debt_certificate")
    op.drop_table("debt_application")
