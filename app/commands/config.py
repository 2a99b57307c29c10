"""flask config ..."""

import os
import re

import click
from flask import current_app
from flask.cli import AppGroup
from pydantic import SecretStr

from app.database.engine import DatabaseError
from app.database.schema import find_need
from app.services import Services
from app.web.current import services
from config.loading import SettingsError, load_settings
from config.settings import SECTIONS
from legacy_adapters.errors import BillingError

NOT_SET = "(not set)"
UNUSABLE = 3  # as the web ends

config = AppGroup("config", help="The settings.")


@config.command("check")
def check_command() -> None:
    """Prints the settings in force, and says whether the web starts with them.

    Exit code 3: it does not. What is only away, or not made yet, is a warning.
    """
    settings = services().settings
    for section in SECTIONS:
        click.echo(f"[{section.section}]")
        values = getattr(settings, section.section)
        for field in section.model_fields:
            click.echo(f"{field} = {_shown(field, getattr(values, field))}")
    for name in settings.unknown_variables:
        click.echo(f"warning: the variable {name} is not a setting", err=True)
    try:
        web: Services = current_app.extensions["selfcare_as_web"]()
    except (SettingsError, DatabaseError) as error:
        click.echo(f"The portal cannot start:\n{error}", err=True)
        raise SystemExit(UNUSABLE) from None
    found = (_of_folder(web), _of_database(web), _of_billing(web), _of_queue(web))
    for warning in filter(None, found):
        click.echo(f"warning: {warning}", err=True)
    web.database.close()
    web.billing.close()


def _of_folder(web: Services) -> str:
    folder = web.settings.portal.data_dir
    try:
        folder.mkdir(parents=True, exist_ok=True)
        is_ours = os.access(folder, os.W_OK | os.X_OK)
    except OSError:
        is_ours = False
    return "" if is_ours else f"the data folder {folder} cannot be written. See SELFCARE_DATA_DIR"


def _of_database(web: Services) -> str:
    try:
        need = find_need(web.database)
    except DatabaseError as error:
        return f"the portal's database does not answer: {error}. See SELFCARE_DATABASE_URL"
    return f"the portal's database needs: {need}" if need else ""


def _of_billing(web: Services) -> str:
    try:
        web.billing.verify()
    except BillingError as error:
        return f"billing cannot be read: {error}. See SELFCARE_BILLING_URL and flask billing check"
    return ""


def _of_queue(web: Services) -> str:
    if web.settings.jobs_url.startswith("sqlite"):  # a file, which looking would make
        return ""
    try:
        web.jobs.count()
    except Exception as error:  # whatever the queue's driver raises
        return f"the job queue does not answer ({type(error).__name__}). See SELFCARE_JOBS_URL"
    return ""


def _shown(field: str, value: object) -> str:
    if field == "secret_key" and not _is_key_set():
        return NOT_SET
    if isinstance(value, SecretStr) and not value.get_secret_value():
        return NOT_SET
    if isinstance(value, SecretStr):
        return "(hidden)"
    # An address may hold a password.
    text = re.sub(r"([?&][^=&]*pass[^=&]*=)[^&]*", r"\1(hidden)", str(value))
    before, at, after = text.rpartition("@")
    return f"{before.partition('://')[0]}://(hidden)@{after}" if at and "://" in before else text


def _is_key_set() -> bool:
    """Commands run without: they were given one that nobody knows."""
    try:
        load_settings()
    except SettingsError:  # all else was loaded already
        return False
    return True
