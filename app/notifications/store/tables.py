"""The notifications' tables."""

from sqlalchemy import Column, Date, Integer, String, Table

from app.database.tables import Moment, metadata

# What was told already. It has no foreign key, so that a contract that is removed from an account
# and added again does not tell everything again; a closed account's rows go with it.
notified = Table(
    "notified",
    metadata,
    Column("account_id", Integer, primary_key=True),
    Column("contract_code", String(20), primary_key=True),
    Column("what", String(10), primary_key=True),
    Column("subject", String(100), primary_key=True),
    Column("channel", String(5), primary_key=True),
    Column("told_at", Moment, nullable=False, index=True),
)

# One row: how far the look through billing has come, or when the last one ended.
notification_pass = Table(
    "notification_pass",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("begun_at", Moment, nullable=False),
    Column("since", Date, nullable=False),  # what is dated earlier is not looked at
    Column("contract_code", String(20), nullable=False),  # the last link that was handled
    Column("account_id", Integer, nullable=False),
    Column("read", Integer, nullable=False),
    Column("told", Integer, nullable=False),
    Column("ended_at", Moment),
)

phone_question = Table(
    "phone_question",
    metadata,
    Column("id_hash", String(64), primary_key=True),
    Column("at", Moment, nullable=False, index=True),
)
