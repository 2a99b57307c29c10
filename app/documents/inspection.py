"""Has a file looked into by a process of its own: what bombs a decoder kills that one alone."""

import ctypes
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from typing import BinaryIO

import structlog

from app.documents.inspecting.limits import Limits
from app.documents.records import (
    DocumentRefused,
    InspectionBusy,
    InspectionUnavailable,
    Kind,
    Refusal,
    StorageFull,
)
from config.documents import DocumentSettings
from config.settings import ROOT

log = structlog.get_logger("selfcare")
WAIT_SECONDS = 4.0  # for a place
COULD_NOT_BEGIN = 1
NOT_DUMPABLE = 4  # PR_SET_DUMPABLE, with 0
PICTURES_GROW = 4  # drawn anew, a picture may take more bytes than before
# Nothing of the portal's own environment: that may hold its secrets.
ENVIRONMENT = {"LC_ALL": "C.UTF-8", "MALLOC_ARENA_MAX": "2", "PYTHONDONTWRITEBYTECODE": "1"}


def hide_environment() -> None:
    """From other processes of the same user, such as the one that reads a hostile file: this one's
    environment may hold the portal's secrets. Linux only; elsewhere nothing happens."""
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).prctl(NOT_DUMPABLE, 0, 0, 0, 0)


class Inspection:
    def __init__(self, settings: DocumentSettings) -> None:
        hide_environment()
        self._places = threading.BoundedSemaphore(settings.inspections_at_once)
        self._seconds = settings.inspection_seconds
        self._limits = Limits(
            seconds=settings.inspection_seconds,
            megabytes=settings.inspection_megabytes,
            output=settings.max_bytes * PICTURES_GROW,
            pixels=settings.max_pixels,
        )

    def look_into(self, source: BinaryIO, target: BinaryIO) -> Kind:
        """Both real files; target gets what is to be kept, where that is not source itself.

        Raises: DocumentRefused, InspectionBusy, InspectionUnavailable.
        """
        source.seek(0)
        with self._place():
            begun = time.monotonic()
            try:
                done = self._run(source, target)
            except subprocess.TimeoutExpired:
                raise self._killed("it took too long") from None
            except OSError as error:
                raise InspectionUnavailable(
                    f"no process can be started: {error.strerror}"
                ) from None
        if done.returncode == COULD_NOT_BEGIN:
            words = done.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2]
            raise InspectionUnavailable(f"looking into files fails: {words[:200]}")
        if done.returncode:
            raise self._killed(
                f"exit code {done.returncode} after {time.monotonic() - begun:.1f} s"
            )
        return _understood(done.stdout)

    @contextmanager
    def _place(self) -> Iterator[None]:
        if not self._places.acquire(timeout=WAIT_SECONDS):
            raise InspectionBusy("all places for looking into files are taken")
        try:
            yield
        finally:
            self._places.release()

    def _run(self, source: BinaryIO, target: BinaryIO) -> subprocess.CompletedProcess[bytes]:
        descriptor = target.fileno()
        program = [sys.executable, "-s", "-m", "app.documents.inspecting"]
        arguments = [str(descriptor), json.dumps(asdict(self._limits))]
        return subprocess.run(  # noqa: S603 - our own program, and no word of a visitor's
            [*program, *arguments],
            stdin=source,
            capture_output=True,
            pass_fds=(descriptor,),
            cwd=ROOT,
            env={**ENVIRONMENT, "PATH": os.defpath},
            timeout=self._seconds,
            check=False,
        )

    def _killed(self, how: str) -> DocumentRefused:
        log.warning(
            "looking into a file was ended",
            reason=how,
            do="nothing for one; for many, SELFCARE_DOCUMENTS_INSPECTION_... may be too little",
        )
        return DocumentRefused(Refusal.BROKEN, "it used up what one file may use")


def _understood(line: bytes) -> Kind:
    """Nothing is taken for granted: who speaks has read a hostile file."""
    try:
        report = json.loads(line)
        if "full" in report:
            raise StorageFull(f"the folder of temporary files: {report['full']}")
        if "refused" in report:
            _reason, _, detail = str(report["detail"]).partition(": ")
            raise DocumentRefused(Refusal(report["refused"]), detail)
        return Kind(report["kind"])
    except (ValueError, KeyError, TypeError):
        raise DocumentRefused(Refusal.BROKEN, "looking into it gave nonsense") from None
