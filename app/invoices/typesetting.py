"""Long texts on paper: lines of a width, and pages of lines."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics

from app.invoices.drawing import (
    BOLD,
    HEIGHT,
    LEFT,
    NORMAL,
    NOTE,
    RIGHT,
    WIDTH,
    Pen,
    Style,
    legible,
    letterhead,
    rgb,
)
from app.invoices.lettering import MISSING
from config.settings import UtilitySettings

LEADING, BETWEEN_PARAGRAPHS = 1.42, 0.7  # of a line, in sizes of its type
LATER_TOP, BOTTOM = HEIGHT - 27 * mm, 21 * mm
FOOT = 12 * mm


class Piece(NamedTuple):
    x: float
    text: str
    style: Style


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """A strip over the paper's whole width. with_next: no page ends between it and the next one;
    rule: above it. One without pieces is a gap, which no page begins with."""

    height: float
    pieces: tuple[Piece, ...] = ()
    with_next: bool = False
    rule: bool = False


def gap(height: float) -> Line:
    return Line(height=height)


def wrapped(text: str, style: Style, width: float) -> list[str]:
    """Lines that are no wider, of a text that is legible. What is too wide in itself is broken
    anywhere; many empty lines are one."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        broken = list(_broken(paragraph.split(), style, width))
        if broken:
            lines += broken
        elif lines and lines[-1]:
            lines.append("")
    return lines[:-1] if lines and not lines[-1] else lines


def _broken(words: list[str], style: Style, width: float) -> Iterator[str]:
    space = _width(" ", style)
    line, used = "", 0.0
    for word in words:
        wide = _width(word, style)
        if line and used + space + wide <= width:
            line, used = f"{line} {word}", used + space + wide
            continue
        if line:
            yield line
        *full, line = _cut(word, style, width) if wide > width else [word]
        yield from full
        used = _width(line, style) if full else wide
    if line:
        yield line


def _cut(word: str, style: Style, width: float) -> Iterator[str]:
    """A word in parts that fit, each but the last as long as can be."""
    begin, used = 0, 0.0
    for place, c in enumerate(word):
        wide = _width(c, style)
        if place > begin and used + wide > width:
            yield word[begin:place]
            begin, used = place, 0.0
        used += wide
    yield word[begin:]


def _width(text: str, style: Style) -> float:
    return float(pdfmetrics.stringWidth(text, style.font, style.size))


def paragraphs(
    text: str, style: Style = NORMAL, *, left: float = LEFT, right: float = RIGHT
) -> list[Line]:
    """Neither a first nor a last line stands alone on a page."""
    lines = [
        Line(height=style.size * LEADING, pieces=(Piece(left, line, style),))
        if line
        else gap(style.size * BETWEEN_PARAGRAPHS)
        for line in wrapped(legible(text), style, right - left)
    ]
    for place in (0, len(lines) - 2):
        if 0 <= place < len(lines) - 1:
            lines[place] = replace(lines[place], with_next=True)
    return lines


def together(lines: Sequence[Line]) -> list[Line]:
    """On one page, if one is long enough for them."""
    return [*(replace(line, with_next=True) for line in lines[:-1]), *lines[-1:]]


def fact(name: str, value: str, style: Style = NORMAL, *, edge: float) -> list[Line]:
    """A name, and from edge on what it is."""
    names = wrapped(legible(name), NOTE, edge - LEFT - 4 * mm)
    values = wrapped(legible(value), style, RIGHT - edge) or ["–"]
    lines = []
    for place in range(max(len(names), len(values))):
        pieces = [Piece(LEFT, text, NOTE) for text in names[place : place + 1]]
        pieces += [Piece(edge, text, style) for text in values[place : place + 1] if text]
        leading = LEADING if pieces else BETWEEN_PARAGRAPHS
        lines.append(Line(height=style.size * leading, pieces=tuple(pieces)))
    lines[0] = replace(lines[0], with_next=len(lines) > 1)
    return [*lines, gap(1.2 * mm)]


