"""What kind of file it is, by its first bytes."""

import puremagic

from app.documents.records import DocumentRefused, Kind, Refusal

HEAD = 512
OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")  # an Office file with a password
BEGINNINGS = {
    b"%PDF-": Kind.PDF,
    b"\xff\xd8\xff": Kind.JPEG,
    b"\x89PNG\r\n\x1a\n": Kind.PNG,
    b"PK\x03\x04": Kind.DOCX,
}
HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
# What a second opinion may call them.
NAMES = {
    Kind.PDF: {".pdf"},
    Kind.JPEG: {".jpg", ".jpeg"},
    Kind.PNG: {".png"},
    Kind.HEIC: {".heic", ".heif", ".heix"},
    Kind.DOCX: {".docx"},
}


def get_kind(content: bytes) -> Kind:
    """Raises: DocumentRefused."""
    if not content:
        raise DocumentRefused(Refusal.EMPTY)
    if content.startswith(OLD_OFFICE) and ENCRYPTED_PACKAGE in content:
        raise DocumentRefused(Refusal.ENCRYPTED, "an Office file with a password")
    kind = _kind(content)
    if kind is None or not _agrees(content[:HEAD], kind):
        raise DocumentRefused(Refusal.UNKNOWN_KIND)
    return kind


def _kind(content: bytes) -> Kind | None:
    for beginning, kind in BEGINNINGS.items():
        if content.startswith(beginning):
            return kind
    is_heic = content[4:8] == b"ftyp" and content[8:12] in HEIC_BRANDS
    return Kind.HEIC if is_heic else None


def _agrees(head: bytes, kind: Kind) -> bool:
    """Whether puremagic, too, would call it that; it does not know each brand of HEIC."""
    try:
        called = {found.extension for found in puremagic.magic_string(head)}
    except (puremagic.PureError, ValueError):
        called = set()
    return bool(called & NAMES[kind]) or (kind is Kind.HEIC and not called)
