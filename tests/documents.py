"""The documents' service over any database, and files of every good kind, made here."""

import zipfile
from collections.abc import Callable
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pillow_heif
from PIL import Image
from reportlab.pdfgen.canvas import Canvas

from app.audit.service import Audit
from app.clock import now
from app.database.engine import Database
from app.documents.service import Documents
from app.gateways.antivirus import open_antivirus
from app.gateways.storage import open_storage
from app.gateways.storage.port import Storage
from config.documents import DocumentSettings

pillow_heif.register_heif_opener()
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def make_documents(
    database: Database,
    folder: Path,
    *,
    clock: Callable[[], datetime] = now,
    storage: Storage | None = None,
    **settings: Any,
) -> Documents:
    own = DocumentSettings(**settings)
    return Documents(
        database=database,
        settings=own,
        storage=storage or open_storage(own, folder),
        antivirus=open_antivirus(own),
        audit=Audit(database=database, clock=clock),
        clock=clock,
    )


def picture(
    format: str = "JPEG", size: tuple[int, int] = (64, 48), mode: str = "RGB", **more: Any
) -> bytes:
    """Red on the left, blue on the right."""
    drawn = Image.new("RGB", size, (200, 30, 30))
    drawn.paste((30, 30, 200), (size[0] // 2, 0, size[0], size[1]))
    written = BytesIO()
    drawn.convert(mode).save(written, format, **more)
    return written.getvalue()


def pdf(text: str = "Fatura") -> bytes:
    written = BytesIO()
    canvas = Canvas(written)
    canvas.drawString(100, 700, text)
    canvas.linkURL("https://energjia.example", (100, 690, 200, 710))
    canvas.showPage()
    canvas.save()
    return written.getvalue()


def docx(
    *,
    main: str = f"{WORD}.document.main+xml",
    text: str = "<w:p><w:r><w:t>Ankesë</w:t></w:r></w:p>",
    relations: str = "",
    types: str = "",
    members: dict[str, bytes | str] | None = None,
) -> bytes:
    """A text of Word as Word writes it, with what a test adds."""
    parts: dict[str, bytes | str] = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types">'
        f'<Override PartName="/word/document.xml" ContentType="{main}"/>{types}</Types>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r1"'
        f' Type="{OFFICE}/officeDocument" Target="word/document.xml"/></Relationships>',
        "word/document.xml": '<?xml version="1.0" encoding="UTF-8"?><w:document'
        ' xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
        f"<w:body>{text}</w:body></w:document>",
        "word/_rels/document.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
        f"{relations}</Relationships>",
        "word/media/image1.png": picture("PNG"),
        **(members or {}),
    }
    return archive(parts)


def relation(kind: str, target: str, *, external: bool = True) -> str:
    mode = ' TargetMode="External"' if external else ""
    return f'<Relationship Id="r9" Type="{OFFICE}/{kind}" Target="{target}"{mode}/>'


def archive(members: dict[str, bytes | str]) -> bytes:
    written = BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in members.items():
            packed.writestr(name, content)
    return written.getvalue()


GOOD: dict[str, bytes] = {
    "fatura.pdf": pdf(),
    "foto.jpg": picture("JPEG"),
    "foto.JPEG": picture("JPEG", mode="L"),
    "foto.png": picture("PNG"),
    "tejdukshme.png": picture("PNG", mode="RGBA"),
    "IMG_0001.HEIC": picture("HEIF"),
    "ankesë.docx": docx(),
}
