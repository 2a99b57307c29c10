"""Looks into the file on standard input; writes the file to keep into the descriptor it is given,
where that is another, and one line of JSON to standard output.

Arguments: that descriptor; the limits as JSON. Whatever ends it otherwise than with that line
means that the file cannot be read: exit code 1 alone says that the process could not begin.
"""

import errno
import json
import os
import sys
from importlib import import_module

from app.documents.inspecting.kinds import get_kind
from app.documents.inspecting.limits import Limits
from app.documents.records import DocumentRefused, Kind, Refusal

# Loaded when one is needed: each brings a library that takes time.
ROOMS = {
    Kind.PDF: "pdf",
    Kind.JPEG: "pictures",
    Kind.PNG: "pictures",
    Kind.HEIC: "heic",
    Kind.DOCX: "docx",
}


def main() -> None:
    target = int(sys.argv[1])
    limits = Limits(**json.loads(sys.argv[2]))
    limits.apply()
    content = sys.stdin.buffer.read()
    report = _report(content, limits, target)
    print(json.dumps(report), flush=True)  # noqa: T201
    os._exit(0)  # nothing of what a hostile file left in memory is tidied up


def _report(content: bytes, limits: Limits, target: int) -> dict[str, str]:
    try:
        kind = get_kind(content)
        room = import_module(f"app.documents.inspecting.{ROOMS[kind]}")
    except DocumentRefused as refused:
        return _refused(refused)
    _be_silent()
    try:
        written = room.inspect(content, kind, limits)
    except DocumentRefused as refused:
        return _refused(refused)
    except Exception as error:  # MemoryError and RecursionError too: a file that leads to it is bad
        return _refused(DocumentRefused(Refusal.BROKEN, type(error).__name__))
    if written is not None:
        try:
            _write(target, written)
        except OSError as error:
            return _unwritten(error)
    return {"kind": kind}


def _refused(error: DocumentRefused) -> dict[str, str]:
    return {"refused": error.reason, "detail": str(error)[:100]}


def _unwritten(error: OSError) -> dict[str, str]:
    if error.errno == errno.EFBIG:
        return _refused(DocumentRefused(Refusal.PICTURE_TOO_LARGE, "drawn anew it is too large"))
    return {"full": os.strerror(error.errno or 0)}


def _be_silent() -> None:
    """Libraries write what they think of a file, at any length."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stderr.fileno())


def _write(target: int, content: bytes) -> None:
    with os.fdopen(target, "wb") as stream:
        stream.write(content)


if __name__ == "__main__":
    main()
