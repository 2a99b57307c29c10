"""Brings the portal's database to this version's tables."""

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from app.database.engine import Database, DatabaseError
from app.database.waiting import unhurried

MIGRATIONS = Path(__file__).parent / "migrations"
UPGRADE = "flask db upgrade"
THAT_VERSION = "that version again, or the backup: it is newer than this portal"


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


@cache
def newest_version() -> str | None:
    return ScriptDirectory.from_config(_config()).get_current_head()


@cache
def _known_versions() -> frozenset[str]:
    script = ScriptDirectory.from_config(_config())
    return frozenset(revision.revision for revision in script.walk_revisions())


def current_version(database: Database) -> str | None:
    """The version the database is at; None when it has no tables yet."""
    if not database.is_made:
        return None
    with database.read() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def is_current(database: Database) -> bool:
    return current_version(database) == newest_version()


def find_need(database: Database) -> str:
    """What it needs before this version works with it; "" where that is nothing."""
    version = current_version(database)
    if version == newest_version():
        return ""
    return UPGRADE if version is None or version in _known_versions() else THAT_VERSION


def upgrade(database: Database) -> None:
    """Raises: DatabaseError, where a newer version of the portal has made the tables."""
    if find_need(database) == THAT_VERSION:
        raise DatabaseError(
            "the database is newer than this portal: install that version again, or restore the"
            f" backup (it is at version {current_version(database)}, this portal knows"
            f" {newest_version()})"
        )
    config = _config()
    database.make()
    with unhurried(), database.write() as connection:
        if connection.dialect.name == "postgresql":
            # One at a time, and as long as it takes.
            connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7163)")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
