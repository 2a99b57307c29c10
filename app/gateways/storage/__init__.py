"""Keeping files."""

from importlib import import_module
from pathlib import Path

from app.gateways.storage.folder import FolderStorage
from app.gateways.storage.port import Storage
from config.documents import DocumentSettings


def open_storage(settings: DocumentSettings, folder: Path, *, below: str = "") -> Storage:
    """folder: where files are kept unless the settings name another storage; there their names
    begin with `below`, after the prefix that the settings give."""
    if settings.storage == "folder":
        return FolderStorage(folder)
    # Its library takes half a second to load: whoever does not use it does not wait for it.
    s3 = import_module("app.gateways.storage.s3")
    own = settings.model_copy(update={"s3_prefix": settings.s3_prefix + below})
    storage: Storage = s3.S3Storage(own)
    return storage
