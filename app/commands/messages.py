"""flask messages ..., flask mail test, flask sms test"""

import re

import click
from flask.cli import AppGroup

from app.clock import now
from app.commands.failing import fails_in_words
from app.gateways.errors import GatewayError
from app.messages.records import Block, Channel, Letter, Message, MessageId, State, Status
from app.messages.texts import DEFAULT, LANGUAGES, texts
from app.web.current import services

messages = AppGroup("messages", help="Mail and SMS to customers.")
mail = AppGroup("mail", help="The mail gateway.")
sms = AppGroup("sms", help="The SMS gateway.")

TEST = MessageId(0)
PHONE = r"\+[1-9][0-9]{7,14}"
LANGUAGE = click.option(
    "--language", type=click.Choice(LANGUAGES), default=DEFAULT, show_default=True
)


@messages.command("list")
@click.option("--dead", "states", flag_value="dead", help="Only those given up.")
@click.option("--waiting", "states", flag_value="waiting", help="Only those still to be sent.")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True)
@fails_in_words
def list_command(states: str | None, limit: int) -> None:
    """Lists the newest messages, without what they say."""
    wanted = (State(states),) if states else tuple(State)
    found = services().messages.list_newest(wanted, limit=limit)
    for status in found:
        click.echo(_line(status))
    if not found:
        click.echo("There are none.")


def _line(status: Status) -> str:
    moments = {State.WAITING: ("next try", status.next_try_at), State.SENT: ("at", status.sent_at)}
    word, moment = moments.get(status.state, ("written", status.created_at))
    parts = [
        f"{status.id:>8}  {status.channel:4}  {status.state:7}  {status.kind:24}",
        f"{status.recipient:28}  {status.attempts} tries",
        f"{word} {moment:%Y-%m-%d %H:%M} UTC" if moment else word,
        status.problem,
    ]
    return "  ".join(part for part in parts if part)


@messages.command("retry")
@click.argument("message_id", type=int, required=False)
@click.option("--dead", is_flag=True, help="All that were given up.")
@fails_in_words
def retry_command(message_id: int | None, dead: bool) -> None:
    """Tries a message that was given up again from the start."""
    if (message_id is None) != dead:
        raise click.UsageError("Name one message, or all with --dead.")
    tried = services().messages.retry(None if message_id is None else MessageId(message_id))
    if message_id is not None and not tried:
        told = f"Message {message_id} is not dead, or it is past its time and its words are gone."
        raise click.ClickException(told)
    services().jobs.flush(seconds=3)
    click.echo(f"{tried} messages are tried again.")


@mail.command("test")
@click.argument("address")
@LANGUAGE
def mail_command(address: str, language: str) -> None:
    """Sends one mail to ADDRESS, directly."""
    _ = texts(language)
    letter = Letter(
        subject=_("A test of our mail"),
        blocks=(Block(text=_("If you can read this, mail from our customer portal arrives.")),),
    )
    _send(Channel.MAIL, address, language, letter=letter)


@sms.command("test")
@click.argument("number")
@LANGUAGE
def sms_command(number: str, language: str) -> None:
    """Sends one SMS to NUMBER (as +355691234567), directly."""
    if not re.fullmatch(PHONE, number):
        raise click.ClickException(f"{number!r} is no number like +355691234567.")
    _ = texts(language)
    text = _("If you can read this, SMS from our customer portal arrive.")
    _send(Channel.SMS, number, language, text=text)


def _send(
    channel: Channel, to: str, language: str, *, letter: Letter | None = None, text: str = ""
) -> None:
    message = Message(
        id=TEST,
        channel=channel,
        recipient=to,
        language=language,
        letter=letter,
        text=text,
        attempts=1,
        created_at=now(),
        expires_at=None,
    )
    try:
        services().sender.send(message)
    except GatewayError as error:
        raise click.ClickException(f"It was not sent: {error}") from error
    click.echo("The gateway has taken it. Whether it arrives is told by the recipient alone.")
