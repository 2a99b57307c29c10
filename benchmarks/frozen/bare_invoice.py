"""An invoice's PDF put together by hand: objects and operators as bytes, and nothing between. What
it says stands here but for the amounts, which it writes; its letters are made at its import."""

import re
import zlib

import segno
from reportlab.pdfbase.ttfonts import TTFontFace

MM = 72 / 25.4
LEFT, RIGHT, TOP = 18 * MM, 192 * MM, 841.89
INK, SOFT, RULE = b"0.106 0.141 0.188", b"0.337 0.384 0.439", b"0.835 0.859 0.886"
ACCENT, PALE = b"0.043 0.361 0.541", b"0.765 0.8 0.839"
CHARACTERS = "".join(map(chr, range(32, 127))) + "ËÇëç–’"
CODES = str.maketrans({c: chr(code) for code, c in enumerate(CHARACTERS, 32)} | {"\xa0": " "})
ESCAPED = re.compile(rb"([\\()])")
DARK = re.compile(b"\x01+")
URL = (
    "https://efiskalizimi-app.tatime.gov.al/invoice-check/#/verify"
    "?iic=0123456789ABCDEF0123456789ABCDEF&tin=L12345678A&crtd=2026-10-31T12:00:00%2B01:00"
    "&ord=123456&bu=ab123cd456&cr=ef789gh012&sw=ij345kl678&prc=7400.60"
)
LINES = [
    ("Energji elektrike", "480 kWh", "9,5", "20", 4560.0),
    ("Tarifë fikse", "1", "95", "20", 95.0),
    ("Taksa TV", "1", "100", "0", 100.0),
    *((f"Shërbim i veçantë {n}", "1,25 orë", "120,4", "20", 150.5 + n) for n in range(9)),
]
TOTALS = [
    ("Pa TVSH", 6146.5),
    ("TVSH", 1154.1),
    ("Principali", 7300.6),
    ("Taksa TV", 100.0),
    ("Shuma e faturës", 7400.6),
    ("Kamata", 12.3),
    ("Totali për t'u paguar", 7412.9),
]
MONTHS = ("nën", "dhj", "jan", "shk", "mar", "pri", "maj", "qer", "kor", "gus", "sht", "tet")
USED = (420, 510, 560, 530, 440, 380, 310, 290, 350, 370, 330, 480)


def stream(content: bytes, more: bytes = b"") -> bytes:
    packed = zlib.compress(content)
    return b"<</Filter/FlateDecode/Length %d%s>>stream\n%s\nendstream" % (
        len(packed),
        more,
        packed,
    )


class Letters:
    """The objects of a font, and how wide its characters are in text of one point."""

    def __init__(self, file: str) -> None:
        face = TTFontFace(file)
        subset = [0] * 32 + [ord(c) for c in CHARACTERS]
        widths = [face.getCharWidth(code) for code in subset[32:]]
        self.width = {c: width / 1000 for c, width in zip(CHARACTERS, widths, strict=True)}
        self.width["\xa0"] = self.width[" "]
        self.widths = b" ".join(b"%.1f" % width for width in widths)
        made = face.makeSubset(subset)
        self.file = stream(made, b"/Length1 %d" % len(made))
        pairs = [b"<%02X><%04X>" % (code, c) for code, c in enumerate(subset) if c]
        parts = (pairs[start : start + 100] for start in range(0, len(pairs), 100))
        self.to_unicode = stream(
            b"/CIDInit/ProcSet findresource begin 12 dict begin begincmap/CMapName/C def"
            b"/CMapType 2 def 1 begincodespacerange<00><FF>endcodespacerange\n"
            + b"".join(
                b"%d beginbfchar\n%s\nendbfchar\n" % (len(part), b"\n".join(part)) for part in parts
            )
            + b"endcmap CMapName currentdict/CMap defineresource pop end end"
        )
        self.name = b"AAAAAA+" + bytes(face.name)
        box = b" ".join(b"%.0f" % side for side in face.bbox)
        self.described = (
            b"<</Type/FontDescriptor/FontName/%s/Flags 4/FontBBox[%s]/ItalicAngle 0/Ascent %.0f"
            b"/Descent %.0f/CapHeight %.0f/StemV %d/FontFile2 %%d 0 R>>"
        ) % (self.name, box, face.ascent, face.descent, face.capHeight, face.stemV)

    def objects(self, first: int) -> list[bytes]:
        """The font is the first of four."""
        font = (
            b"<</Type/Font/Subtype/TrueType/BaseFont/%s/FirstChar 32/LastChar %d/Widths[%s]"
            b"/FontDescriptor %d 0 R/ToUnicode %d 0 R>>"
        ) % (self.name, 31 + len(CHARACTERS), self.widths, first + 1, first + 3)
        return [font, self.described % (first + 2), self.file, self.to_unicode]


