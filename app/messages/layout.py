"""A letter as a mail: text and HTML, greeting and signature, headers."""

import re
import textwrap
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from functools import cache
from pathlib import Path

from babel.support import Translations
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from app.gateways.errors import Refused
from app.messages.records import Kind, Letter, Message
from app.messages.texts import catalogue, known
from config.colours import DARK_SURFACE, lighten_until_readable
from config.sending import MailSettings
from config.settings import UtilitySettings

TEMPLATES = Path(__file__).parent.parent / "templates" / "mails"
WIDTH = 72


@dataclass(frozen=True, kw_only=True, slots=True)
class Enclosed:
    """A PDF beside a letter."""

    name: str
    content: bytes


class Layout:
    def __init__(self, *, utility: UtilitySettings, mail: MailSettings) -> None:
        self._utility = utility
        self._sender = Address(mail.sender_name or utility.name, addr_spec=mail.sender)
        self._accent_in_dark = lighten_until_readable(utility.accent, DARK_SURFACE)

    def lay_out(
        self, message: Message, letter: Letter, enclosed: Enclosed | None = None
    ) -> EmailMessage:
        """Raises: Refused, when the recipient is no address."""
        language = known(message.language)
        for block in letter.blocks:
            if block.kind is Kind.LINK and not block.address.startswith(("https://", "http://")):
                raise ValueError("a link leads to no page")
        mail = EmailMessage()
        mail["From"] = self._sender
        mail["To"] = _address(message.recipient)
        # A line's end would end the header; a subject is one line whatever it is made of.
        mail["Subject"] = " ".join(letter.subject.split())
        mail["Date"] = format_datetime(message.created_at)
        mail["Message-ID"] = self._message_id(message)
        mail["Auto-Submitted"] = "auto-generated"
        mail["Content-Language"] = language
        if letter.switch_off:  # RFC 8058: a button of the mail program's own
            mail["List-Unsubscribe"] = f"<{letter.switch_off}>"
            mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        mail.set_content(
            self._render("letter.txt", language, letter), cte="quoted-printable", charset="utf-8"
        )
        mail.add_alternative(
            self._render("letter.html", language, letter),
            subtype="html",
            cte="quoted-printable",
            charset="utf-8",
        )
        if enclosed:
            mail.add_attachment(
                enclosed.content, maintype="application", subtype="pdf", filename=enclosed.name
            )
        return mail

    def _message_id(self, message: Message) -> str:
        """The same at each try."""
        return f"<message-{message.reference}@{self._sender.domain}>"

    def _render(self, name: str, language: str, letter: Letter) -> str:
        return (
            environment(language)
            .get_template(name)
            .render(
                language=language,
                letter=letter,
                utility=self._utility,
                accent_in_dark=self._accent_in_dark,
            )
        )


def _address(recipient: str) -> Address:
    try:
        # The parser lets some separators of lines and blanks through.
        if not recipient.isprintable() or " " in recipient:
            raise ValueError
        return Address(addr_spec=recipient)
    except (HeaderParseError, ValueError, IndexError) as error:
        raise Refused("the recipient is no address") from error


@cache
def environment(language: str) -> Environment:
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        extensions=["jinja2.ext.i18n"],
    )
    found: Translations = catalogue(language)
    made.install_gettext_callables(  # type: ignore[attr-defined]
        found.gettext, found.ngettext, newstyle=True
    )
    made.filters["wrapped"] = wrapped
    made.filters["one_line"] = lambda text: " ".join(text.split())
    return made


def wrapped(text: str) -> str:
    """In lines of 72 characters at most; a longer word, as an address of a page, stays whole."""
    return "\n".join(_wrapped_line(line) for line in re.split(r"\r\n?|\n", text))


def _wrapped_line(line: str) -> str:
    return textwrap.fill(line, WIDTH, break_long_words=False, break_on_hyphens=False)
