"""flask notify ...: tells customers of new invoices, last days to pay and payments."""

import click
from flask.cli import AppGroup

from app.commands.failing import fails_in_words
from app.commands.moments import moment_words
from app.notifications.records import Pass
from app.web.current import services

notify = AppGroup("notify", help="What customers are told without asking.")


@notify.command("run")
@fails_in_words
def run_command() -> None:
    """Looks through billing once and writes what customers want to hear of.

    Safe to run twice at once, and to run again after it was killed: it goes on from there. The
    job process sends what was written.
    """
    found = services().notifications.finder.run()
    click.echo(_told(found))


@notify.command("status")
@fails_in_words
def status_command() -> None:
    """Says how far the look through billing is, or how the last one ended."""
    found = services().notifications.finder.find_last()
    click.echo(_told(found) if found else "Nothing was looked for yet. Run: flask notify run")


def _told(found: Pass) -> str:
    counts = f"{found.told} messages for {found.read} contracts of accounts"
    since = f"dated from {found.since:%Y-%m-%d} on"
    if found.ended_at is None:
        return f"Under way since {moment_words(found.begun_at)}: {counts}, {since}."
    return f"Ended {moment_words(found.ended_at)}: {counts}, {since}."