LETTERS = {b"P": Letters("Vera.ttf"), b"B": Letters("VeraBd.ttf")}


def text(x, y, shown, size=9.5, font=b"P", *, color=INK, part=0.0) -> bytes:
    """part: of its width that stands before x."""
    if part:
        width = LETTERS[font].width
        x -= part * size * sum(width[c] for c in shown)
    codes = ESCAPED.sub(rb"\\\1", shown.translate(CODES).encode("latin-1"))
    return b"BT /%s %g Tf %s rg %.2f %.2f Td (%s) Tj ET" % (font, size, color, x, y, codes)


def row(y, values, edges, size=9.5, color=INK) -> list[bytes]:
    pairs = zip(values[1:], edges, strict=True)
    cells = [text(edge, y, value, size, color=color, part=1) for value, edge in pairs]
    return [text(LEFT, y, values[0], size, color=color), *cells]


def rule(y) -> bytes:
    return b"%s RG 0.6 w %.2f %.2f m %.2f %.2f l S" % (RULE, LEFT, y, RIGHT, y)


def block(x, y, width, height, color) -> bytes:
    return b"%s rg %.2f %.2f %.2f %.2f re f" % (color, x, y, width, height)


def written(amount) -> str:
    return f"{amount:.2f}".replace(".", ",")


def head() -> list[bytes]:
    y = TOP - 20 * MM
    parts = [
        block(0, TOP - 8 * MM, 595.28, 8 * MM, ACCENT),
        text(LEFT, y, "Energjia Demo sh.a.", 14, b"B"),
        text(LEFT, y - 5.5 * MM, "Rruga e Kavajës 59, Tiranë, NIPT L12345678A", 8, color=SOFT),
        text(RIGHT, y, "Faturë 123456789", 14, b"B", part=1),
        text(LEFT, TOP - 38 * MM, "MOSTËR – nuk është faturë e vlefshme", 10, b"B", color=ACCENT),
    ]
    sides = {
        LEFT: (
            ("Klienti", "EMËR ÇELA-MBIEMËR"),
            ("Adresa", "BULEVARDI GJERGJ FISHTA, PALLATI 12, TIRANË"),
            ("Kodi i kontratës", "AL0000000"),
            ("NIPT", "K12345678L"),
        ),
        LEFT + 95 * MM: (
            ("Muaj/Viti", "10/2026"),
            ("Data e faturës", "31.10.2026"),
            ("Afati i faturës", "30.11.2026"),
            ("Periudha e faturuar", "01.10.2026 – 31.10.2026"),
        ),
    }
    for x, pairs in sides.items():
        for place, (name, value) in enumerate(pairs):
            y = TOP - (46 + 11 * place) * MM
            parts += [text(x, y, name, 8, color=SOFT), text(x, y - 4.5 * MM, value, 10)]
    return parts


def amount() -> list[bytes]:
    bottom, height, told = (
        TOP - 108 * MM,
        17 * MM,
        "Afati kaloi më 30.11.2026. Për t'u paguar, me kamatën:",
    )
    curve, (left, right, top) = 2.24, (LEFT, RIGHT, bottom + height)
    path = (
        f"{left + 5} {bottom} m {right - 5} {bottom} l {right - curve} {bottom} {right}"
        f" {bottom + curve} {right} {bottom + 5} c {right} {top - 5} l {right} {top - curve}"
        f" {right - curve} {top} {right - 5} {top} c {left + 5} {top} l {left + curve} {top}"
        f" {left} {top - curve} {left} {top - 5} c {left} {bottom + 5} l {left} {bottom + curve}"
        f" {left + curve} {bottom} {left + 5} {bottom} c h S"
    )
    return [
        b"%s RG 1.2 w %s" % (ACCENT, path.encode()),
        text(LEFT + 5 * MM, bottom + 6.5 * MM, told, 11),
        text(right - 5 * MM, bottom + 5.8 * MM, f"{written(7412.9)} lekë", 18, b"B", part=1),
    ]


