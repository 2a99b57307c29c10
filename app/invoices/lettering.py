"""Fonts in documents: what is the same in each is made once in a process.

ReportLab makes a subset of a font anew for each document, of the characters in it. Here the common
characters are one subset, kept as it stands in the files; others go into a further subset of the
document's own, which ReportLab makes. What a font has no sign for becomes something that it has.
"""

import re
import unicodedata
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from reportlab.lib.rl_accel import escapePDF
from reportlab.pdfbase.ttfonts import (
    FF_SYMBOLIC,
    SUBSETN,
    TTFont,
    TTFontFace,
    makeToUnicodeCMap,
)
from reportlab.pdfgen.canvas import Canvas

ASCII = range(0x20, 0x7F)
COMMON = [*[0] * 0x20, *ASCII, 0, *map(ord, "ËÇëç–—‘’“”„…·€²")]  # at their codes
CODES = {character: code for code, character in enumerate(COMMON) if character}
CODES[0xA0] = 0x20  # a space that does not break is a space in a PDF
seldom = re.compile(f"[^{re.escape(''.join(map(chr, CODES)))}]").search
FROM_HERE_ON = 0x100  # the codes of further subsets
MISSING = "◊"  # for what a font has no sign for, of those that it has


class Parts(NamedTuple):
    """What a subset puts into a file. The first two have gaps for where the others stand in it."""

    font: bytes
    descriptor: bytes
    letters: bytes
    to_unicode: bytes


class Lettering(TTFont):
    """ReportLab asks a font for the codes of texts and, in the end, for its objects in the file:
    both are answered here."""

    def __init__(self, name: str, file: Path) -> None:
        super().__init__(name, str(file))
        self._common = _parts(self.face, COMMON, 0)

    def legible(self, text: str) -> str:
        """The text as this font can show it: composed, without what cannot be seen, with a sign
        for each character that it lacks."""
        if not seldom(text):
            return text
        composed = unicodedata.normalize("NFC", text.replace("\r\n", "\n"))
        return composed.translate({ord(c): self._legible(c) for c in set(composed)})

    def _legible(self, c: str) -> str:
        category = unicodedata.category(c)
        if c in "\n\r\x0b\x0c" or category in ("Zl", "Zp"):
            return "\n"
        if c == "\t" or category == "Zs":
            return " " if c != "\u00a0" else c
        if category in ("Cc", "Cf", "Cs", "Mn", "Me"):
            return ""
        if self._has(c):
            return c
        if category == "Pd":
            return "-"
        same = unicodedata.normalize("NFKC", c)
        return same if all(self._has(one) for one in same) else MISSING

    def _has(self, c: str) -> bool:
        """A font may list some that it only draws as its empty box, glyph 0."""
        return bool(self.face.charToGlyph.get(ord(c)))

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
