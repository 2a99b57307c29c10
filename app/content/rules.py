"""What may be saved as a text, and how two of them differ: no database, no web."""

import difflib
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from app.content import faq
from app.content.markdown import blocks_of, split_title, unsafe_parts
from app.content.records import Flaw, FlawKind, TextName

LONGEST_TEXT = 100_000  # characters
LONGEST_SHOWN = 60  # of a link that is told back
KINDS = {"link": FlawKind.LINK, "image": FlawKind.PICTURE}


def normal_text(typed: str) -> str:
    """As it is kept: one way to end lines, no invisible characters, one newline at the end."""
    lines = unicodedata.normalize("NFC", typed).replace("\r\n", "\n").replace("\r", "\n")
    seen = "".join(c for c in lines if c in "\n\t" or unicodedata.category(c) not in UNSEEN)
    return "\n".join(line.rstrip() for line in seen.split("\n")).strip("\n") + "\n"


UNSEEN = {"Cc", "Cf", "Cs"}


def find_flaws(name: TextName, body: str) -> tuple[Flaw, ...]:
    """body: normal. In the order of lines."""
    if not body.strip():
        return (Flaw(kind=FlawKind.EMPTY),)
    if len(body) > LONGEST_TEXT:
        return (Flaw(kind=FlawKind.TOO_LONG, told=str(LONGEST_TEXT)),)
    of_form = faq.read(body)[1] if name is TextName.FAQ else tuple(_flaws_of_page(body))
    found = [*of_form, *_flaws_of_parts(body)]
    return tuple(sorted(found, key=lambda flaw: flaw.line))


def _flaws_of_page(body: str) -> Iterator[Flaw]:
    """A page has its title in its first line, some text, and no second title."""
    title, rest = split_title(body)
    if not body.startswith("# ") or not title:
        yield Flaw(kind=FlawKind.NO_TITLE, line=1)
    elif not rest.strip():
        yield Flaw(kind=FlawKind.EMPTY)
    for token in blocks_of(body):
        if token.type == "heading_open" and token.tag == "h1" and token.map and token.map[0]:
            yield Flaw(kind=FlawKind.SECOND_TITLE, line=token.map[0] + 1)


def _flaws_of_parts(body: str) -> Iterator[Flaw]:
    for line, kind, address in unsafe_parts(body):
        yield Flaw(kind=KINDS[kind], line=line, told=address[:LONGEST_SHOWN])


@dataclass(frozen=True, kw_only=True, slots=True)
class ChangedLine:
    """sign: `-` stood there before, `+` stands there after, `…` lines that are left out."""

    sign: str
    text: str


def difference(before: str, after: str) -> tuple[ChangedLine, ...]:
    """Only the lines that differ."""
    found = list(difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm=""))
    return tuple(
        ChangedLine(sign="…", text="")
        if line.startswith("@@")
        else ChangedLine(sign=line[0], text=line[1:])
        for line in found[2:]
    )
