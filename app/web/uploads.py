"""Files that come with a form, and files that are given out."""

from typing import IO, Any

import structlog
from flask import Request, Response, request
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import FileStorage

from app.documents.records import (
    Document,
    DocumentError,
    DocumentGone,
    DocumentRefused,
    InspectionBusy,
    InspectionUnavailable,
    Refusal,
    StillScanning,
    StorageFull,
    StorageUnavailable,
)
from app.documents.service import Documents
from app.web.current import services
from app.web.sending import send_away
from config.documents import DocumentSettings

log = structlog.get_logger("selfcare")
MEGABYTE = 1024 * 1024
# For a form's field; what a browser offers first, no check.
ACCEPT = ".pdf,.jpg,.jpeg,.png,.heic,.heif,.docx"

REFUSALS: dict[Refusal, Any] = {
    Refusal.EMPTY: _l("This file is empty."),
    Refusal.TOO_LARGE: _l("This file is too large: at most %(megabytes)s MB each."),
    Refusal.UNKNOWN_KIND: _l(
        "We cannot take files of this kind. Send a PDF, a picture (JPEG, PNG, HEIC) or a Word"
        " document (DOCX)."
    ),
    Refusal.NOT_WHAT_ITS_NAME_SAYS: _l(
        "This file is not what the end of its name says. Save it again in the right format, or"
        " send a photo of it."
    ),
    Refusal.BROKEN: _l("This file cannot be read. Save it again, or send a photo of it."),
    Refusal.ACTIVE_CONTENT: _l(
        "This file contains programs, forms or other files. Print it to PDF, or send a photo of it."
    ),
    Refusal.ENCRYPTED: _l("This file is protected. Remove its password, or print it to PDF."),
    Refusal.PICTURE_TOO_LARGE: _l(
        "This picture has too many pixels. Send it in a smaller size, at most %(megapixels)s"
        " million pixels."
    ),
    Refusal.INFECTED: _l("There is a virus in this file. We did not keep it."),
    Refusal.TOO_MANY: _l("These are too many files: at most %(files)s."),
}
TROUBLES: dict[type[DocumentError], Any] = {
    StorageFull: _l("We cannot take files right now. Please try again later."),
    StorageUnavailable: _l("We cannot take files right now. Please try again later."),
    InspectionUnavailable: _l("We cannot take files right now. Please try again later."),
    InspectionBusy: _l("Very many files are arriving right now. Please try again in a minute."),
    StillScanning: _l("This file is still being checked. Please try again in a few minutes."),
    DocumentGone: _l("This file is not here any more. Please choose it again."),
}


class PortalRequest(Request):
    """Closes the files of a request also where it was refused before it was read to its end."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._arrived: list[IO[bytes]] = []

    def _get_file_stream(self, *args: Any, **more: Any) -> IO[bytes]:
        stream = super()._get_file_stream(*args, **more)
        self._arrived.append(stream)
        return stream

    def close(self) -> None:
        super().close()
        for stream in self._arrived:
            stream.close()


def chosen_files(field: str) -> list[FileStorage]:
    """The files of a form's field; a field that was left empty sends one without a name. Only
    for routes whose rule says `uploads`: elsewhere nothing large gets in."""
    return [file for file in request.files.getlist(field) if file.filename]


def has_files() -> bool:
    return any(file.filename for file in request.files.values())


def too_large() -> str:
    return why_not(DocumentRefused(Refusal.TOO_LARGE))


def most_together(settings: DocumentSettings) -> int:
    """Bytes of all files of one request: something is left for what is typed beside them."""
    return settings.max_request_bytes * 15 // 16


def why_not(error: DocumentRefused | DocumentError) -> str:
    """For beside the field, in the language of the request."""
    if isinstance(error, DocumentError):
        return str(TROUBLES[type(error)])
    limits = services().settings.documents
    return str(
        REFUSALS[error.reason]
        % {
            "megabytes": limits.max_bytes // MEGABYTE or "< 1",
            "megapixels": limits.max_pixels // 1_000_000,
            "files": limits.max_files_per_case,
        }
    )


def status_of(error: DocumentRefused | DocumentError) -> int:
    """With which the form is shown again."""
    return 400 if isinstance(error, DocumentRefused | DocumentGone) else 503


def send_document(documents: Documents, document: Document) -> Response:
    """Raises: as Documents.open; errors.py has a page for each."""
    content = documents.open(document)
    return send_away(
        content, name=document.name, media_type=document.media_type, size=document.size
    )
