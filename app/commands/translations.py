"""flask translations ..."""

import click
from flask.cli import AppGroup

from app import catalogues
from app.web.language import LANGUAGES

translations = AppGroup("translations", help="The catalogues of what customers read.")


@translations.command("update")
def update_command() -> None:
    """Collects all texts, updates both catalogues and compiles them."""
    for language in LANGUAGES:
        catalogue = catalogues.update(language)
        catalogues.save(language, catalogue)
        missing = catalogues.untranslated(catalogue)
        click.echo(f"{language}: {len(catalogue)} texts, {len(missing)} without translation")
        for text in missing:
            click.echo(f"  {text}")