def table() -> list[bytes]:
    y, edges = TOP - 116 * MM, [LEFT + x * MM for x in (96, 132, 174)]
    heads = ("Matësi", "Leximi i mëparshëm", "Leximi i ri", "Njësitë e faturuara")
    parts = row(y, heads, edges, 8, SOFT)
    parts += row(y - 5.5 * MM, ("MT-0012345", "12 345", "12 825", "480 kWh"), edges)
    parts.append(rule(y - 8 * MM))
    y, edges = y - 16 * MM, [LEFT + x * MM for x in (100, 124, 142, 174)]
    parts += row(
        y, ("Përshkrimi", "Sasia", "Çmimi (lek)", "TVSH %", "Pa TVSH (lek)"), edges, 8, SOFT
    )
    y -= 2.5 * MM
    parts.append(rule(y))
    for *values, net in LINES:
        y -= 5 * MM
        parts += row(y, (*values, written(net)), edges)
    y -= 2.5 * MM
    parts.append(rule(y))
    y -= 3 * MM
    for name, value in TOTALS:
        y -= 5 * MM
        font = b"B" if name in ("Shuma e faturës", "Totali për t'u paguar") else b"P"
        parts.append(text(RIGHT - 38 * MM, y, name, 9.5, font, part=1))
        parts.append(text(RIGHT, y, f"{written(value)} lekë", 9.5, font, part=1))
    return parts


def bars() -> list[bytes]:
    bottom, room, highest = 62 * MM, 24 * MM, max(USED)
    parts = [text(LEFT, bottom + room + 9 * MM, "Konsumi i 12 muajve të fundit, kWh", 8.5, b"B")]
    for place, (month, used) in enumerate(zip(MONTHS, USED, strict=True)):
        x, height = LEFT + place * 9 * MM, room * used / highest
        color = ACCENT if place == 11 else PALE
        middle = x + 4.5 * MM
        parts += [
            block(x + 1.5 * MM, bottom, 6 * MM, height, color),
            text(middle, bottom + height + MM, f"{used}", 7, part=0.5),
            text(middle, bottom - 3.5 * MM, month, 7, color=SOFT, part=0.5),
        ]
        if place in (0, 2):
            year = "2025" if place == 0 else "2026"
            parts.append(text(middle, bottom - 7 * MM, year, 7, color=SOFT, part=0.5))
    return parts


def fiscal(*, with_code: bool) -> list[bytes]:
    codes = {
        "NSLF": "0123456789ABCDEF0123456789ABCDEF",
        "NIVF": "01234567-89ab-cdef-0123-456789abcdef",
        "EIC": "fedcba98-7654-3210-fedc-ba9876543210",
    }
    y, told = 43 * MM, "Skanoni kodin për ta verifikuar këtë faturë te administrata tatimore."
    parts = [rule(y + 6 * MM)]
    for name, value in codes.items():
        parts += [text(LEFT, y, name, 8, color=SOFT), text(LEFT + 14 * MM, y, value, 8)]
        y -= 5 * MM
    if with_code:
        parts += [code(RIGHT - 34 * MM, 47 * MM, 34 * MM), text(LEFT, y - MM, told, 8, color=SOFT)]
    foot = "klienti@energjia-demo.example   0800 0000"
    return [*parts, text(LEFT, 12 * MM, foot, 8, color=SOFT)]


def code(left, top, side) -> bytes:
    matrix = segno.make_qr(URL, error="m", boost_error=False, mask=4).matrix
    unit = side / len(matrix)
    runs = b" ".join(
        b"%d %d %d 1 re" % (run.start(), y, run.end() - run.start())
        for y, modules in enumerate(matrix)
        for run in DARK.finditer(modules)
    )
    return b"q %.5f 0 0 %.5f %.2f %.2f cm %s rg %s f Q" % (unit, -unit, left, top, INK, runs)


def bare_invoice(*, with_code: bool = True) -> bytes:
    parts = [*head(), *amount(), *table(), *bars(), *fiscal(with_code=with_code)]
    objects = [
        b"<</Type/Catalog/Pages 2 0 R/Lang(sq)>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595.28 841.89]/Contents 4 0 R"
        b"/Resources<</Font<</P 6 0 R/B 10 0 R>>>>>>",
        stream(b"\n".join(parts)),
        b"<</Title(\xfe\xff%s)/Author(Energjia Demo sh.a.)>>"
        % "Faturë 123456789".encode("utf-16-be"),
        *LETTERS[b"P"].objects(6),
        *LETTERS[b"B"].objects(10),
    ]
    made, places = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"), []
    for number, content in enumerate(objects, 1):
        places.append(b"%010d 00000 n \n" % len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    begin, count = len(made), len(objects) + 1
    made += b"xref\n0 %d\n0000000000 65535 f \n%s" % (count, b"".join(places))
    made += b"trailer\n<</Size %d/Root 1 0 R/Info 5 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (
        count,
        begin,
    )
    return bytes(made)
