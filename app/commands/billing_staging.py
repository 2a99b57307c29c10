"""flask billing export-staging, demo-post"""

import click
from flask.cli import with_appcontext

from app.commands.failing import fails_in_words
from app.web.current import services
from legacy_adapters.demo.generator import read_description
from legacy_adapters.demo.posting_job import run_posting_job
from legacy_adapters.posting.ddl import export_staging
from legacy_adapters.views import DIALECTS


@click.command("export-staging")
@click.option("--dialect", type=click.Choice(DIALECTS), required=True, help="Whose DDL to write.")
@click.option("--user", default="", help="The second database user, who writes payments.")
@with_appcontext
@fails_in_words
def export_staging_command(dialect: str, user: str) -> None:
    """Prints the DDL of the table that payments go into. Creates nothing.

    Its names are those of the settings, section [posting]; see docs/posting.md.
    """
    click.echo(export_staging(dialect, services().settings.posting, user), nl=False)


@click.command("demo-post")
@with_appcontext
@fails_in_words
def demo_post_command() -> None:
    """Posts the portal's payments within the demo's billing, as the utility's own job would."""
    settings = services().settings
    if not settings.uses_demo_billing:
        raise click.ClickException("Billing is not the demo's: its own job posts payments there.")
    if not read_description(settings.demo_billing_file):
        raise click.ClickException(f"{settings.demo_billing_file} is not there: ./run makes it.")
    done = run_posting_job(f"sqlite:///{settings.demo_billing_file}")
    if not (done.accepted or done.refused):
        click.echo("Nothing to do: no payment is waiting.")
        return
    click.echo(f"Payments posted: {done.accepted}; refused: {done.refused}.")
