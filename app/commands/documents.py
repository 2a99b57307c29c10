"""flask documents ..."""

import click
from flask.cli import AppGroup

from app.commands.failing import fails_in_words
from app.web.current import services

documents = AppGroup("documents", help="Files that customers and staff handed in.")


@documents.command("status")
@fails_in_words
def status_command() -> None:
    """Tells how many there are, and what waits."""
    found = services().documents.count()
    click.echo(f"kept:                  {found.kept}")
    click.echo(f"held, not used yet:    {found.held}")
    click.echo(f"to be removed:         {found.dropped}")
    click.echo(f"waiting for a scan:    {found.waiting}")
    click.echo(f"infected:              {found.infected}")
    click.echo(f"bytes, all together:   {found.size}")


@documents.command("sweep")
@fails_in_words
def sweep_command() -> None:
    """Removes what has run out or was never finished; scans what waits. The job process does
    it by itself."""
    infected = services().documents.sweep()
    if infected:
        click.echo(f"A virus was found in: {', '.join(map(str, infected))}")
    status_command.callback()  # type: ignore[misc]
