"""A text of Word is kept as it came, if nothing in it can act or fetch."""

import re
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import PurePosixPath

from defusedxml.ElementTree import fromstring, iterparse

from app.documents.inspecting.limits import Limits
from app.documents.records import DocumentRefused, Kind, Refusal

MOST_MEMBERS = 2_000
MOST_UNPACKED = 100 * 1024 * 1024
PLENTY = 10 * 1024 * 1024  # below it no ratio is looked at
MOST_RATIO = 100
TYPES, RELATIONS = "[Content_Types].xml", "_rels/.rels"
MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
XML = frozenset({".xml", ".rels", ".vml"})
# Pictures and fonts; all else would be a file within a file.
HARMLESS = XML | {
    *(".png", ".jpg", ".jpeg", ".jpe", ".gif", ".bmp", ".tif", ".tiff", ".emf", ".wmf", ".wdp"),
    *(".svg", ".odttf", ".thmx", ""),
}
ACTIVE_NAME = re.compile(r"vbaproject|vbadata|activex|embeddings/|oleobject", re.IGNORECASE)
ACTIVE_TYPE = re.compile(r"macroenabled|vbaproject|oleobject|activex", re.IGNORECASE)
ACTIVE_RELATION = re.compile(
    r"/(oleObject|package|control|activeXControlBinary|vbaProject|wordVbaData|aFChunk|frame"
    r"|subDocument|externalLink\w*)$",
    re.IGNORECASE,
)
HYPERLINK, TEMPLATE = "/hyperlink", "/attachedTemplate"
LINK = re.compile(r"(https?://|mailto:|tel:|#)", re.IGNORECASE)
OWN_DISK = re.compile(r"file:///[A-Za-z]:", re.IGNORECASE)
ACTIVE_FIELD = re.compile(r"\b(DDE|DDEAUTO|INCLUDETEXT|INCLUDEPICTURE)\b", re.IGNORECASE)
DOCTYPE = re.compile(r"<!(DOCTYPE|ENTITY)")
UTF8_MARK = "\ufeff"
END, END_LENGTH = b"PK\x05\x06", 22  # of the archive, without a comment
PASSWORD_BIT = 0x1


def inspect(content: bytes, _kind: Kind, _limits: Limits) -> None:
    """Raises: DocumentRefused; anything, for what cannot be read."""
    with zipfile.ZipFile(BytesIO(content)) as archive:
        members = archive.infolist()
        _check_shape(content, members)
        _check_names(members)
        if TYPES not in archive.namelist() or RELATIONS not in archive.namelist():
            raise DocumentRefused(Refusal.UNKNOWN_KIND, "an archive")
        texts = dict(_texts(archive, members))
    _check_types(texts[TYPES])
    for name, text in texts.items():
        if name.endswith(".rels"):
            _check_relations(text)
        _check_fields(text)


def _check_shape(content: bytes, members: list[zipfile.ZipInfo]) -> None:
    if len(members) > MOST_MEMBERS:
        raise DocumentRefused(Refusal.BROKEN, "too many members")
    begins = bool(members) and min(member.header_offset for member in members) == 0
    if not begins or not content[-END_LENGTH:].startswith(END):
        raise DocumentRefused(Refusal.BROKEN, "something stands before or after it")
    if any(member.flag_bits & PASSWORD_BIT for member in members):
        raise DocumentRefused(Refusal.ENCRYPTED, "an archive with a password")
    packed = sum(member.compress_size for member in members)
    unpacked = sum(member.file_size for member in members)
    is_bomb = unpacked > PLENTY and unpacked > MOST_RATIO * len(content)
    # Members that share their bytes would add up to more than there is.
    if unpacked > MOST_UNPACKED or is_bomb or packed > len(content):
        raise DocumentRefused(Refusal.BROKEN, "it unpacks to too much")


def _check_names(members: list[zipfile.ZipInfo]) -> None:
    names = [member.filename for member in members]
    if len({name.lower() for name in names}) != len(names):
        raise DocumentRefused(Refusal.BROKEN, "two members of one name")
    for name in names:
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or "\\" in name or ":" in name:
            raise DocumentRefused(Refusal.BROKEN, "a member that would lie elsewhere")
        if ACTIVE_NAME.search(name):
            raise DocumentRefused(Refusal.ACTIVE_CONTENT, "macros or objects in it")
        if path.suffix.lower() not in HARMLESS and RELATIONS in names:
            raise DocumentRefused(Refusal.ACTIVE_CONTENT, "a file within the file")


def _texts(archive: zipfile.ZipFile, members: list[zipfile.ZipInfo]) -> Iterator[tuple[str, str]]:
    """The XML in it. Reads all members: what is damaged is noticed by its checksum."""
    for member in members:
        data = archive.read(member)
        if PurePosixPath(member.filename).suffix.lower() in XML:
            text = data.decode("utf-8").removeprefix(UTF8_MARK)
            if DOCTYPE.search(text):
                raise DocumentRefused(Refusal.ACTIVE_CONTENT, "XML with entities")
            yield member.filename, text


def _check_types(text: str) -> None:
    if ACTIVE_TYPE.search(text):
        raise DocumentRefused(Refusal.ACTIVE_CONTENT, "macros or objects in it")
    types = {element.get("ContentType") for element in fromstring(text, forbid_dtd=True)}
    if MAIN not in types:
        raise DocumentRefused(Refusal.UNKNOWN_KIND, "another Office format")


def _check_relations(text: str) -> None:
    for relation in fromstring(text, forbid_dtd=True):
        kind, target = relation.get("Type", ""), relation.get("Target", "")
        if ACTIVE_RELATION.search(kind):
            raise DocumentRefused(Refusal.ACTIVE_CONTENT, "objects in it")
        if relation.get("TargetMode", "").lower() == "external" and not _is_borne(kind, target):
            raise DocumentRefused(Refusal.ACTIVE_CONTENT, "it fetches from elsewhere")


def _is_borne(kind: str, target: str) -> bool:
    """Links wait for a reader's press; a template of one's own disk, which Word notes down by
    itself, is not there at anybody else's."""
    if kind.endswith(HYPERLINK):
        return LINK.match(target) is not None
    return kind.endswith(TEMPLATE) and OWN_DISK.match(target) is not None


def _check_fields(text: str) -> None:
    """As Word reads them: entities, CDATA and comments are spellings of the same."""
    # A word of an instruction may be spread over several elements.
    written = "".join(_instructions(text))
    if ACTIVE_FIELD.search(written):
        raise DocumentRefused(Refusal.ACTIVE_CONTENT, "a field that fetches")


def _instructions(text: str) -> Iterator[str]:
    for _event, element in iterparse(BytesIO(text.encode()), forbid_dtd=True):
        name = element.tag.rpartition("}")[2]
        if name == "instrText":
            yield "".join(element.itertext())
        elif name == "fldSimple":
            yield from (v for k, v in element.items() if k.rpartition("}")[2] == "instr")
        elif name == "p":
            element.clear()  # a long text need not stand in memory as a whole
