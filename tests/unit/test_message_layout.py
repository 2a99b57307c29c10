"""How a letter looks as a mail."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from xml.etree.ElementTree import Element

import html5lib
import pytest

from app.gateways.errors import Refused
from app.messages.layout import Layout, wrapped
from app.messages.records import Block, Channel, Kind, Letter, Message, MessageId
from app.messages.rules import masked
from config.sending import MailSettings
from config.settings import UtilitySettings

HTML = "{http://www.w3.org/1999/xhtml}"
ADDRESS = "https://portal.example/account/stop/" + "Zk3vQ0yq7Yk8mJtq1rXy" * 6
LETTER = Letter(
    subject="Fjalëkalimi juaj i ri",
    blocks=(
        Block(text="Ky fjalëkalim vlen një herë, për 15 minuta. " * 5),
        Block(kind=Kind.SECRET, text="kale-mure-7421"),
        Block(kind=Kind.LINK, text="Nuk isha unë", address=ADDRESS),
    ),
)
MESSAGE = Message(
    id=MessageId(7),
    channel=Channel.MAIL,
    recipient="vera@example.org",
    language="sq",
    letter=LETTER,
    text="",
    attempts=1,
    created_at=datetime(2026, 3, 1, 12, 0, 1, 5, tzinfo=UTC),
    expires_at=None,
)
UTILITY = UtilitySettings(
    name="Drita & Bij", contact_phone="0800 1234", contact_email="ndihme@drita.example"
)


def lay_out(letter: Letter = LETTER, utility: UtilitySettings = UTILITY, **of: str) -> EmailMessage:
    """As the recipient's program reads it from its bytes."""
    layout = Layout(utility=utility, mail=MailSettings(sender="portal@drita.example"))
    made = layout.lay_out(replace(MESSAGE, **of), letter)  # type: ignore[arg-type]
    return message_from_bytes(made.as_bytes(policy=policy.SMTP), policy=policy.default)


def part(mail: EmailMessage, kind: str) -> str:
    found = mail.get_body((kind,))
    assert isinstance(found, EmailMessage)
    assert found.get_content_charset() == "utf-8"
    return str(found.get_content()).replace("\r\n", "\n")


def page(mail: EmailMessage) -> Element:
    return html5lib.HTMLParser(strict=True).parse(part(mail, "html"))


def texts(root: Element) -> str:
    return " ".join("".join(root.find(f"{HTML}body").itertext()).split())  # type: ignore[union-attr]


def test_headers() -> None:
    mail = lay_out()
    assert mail.get_content_type() == "multipart/alternative"
    assert [p.get_content_type() for p in mail.iter_parts()] == ["text/plain", "text/html"]
    assert mail["From"] == "Drita & Bij <portal@drita.example>"
    assert mail["To"] == "vera@example.org"
    assert mail["Subject"] == "Fjalëkalimi juaj i ri"
    assert mail["Date"].datetime == MESSAGE.created_at.replace(microsecond=0)
    assert mail["Message-ID"] == "<message-7.20260301120001000005@drita.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert not mail.defects


@pytest.mark.parametrize(
    ("language", "lang", "greeting", "warning"),
    [
        ("sq", "sq", "Përshëndetje,", "Mos ia jepni askujt fjalëkalimin tuaj"),
        ("en", "en", "Hello,", "Never give your password to anyone"),
        ("xx", "sq", "Përshëndetje,", "Mos ia jepni askujt fjalëkalimin tuaj"),
    ],
)
def test_both_forms_in_the_readers_language(
    language: str, lang: str, greeting: str, warning: str
) -> None:
    mail = lay_out(language=language)
    root = page(mail)
    assert root.get("lang") == lang
    plain, shown = " ".join(part(mail, "plain").split()), texts(root)
    for text in (plain, shown):
        for expected in (
            greeting,
            warning,
            "Ky fjalëkalim vlen një herë",
            "kale-mure-7421",
            "Nuk isha unë",
            ADDRESS,
            "Drita & Bij",
            "0800 1234",
            "ndihme@drita.example",
        ):
            assert expected in text
    assert plain.startswith(greeting)


