"""flask billing map ..."""

from pathlib import Path

import click
from flask.cli import AppGroup

from app.commands.billing_try import try_command
from app.commands.failing import fails_in_words
from app.web.current import services
from legacy_adapters.guessing import guess_mapping
from legacy_adapters.once import ask_once

billing_map = AppGroup("map", help="The file that says where billing keeps things.")
billing_map.add_command(try_command)


@billing_map.command("init")
@click.option("--schema", default="", help="The tables' schema. Default: the user's own.")
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    default=None,
    help="The file to write; it must not be there yet. Default: print.",
)
@fails_in_words
def init_command(schema: str, output: Path | None) -> None:
    """Guesses a first mapping from the tables of SELFCARE_BILLING_URL. Reads only."""
    if output and output.exists():
        raise click.ClickException(f"{output} is there already and is left as it is.")
    settings = services().settings
    text = ask_once(
        settings.billing_url, settings.billing, lambda found: guess_mapping(found, schema)
    )
    if not output:
        click.echo(text, nl=False)
        return
    try:
        with output.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise click.ClickException(f"{output} cannot be written: {error.strerror}") from error
    left = sum(line.startswith("# OPEN") for line in text.splitlines())
    click.echo(f"{output} is written; {left} places in it are marked OPEN, and all are guesses.")
