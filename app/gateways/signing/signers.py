"""A signature made with a certificate and key in a file."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from typing import Any

from app.clock import now
from app.gateways.signing.keys import ends_at
from app.gateways.signing.port import SigningFailed


class FileSigner:
    """prepare: makes the file where there is none, before it is first used."""

    def __init__(
        self, file: Path, password: str, *, prepare: Callable[[Path], None] | None = None
    ) -> None:
        self._file = file
        self._password = password
        self._prepare = prepare
        self._pades: Any = None
        self._ends_at = now()
        self._lock = threading.Lock()

    def sign(self, paper: bytes, *, reason: str, place: str) -> bytes:
        with self._lock:  # the library is loaded once, and a key is used by one at a time
            try:
                if self._pades is None:
                    self._pades = self._open()
                if self._ends_at <= now():
                    raise SigningFailed(f"{self._file}: its certificate ended on {self._ends_at}")
                # In a thread of its own: the library wants one without an event loop.
                with ThreadPoolExecutor(1) as own:
                    work = own.submit(self._pades.sign, paper, reason=reason, place=place)
                    signed: bytes = work.result()
            except SigningFailed:
                raise
            except Exception as error:  # a library of cryptography raises many kinds
                raise SigningFailed(f"{self._file}: {type(error).__name__}: {error}") from error
        return signed

    def _open(self) -> Any:
        if self._prepare is not None:
            self._prepare(self._file)
        self._ends_at = ends_at(self._file, self._password)
        # It takes a second and 30 MB: whoever issues nothing does not wait for it.
        pades = import_module("app.gateways.signing.pades")
        return pades.Pades(self._file, self._password)
