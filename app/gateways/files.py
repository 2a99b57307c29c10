"""Whole files in a folder, which stay after a power cut: for the local twins and the storage."""

import os
import re
import secrets
import shutil
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from app.clock import now
from app.gateways.errors import GatewayUnavailable

PIECE = 64 * 1024  # of what is written


def put_file(folder: Path, suffix: str, content: bytes, *, name: str = "") -> None:
    """Puts a file in whose name sorts by time; it appears whole and stays after a power cut.
    name: without suffix, where the same put in again is to be the same file.

    Raises: GatewayUnavailable.
    """
    name = (name or f"{now():%Y%m%dT%H%M%S.%fZ}-{secrets.token_hex(4)}") + suffix
    part = folder / f".{name}.{secrets.token_hex(4)}.part"
    try:
        # What is in there is for customers' eyes alone.
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            write_new(part, BytesIO(content))
            part.rename(folder / name)
            settle(folder)
        finally:
            with suppress(OSError):  # it is there only if something failed
                part.unlink()
    except OSError as error:
        # Without the error itself: it may name the file, whose content nobody asked for.
        raise GatewayUnavailable(f"the local folder cannot be written: {error.strerror}") from None


def name_of(reference: str) -> str:
    """Of a message that the portal calls `12.20261128130112000000` and eight digits more or none;
    "" for another name."""
    found = re.fullmatch(r"(\d+)\.(\d{14})(\d{6})(\d{8})?", reference)
    return f"{found[2][:8]}T{found[2][8:]}.{found[3]}Z-{found[1]}" if found else ""


def write_new(file: Path, content: BinaryIO) -> None:
    """A file that was not there, for nobody else's eyes; its name stays once its folder is
    settled. Raises: OSError."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        shutil.copyfileobj(content, stream, PIECE)
        stream.flush()
        os.fsync(stream.fileno())


def settle(folder: Path) -> None:
    """What was put there, or renamed or removed, is so after a power cut. Raises: OSError."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
