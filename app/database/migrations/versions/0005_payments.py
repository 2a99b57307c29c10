"""Payments: orders, their lines and holds, what goes into billing, payment links."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
MONEY = sa.BigInteger


def _order_id() -> sa.Column[int]:
    return sa.Column("order_id", sa.Integer, sa.ForeignKey("payment_order.id"), nullable=False)


def upgrade() -> None:
    op.create_table(
        "pay_link",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("token_hash", sa.String(64), nullable=False, unique=True),
        sa.Column("contract_code", sa.String(20), nullable=False),
        sa.Column("by_customer", sa.Boolean, nullable=False),
        sa.Column("made_by", sa.Integer, sa.ForeignKey("account.id", ondelete="SET NULL")),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("revoked_at", MOMENT),
    )
    op.create_index("ix_pay_link_contract_code", "pay_link", ["contract_code"])
    op.create_index("ix_pay_link_made_by", "pay_link", ["made_by"])
    op.create_table(
        "payment_order",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("reference", sa.String(26), nullable=False, unique=True),
        sa.Column("account_id", sa.Integer, sa.ForeignKey("account.id", ondelete="SET NULL")),
        sa.Column("link_id", sa.Integer, sa.ForeignKey("pay_link.id")),
        sa.Column("gateway", sa.String(20), nullable=False),
        sa.Column("bank_reference", sa.String(100), nullable=False),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("amount", MONEY, nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("state", sa.String(9), nullable=False),
        sa.Column("state_at", MOMENT, nullable=False),
        sa.Column("problem", sa.String(20)),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("sent_at", MOMENT),
        sa.Column("asks", sa.Integer, nullable=False),
        sa.Column("next_ask_at", MOMENT),
        sa.Column("captured", MONEY),
        sa.Column("captured_currency", sa.String(3), nullable=False),
        sa.Column("captured_at", MOMENT),
        sa.Column("transaction", sa.String(100), nullable=False),
        sa.Column("receipt_code", sa.String(26), unique=True),
    )
    for column in ("account_id", "link_id", "created_at", "next_ask_at", "captured_at"):
        op.create_index(f"ix_payment_order_{column}", "payment_order", [column])
    op.create_index(
        "ix_payment_order_problem",
        "payment_order",
        ["problem"],
        sqlite_where=sa.text("problem IS NOT NULL"),
        postgresql_where=sa.text("problem IS NOT NULL"),
    )
    op.create_table(
        "payment_line",
        sa.Column("id", sa.Integer, primary_key=True),
        _order_id(),
        sa.Column("contract_code", sa.String(20), nullable=False),
        sa.Column("holder", sa.String(200), nullable=False),
        sa.Column("invoice_number", sa.String(60), nullable=False),
        sa.Column("period", sa.Integer),
        sa.Column("principal", MONEY, nullable=False),
        sa.Column("tv_fee", MONEY, nullable=False),
        sa.Column("interest", MONEY, nullable=False),
        sa.Column("amount", MONEY, nullable=False),
    )
    op.create_index("ix_payment_line_order_id", "payment_line", ["order_id"])
    op.create_index("ix_payment_line_contract_code", "payment_line", ["contract_code"])
    op.create_table(
        "payment_hold",
        sa.Column("contract_code", sa.String(20), primary_key=True),
        sa.Column("invoice_number", sa.String(60), primary_key=True),
        _order_id(),
        sa.Column("amount", MONEY, nullable=False),
    )
    op.create_index("ix_payment_hold_order_id", "payment_hold", ["order_id"])
    op.create_table(
        "payment_posting",
        sa.Column("payment_id", sa.String(40), primary_key=True),
        _order_id(),
        sa.Column(
            "line_id", sa.Integer, sa.ForeignKey("payment_line.id"), nullable=False, unique=True
        ),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("next_try_at", MOMENT, nullable=False),
        sa.Column("posted_at", MOMENT),
        sa.Column("reason", sa.String(200), nullable=False),
    )
    op.create_index("ix_payment_posting_order_id", "payment_posting", ["order_id"])
    op.create_index("ix_payment_posting_due", "payment_posting", ["state", "next_try_at"])
    op.create_table(
        "payment_event",
        sa.Column("id", sa.Integer, primary_key=True),
        _order_id(),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("state", sa.String(9), nullable=False),
        sa.Column("source", sa.String(10), nullable=False),
        sa.Column("detail", sa.String(300), nullable=False),
    )
    op.create_index("ix_payment_event_order_id", "payment_event", ["order_id"])
    op.create_table(
        "payment_refusal",
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("gateway", sa.String(20), primary_key=True),
        sa.Column("reason", sa.String(80), primary_key=True),
        sa.Column("times", sa.Integer, nullable=False),
    )


def downgrade() -> None:
    for table in (
        *("payment_refusal", "payment_event", "payment_posting", "payment_hold"),
        *("payment_line", "payment_order", "pay_link"),
    ):
        op.drop_table(table)
