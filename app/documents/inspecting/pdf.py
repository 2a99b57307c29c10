"""A PDF is kept as it came, if nothing in it can act."""

import re
import zipfile
from collections.abc import Iterator
from io import BytesIO
from typing import Any

from pypdf import PdfReader
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject, NameObject, StreamObject

from app.documents.inspecting.limits import Limits
from app.documents.records import DocumentRefused, Kind, Refusal

MOST_OBJECTS = 300_000
MOST_PAGES = 2_000
TAIL = 2_048
# What acts, fetches or holds files, as a key of a dictionary or as what one is.
KEYS = frozenset({"/JS", "/JavaScript", "/EF", "/EmbeddedFile", "/EmbeddedFiles", "/XFA"})
TYPES = frozenset(
    {
        *("/JavaScript", "/Launch", "/EmbeddedFile", "/SubmitForm", "/ImportData", "/RichMedia"),
        *("/GoToE", "/GoToR", "/Movie", "/Rendition", "/FileAttachment"),
    }
)
WHAT_IT_IS = ("/S", "/Type", "/Subtype")
# Also where no table leads, because readers mend files: names too long to arise by chance.
ANYWHERE = frozenset(
    {b"JavaScript", b"Launch", b"EmbeddedFile", b"EmbeddedFiles", b"RichMedia", b"SubmitForm"}
)
NAME = re.compile(rb"/([^\x00-\x20()<>\[\]{}/%]{5,60})")
CODED = re.compile(rb"#([0-9A-Fa-f]{2})")


def inspect(content: bytes, _kind: Kind, _limits: Limits) -> None:
    """Raises: DocumentRefused; anything, for what cannot be read."""
    reader = PdfReader(BytesIO(content), strict=False)
    if reader.is_encrypted:
        raise DocumentRefused(Refusal.ENCRYPTED, "a PDF with a password or with restrictions")
    if b"%%EOF" not in content[-TAIL:] or zipfile.is_zipfile(BytesIO(content)):
        raise DocumentRefused(Refusal.BROKEN, "something stands after its end")
    for name in _names(content):
        if name in ANYWHERE:
            raise DocumentRefused(Refusal.ACTIVE_CONTENT, f"/{name.decode()} in it")
    for found in _objects(reader):
        _check(found)
    if not 1 <= len(reader.pages) <= MOST_PAGES:
        raise DocumentRefused(Refusal.BROKEN, "no pages, or too many")


def _names(content: bytes) -> Iterator[bytes]:
    for found in NAME.finditer(content):
        yield CODED.sub(lambda code: bytes([int(code[1], 16)]), found[1])


def _objects(reader: PdfReader) -> Iterator[Any]:
    """Each object once; what it refers to comes by itself."""
    numbers = {(number, gen) for gen, table in reader.xref.items() for number in table}
    numbers |= {(number, 0) for number in reader.xref_objStm}
    if len(numbers) > MOST_OBJECTS:
        raise DocumentRefused(Refusal.BROKEN, "too many objects")
    yield reader.trailer
    for number, generation in sorted(numbers):
        yield reader.get_object(IndirectObject(number, generation, reader))


def _check(found: Any) -> None:
    """Looks at a value and all that stands within it."""
    within = [found]
    while within:
        value = within.pop()
        if isinstance(value, DictionaryObject):
            _check_dictionary(value)
            within += [dict.__getitem__(value, key) for key in value]
        elif isinstance(value, ArrayObject):
            within += list(list.__iter__(value))


def _check_dictionary(value: DictionaryObject) -> None:
    names = set(value.keys()) & KEYS
    for key in WHAT_IT_IS:
        kind = value.raw_get(key) if key in value else None
        if isinstance(kind, NameObject):
            names |= {str(kind)} & TYPES
    if isinstance(value, StreamObject) and "/F" in value:
        names.add("a stream that lies elsewhere")
    if names:
        raise DocumentRefused(Refusal.ACTIVE_CONTENT, f"{min(names)} in it")
