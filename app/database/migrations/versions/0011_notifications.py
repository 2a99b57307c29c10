"""Notifications: what each account wants to hear of each contract, whose phones are, what was
told, and how far billing was looked through; messages that nobody waits for."""

import json
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
WAITING = sa.text("state = 'waiting'")


def _account() -> sa.Column[int]:
    key = sa.ForeignKey("account.id", ondelete="CASCADE")
    return sa.Column("account_id", sa.Integer, key, nullable=False)


def upgrade() -> None:
    _change_accounts()
    _change_messages()
    automatic = sa.Column("is_automatic", sa.Boolean, nullable=False, server_default=sa.false())
    op.add_column("pay_link", automatic)
    op.create_index("ix_pay_link_expires_at", "pay_link", ["expires_at"])
    op.create_table(
        "notified",
        sa.Column("account_id", sa.Integer, primary_key=True),
        sa.Column("contract_code", sa.String(20), primary_key=True),
        sa.Column("what", sa.String(10), primary_key=True),
        sa.Column("subject", sa.String(100), primary_key=True),
        sa.Column("channel", sa.String(5), primary_key=True),
        sa.Column("told_at", MOMENT, nullable=False),
    )
    op.create_index("ix_notified_told_at", "notified", ["told_at"])
    op.create_table(
        "notification_pass",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("begun_at", MOMENT, nullable=False),
        sa.Column("since", sa.Date, nullable=False),
        sa.Column("contract_code", sa.String(20), nullable=False),
        sa.Column("account_id", sa.Integer, nullable=False),
        sa.Column("read", sa.Integer, nullable=False),
        sa.Column("told", sa.Integer, nullable=False),
        sa.Column("ended_at", MOMENT),
    )
    op.create_table(
        "phone_question",
        sa.Column("id_hash", sa.String(64), primary_key=True),
        sa.Column("at", MOMENT, nullable=False),
    )
    op.create_index("ix_phone_question_at", "phone_question", ["at"])


def _change_accounts() -> None:
    since = sa.Column("preferences_since", sa.JSON, nullable=False, server_default="{}")
    bounces = sa.Column("bounces", sa.Integer, nullable=False, server_default="0")
    for column in (since, sa.Column("confirmed_phone", sa.String(20)), bounces):
        op.add_column("account", column)
    op.create_index("ix_account_confirmed_phone", "account", ["confirmed_phone"], unique=True)
    _date_preferences()
    op.drop_index("ix_account_contract_contract_code", "account_contract")
    op.create_index("ix_account_contract_code", "account_contract", ["contract_code", "account_id"])
    op.create_table(
        "phone_check",
        sa.Column(
            "account_id",
            sa.Integer,
            sa.ForeignKey("account.id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("phone", sa.String(20), nullable=False),
        sa.Column("code_hash", sa.String(200), nullable=False),
        sa.Column("tries_left", sa.Integer, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
    )
    op.create_table(
        "contract_preference",
        sa.Column("account_id", sa.Integer, primary_key=True),
        sa.Column("contract_code", sa.String(20), primary_key=True),
        sa.Column("since", sa.JSON, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id", "contract_code"],
            ["account_contract.account_id", "account_contract.contract_code"],
            name="fk_contract_preference_account_contract",
            ondelete="CASCADE",
        ),
    )
    op.create_table(
        "switch_off_link",
        sa.Column("token_hash", sa.String(64), primary_key=True),
        _account(),
        sa.Column("contract_code", sa.String(20)),
        sa.Column("preference", sa.String(30), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
    )
    for name in ("account_id", "expires_at"):
        op.create_index(f"ix_switch_off_link_{name}", "switch_off_link", [name])


def _date_preferences() -> None:
    """What is on already begins today: nobody wants last year's invoices. Most accounts have the
    same few choices, so it is one statement for each of these."""
    today, connection = datetime.now(UTC).date().isoformat(), op.get_bind()
    found = connection.execute(sa.text("SELECT DISTINCT CAST(preferences AS TEXT) FROM account"))
    is_json = connection.dialect.name == "postgresql"
    since = "CAST(:since AS JSON)" if is_json else ":since"
    statement = sa.text(
        f"UPDATE account SET preferences_since = {since}"  # noqa: S608 - of two constants
        " WHERE CAST(preferences AS TEXT) = :chosen"
    )
    for chosen in found.scalars().all():
        dated = json.dumps(dict.fromkeys(json.loads(chosen), today))
        connection.execute(statement, {"since": dated, "chosen": chosen})


def _change_messages() -> None:
    is_bulk = sa.Column("is_bulk", sa.Boolean, nullable=False, server_default=sa.false())
    for added in (
        sa.Column("contract_code", sa.String(20)),
        is_bulk,
        sa.Column("claimed_by", sa.String(120)),
        sa.Column("handed_at", MOMENT),
        sa.Column("report", sa.String(10)),
        sa.Column("reported_at", MOMENT),
        sa.Column("preference", sa.String(30)),
        sa.Column("mark", sa.String(8), nullable=False, server_default=""),
        sa.Column("bounced_at", MOMENT),
    ):
        op.add_column("message", added)
    op.drop_index("ix_message_waiting", "message")
    op.create_index(
        "ix_message_waiting",
        "message",
        ["is_bulk", "channel", "next_try_at"],
        sqlite_where=WAITING,
        postgresql_where=WAITING,
    )
    op.create_index("ix_message_state", "message", ["state", "id"])
    for column in ("claimed_until", "handed_at"):
        is_set = sa.text(f"{column} IS NOT NULL")
        name = f"ix_message_{column.partition('_')[0]}"
        op.create_index(name, "message", [column], sqlite_where=is_set, postgresql_where=is_set)


def downgrade() -> None:
    for table in (
        *("phone_question", "notification_pass", "notified", "switch_off_link"),
        *("contract_preference", "phone_check"),
    ):
        op.drop_table(table)
    op.drop_index("ix_pay_link_expires_at", "pay_link")
    op.drop_column("pay_link", "is_automatic")
    op.execute("UPDATE message SET state = 'dead' WHERE state = 'unsure'")
    # An earlier version knows neither their documents nor their time.
    op.execute("DELETE FROM message WHERE state = 'waiting' AND is_bulk")
    for name in ("handed", "claimed", "state", "waiting"):
        op.drop_index(f"ix_message_{name}", "message")
    for column in ("bounced_at", "mark", "preference"):
        op.drop_column("message", column)
    for column in ("reported_at", "report", "handed_at", "claimed_by", "is_bulk", "contract_code"):
        op.drop_column("message", column)
    op.create_index(
        "ix_message_waiting",
        "message",
        ["next_try_at"],
        sqlite_where=WAITING,
        postgresql_where=WAITING,
    )
    op.drop_index("ix_account_contract_code", "account_contract")
    op.create_index("ix_account_contract_contract_code", "account_contract", ["contract_code"])
    op.drop_index("ix_account_confirmed_phone", "account")
    for column in ("bounces", "confirmed_phone", "preferences_since"):
        op.drop_column("account", column)
