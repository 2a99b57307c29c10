"""Keeping files."""

from importlib import import_module
from pathlib import Path

from app.gateways.storage.folder import FolderStorage
from app.gateways.storage.port import Storage
from config.documents import DocumentSettings


def open_storage(settings: DocumentSettings, folder: Path) -> Storage:
    """folder: where files are kept unless the settings name another storage."""
    if settings.storage == "folder":
        return FolderStorage(folder)
    # Its library takes half a second to load: whoever does not use it does not wait for it.
    s3 = import_module("app.gateways.storage.s3")
    storage: Storage = s3.S3Storage(settings)
    return storage
