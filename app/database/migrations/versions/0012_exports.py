"""Files that customers take away, and what they call their contracts."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
UNDER_WAY = "state in ('waiting', 'running')"
LABELS = (("own_name", 60), ("own_group", 40))


def upgrade() -> None:
    for name, length in LABELS:
        column = sa.Column(name, sa.String(length), nullable=False, server_default="")
        op.add_column("account_contract", column)
    op.create_table(
        "account_export",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("reference", sa.String(26), nullable=False, unique=True),
        sa.Column(
            "account_id",
            sa.Integer,
            sa.ForeignKey("account.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("what", sa.String(16), nullable=False),
        sa.Column("format", sa.String(4), nullable=False),
        sa.Column("group_name", sa.String(40), nullable=False),
        sa.Column("contract_code", sa.String(20)),
        sa.Column("since", sa.Date),
        sa.Column("until", sa.Date),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("state", sa.String(9), nullable=False),
        sa.Column("note", sa.String(16), nullable=False),
        sa.Column("done", sa.Integer, nullable=False),
        sa.Column("total", sa.Integer, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT),
        sa.Column("claim", sa.String(26)),
        sa.Column("process", sa.String(120)),
        sa.Column("beat_at", MOMENT),
        sa.Column("expires_at", MOMENT),
        sa.Column("storage_key", sa.String(32), unique=True),
        sa.Column("file_name", sa.String(200)),
        sa.Column("size", sa.BigInteger),
        sa.Column("sha256", sa.String(64)),
        sa.Column("rows", sa.Integer),
        sa.Column("codes", sa.JSON),
        sa.Column("left_out", sa.JSON),
    )
    op.create_index(
        "ix_account_export_under_way",
        "account_export",
        ["account_id"],
        unique=True,
        sqlite_where=sa.text(UNDER_WAY),
        postgresql_where=sa.text(UNDER_WAY),
    )
    op.create_index("ix_account_export_account", "account_export", ["account_id", "id"])
    op.create_index("ix_account_export_state", "account_export", ["state", "id"])
    op.create_index("ix_account_export_expires", "account_export", ["expires_at"])


def downgrade() -> None:
    op.drop_table("account_export")
    for name, _length in LABELS:
        op.drop_column("account_contract", name)
