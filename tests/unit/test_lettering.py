"""Letters in documents, read back and looked at as a reader would."""

import io
import sys
import unicodedata
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pypdf
import pypdfium2
import pytest
from PIL import Image, ImageChops, ImageFilter
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from app.invoices.drawing import BOLD, PLAIN, Pen, Style, drawn_into, new_pen, register_fonts
from app.invoices.lettering import CODES
from benchmarks.documents import invoices

EVERYDAY = "Faturë për çdo ËNDËRR – 1 234,50 € (njëqind) \\ „fjalë” …"
NOT_SEEN = {0x20, 0xA0, 0xAD}
SELDOM = "Šešelj, Ćorić, Łukasz, Größe ½ × Ωπ ◊ – dhe ë"


def drawn(*lines: str, language: str = "sq") -> bytes:
    """Each line in both fonts."""
    buffer = io.BytesIO()
    with drawn_into(buffer, language) as pen:
        for place, line in enumerate(lines):
            draw(pen, place, line)
    return buffer.getvalue()


def draw(pen: Pen, place: int, line: str) -> None:
    pen.text(40, 800 - 40 * place, line, Style(11))
    pen.text(40, 780 - 40 * place, line, Style(11, BOLD))


def read(content: bytes) -> list[str]:
    text = pypdfium2.PdfDocument(content)[0].get_textpage().get_text_bounded()
    return text.splitlines()


def fonts_in(content: bytes) -> dict[str, pypdf.generic.DictionaryObject]:
    page = pypdf.PdfReader(io.BytesIO(content), strict=True).pages[0]
    return {name: font.get_object() for name, font in page["/Resources"]["/Font"].items()}


def letters_of(font: pypdf.generic.DictionaryObject) -> bytes:
    return font["/FontDescriptor"]["/FontFile2"].get_data()


def every_character() -> list[str]:
    """All that the font can draw, in lines."""
    glyphs = pdfmetrics.getFont(PLAIN).face.charToGlyph
    shown = "".join(chr(c) for c in sorted(glyphs) if glyphs[c] and c not in NOT_SEEN)
    assert len(shown) > 240
    return [f"|{shown[start : start + 30]}|" for start in range(0, len(shown), 30)]


def by_reportlab(*lines: str) -> bytes:
    """The same in fonts of its own making."""
    for name in (PLAIN, BOLD):
        if f"{name}, whole" not in pdfmetrics.getRegisteredFontNames():
            font = TTFont(f"{name}, whole", f"{name}.ttf")
            font.face.name += b"Whole"  # it takes fonts of one name for one
            pdfmetrics.registerFont(font)
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=(595.2756, 841.8898))
    canvas.setFillColorRGB(*(part / 255 for part in bytes.fromhex("1b2430")))
    for place, line in enumerate(lines):
        for font_name, y in ((PLAIN, 800), (BOLD, 780)):
            canvas.setFont(f"{font_name}, whole", 11)
            canvas.drawString(40, y - 40 * place, line)
    canvas.save()
    return buffer.getvalue()


def picture(content: bytes) -> Image.Image:
    return pypdfium2.PdfDocument(content)[0].render(scale=6).to_pil().convert("L")


@pytest.fixture(autouse=True)
def fonts() -> None:
    register_fonts()


@pytest.mark.parametrize("line", [EVERYDAY, SELDOM, "((", "\\)", ""])
def test_text_is_found_again(line: str) -> None:
    assert read(drawn(line)) == [line, line] * bool(line)


def test_every_character_is_found_again() -> None:
    lines = every_character()
    found = [unicodedata.normalize("NFKC", line) for line in read(drawn(*lines))]
    assert found == [unicodedata.normalize("NFKC", line) for line in lines for _ in (PLAIN, BOLD)]


def test_every_character_looks_as_it_did() -> None:
    lines = every_character()
    ours, theirs = picture(drawn(*lines)), picture(by_reportlab(*lines))
    different = ImageChops.difference(ours, theirs).point(lambda value: 255 * (value > 100))
    assert different.filter(ImageFilter.MinFilter(3)).getbbox() is None  # but for edges


def test_everyday_letters_are_the_same_in_each_document() -> None:
    one, other = fonts_in(drawn(EVERYDAY)), fonts_in(drawn("Tjetër", language="en"))
    assert list(one) == list(other) == ["/F1+0", "/F2+0"]
    assert [letters_of(font) for font in one.values()] == [
        letters_of(font) for font in other.values()
    ]


def test_others_go_with_the_document_that_needs_them() -> None:
    fonts = fonts_in(drawn(EVERYDAY, SELDOM))
    assert list(fonts) == ["/F1+0", "/F1+1", "/F2+0", "/F2+1"]
    assert len(letters_of(fonts["/F1+1"])) < len(letters_of(fonts["/F1+0"])) / 3
    assert list(fonts_in(drawn(EVERYDAY))) == ["/F1+0", "/F2+0"]


def test_widths_are_those_that_were_reckoned_with() -> None:
    font = fonts_in(drawn(EVERYDAY))["/F1+0"]
    for character, code in CODES.items():
        width = pdfmetrics.stringWidth(chr(character), PLAIN, 1_000)
        assert font["/Widths"][code] == pytest.approx(width, abs=0.06)


def test_what_no_letter_is_for_stands_as_an_empty_box() -> None:
    content = drawn("Ана")
    assert list(fonts_in(content)) == ["/F1+0", "/F2+0"]
    assert picture(content).getextrema()[0] < 100


@pytest.fixture
def hasty_threads() -> Iterator[None]:
    usual = sys.getswitchinterval()
    sys.setswitchinterval(0.000_01)
    yield
    sys.setswitchinterval(usual)


@pytest.mark.usefixtures("hasty_threads")
def test_documents_drawn_at_once_are_as_drawn_alone() -> None:
    draws: list[Callable[[], bytes]] = [
        partial(drawn, *(SELDOM[place:] for place in range(number)), EVERYDAY)
        for number in range(1, 9)
    ]
    alone = [one() for one in draws]
    with ThreadPoolExecutor(8) as pool:
        for _ in range(5):
            assert [one.result() for one in [pool.submit(one) for one in draws]] == alone


def test_documents_drawn_in_turns_are_as_drawn_alone() -> None:
    lines = {"sq": (SELDOM, EVERYDAY), "en": (EVERYDAY, "Ω", SELDOM)}
    pens = {language: new_pen(io.BytesIO(), language) for language in lines}
    for place in range(3):
        for language, pen in pens.items():
            for line in lines[language][place : place + 1]:
                draw(pen, place, line)
    for language, pen in pens.items():
        assert pen.canvas.getpdfdata() == drawn(*lines[language], language=language)


def test_an_invoice_says_what_the_bare_one_says() -> None:
    for ours, bare in invoices().values():
        mine, bares = (sorted(" ".join(read(one())).split()) for one in (ours, bare))
        assert mine == bares


def test_an_invoice_is_small_and_knows_its_language() -> None:
    ours, _bare = invoices()["an invoice"]
    content = ours()
    reader = pypdf.PdfReader(io.BytesIO(content), strict=True)
    assert len(content) < 30_000
    assert reader.root_object["/Lang"] == "sq"
    assert reader.metadata is not None and reader.metadata.title == "Faturë 123456789"
    assert ours() == content
