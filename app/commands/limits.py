"""How many lines of a list are wanted."""

import click

MOST = 10_000  # all of them are in memory at once

LIMIT = click.option(
    "--limit",
    type=click.IntRange(min=1, max=MOST),
    default=50,
    show_default=True,
    help="How many, the newest first.",
)
