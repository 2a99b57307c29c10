"""The accounts' tables."""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Table,
    false,
)

from app.database.tables import Moment, metadata

account = Table(
    "account",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("user_name", String(140), nullable=False),
    Column("user_name_key", String(140), nullable=False, unique=True),
    Column("email", String(254), nullable=False),
    Column("email_key", String(254), nullable=False, unique=True),
    Column("phone", String(20), nullable=False),
    Column("password_hash", String(200), nullable=False),
    Column("language", String(2), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("disabled_at", Moment),
    Column("email_confirmed_at", Moment),
    Column("restricted_until", Moment),  # after a recovery, see recovery.py
    Column("preferences", JSON, nullable=False, server_default="[]"),
    # Since which day each of them is on: what is older is not told.
    Column("preferences_since", JSON, nullable=False, server_default="{}"),
    # The phone whose owner has typed a code from it; of one account at a time.
    Column("confirmed_phone", String(20)),
    Column("bounces", Integer, nullable=False, server_default="0"),  # since it was confirmed
    Index("ix_account_confirmed_phone", "confirmed_phone", unique=True),
)

account_contract = Table(
    "account_contract",
    metadata,
    Column("account_id", ForeignKey("account.id", ondelete="CASCADE"), primary_key=True),
    Column("contract_code", String(20), primary_key=True),
    Column("linked_at", Moment, nullable=False),
    Column("right", String(8), nullable=False, server_default="holder"),
    Column("granted_by", Integer),  # the holder's account, for a delegate's link
    # What this account calls it, and where it groups it.
    Column("own_name", String(60), nullable=False, server_default=""),
    Column("own_group", String(40), nullable=False, server_default=""),
    Index("ix_account_contract_code", "contract_code", "account_id"),
)

phone_check = Table(
    "phone_check",
    metadata,
    Column("account_id", ForeignKey("account.id", ondelete="CASCADE"), primary_key=True),
    Column("phone", String(20), nullable=False),
    Column("code_hash", String(200), nullable=False),
    Column("tries_left", Integer, nullable=False),
    Column("expires_at", Moment, nullable=False),
)

account_session = Table(
    "account_session",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("account_id", ForeignKey("account.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("created_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
    Column("address", String(45), nullable=False),
    Column("device", String(200), nullable=False),
    Column("must_change", Boolean, nullable=False, server_default=false()),
)

account_recovery = Table(
    "account_recovery",
    metadata,
    Column("account_id", ForeignKey("account.id", ondelete="CASCADE"), primary_key=True),
    Column("password_hash", String(200), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
)

account_stop = Table(
    "account_stop",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("account_id", ForeignKey("account.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("what", String(20), nullable=False),
    Column("restores", JSON, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
)

email_change = Table(
    "email_change",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("account_id", ForeignKey("account.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("email", String(254), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
)

contract_invitation = Table(
    "contract_invitation",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("account_id", ForeignKey("account.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("contract_code", String(20), nullable=False),
    Column("email", String(254), nullable=False),
    Column("right", String(8), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
)

ownership_check = Table(
    "ownership_check",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("account_id", ForeignKey("account.id", ondelete="CASCADE")),
    Column("contract_code", String(20), nullable=False),
    Column("applicant", JSON, nullable=False),
    Column("code_hash", String(200), nullable=False),
    Column("is_right", Boolean, nullable=False),
    Column("tries_left", Integer, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
)

# Where an account wants to hear something else of one contract than of its others.
contract_preference = Table(
    "contract_preference",
    metadata,
    Column("account_id", Integer, primary_key=True),
    Column("contract_code", String(20), primary_key=True),
    Column("since", JSON, nullable=False),  # what is on, and since which day
    ForeignKeyConstraint(
        ["account_id", "contract_code"],
        ["account_contract.account_id", "account_contract.contract_code"],
        name="fk_contract_preference_account_contract",
        ondelete="CASCADE",
    ),
)

switch_off_link = Table(
    "switch_off_link",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("account_id", ForeignKey("account.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("contract_code", String(20)),
    Column("preference", String(30), nullable=False),
    Column("expires_at", Moment, nullable=False, index=True),
)
