"""Fonts in documents: what is the same in each is made once in a process.

ReportLab makes a subset of a font anew for each document, of the characters in it. Here the common
characters are one subset, kept as it stands in the files; others go into a further subset of the
document's own, which ReportLab makes.
"""

import zlib
from collections.abc import Sequence
from io import BytesIO
from itertools import accumulate, pairwise
from struct import pack, unpack_from
from typing import Any, NamedTuple

from reportlab.lib.rl_accel import escapePDF
from reportlab.pdfbase.ttfonts import (
    FF_SYMBOLIC,
    SUBSETN,
    TTFont,
    TTFontFace,
    TTFontFile,
    TTFontMaker,
    makeToUnicodeCMap,
)
from reportlab.pdfgen.canvas import Canvas

ASCII = range(0x20, 0x7F)
COMMON = [*[0] * 0x20, *ASCII, 0, *map(ord, "ËÇëç–—‘’“”„…·€²")]  # at their codes
CODES = {character: code for code, character in enumerate(COMMON) if character}
CODES[0xA0] = 0x20  # a space that does not break is a space in a PDF
FROM_HERE_ON = 0x100  # the codes of further subsets


class Parts(NamedTuple):
    """What a subset puts into a file. The first two have gaps for where the others stand in it."""

    font: bytes
    descriptor: bytes
    letters: bytes
    to_unicode: bytes


class Lettering(TTFont):
    """ReportLab asks a font for the codes of texts and, in the end, for its objects in the file:
    both are answered here."""

    def __init__(self, name: str, file: str) -> None:
        super().__init__(name, BytesIO(lean(file)))
        self._common = _parts(self.face, COMMON, 0)

    def shown(self, text: str, size: float, canvas: Canvas) -> str:
        """The operators that show a text in this font."""
        doc = canvas._doc  # type: ignore[attr-defined]
        runs = [
            f"{self.getSubsetInternalName(subset, doc)} {size:g} Tf ({escapePDF(codes)}) Tj"
            for subset, codes in self.splitString(text, doc)
        ]
        return " ".join(runs)

    def splitString(self, text: str, doc: Any, encoding: str = "utf-8") -> list[tuple[int, bytes]]:
        """The text in runs of one subset each."""
        if doc not in self.state:
            state = self._assignState(doc)  # type: ignore[attr-defined]
            state.assignments, state.subsets = CODES.copy(), [COMMON]
            state.nextCode = FROM_HERE_ON
        try:
            return [(0, bytes(map(CODES.__getitem__, map(ord, text))))]
        except KeyError:
            return super().splitString(text, doc, encoding)

    def addObjects(self, doc: Any) -> None:
        """What the document's subsets put into its file."""
        fonts = doc.idToObject["BasicFonts"].dict
        for number, subset in enumerate(self.state[doc].subsets):
            parts = _parts(self.face, subset, number) if number else self._common
            name = self.getSubsetInternalName(number, doc)[1:]
            letters = doc.Reference(parts.letters, f"{name} letters").format(doc)
            descriptor = doc.Reference(parts.descriptor % letters, f"{name} descriptor").format(doc)
            to_unicode = doc.Reference(parts.to_unicode, f"{name} characters").format(doc)
            fonts[name] = doc.Reference(parts.font % (descriptor, to_unicode), name)
        del self.state[doc]


def _parts(face: TTFontFace, subset: Sequence[int], number: int) -> Parts:
    name = f"{SUBSETN(number).decode()}+{face.name.decode()}"
    widths = " ".join(f"{face.charWidths.get(c, face.defaultWidth):.1f}" for c in subset)
    font = (
        f"<< /Type /Font /Subtype /TrueType /BaseFont /{name}"
        f" /FirstChar 0 /LastChar {len(subset) - 1} /Widths [{widths}]"
        " /FontDescriptor %b /ToUnicode %b >>"
    )
    box = " ".join(f"{side:.0f}" for side in face.bbox)
    descriptor = (
        f"<< /Type /FontDescriptor /FontName /{name} /Flags {face.flags | FF_SYMBOLIC}"
        f" /FontBBox [{box}] /ItalicAngle {face.italicAngle:g} /Ascent {face.ascent:.0f}"
        f" /Descent {face.descent:.0f} /CapHeight {face.capHeight:.0f} /StemV {face.stemV}"
        f" /MissingWidth {face.defaultWidth:.0f} /FontFile2 %b >>"
    )
    letters = face.makeSubset(subset)
    return Parts(
        font=font.encode(),
        descriptor=descriptor.encode(),
        letters=_stream(letters, f" /Length1 {len(letters)}"),
        to_unicode=_stream(makeToUnicodeCMap(name, subset).encode()),
    )


def _stream(content: bytes, more: str = "") -> bytes:
    packed = zlib.compress(content, 9)
    head = f"<< /Filter /FlateDecode /Length {len(packed)}{more} >>\nstream\n"
    return head.encode() + packed + b"\nendstream"


def lean(file: str) -> bytes:
    """The font without its instructions for coarse screens, which move edges by a part of a pixel,
    and with no name but the one that a PDF knows it by: half as large."""
    font = TTFontFile(file)
    begin, _length = font.get_table_pos("glyf")
    glyphs = [
        _lean_glyph(font.get_chunk(begin + start, end - start))
        for start, end in pairwise(font.glyphPos)
    ]
    made = TTFontMaker()
    for tag in ("OS/2", "cmap", "hhea", "hmtx", "maxp", "post"):
        made.add(tag, _table(font, tag))
    head, name = _table(font, "head"), font.name.decode().encode("utf-16-be")
    made.add("head", head[:50] + pack(">h", 1) + head[52:])  # long places, as of loca below
    made.add("name", pack(">9H", 0, 1, 18, 3, 1, 0x409, 6, len(name), 0) + name)
    made.add("glyf", b"".join(glyphs))
    places = list(accumulate(map(len, glyphs), initial=0))
    made.add("loca", pack(f">{len(places)}L", *places))
    return bytes(made.makeStream())


def _table(font: TTFontFile, tag: str) -> bytes:
    return font.get_chunk(*font.get_table_pos(tag))


def _lean_glyph(glyph: bytes) -> bytes:
    """A simple glyph is contours, the length of its instructions, these, and points. Those made of
    others, which have no contours of their own, have no instructions in Vera."""
    contours = unpack_from(">h", glyph)[0] if glyph else -1
    if contours < 0:
        return glyph
    at = 10 + 2 * contours
    length = unpack_from(">H", glyph, at)[0]
    return glyph[:at] + bytes(2) + glyph[at + 2 + length :]