def heading(text: str) -> list[Line]:
    style = Style(11, BOLD)
    title = Line(height=8 * mm, pieces=(Piece(LEFT, text, style),), with_next=True)
    return [gap(4 * mm), title, Line(height=1.5 * mm, rule=True, with_next=True)]


def about_missing(lines: Sequence[Line], translate: Callable[[str], str]) -> list[Line]:
    """What the sign means, where it stands anywhere."""
    _ = translate
    if not any(MISSING in piece.text for line in lines for piece in line.pieces):
        return []
    told = _(
        "%(sign)s stands for a character that these letters do not include. The portal keeps the"
        " text as it was typed."
    )
    return [*paragraphs(told % {"sign": MISSING}, NOTE), gap(3 * mm)]


def paginate(lines: Sequence[Line], *, first: float, later: float) -> list[list[Line]]:
    """first, later: how high the lines of the first and of each other page may be together."""
    pages: list[list[Line]] = [[]]
    room = first
    for begin, line in enumerate(lines):
        is_gap = not line.pieces and not line.rule
        may_end = pages[-1] and not (is_gap and not line.with_next)
        if may_end and _needed(lines, begin, most=later) > room:
            pages.append([])
            room = later
        if pages[-1] or not is_gap:
            pages[-1].append(line)
            room -= line.height
    return pages


def _needed(lines: Sequence[Line], begin: int, *, most: float) -> float:
    """The height of a line with all that must not be parted from it; only its own where that
    would fill more than a page."""
    height = 0.0
    for line in lines[begin:]:
        height += line.height
        if not line.with_next:
            return height
        if height > most:
            break
    return lines[begin].height


@dataclass(frozen=True, kw_only=True)
class Stationery:
    """What stands around the text. title: of the first page, with the number of all that follow;
    warning: on each page, "" for none."""

    utility: UtilitySettings
    title: str
    number: str
    warning: str
    translate: Callable[[str], str]

    @property
    def about(self) -> str:
        return f"{self.title} {self.number}"

    def print(self, pen: Pen, lines: Sequence[Line], *, top: float) -> None:
        """top: where the text begins on the first page, on which more may stand already."""
        pages = paginate(lines, first=top - BOTTOM, later=LATER_TOP - BOTTOM)
        for number, page in enumerate(pages, start=1):
            if number > 1:
                pen.canvas.showPage()
                self._later_head(pen)
            self._foot(pen, number, len(pages))
            _draw(pen, page, top if number == 1 else LATER_TOP)

    def first_head(self, pen: Pen) -> None:
        pen.canvas.setTitle(self.about)
        pen.canvas.setAuthor(self.utility.legal_name)
        letterhead(pen, self.utility, self.title, name_width=105 * mm)
        self._warn(pen, HEIGHT - 32 * mm)

    def _later_head(self, pen: Pen) -> None:
        accent = rgb(self.utility.accent)
        pen.block(0, HEIGHT - 8 * mm, (WIDTH, 8 * mm), accent)
        y = HEIGHT - 15 * mm
        pen.text(LEFT, y, self.utility.legal_name, NOTE.bold(), width=80 * mm)
        pen.right(RIGHT, y, self.about, NOTE)
        self._warn(pen, y - 4.5 * mm)

    def _warn(self, pen: Pen, y: float) -> None:
        if self.warning:
            pen.text(LEFT, y, self.warning, Style(8, BOLD, rgb(self.utility.accent)))

    def _foot(self, pen: Pen, page: int, pages: int) -> None:
        contact = f"{self.utility.contact_email}   {self.utility.contact_phone}"
        pen.text(LEFT, FOOT, contact, NOTE, width=110 * mm)
        _ = self.translate
        place = _("Page %(page)s of %(pages)s") % {"page": page, "pages": pages}
        pen.right(RIGHT, FOOT, place, NOTE)


def _draw(pen: Pen, lines: Sequence[Line], y: float) -> None:
    for line in lines:
        if line.rule:
            pen.rule(LEFT, RIGHT, y)
        y -= line.height
        for piece in line.pieces:  # on a baseline that leaves room for what hangs below it
            pen.text(piece.x, y + 0.35 * piece.style.size, piece.text, piece.style)