def test_lines_of_the_text_are_short_and_its_links_whole() -> None:
    lines = part(lay_out(), "plain").splitlines()
    assert [line for line in lines if len(line) > 72] == [ADDRESS]
    assert "    kale-mure-7421" in lines


def test_wrapping_keeps_words_and_lines() -> None:
    assert wrapped("a\nb") == "a\nb"
    assert wrapped(f"see {ADDRESS} there") == f"see\n{ADDRESS}\nthere"
    assert max(map(len, wrapped("one-two " * 50).splitlines())) <= 72


def test_html_loads_nothing_and_links_only_where_the_letter_does() -> None:
    root = page(lay_out())
    tags = {str(e.tag).removeprefix(HTML) for e in root.iter()}
    assert not tags & {"img", "script", "link", "iframe", "form", "input", "table", "object"}
    links = [e.get("href") for e in root.iter() if e.get("href")]
    assert links == [ADDRESS, ADDRESS]
    source = part(lay_out(), "html")
    assert not re.search(r"url\(|@import|src=|http-equiv|background=", source)
    assert set(re.findall(r"https?://[^\s\"<]+", source)) == {ADDRESS}


HOSTILE = '<script>alert(1)</script>"><img src=x onerror=alert(2)> & {{ 7*7 }} %(x)s ${y}'


def test_hostile_words_stay_words() -> None:
    blocks = (
        Block(text=HOSTILE),
        Block(kind=Kind.SECRET, text=HOSTILE),
        Block(kind=Kind.LINK, text=HOSTILE, address=f'https://x.example/"onclick="{HOSTILE}'),
    )
    utility = UtilitySettings(name=HOSTILE, contact_phone=HOSTILE, contact_email=HOSTILE)
    mail = lay_out(Letter(subject=HOSTILE, blocks=blocks), utility)
    root = page(mail)
    tags = {str(e.tag).removeprefix(HTML) for e in root.iter()}
    assert not tags & {"script", "img"}
    allowed = {"href", "style", "class", "lang", "charset", "name", "content"}
    assert {str(a) for e in root.iter() for a in e.attrib} <= allowed
    assert texts(root).count(HOSTILE) == 8  # the link's address stands there too
    assert HOSTILE in " ".join(part(mail, "plain").split())
    assert mail["Subject"] == HOSTILE


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\x0b", "\x0c", "\x1c", "\x85", "\u2028"])
def test_no_header_is_injected(end: str) -> None:
    hostile = f"A word{end}Bcc: all@example.org{end}{end}<p>body"
    utility = UtilitySettings(name="Drita")
    mail = lay_out(Letter(subject=hostile, blocks=()), utility)
    assert mail["Bcc"] is None and len(mail.get_all("Subject", [])) == 1
    assert mail["Subject"] == "A word Bcc: all@example.org <p>body"
    for recipient in (
        f"vera@example.org{end}Bcc: all@example.org",
        f"vera{end}@example.org",
        f"vera@example.org{end}",
    ):
        with pytest.raises(Refused):
            lay_out(recipient=recipient)


@pytest.mark.parametrize(
    "recipient",
    ["", "@", "vera", "vera@", "@example.org", "a@example.org, b@example.org", "Vera <v@x.org>"],
)
def test_what_is_no_address_is_refused(recipient: str) -> None:
    with pytest.raises(Refused):
        lay_out(recipient=recipient)


def test_a_sender_with_every_letter() -> None:
    mail = lay_out(utility=UtilitySettings(name='Energjia Çelësi ë, "Veri" <x@y.example>'))
    (sender,) = mail["From"].addresses
    assert sender.addr_spec == "portal@drita.example"
    assert sender.display_name == 'Energjia Çelësi ë, "Veri" <x@y.example>'


def test_operators_see_enough_of_a_recipient_and_not_more() -> None:
    assert masked("vera.leka@example.org") == "v***@example.org"
    assert masked("+355692345678") == "+355***78"
    assert masked("") == "***"
