"""Letters in documents, read back and looked at as a reader would."""

import io
import sys
import unicodedata
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from hashlib import sha256
from struct import unpack_from

import pypdf
import pypdfium2
import pytest
from PIL import Image, ImageChops, ImageFilter
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont, TTFontFile
from reportlab.pdfgen.canvas import Canvas

from app.invoices.drawing import (
    BOLD,
    FONTS,
    PLAIN,
    Pen,
    Style,
    drawn_into,
    legible,
    new_pen,
    register_fonts,
)
from app.invoices.lettering import CODES, MISSING
from benchmarks.documents import invoices
from config.settings import ROOT

EVERYDAY = "Faturë për çdo ËNDËRR – 1 234,50 € (njëqind) \\ „fjalë” …"
SELDOM = "Šešelj, Ćorić, Łukasz, Größe ½ × Ωπ ◊ – dhe ë"
NAMES = [
    "Čapljina, Škoda, Đorđe Žižić, Łukasz Ślązak, Árpád Őze, Țepeș, Ľubica Ďurišová",
    "Ђорђе Петровић, Љиљана Њушић, Ќирил Ѓорѓиев, Їжакевич Ґалаґан, Щёголев",
    "Αλέξανδρος Παπαδόπουλος, Əliyev, Şahin Iğdırlı, Nguyễn Ðức, Գրիգոր, გიორგი",
]


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


def signs_in(font: pypdf.generic.DictionaryObject) -> list[int]:
    """The glyph at each of the font's codes, as ReportLab's only table of them says it."""
    table = TTFontFile(io.BytesIO(letters_of(font)), charInfo=0).get_table("cmap")
    return list(unpack_from(f">{font['/LastChar'] + 1}H", table, 22))


def every_character() -> list[list[str]]:
    """All that documents can show, in lines for pages."""
    listed = map(chr, sorted(pdfmetrics.getFont(PLAIN).face.charToGlyph))
    shown = "".join(c for c in listed if not c.isspace() and legible(c) == c)
    assert len(shown) > 2_000
    lines = [f"|{shown[start : start + 25]}|" for start in range(0, len(shown), 25)]
    return [lines[start : start + 20] for start in range(0, len(lines), 20)]


def by_reportlab(*lines: str) -> bytes:
    """The same in fonts of its own making."""
    for name in (PLAIN, BOLD):
        if f"{name}, whole" not in pdfmetrics.getRegisteredFontNames():
            font = TTFont(f"{name}, whole", str(FONTS / f"{name}.ttf"))
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
    return pypdfium2.PdfDocument(content)[0].render(scale=4).to_pil().convert("L")


@pytest.fixture(autouse=True)
def fonts() -> None:
    register_fonts()


@pytest.mark.parametrize("line", [EVERYDAY, SELDOM, *NAMES, "((", "\\)", ""])
def test_text_is_found_again(line: str) -> None:
    assert read(drawn(line)) == [line, line] * bool(line)


@pytest.mark.parametrize("line", NAMES)
def test_names_have_letters_and_not_boxes(line: str) -> None:
    fonts = fonts_in(drawn(line))
    assert list(fonts) == ["/F1+0", "/F1+1", "/F2+0", "/F2+1"]
    for name in ("/F1+1", "/F2+1"):
        assert 0 not in signs_in(fonts[name])[1:]


def test_every_everyday_letter_is_one() -> None:
    for font in fonts_in(drawn(EVERYDAY)).values():
        signs = signs_in(font)
        assert all(signs[code] for code in CODES.values())


def test_every_character_is_found_again() -> None:
    for lines in every_character():
        found = [unicodedata.normalize("NFKC", line) for line in read(drawn(*lines))]
        assert found == [
            unicodedata.normalize("NFKC", line) for line in lines for _ in (PLAIN, BOLD)
        ]


def test_every_character_looks_as_it_did() -> None:
    for lines in every_character():
        ours, theirs = picture(drawn(*lines)), picture(by_reportlab(*lines))
        different = ImageChops.difference(ours, theirs).point(lambda value: 255 * (value > 100))
        assert different.filter(ImageFilter.MinFilter(3)).getbbox() is None  # but for edges


def test_bold_has_what_plain_has() -> None:
    plain, bold = (
        {c for c, glyph in pdfmetrics.getFont(name).face.charToGlyph.items() if glyph}
        for name in (PLAIN, BOLD)
    )
    assert plain == bold


def test_fonts_are_those_that_are_told_of() -> None:
    told = (ROOT / "docs/inventories.md").read_text(encoding="utf-8")
    files = [FONTS / f"{name}.ttf" for name in (PLAIN, BOLD)]
    assert sorted(FONTS.iterdir()) == sorted([*files, FONTS / "LICENSE"])
    for file in files:
        assert sha256(file.read_bytes()).hexdigest() in told


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


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Agron محمد", f"Agron {MISSING * 4}"),
        ("שלום", MISSING * 4),
        ("大 👍 🇦🇱", f"{MISSING} {MISSING} {MISSING * 2}"),
        ("👨\u200d👩\u200d👧", MISSING * 3),
        ("e\u0308 \u0421\u0301ава C\u030capljina", "ë Сава Čapljina"),
        ("RRUGA\r\nE\tGJATË\u2028Nr.\u20093", "RRUGA E GJATË Nr. 3"),
        ("\u202eREBMEIBM\u200f\x00\x1b\ud800\ufeff", "REBMEIBM"),
        ("𝐀𝐠𝐫𝐨𝐧 Ⓐ", "Agron A"),
        ("\ue000\uffff", MISSING * 2),
    ],
)
def test_what_no_letter_is_for_is_told(text: str, told: str) -> None:
    content = drawn(text)
    assert [line.rstrip() for line in read(content)] == [told, told]
    for name, font in fonts_in(content).items():
        assert name.endswith("+0") or 0 not in signs_in(font)[1:]


def placed(text: str) -> bytes:
    buffer = io.BytesIO()
    with drawn_into(buffer, "sq") as pen:
        pen.right(400, 700, text)
        pen.center(300, 600, text)
        pen.text(40, 500, text * 20, width=100)
    return buffer.getvalue()


def test_a_line_is_placed_by_what_is_seen_of_it() -> None:
    assert placed("大\ufe0f\n\u200bПетровић") == placed(f"{MISSING} Петровић")


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
