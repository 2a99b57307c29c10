"""Drawing on a PDF page: text in the portal's styles, rules, and QR codes."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from io import BytesIO
from pathlib import Path
from threading import Lock
from typing import BinaryIO, NamedTuple

import segno
from reportlab import rl_config
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfgen.canvas import Canvas

from app.invoices.lettering import Lettering, seldom
from config.settings import UtilitySettings

Color = str  # operands of the operators that set one
FONTS = Path(__file__).parent / "fonts"
PLAIN, BOLD = "DejaVuSans", "DejaVuSans-Bold"  # files there
LONGEST_TEXT = 400
WIDTH, HEIGHT = A4
LEFT, RIGHT = 18 * mm, WIDTH - 18 * mm
# ReportLab reads a font through one cursor that all threads of a process share.
one_at_a_time = Lock()


@cache
def rgb(color: str) -> Color:
    """Of `#1b2430`."""
    return " ".join(f"{part / 255:.3g}" for part in bytes.fromhex(color[1:]))


INK, SOFT, RULE = rgb("#1b2430"), rgb("#566270"), rgb("#d5dbe2")
DARK = re.compile(b"\\x01+")  # modules of a QR code, in a row


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
def register_fonts() -> dict[str, Lettering]:
    """What is used of them goes into the file: names have letters that no reader may have."""
    rl_config.useA85 = 0  # binary streams: a quarter smaller
    fonts = {name: Lettering(name, FONTS / f"{name}.ttf") for name in (PLAIN, BOLD)}
    for font in fonts.values():
        pdfmetrics.registerFont(font)
    return fonts


def legible(text: str) -> str:
    """The text as the fonts can show it, in lines; bold has every sign that plain has."""
    return register_fonts()[PLAIN].legible(text)


def in_one_line(text: str) -> str:
    return legible(text).replace("\n", " ") if seldom(text) else text


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
    fonts = register_fonts()
    canvas = Canvas(
        stream,
        pagesize=A4,
        pageCompression=1,
        invariant=1,
        lang=language,
        initialFontName=PLAIN,  # type: ignore[arg-type] # no other goes into the file
    )
    return Pen(canvas, fonts)


def letterhead(pen: "Pen", utility: UtilitySettings, title: str, *, name_width: float) -> None:
    """The band, whose paper it is, and what it is."""
    pen.block(0, HEIGHT - 8 * mm, (WIDTH, 8 * mm), rgb(utility.accent))
    y = HEIGHT - 20 * mm
    pen.text(LEFT, y, utility.legal_name, TITLE, width=name_width)
    nipt = f"NIPT {utility.nipt}" if utility.nipt else ""
    details = ", ".join(part for part in (utility.address, nipt) if part)
    pen.text(LEFT, y - 5.5 * mm, details, NOTE, width=name_width)
    pen.right(RIGHT, y, title, TITLE)


class Pen:
    """Positions in points, from the page's lower left corner. It writes PDF operators as they are:
    ReportLab's way to each takes several times as long. A text is one line, whatever it holds."""

    def __init__(self, canvas: Canvas, fonts: dict[str, Lettering]) -> None:
        self.canvas = canvas
        self._fonts = fonts
        self._write = canvas.addLiteral

    def text(
        self, x: float, y: float, text: str, style: Style = NORMAL, width: float | None = None
    ) -> None:
        line = in_one_line(text)
        self._line(x, y, line if width is None else shortened(line, style, width), style)

    def right(self, x: float, y: float, text: str, style: Style = NORMAL) -> None:
        line = in_one_line(text)
        self._line(x - _width(line, style), y, line, style)

    def center(self, x: float, y: float, text: str, style: Style = TINY) -> None:
        line = in_one_line(text)
        self._line(x - _width(line, style) / 2, y, line, style)

    def _line(self, x: float, y: float, line: str, style: Style) -> None:
        runs = self._fonts[style.font].shown(line, style.size, self.canvas)
        self._write(f"BT {style.color} rg {x:.2f} {y:.2f} Td {runs} ET")

    def rule(self, left: float, right: float, y: float) -> None:
        self._write(f"{RULE} RG 0.6 w {left:.2f} {y:.2f} m {right:.2f} {y:.2f} l S")

    def frame(self, left: float, bottom: float, size: tuple[float, float], color: Color) -> None:
        self._write(f"{color} RG 1.2 w")
        self.canvas.roundRect(left, bottom, *size, 5, stroke=1, fill=0)

    def block(self, left: float, bottom: float, size: tuple[float, float], color: Color) -> None:
        width, height = size
        self._write(f"{color} rg {left:.2f} {bottom:.2f} {width:.2f} {height:.2f} re f")

    def qr(self, content: str, left: float, bottom: float, side: float) -> None:
        """Runs of dark modules as one path, a module being the unit: small and sharp. A fixed
        mask saves segno the search for the best of eight."""
        matrix = segno.make_qr(content, error="m", boost_error=False, mask=4).matrix
        runs = "\n".join(
            f"{run.start()} {row} {len(run[0])} 1 re"
            for row, modules in enumerate(matrix)
            for run in DARK.finditer(modules)
        )
        unit, top = side / len(matrix), bottom + side
        self._write(f"q {unit:.5f} 0 0 {-unit:.5f} {left:.2f} {top:.2f} cm {INK} rg\n{runs} f Q")
