"""The process that looks into a document: bounded, and it knows nothing of the portal."""

import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from app.documents.records import DocumentRefused, InspectionBusy, InspectionUnavailable, Refusal
from config.settings import ROOT
from tests.documents import picture
from tests.handed_in import Make, folder, make, take

__all__ = ["folder", "make"]


# Tells whether a child can read its parent's environment, before and after that is hidden.
CURIOUS = """
import ctypes, os
from app.documents.inspection import hide_environment
if os.getuid() == 0:  # who may read everything proves nothing
    os.setgid(65534)
    os.setuid(65534)
    ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)
def can_read():
    child = os.fork()
    if not child:
        try:
            open(f"/proc/{os.getppid()}/environ").close()
        except OSError:
            os._exit(1)
        os._exit(0)
    return os.waitpid(child, 0)[1] == 0
print(can_read(), flush=True)
hide_environment()
print(can_read())
"""


def test_what_takes_too_long_or_too_much_is_refused(make: Make) -> None:
    large = picture("PNG", (7_000, 7_000), mode="RGBA")
    for limits in ({"inspection_seconds": 1.0}, {"inspection_megabytes": 256}):
        begun = time.monotonic()
        with pytest.raises(DocumentRefused) as caught:
            take(make(**limits), large, "a.png")
        assert caught.value.reason is Refusal.BROKEN
        assert time.monotonic() - begun < 15


def test_a_place_is_free_again_after_each(make: Make) -> None:
    documents = make(inspections_at_once=1)
    for _ in range(3):
        with pytest.raises(DocumentRefused):
            take(documents, b"x")
    take(documents)


def test_a_crowd_is_asked_to_come_again(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.documents.inspection.WAIT_SECONDS", 0.1)
    documents = make(inspections_at_once=1)
    inside, leave = threading.Event(), threading.Event()
    run = documents._inspection._run

    def slowly(source: BinaryIO, target: BinaryIO) -> Any:
        inside.set()
        leave.wait(20)
        return run(source, target)

    monkeypatch.setattr(documents._inspection, "_run", slowly)
    with ThreadPoolExecutor(1) as other:
        first = other.submit(take, documents)
        assert inside.wait(20)
        with pytest.raises(InspectionBusy):
            take(documents)
        leave.set()
        assert first.result().name == "fatura.pdf"


def test_it_knows_no_secret_and_says_why_it_cannot_begin(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "python"
    program.write_text(f"#!/bin/sh\nenv > {tmp_path}/environment\necho no library >&2\nexit 1\n")
    program.chmod(0o700)
    monkeypatch.setenv("SELFCARE_SECRET_KEY", "secret")
    monkeypatch.setattr("app.documents.inspection.sys.executable", str(program))
    with pytest.raises(InspectionUnavailable, match="no library"):
        take(make())
    environment = (tmp_path / "environment").read_text()
    assert "secret" not in environment and "SELFCARE" not in environment
    program.unlink()
    with pytest.raises(InspectionUnavailable, match="No such file"):
        take(make())


@pytest.mark.parametrize("line", ["", "x", "[]", "{}", '{"kind": "exe"}', '{"refused": "x"}', "7"])
def test_nonsense_from_it_is_a_refusal(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    program = tmp_path / "python"
    program.write_text(f"#!/bin/sh\necho '{line}'\n")
    program.chmod(0o700)
    monkeypatch.setattr("app.documents.inspection.sys.executable", str(program))
    with pytest.raises(DocumentRefused) as caught:
        take(make())
    assert caught.value.reason is Refusal.BROKEN


def test_no_process_of_the_same_user_can_read_the_portals_environment() -> None:
    """As the one that looks into a hostile file might, once that file has taken it over."""
    program = [sys.executable, "-c", CURIOUS]
    done = subprocess.run(program, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.stdout.split() == ["True", "False"], done.stdout + done.stderr
