"""Drawing on a PDF page: text in the portal's styles, rules, and QR codes."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from io import BytesIO
from itertools import groupby
from threading import Lock
from typing import BinaryIO, NamedTuple

import segno
from reportlab import rl_config
from reportlab.lib.colors import Color, HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from config.settings import UtilitySettings

INK, SOFT, RULE = HexColor("#1b2430"), HexColor("#566270"), HexColor("#d5dbe2")
PLAIN, BOLD = "Vera", "VeraBd"
LONGEST_TEXT = 400
WIDTH, HEIGHT = A4
LEFT, RIGHT = 18 * mm, WIDTH - 18 * mm
# ReportLab reads a font through one cursor that all threads of a process share.
one_at_a_time = Lock()


class Style(NamedTuple):
    size: float
    font: str = PLAIN
    color: Color = INK

    def bold(self) -> "Style":
        return self._replace(font=BOLD)


NORMAL = Style(9.5)
LARGE = Style(10)
TITLE = Style(14, BOLD)
AMOUNT = Style(18, BOLD)
NOTE = Style(8, PLAIN, SOFT)
TINY = Style(7)
TINY_NOTE = Style(7, PLAIN, SOFT)


@cache
def register_fonts() -> None:
    """ReportLab's own Vera has ë and ç, and goes into the file."""
    rl_config.useA85 = 0  # binary streams: a quarter smaller
    for name in (PLAIN, BOLD):
        pdfmetrics.registerFont(TTFont(name, f"{name}.ttf"))


def shortened(text: str, style: Style, width: float) -> str:
    """The text, or as much of it as fits, with an ellipsis."""
    if _width(text, style) <= width:
        return text
    low, high = 0, min(len(text), LONGEST_TEXT)
    while low < high:
        middle = (low + high + 1) // 2
        if _width(text[:middle] + "…", style) <= width:
            low = middle
        else:
            high = middle - 1
    return text[:low].rstrip() + "…"


def _width(text: str, style: Style) -> float:
    return float(pdfmetrics.stringWidth(text, style.font, style.size))


@contextmanager
def drawn_into(buffer: BytesIO, language: str) -> Iterator["Pen"]:
    """A4 pages, finished at the end. One document at a time in a process."""
    with one_at_a_time:
        pen = new_pen(buffer, language)
        yield pen
        pen.canvas.save()


def new_pen(stream: BinaryIO, language: str) -> "Pen":
    """For a document that takes long: draws, and saves, only while it has `one_at_a_time`."""
    register_fonts()
    return Pen(Canvas(stream, pagesize=A4, pageCompression=1, invariant=1, lang=language))


def letterhead(pen: "Pen", utility: UtilitySettings, title: str, *, name_width: float) -> None:
    """The band, whose paper it is, and what it is."""
    pen.block(0, HEIGHT - 8 * mm, (WIDTH, 8 * mm), HexColor(utility.accent))
    y = HEIGHT - 20 * mm
    pen.text(LEFT, y, utility.legal_name, TITLE, width=name_width)
    nipt = f"NIPT {utility.nipt}" if utility.nipt else ""
    details = ", ".join(part for part in (utility.address, nipt) if part)
    pen.text(LEFT, y - 5.5 * mm, details, NOTE, width=name_width)
    pen.right(RIGHT, y, title, TITLE)


class Pen:
    """Positions in points, from the page's lower left corner."""

    def __init__(self, canvas: Canvas) -> None:
        self.canvas = canvas

    def text(
        self, x: float, y: float, text: str, style: Style = NORMAL, width: float | None = None
    ) -> None:
        self._use(style)
        shown = text if width is None else shortened(text, style, width)
        self.canvas.drawString(x, y, shown)

    def right(self, x: float, y: float, text: str, style: Style = NORMAL) -> None:
        self._use(style)
        self.canvas.drawRightString(x, y, text)

    def center(self, x: float, y: float, text: str, style: Style = TINY) -> None:
        self._use(style)
        self.canvas.drawCentredString(x, y, text)

    def rule(self, left: float, right: float, y: float) -> None:
        self.canvas.setStrokeColor(RULE)
        self.canvas.setLineWidth(0.6)
        self.canvas.line(left, y, right, y)

    def frame(self, left: float, bottom: float, size: tuple[float, float], color: Color) -> None:
        self.canvas.setStrokeColor(color)
        self.canvas.setLineWidth(1.2)
        self.canvas.roundRect(left, bottom, *size, 5, stroke=1, fill=0)

    def block(self, left: float, bottom: float, size: tuple[float, float], color: Color) -> None:
        self.canvas.setFillColor(color)
        self.canvas.rect(left, bottom, *size, stroke=0, fill=1)

    def qr(self, content: str, left: float, bottom: float, side: float) -> None:
        """Runs of dark modules as one path, a module being the unit: small and sharp. A fixed
        mask saves segno the search for the best of eight."""
        matrix = segno.make_qr(content, error="m", boost_error=False, mask=4).matrix
        self.canvas.saveState()
        self.canvas.translate(left, bottom + side)
        self.canvas.scale(side / len(matrix), -side / len(matrix))
        self.canvas.setFillColor(INK)
        path = self.canvas.beginPath()
        for row, modules in enumerate(matrix):
            column = 0
            for dark, run in groupby(modules):
                width = len(list(run))
                if dark:
                    path.rect(column, row, width, 1)
                column += width
        self.canvas.drawPath(path, stroke=0, fill=1)
        self.canvas.restoreState()

    def _use(self, style: Style) -> None:
        self.canvas.setFont(style.font, style.size)
        self.canvas.setFillColor(style.color)
