"""Files that come out of a storage as they went in."""

import hashlib
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, cast

from app.gateways.storage.port import NotStored, Storage, StorageKey

IN_MEMORY = 512 * 1024  # of a file that is given out


def checksum(content: BinaryIO) -> str:
    """Of all of it, from its start; leaves it at its end. Raises: OSError."""
    content.seek(0)
    return hashlib.file_digest(content, "sha256").hexdigest()  # type: ignore[arg-type]


def fetch(storage: Storage, key: StorageKey, expected: str) -> BinaryIO:
    """All of a file, at its start, for the caller to close: never half of it, nor another.
    expected: its checksum when it was put.

    Raises: NotStored, also for what is there under its key and has another checksum;
    GatewayUnavailable; OSError, where the folder of temporary files cannot take it.
    """
    content = cast(BinaryIO, SpooledTemporaryFile(IN_MEMORY))  # noqa: SIM115 - the caller's
    digest = hashlib.sha256()
    try:
        for piece in storage.open(key):
            digest.update(piece)
            content.write(piece)
        if digest.hexdigest() != expected:
            raise NotStored("it is not what was taken")
        content.seek(0)
    except BaseException:
        content.close()
        raise
    return content
