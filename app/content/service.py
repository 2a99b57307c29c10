"""What the utility's texts say now, and how they change. Nothing here knows of the web."""

import time
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from threading import Lock

import structlog
from sqlalchemy.exc import IntegrityError

from app.audit.records import Action, Actor
from app.audit.service import Audit
from app.content import rules, store
from app.content.records import (
    LANGUAGES,
    SHIPPED,
    ChangedMeanwhile,
    Current,
    Editor,
    NothingChanged,
    Shown,
    TextFlawed,
    TextKey,
    TextMissing,
    TextName,
    Version,
)
from app.database.engine import Database, DatabaseError
from config.settings import ROOT

FOLDER = ROOT / "config" / "content"
KEPT_SECONDS = 20.0  # each web process asks so often what has changed
VERSIONS_SHOWN = 200
log = structlog.get_logger("selfcare")


class Content:
    def __init__(
        self,
        *,
        database: Database,
        audit: Audit,
        clock: Callable[[], datetime],
        folder: Path = FOLDER,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._audit = audit
        self._clock = clock
        self._folder = folder
        self._memory = Memory(self._read_newest, ticks)

    # For everybody

    def show(self, name: TextName, language: str) -> Shown:
        """While the portal's database is away: what was last known, or what was shipped.

        Raises: TextMissing, where there is no such text in any language.
        """
        newest = self._memory.recall()
        wanted = TextKey(name=name, language=language)
        for key in (wanted, wanted.elsewhere):
            body = self._body(key, newest.get(key))
            if body is not None:
                return Shown(key=key, body=body, is_fallback=key != wanted)
        raise TextMissing(f"there is no text {name}: it is missing in {self._folder}")

    def _read_newest(self) -> Mapping[TextKey, Version]:
        with self._database.read() as connection:
            return store.list_newest(connection)

    def _body(self, key: TextKey, newest: Version | None) -> str | None:
        if newest is not None and newest.body is not None:
            return newest.body
        return self._shipped(key)

    def _shipped(self, key: TextKey) -> str | None:
        file = self._folder / key.language / f"{key.name}.md"
        try:
            return _read_file(file, file.stat().st_mtime_ns)
        except FileNotFoundError:
            return None

    # For editors

    def list_all(self) -> list[Current]:
        """All texts in all languages, also those that are missing."""
        newest = self._read_newest()
        keys = [TextKey(name=name, language=code) for name in TextName for code in LANGUAGES]
        return [self._current(key, newest.get(key)) for key in keys]

    def get_current(self, key: TextKey) -> Current:
        with self._database.read() as connection:
            return self._current(key, store.find_newest(connection, key))

    def _current(self, key: TextKey, newest: Version | None) -> Current:
        version = newest or Version(key=key, number=SHIPPED, body=None)
        return Current(version=version, body=self._body(key, version))

    def list_versions(self, key: TextKey) -> list[Version]:
        """The newest first; the shipped text is the last."""
        with self._database.read() as connection:
            found = store.list_versions(connection, key, limit=VERSIONS_SHOWN)
        return [*found, Version(key=key, number=SHIPPED, body=None)]

    def get_version(self, key: TextKey, number: int) -> Current:
        """Raises: TextMissing."""
        version: Version | None = Version(key=key, number=SHIPPED, body=None)
        if number != SHIPPED:
            with self._database.read() as connection:
                version = store.find(connection, key, number)
        if version is None:
            raise TextMissing(f"{key.name} has no version {number} in {key.language}")
        return Current(version=version, body=self._body(key, version))

    def save(self, key: TextKey, typed: str, *, base: int, by: Editor) -> Version:
        """base: the number of the version that was opened.

        Raises: NothingChanged, TextFlawed, ChangedMeanwhile.
        """
        body = rules.normal_text(typed)
        if body == self.get_current(key).body:
            raise NothingChanged
        self._refuse_flawed(key, body)
        return self._add(key, body, base=base, by=by, action=Action.TEXT_CHANGED)

    def restore(self, key: TextKey, number: int, *, base: int, by: Editor) -> Version:
        """Takes up an old version as a new one; SHIPPED: what comes with the portal, also when
        that changes later.

        Raises: TextMissing, TextFlawed where it would not be accepted today, ChangedMeanwhile.
        """
        found = self.get_version(key, number)
        if found.body is None:
            raise TextMissing(f"nothing was shipped for {key.name} in {key.language}")
        body = found.version.body
        if body is not None:
            self._refuse_flawed(key, body)
        return self._add(key, body, base=base, by=by, action=Action.TEXT_RESTORED, restored=number)

    def _refuse_flawed(self, key: TextKey, body: str) -> None:
        flaws = rules.find_flaws(key.name, body)
        if flaws:
            raise TextFlawed(flaws)

    def _add(
        self,
        key: TextKey,
        body: str | None,
        *,
        base: int,
        by: Editor,
        action: Action,
        restored: int | None = None,
    ) -> Version:
        version = Version(
            key=key, number=base + 1, body=body, at=self._clock(), by=by.name, restored=restored
        )
        try:
            with self._database.write() as connection:
                newest = store.find_newest(connection, key)
                if (newest.number if newest else SHIPPED) != base:
                    raise ChangedMeanwhile(self._current(key, newest))
                store.add(connection, version, staff_id=by.staff_id)
                detail = f"{key.name} ({key.language}), version {version.number}"
                self._audit.record(
                    connection,
                    action,
                    actor=Actor.STAFF,
                    staff_id=by.staff_id,
                    address=by.address,
                    detail=detail if restored is None else f"{detail}, as {restored or 'shipped'}",
                )
        except IntegrityError as error:  # another one was quicker by a moment
            raise ChangedMeanwhile(self.get_current(key)) from error
        self._memory.forget()
        return version


@lru_cache(16)
def _read_file(file: Path, _changed_at: int) -> str | None:
    """None for a file in which nothing stands."""
    body = rules.normal_text(file.read_text(encoding="utf-8"))
    return body if body.strip() else None


class Memory:
    """What is in force, for seconds, so that pages for everybody ask the database for nothing.
    When it is too old, one request asks and the others go on with what they have."""

    def __init__(
        self, read: Callable[[], Mapping[TextKey, Version]], ticks: Callable[[], float]
    ) -> None:
        self._read = read
        self._ticks = ticks
        self._lock = Lock()
        self._known: Mapping[TextKey, Version] | None = None
        self._until = 0.0
        self._forgotten = 0  # how often: what was read before that is old already

    def recall(self) -> Mapping[TextKey, Version]:
        is_first = self._known is None
        if self._is_old() and self._lock.acquire(blocking=is_first):
            try:
                if self._is_old():
                    self._renew()
            finally:
                self._lock.release()
        return self._known or {}

    def forget(self) -> None:
        self._forgotten += 1
        self._until = 0.0

    def _is_old(self) -> bool:
        return self._known is None or self._ticks() >= self._until

    def _renew(self) -> None:
        """While the database is away, the next one asks after the same time."""
        forgotten = self._forgotten
        try:
            self._known = self._read()
        except DatabaseError as error:
            log.warning("texts not read", kind=type(error).__name__, reason=str(error))
            self._known = self._known or {}
        if forgotten == self._forgotten:
            self._until = self._ticks() + KEPT_SECONDS
