"""flask exports ..."""

import click
from flask.cli import AppGroup

from app.commands.failing import fails_in_words
from app.exports.records import State
from app.web.current import services

exports = AppGroup("exports", help="Files that customers take away.")


@exports.command("status")
@fails_in_words
def status_command() -> None:
    """Tells how many wait, are being made, are ready or came to nothing."""
    found = services().exports.desk.count()
    for state in State:
        click.echo(f"{state + ':':<12}{found.get(state, 0)}")


@exports.command("run")
@fails_in_words
def run_command() -> None:
    """Makes what waits, and goes. The job process does it by itself."""
    services().exports.worker.run()
    status_command.callback()  # type: ignore[misc]


@exports.command("sweep")
@fails_in_words
def sweep_command() -> None:
    """Removes files that were kept long enough, and what nobody's row names. The job process does
    it by itself."""
    services().exports.desk.forget_old()
    status_command.callback()  # type: ignore[misc]
