"""Whom of the staff another of them acted on, and whose account a count of tries is for."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("audit_event", sa.Column("about_staff_id", sa.Integer))
    op.create_index("ix_audit_event_about_staff_id", "audit_event", ["about_staff_id"])
    op.add_column("account_try", sa.Column("account_id", sa.Integer))


def downgrade() -> None:
    op.drop_column("account_try", "account_id")
    op.drop_index("ix_audit_event_about_staff_id", "audit_event")
    op.drop_column("audit_event", "about_staff_id")
