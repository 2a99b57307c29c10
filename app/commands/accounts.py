"""flask accounts ..."""

import click
from flask.cli import AppGroup

from app.accounts.records import Account
from app.commands.failing import fails_in_words
from app.commands.limits import LIMIT
from app.commands.moments import moment_words
from app.web.current import services

accounts = AppGroup("accounts", help="The customers' accounts.")


def _get_account(name: str) -> Account:
    found = services().accounts.find_account(name)
    if found is None:
        raise click.ClickException(f"No account has the user name or e-mail {name!r}.")
    return found


@accounts.command("sign-out")
@click.argument("name")
@fails_in_words
def sign_out_command(name: str) -> None:
    """Ends all sessions of the account with this user name or e-mail."""
    account = _get_account(name)
    ended = services().accounts.sign_out_everywhere(account.id)
    click.echo(f"{account.user_name}: {ended} sessions ended.")


@accounts.command("disable")
@click.argument("name")
@fails_in_words
def disable_command(name: str) -> None:
    """Keeps the account from signing in and ends its sessions."""
    account = _get_account(name)
    services().accounts.disable(account.id)
    click.echo(f"{account.user_name} is disabled.")


@accounts.command("enable")
@click.argument("name")
@fails_in_words
def enable_command(name: str) -> None:
    """Lets a disabled account sign in again."""
    account = _get_account(name)
    services().accounts.enable(account.id)
    click.echo(f"{account.user_name} may sign in again.")


@accounts.command("events")
@click.argument("name")
@LIMIT
@fails_in_words
def events_command(name: str, limit: int) -> None:
    """What the audit trail tells of the account with this user name or e-mail."""
    account = _get_account(name)
    for event in services().audit.list_newest(account_id=account.id, limit=limit):
        at = moment_words(event.at)
        more = [event.contract_code, event.address, event.detail]
        click.echo("  ".join([at, event.actor, event.action, *(word for word in more if word)]))
