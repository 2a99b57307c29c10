"""Whom of the staff another of them acted on, and whose account a count of tries is for."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

BY_MOMENT = ("actor", "action", "staff_id", "about_staff_id")


def upgrade() -> None:
    op.add_column("audit_event", sa.Column("about_staff_id", sa.Integer))
    for name in BY_MOMENT:
        op.create_index(f"ix_audit_event_{name}_at", "audit_event", [name, "at"])
    op.drop_index("ix_audit_event_staff_id", "audit_event")
    op.add_column("account_try", sa.Column("account_id", sa.Integer))


def downgrade() -> None:
    op.drop_column("account_try", "account_id")
    op.create_index("ix_audit_event_staff_id", "audit_event", ["staff_id"])
    for name in BY_MOMENT:
        op.drop_index(f"ix_audit_event_{name}_at", "audit_event")
    op.drop_column("audit_event", "about_staff_id")
