"""What the documents' services take, give and raise."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

DocumentId = NewType("DocumentId", int)


class Scan(StrEnum):
    NOT_ASKED = "not asked"  # no scanner is set
    WAITING = "waiting"  # the scanner was away
    CLEAN = "clean"
    INFECTED = "infected"


class Kind(StrEnum):
    PDF = "pdf"
    JPEG = "jpeg"
    PNG = "png"
    HEIC = "heic"  # kept as JPEG
    DOCX = "docx"


class Refusal(StrEnum):
    EMPTY = "empty"
    TOO_LARGE = "too large"
    UNKNOWN_KIND = "unknown kind"
    NOT_WHAT_ITS_NAME_SAYS = "not what its name says"
    BROKEN = "broken"
    ACTIVE_CONTENT = "active content"  # macros, scripts, actions, files within files
    ENCRYPTED = "encrypted"
    PICTURE_TOO_LARGE = "picture too large"
    INFECTED = "infected"
    TOO_MANY = "too many"


@dataclass(frozen=True, kw_only=True, slots=True)
class Document:
    """name: safe to show and to save under, with the extension of its content; size, sha256: of
    what is kept, which for pictures is not what was sent."""

    id: DocumentId
    name: str
    media_type: str
    size: int
    sha256: str
    created_at: datetime
    scan: Scan


@dataclass(frozen=True, kw_only=True, slots=True)
class Holdings:
    """For operators. size: bytes of all that is kept."""

    held: int
    kept: int
    dropped: int
    waiting: int
    infected: int
    size: int


class DocumentRefused(Exception):
    """The file is not taken, or not given out; sending it again changes nothing."""

    def __init__(self, reason: Refusal, detail: str = "") -> None:
        """detail: a few words for the operator, nothing of the file's content."""
        super().__init__(f"{reason}: {detail}" if detail else str(reason))
        self.reason = reason


class DocumentError(Exception):
    """Not now, through nobody's fault; the message says why, for the operator."""


class StorageUnavailable(DocumentError):
    """The storage does not answer."""


class StorageFull(DocumentError):
    """There is no room for it."""


class InspectionBusy(DocumentError):
    """So many files are being looked into that this one would have to wait for long."""


class InspectionUnavailable(DocumentError):
    """Nothing can be looked into on this machine."""


class StillScanning(DocumentError):
    """It waits for the virus scanner."""


class DocumentGone(DocumentError):
    """It has been there, or it belongs to something else already."""
