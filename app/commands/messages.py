"""flask messages ..., flask mail test, flask sms test"""

import re
import sys

import click
from flask.cli import AppGroup

from app.accounts.contact import international_phone
from app.clock import now
from app.commands.failing import fails_in_words
from app.commands.limits import LIMIT
from app.commands.moments import moment_words
from app.gateways.errors import GatewayError
from app.messages.bounced import LONGEST, find_reference
from app.messages.records import Block, Channel, Letter, Message, MessageId, State, Status, Wanted
from app.messages.rules import masked
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
@click.option("--unsure", "states", flag_value="unsure", help="Only those that may have arrived.")
@click.option("--waiting", "states", flag_value="waiting", help="Only those still to be sent.")
@LIMIT
@fails_in_words
def list_command(states: str | None, limit: int) -> None:
    """Lists the newest messages, without what they say."""
    wanted = Wanted(states=(State(states),) if states else ())
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
        f"{word} {moment_words(moment)}" if moment else word,
        status.problem,
    ]
    return "  ".join(part for part in parts if part)


@messages.command("retry")
@click.argument("message_id", type=int, required=False)
@click.option("--dead", is_flag=True, help="All that were given up.")
@fails_in_words
def retry_command(message_id: int | None, dead: bool) -> None:
    """Tries a message again from the start that was given up, or may not have arrived."""
    if (message_id is None) != dead:
        raise click.UsageError("Name one message, or all with --dead.")
    tried = services().messages.retry(None if message_id is None else MessageId(message_id))
    if message_id is not None and not tried:
        told = f"Message {message_id} was not given up, or its time and words are gone."
        raise click.ClickException(told)
    services().jobs.flush(seconds=3)
    click.echo(f"{tried} messages are tried again.")


@messages.command("bounced")
@fails_in_words
def bounced_command() -> None:
    """Reads a mail server's report from standard input, and counts the mail that came back.

    For a mail server that pipes what comes to the portal's sender into this command. What is no
    such report is left alone.
    """
    reference = find_reference(sys.stdin.buffer.read(LONGEST))
    found = services().messages.take_bounce(reference) if reference else None
    if found is None:
        click.echo("That is no report of a mail of ours that failed.")
        return
    account_id, address = found
    if account_id is not None:
        services().bounces.take(account_id, address)
    click.echo(f"Counted: {masked(address)} did not take a mail.")


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
    """Sends one SMS to NUMBER (069 123 4567 or +355691234567), directly."""
    phone = _phone(number)
    served = services().settings.phones.countries
    if not phone.startswith(tuple(served)):
        raise click.ClickException(
            f"The portal sends no SMS to {phone}: SELFCARE_PHONES_COUNTRIES is {','.join(served)}."
        )
    _ = texts(language)
    text = _("If you can read this, SMS from our customer portal arrive.")
    _send(Channel.SMS, phone, language, text=text)


@sms.command("ask")
@click.argument("number")
@click.argument("text")
@fails_in_words
def ask_command(number: str, text: str) -> None:
    """Prints what TEXT from NUMBER (069 123 4567 or +355691234567) is answered, as if by SMS."""
    answer = services().notifications.answering.answer_sms(_phone(number), text, message_id="")
    click.echo(answer or "No answer: it has asked too often today.")


def _phone(typed: str) -> str:
    """Whatever way the pages take it; a foreign test number need not exist."""
    phone = typed if re.fullmatch(PHONE, typed) else international_phone(typed)
    if phone is None:
        raise click.ClickException(f"{typed!r} is no number like 069 123 4567 or +355691234567.")
    return phone


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
