"""flask staff ..."""

from io import StringIO

import click
import segno
from flask.cli import AppGroup

from app.clock import now
from app.commands.failing import fails_in_words
from app.commands.limits import LIMIT
from app.commands.moments import moment_words
from app.demo import demo_codes
from app.staff.records import FirstSignIn, ListedMember, Role
from app.web.current import services

staff = AppGroup("staff", help="The utility's own people, who sign in at /staff/login.")
ROLES = click.Choice([role.value for role in Role])


@staff.command("create")
@click.argument("name")
@click.option("--role", type=ROLES, required=True, help="Each includes those before it.")
@click.option("--full-name", default="", help="Name and surname, shown beside what they do.")
@fails_in_words
def create_command(name: str, role: str, full_name: str) -> None:
    """Adds a staff member, and shows once what they sign in with."""
    _show_first(services().members.create(name, Role(role), full_name=full_name))


@staff.command("reset")
@click.argument("name")
@fails_in_words
def reset_command(name: str) -> None:
    """Gives a new first password and a new second factor; ends all sessions."""
    members = services().members
    _show_first(members.reset(members.get(name)))


def _show_first(first: FirstSignIn) -> None:
    address = f"{services().settings.public_address}/staff/login"
    drawing = StringIO()
    segno.make(first.factor_address, error="l").terminal(drawing, compact=True, border=2)
    click.echo(f"{first.member.name} ({first.member.role}) signs in at {address}")
    click.echo(f"First password: {first.password}")
    click.echo(
        f"It works once, until {moment_words(first.password_until)}; then another is chosen."
    )
    click.echo("\nSecond factor, for an authenticator app:\n")
    click.echo(drawing.getvalue())
    click.echo(f"Key, where no camera is: {first.secret}")
    click.echo(first.factor_address)
    click.echo("\nNothing of this is shown again. Hand it over in person.")


@staff.command("list")
@fails_in_words
def list_command() -> None:
    """All staff members, disabled ones too."""
    for listed in services().members.list_all():
        member = listed.member
        words = (f"{member.name:20}", f"{member.role:13}", _state(listed), member.full_name)
        click.echo("  ".join(word for word in words if word))


def _state(listed: ListedMember) -> str:
    if listed.disabled_at:
        return f"disabled {moment_words(listed.disabled_at)}"
    if listed.waits_until and listed.waits_until > now():
        return f"first password waits until {moment_words(listed.waits_until)}"
    if listed.waits_until:
        return "first password used or too old: flask staff reset"
    return f"{listed.sessions} sessions"


@staff.command("sessions")
@fails_in_words
def sessions_command() -> None:
    """Who is signed in: since when, last seen, from which address and with which browser."""
    signed_in = services().members.list_sessions()
    for found in signed_in:
        times = f"{moment_words(found.created_at)}  {moment_words(found.seen_at)}"
        click.echo(f"{found.member.name:20}  {times}  {found.address}  {found.device}")
    if not signed_in:
        click.echo("Nobody is signed in.")


@staff.command("sign-out")
@click.argument("name")
@fails_in_words
def sign_out_command(name: str) -> None:
    """Ends all sessions of the member."""
    member = services().members.get(name)
    ended = services().members.sign_out(member)
    click.echo(f"{member.name}: {ended} sessions ended.")


@staff.command("disable")
@click.argument("name")
@fails_in_words
def disable_command(name: str) -> None:
    """Keeps the member from signing in and ends their sessions."""
    member = services().members.get(name)
    services().members.disable(member)
    click.echo(f"{member.name} is disabled.")


@staff.command("enable")
@click.argument("name")
@fails_in_words
def enable_command(name: str) -> None:
    """Lets a disabled member sign in again."""
    member = services().members.get(name)
    services().members.enable(member)
    click.echo(f"{member.name} may sign in again.")


@staff.command("role")
@click.argument("name")
@click.argument("role", type=ROLES)
@fails_in_words
def role_command(name: str, role: str) -> None:
    """Gives the member another role, in force at once."""
    member = services().members.get(name)
    services().members.set_role(member, Role(role))
    click.echo(f"{member.name} is {role} now.")


@staff.command("events")
@click.argument("name")
@LIMIT
@fails_in_words
def events_command(name: str, limit: int) -> None:
    """What the audit trail tells of what the member did, and of what was done to them."""
    member = services().members.get(name)
    for event in services().members.list_events(member, limit=limit):
        at = moment_words(event.at)
        about = f"account {event.account_id}" if event.account_id else ""
        more = [about, event.contract_code, event.address, event.detail]
        click.echo("  ".join([at, event.actor, event.action, *(word for word in more if word)]))


@staff.command("demo-code")
@click.argument("name")
@fails_in_words
def demo_code_command(name: str) -> None:
    """A code of the second factor of one of the demo's staff; only there."""
    codes = demo_codes(services())
    if not codes:
        raise click.ClickException("This is not the demo: codes come from the authenticator app.")
    if name not in codes:
        raise click.ClickException(f"The demo's staff are: {', '.join(codes)}.")
    if not codes[name]:
        raise click.ClickException("Each code works once; there is a new one in half a minute.")
    click.echo(codes[name])
