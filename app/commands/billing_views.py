"""flask billing export-views"""

import click
from flask.cli import with_appcontext

from app.commands.failing import fails_in_words
from app.web.current import services
from legacy_adapters.mapping import VIEW_PREFIX, load_mapping
from legacy_adapters.once import ask_once
from legacy_adapters.views import DIALECTS, Target, export_views


@click.command("export-views")
@click.option("--dialect", type=click.Choice(DIALECTS), required=True, help="Whose DDL to write.")
@click.option("--schema", default="", help="The views' schema. Default: that of who runs the DDL.")
@click.option("--prefix", default=VIEW_PREFIX, show_default=True, help="Before each view's name.")
@click.option("--user", default="", help="Who may read the views: the portal's database user.")
@with_appcontext
@fails_in_words
def export_views_command(dialect: str, schema: str, prefix: str, user: str) -> None:
    """Prints the DDL of views that say what the table mapping says. Creates nothing."""
    settings = services().settings
    mapping = load_mapping(settings.billing.mapping)
    target = Target(dialect=dialect, schema=schema, prefix=prefix, user=user)
    text = ask_once(
        settings.billing_url, settings.billing, lambda found: export_views(found, mapping, target)
    )
    click.echo(text, nl=False)
