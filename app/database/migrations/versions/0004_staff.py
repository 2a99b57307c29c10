"""The utility's own people, their sessions, and which of them did what."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "staff_member",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("name_key", sa.String(120), nullable=False),
        sa.Column("full_name", sa.String(120), nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("password_hash", sa.String(200), nullable=False),
        sa.Column("password_until", MOMENT),
        sa.Column("sealed_secret", sa.LargeBinary, nullable=False),
        sa.Column("last_step", sa.BigInteger, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("disabled_at", MOMENT),
        sa.UniqueConstraint("name_key", name="uq_staff_member_name_key"),
    )
    op.create_table(
        "staff_session",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column(
            "member_id",
            sa.Integer,
            sa.ForeignKey("staff_member.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.Column("address", sa.String(45), nullable=False),
        sa.Column("device", sa.String(200), nullable=False),
        sa.Column("must_change", sa.Boolean, nullable=False),
        sa.UniqueConstraint("token_hash", name="uq_staff_session_token_hash"),
    )
    op.create_index("ix_staff_session_member_id", "staff_session", ["member_id"])
    op.add_column("audit_event", sa.Column("staff_id", sa.Integer))
    op.create_index("ix_audit_event_staff_id", "audit_event", ["staff_id"])


def downgrade() -> None:
    op.drop_index("ix_audit_event_staff_id", "audit_event")
    op.drop_column("audit_event", "staff_id")
    op.drop_table("staff_session")
    op.drop_table("staff_member")
