"""The outbox's table, and each statement over it."""

from sqlalchemy import Column, Index, Integer, String, Table, Text, text

from app.database.tables import Moment, metadata

message = Table(
    "message",
    metadata,
    Column("id", Integer, primary_key=True),
    # What it tells of: the same is never told twice by the same channel.
    Column("key", String(120), unique=True),
    Column("channel", String(4), nullable=False),
    Column("kind", String(40), nullable=False),
    Column("account_id", Integer, index=True),
    Column("recipient", String(254), nullable=False),
    Column("language", String(2), nullable=False),
    Column("body", Text, nullable=False),  # emptied once it is sent
    Column("state", String(8), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("next_try_at", Moment, nullable=False),
    Column("expires_at", Moment),
    Column("claimed_until", Moment),
    Column("sent_at", Moment, index=True),
    Column("problem", String(200), nullable=False),
    Index(
        "ix_message_waiting",
        "next_try_at",
        sqlite_where=text("state = 'waiting'"),
        postgresql_where=text("state = 'waiting'"),
    ),
)
