"""flask config ..."""

import re

import click
from flask.cli import AppGroup
from pydantic import SecretStr

from app.web.current import services
from config.settings import SECTIONS

config = AppGroup("config", help="The settings.")


@config.command("check")
def check_command() -> None:
    """Prints the settings in force; that they are valid was checked at start."""
    settings = services().settings
    for section in SECTIONS:
        click.echo(f"[{section.section}]")
        values = getattr(settings, section.section)
        for field in section.model_fields:
            click.echo(f"{field} = {_shown(field, getattr(values, field))}")
    for name in settings.unknown_variables:
        click.echo(f"warning: the variable {name} is not a setting", err=True)


def _shown(field: str, value: object) -> str:
    if isinstance(value, SecretStr) or field.startswith("secret_key"):
        return "(hidden)"
    # An address may hold a password.
    text = re.sub(r"([?&][^=&]*pass[^=&]*=)[^&]*", r"\1(hidden)", str(value))
    before, at, after = text.rpartition("@")
    return f"{before.partition('://')[0]}://(hidden)@{after}" if at and "://" in before else text
