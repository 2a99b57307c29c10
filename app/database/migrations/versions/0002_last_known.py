"""What billing told last of a contract."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "last_known",
        sa.Column("contract_code", sa.String(20), nullable=False),
        sa.Column("topic", sa.String(20), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("contract_code", "topic", name="pk_last_known"),
    )
    op.create_index("ix_last_known_told_at", "last_known", ["told_at"])


def downgrade() -> None:
    op.drop_table("last_known")
