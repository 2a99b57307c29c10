"""Brings the portal's database to this version's tables."""

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from app.database.engine import Database

MIGRATIONS = Path(__file__).parent / "migrations"


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


@cache
def newest_version() -> str | None:
    return ScriptDirectory.from_config(_config()).get_current_head()


def current_version(database: Database) -> str | None:
    """The version the database is at; None when it has no tables yet."""
    with database.read() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def is_current(database: Database) -> bool:
    return current_version(database) == newest_version()


def upgrade(database: Database) -> None:
    config = _config()
    with database.write() as connection:
        if connection.dialect.name == "postgresql":
            # One at a time, and as long as it takes.
            connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7163)")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
