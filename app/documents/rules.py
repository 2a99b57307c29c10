"""What a document is called, and whether its name fits what it is. Pure."""

import re
import unicodedata

from app.documents.records import DocumentRefused, Kind, Refusal

LONGEST_NAME = 120
MEDIA_TYPES = {
    Kind.PDF: "application/pdf",
    Kind.JPEG: "image/jpeg",
    Kind.PNG: "image/png",
    Kind.HEIC: "image/jpeg",
    Kind.DOCX: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
EXTENSIONS = {
    Kind.PDF: "pdf",
    Kind.JPEG: "jpg",
    Kind.PNG: "png",
    Kind.HEIC: "jpg",
    Kind.DOCX: "docx",
}
# Phones and messengers give pictures each other's extensions; the content decides.
PICTURES = frozenset({"jpg", "jpeg", "jpe", "jfif", "png", "heic", "heif"})
ALIASES = {
    Kind.PDF: frozenset({"pdf"}),
    Kind.JPEG: PICTURES,
    Kind.PNG: PICTURES,
    Kind.HEIC: PICTURES,
    Kind.DOCX: frozenset({"docx"}),
}
PROMISED = frozenset().union(*ALIASES.values())  # what the portal takes, by name
NO_NAME = "document"
# What markup, shells or file systems give a meaning to.
MEANINGFUL = re.compile(r"[<>&\"'`:|?*\\/%;$#={}\[\]]+")
EXTENSION = re.compile(r"[a-z0-9]{1,8}")
DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)  # Windows' own


def clean_name(given: str, kind: Kind) -> str:
    """A name to show and to save under: the words of the given one, the kind's extension.

    Raises: DocumentRefused, when the given one's extension says that it is something else.
    """
    name = _visible(given)
    stem, extension = _split(name)
    if extension and extension not in ALIASES[kind]:
        raise DocumentRefused(Refusal.NOT_WHAT_ITS_NAME_SAYS, f"{kind} by its content")
    stem = " ".join(MEANINGFUL.sub(" ", stem).split()).strip(". -~")
    ending = f".{EXTENSIONS[kind]}"
    stem = _cut(stem, LONGEST_NAME - len(ending)) or NO_NAME
    return f"_{stem}{ending}" if DEVICES.fullmatch(stem) else stem + ending


def unknown(given: str) -> DocumentRefused:
    """How a content that is none of the kinds is refused under this name."""
    promised = _split(_visible(given))[1] in PROMISED
    return DocumentRefused(Refusal.NOT_WHAT_ITS_NAME_SAYS if promised else Refusal.UNKNOWN_KIND)


def _visible(given: str) -> str:
    """The last part of a path, without what cannot be seen: controls, turns of direction."""
    last = re.split(r"[/\\]", given)[-1]
    composed = unicodedata.normalize("NFC", last)
    return "".join(" " if c.isspace() else c for c in composed if _is_visible(c)).strip()


def _is_visible(c: str) -> bool:
    return c.isspace() or not unicodedata.category(c).startswith("C")


def _split(name: str) -> tuple[str, str]:
    """Stem and extension, in small letters; "" where the end is none, as in `nr. 5`."""
    stem, dot, end = name.rstrip(". ").rpartition(".")
    end = end.lower()
    if dot and EXTENSION.fullmatch(end) and not end.isdigit():
        return stem, end
    return name, ""


def _cut(stem: str, longest: int) -> str:
    """Not between a letter and its marks."""
    end = longest
    while end < len(stem) and end > 0 and unicodedata.combining(stem[end]):
        end -= 1
    return stem[:end].rstrip(". -")
