"""Documents: files that customers and staff hand in."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def _some_rows(name: str, columns: list[str], where: str) -> None:
    condition = sa.text(where)
    op.create_index(name, "document", columns, sqlite_where=condition, postgresql_where=condition)


def upgrade() -> None:
    op.create_table(
        "document",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("storage_key", sa.String(32), nullable=False, unique=True),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("media_type", sa.String(100), nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("account_id", sa.Integer),
        sa.Column("staff_id", sa.Integer),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("scan", sa.String(9), nullable=False),
        sa.Column("expires_at", MOMENT),
    )
    op.create_index("ix_document_account_id", "document", ["account_id"])
    _some_rows("ix_document_passing", ["state", "expires_at"], "state <> 'kept'")
    _some_rows("ix_document_waiting", ["id"], "scan = 'waiting'")


def downgrade() -> None:
    op.drop_table("document")
