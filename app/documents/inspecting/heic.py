"""HEIC, as iPhones take pictures. Apart from the others: its library takes time to load."""

from pillow_heif import register_heif_opener

from app.documents.inspecting import pictures
from app.documents.inspecting.limits import Limits
from app.documents.records import Kind


def inspect(content: bytes, kind: Kind, limits: Limits) -> bytes:
    """As a JPEG, which every desk can open. Raises: as pictures' own."""
    register_heif_opener(thumbnails=False, decode_threads=1)
    return pictures.inspect(content, kind, limits)
