"""Recovery, rights over contracts, changes to accounts, the outbox, the audit trail."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def _account_id(*, nullable: bool = False) -> sa.Column[int]:
    key = sa.ForeignKey("account.id", ondelete="CASCADE")
    return sa.Column("account_id", sa.Integer, key, nullable=nullable)


def upgrade() -> None:
    op.add_column("account", sa.Column("email_confirmed_at", MOMENT))
    op.add_column("account", sa.Column("restricted_until", MOMENT))
    op.add_column("account", sa.Column("preferences", sa.JSON, nullable=False, server_default="[]"))
    op.add_column(
        "account_contract",
        sa.Column("right", sa.String(8), nullable=False, server_default="holder"),
    )
    op.add_column("account_contract", sa.Column("granted_by", sa.Integer))
    op.add_column(
        "account_session",
        sa.Column("must_change", sa.Boolean, nullable=False, server_default=sa.false()),
    )
    op.create_table(
        "account_recovery",
        sa.Column(
            "account_id",
            sa.Integer,
            sa.ForeignKey("account.id", ondelete="CASCADE"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("password_hash", sa.String(200), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
    )
    op.create_table(
        "account_stop",
        sa.Column("token_hash", sa.String(64), primary_key=True),
        _account_id(),
        sa.Column("what", sa.String(20), nullable=False),
        sa.Column("restores", sa.JSON, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
    )
    op.create_index("ix_account_stop_account_id", "account_stop", ["account_id"])
    op.create_table(
        "email_change",
        sa.Column("token_hash", sa.String(64), primary_key=True),
        _account_id(),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
    )
    op.create_index("ix_email_change_account_id", "email_change", ["account_id"])
    op.create_table(
        "contract_invitation",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("token_hash", sa.String(64), nullable=False),
        _account_id(),
        sa.Column("contract_code", sa.String(20), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("right", sa.String(8), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.UniqueConstraint("token_hash", name="uq_contract_invitation_token_hash"),
    )
    op.create_index("ix_contract_invitation_account_id", "contract_invitation", ["account_id"])
    op.create_table(
        "ownership_check",
        sa.Column("token_hash", sa.String(64), primary_key=True),
        _account_id(nullable=True),
        sa.Column("contract_code", sa.String(20), nullable=False),
        sa.Column("applicant", sa.JSON, nullable=False),
        sa.Column("code_hash", sa.String(200), nullable=False),
        sa.Column("is_right", sa.Boolean, nullable=False),
        sa.Column("tries_left", sa.Integer, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
    )
    _create_message()
    _create_audit_event()


def _create_message() -> None:
    op.create_table(
        "message",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("key", sa.String(120)),
        sa.Column("channel", sa.String(4), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("account_id", sa.Integer),
        sa.Column("recipient", sa.String(254), nullable=False),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("next_try_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT),
        sa.Column("claimed_until", MOMENT),
        sa.Column("sent_at", MOMENT),
        sa.Column("problem", sa.String(200), nullable=False),
        sa.UniqueConstraint("key", name="uq_message_key"),
    )
    op.create_index("ix_message_account_id", "message", ["account_id"])
    op.create_index("ix_message_sent_at", "message", ["sent_at"])
    waiting = sa.text("state = 'waiting'")
    op.create_index(
        "ix_message_waiting",
        "message",
        ["next_try_at"],
        sqlite_where=waiting,
        postgresql_where=waiting,
    )


def _create_audit_event() -> None:
    op.create_table(
        "audit_event",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("actor", sa.String(20), nullable=False),
        sa.Column("action", sa.String(60), nullable=False),
        sa.Column("account_id", sa.Integer),
        sa.Column("contract_code", sa.String(20)),
        sa.Column("address", sa.String(45), nullable=False),
        sa.Column("detail", sa.String(200), nullable=False),
    )
    for column in ("at", "account_id", "contract_code"):
        op.create_index(f"ix_audit_event_{column}", "audit_event", [column])
    # Append-only by the database too: a mistake in the portal cannot rewrite what happened.
    if op.get_bind().dialect.name == "sqlite":
        for what in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER audit_event_no_{what.lower()} BEFORE {what} ON audit_event"
                " BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION audit_event_is_append_only() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'the audit trail is append-only'; END $$"
    )
    op.execute(
        "CREATE TRIGGER audit_event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_event"
        " FOR EACH STATEMENT EXECUTE FUNCTION audit_event_is_append_only()"
    )


def downgrade() -> None:
    for table in (
        *("audit_event", "message", "ownership_check", "contract_invitation"),
        *("email_change", "account_stop", "account_recovery"),
    ):
        op.drop_table(table)
    if op.get_bind().dialect.name != "sqlite":
        op.execute("DROP FUNCTION audit_event_is_append_only()")
    op.drop_column("account_session", "must_change")
    for column in ("granted_by", "right"):
        op.drop_column("account_contract", column)
    for column in ("preferences", "restricted_until", "email_confirmed_at"):
        op.drop_column("account", column)
