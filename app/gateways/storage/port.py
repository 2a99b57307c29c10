"""What a storage of files can do."""

import errno
import re
import secrets
from collections.abc import Iterator
from datetime import datetime
from typing import BinaryIO, NewType, Protocol

from app.gateways.errors import GatewayError, GatewayUnavailable

StorageKey = NewType("StorageKey", str)  # 32 hexadecimal digits
KEY = re.compile(r"[0-9a-f]{32}")
FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class NotStored(GatewayError):
    """There is nothing under this key."""


class NoSpace(GatewayUnavailable):
    """It is full, or the quota is used up."""


def is_full(error: OSError) -> bool:
    """Whether the disk, the quota or the longest file that is allowed is used up."""
    return error.errno in FULL


def new_key() -> StorageKey:
    """A name that nobody can guess and that says nothing."""
    return StorageKey(secrets.token_hex(16))


def is_key(name: str) -> bool:
    return KEY.fullmatch(name) is not None


class Storage(Protocol):
    """Every method may raise GatewayUnavailable, in words for the operator."""

    def put(self, key: StorageKey, content: BinaryIO) -> None:
        """Keeps what stands in content from where it is to its end. It appears whole or not at
        all, and stays after a power cut. Raises: NoSpace."""

    def open(self, key: StorageKey) -> Iterator[bytes]:
        """The content, piece by piece; may fail between two pieces. Raises: NotStored."""

    def delete(self, key: StorageKey) -> None:
        """What is not there is deleted already."""

    def list_older(self, before: datetime) -> Iterator[StorageKey]:
        """What was put there before then, in no order. Forgets what puts that died before then
        have left."""
