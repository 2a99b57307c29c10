"""Files in a folder, each under its key."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from app.gateways.errors import GatewayUnavailable
from app.gateways.files import settle, write_new
from app.gateways.storage.port import NoSpace, NotStored, StorageKey, is_full, is_key

PIECE = 64 * 1024  # of what is given out
ARRIVING = "arriving"


class FolderStorage:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        # Within the same file system: only there a rename is one step.
        self._arriving = folder / ARRIVING

    def put(self, key: StorageKey, content: BinaryIO) -> None:
        file = self._file(key)
        part = self._arriving / key
        with _translated():
            for folder in (self._folder, self._arriving, file.parent):
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            try:
                write_new(part, content)
                part.rename(file)
                for folder in (file.parent, self._folder):
                    settle(folder)
            except BaseException:
                for left in (part, file):
                    with suppress(OSError):
                        left.unlink()
                raise

    def open(self, key: StorageKey) -> Iterator[bytes]:
        with _translated():
            try:
                stream = self._file(key).open("rb")
            except FileNotFoundError:
                raise NotStored("it is not in the folder") from None
            with stream:
                while piece := stream.read(PIECE):
                    yield piece

    def delete(self, key: StorageKey) -> None:
        with _translated(), suppress(FileNotFoundError):
            self._file(key).unlink()

    def list_older(self, before: datetime) -> Iterator[StorageKey]:
        with _translated():
            for part in _files_older(self._arriving, before):
                part.unlink(missing_ok=True)
            for folder in _entries(self._folder):
                if folder.name != ARRIVING and folder.is_dir():
                    for file in _files_older(folder, before):
                        yield StorageKey(file.name)

    def _file(self, key: StorageKey) -> Path:
        if not is_key(key):
            raise ValueError("not a key of the storage")
        return self._folder / key[:2] / key


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        kind = NoSpace if is_full(error) else GatewayUnavailable
        raise kind(f"the documents' folder cannot be used: {error.strerror}") from None


def _entries(folder: Path) -> list[Path]:
    """None, where nothing was ever put."""
    return sorted(folder.iterdir()) if folder.is_dir() else []


def _files_older(folder: Path, before: datetime) -> Iterator[Path]:
    for file in _entries(folder):
        with suppress(FileNotFoundError):
            if is_key(file.name) and file.stat().st_mtime < before.timestamp():
                yield file
