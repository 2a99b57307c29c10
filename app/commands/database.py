"""flask db ..."""

import click
from flask.cli import AppGroup

from app.commands.failing import fails_in_words
from app.database.schema import current_version, find_need, newest_version, upgrade
from app.web.current import services

db = AppGroup("db", help="The portal's own database.")


@db.command("upgrade")
@fails_in_words
def upgrade_command() -> None:
    """Brings the tables to this version."""
    database = services().database
    before = current_version(database)
    upgrade(database)
    click.echo(
        f"The portal's database is at version {newest_version()} (was: {before or 'empty'})."
    )


@db.command("version")
@fails_in_words
def version_command() -> None:
    """Tells which version the tables have and which this portal needs.

    Exit code 1: they differ.
    """
    database = services().database
    click.echo(f"has {current_version(database)}, needs {newest_version()}")
    if need := find_need(database):
        raise click.ClickException(f"The database needs: {need}.")
