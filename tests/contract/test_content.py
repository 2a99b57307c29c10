"""The texts' service and store, over SQLite and over a real PostgreSQL."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.audit.records import Action, Actor
from app.audit.service import Audit
from app.content.records import (
    SHIPPED,
    ChangedMeanwhile,
    Editor,
    FlawKind,
    TextFlawed,
    TextKey,
    TextMissing,
    TextName,
)
from app.content.service import KEPT_SECONDS, Content
from app.database.engine import Database, DatabaseError
from tests.accounts import Clock

TERMS = TextKey(name=TextName.TERMS, language="sq")
ENGLISH = TextKey(name=TextName.TERMS, language="en")
BESA = Editor(staff_id=1, name="besa", address="192.0.2.1")
ARDIT = Editor(staff_id=2, name="ardit", address="192.0.2.2")
FIRST, SECOND = "# Termat\n\nnjë\n", "# Termat\n\ndy\n"


class Ticks:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def ticks() -> Ticks:
    return Ticks()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for language in ("sq", "en"):
        (tmp_path / "content" / language).mkdir(parents=True)
    (tmp_path / "content/sq/terms.md").write_text("# Termat\n\nfillestar\n", encoding="utf-8")
    return tmp_path / "content"


@pytest.fixture
def content(database: Database, clock: Clock, folder: Path, ticks: Ticks) -> Content:
    return a_content(database, clock, folder, ticks)


def a_content(database: Database, clock: Clock, folder: Path, ticks: Ticks) -> Content:
    audit = Audit(database=database, clock=clock)
    return Content(database=database, audit=audit, clock=clock, folder=folder, ticks=ticks)


def shown(content: Content, language: str = "sq") -> str:
    return content.show(TextName.TERMS, language).body


# Versions


def test_the_shipped_text_is_the_first(content: Content) -> None:
    current = content.get_current(TERMS)
    assert (current.version.number, current.body) == (SHIPPED, "# Termat\n\nfillestar\n")
    assert shown(content) == current.body
    assert [version.number for version in content.list_versions(TERMS)] == [SHIPPED]


def test_saving_makes_a_version_and_keeps_those_before(content: Content, clock: Clock) -> None:
    content.save(TERMS, FIRST, base=SHIPPED, by=BESA)
    content.save(TERMS, SECOND, base=1, by=ARDIT)
    assert shown(content) == SECOND
    found = content.list_versions(TERMS)
    assert [(v.number, v.by, v.at) for v in found] == [
        (2, "ardit", clock.now),
        (1, "besa", clock.now),
        (SHIPPED, "", None),
    ]
    assert content.get_version(TERMS, 1).body == FIRST
    assert content.get_version(TERMS, SHIPPED).body == "# Termat\n\nfillestar\n"
    with pytest.raises(TextMissing):
        content.get_version(TERMS, 3)


def test_texts_and_languages_are_apart(content: Content) -> None:
    content.save(ENGLISH, "# Terms\n\none\n", base=SHIPPED, by=BESA)
    assert (shown(content), shown(content, "en")) == (
        "# Termat\n\nfillestar\n",
        "# Terms\n\none\n",
    )
    listed = {current.version.key: current for current in content.list_all()}
    assert len(listed) == 2 * len(TextName)
    assert listed[ENGLISH].version.by == "besa" and listed[TERMS].version.number == SHIPPED


def test_restoring_makes_a_new_version(content: Content) -> None:
    content.save(TERMS, FIRST, base=SHIPPED, by=BESA)
    content.save(TERMS, SECOND, base=1, by=BESA)
    content.restore(TERMS, 1, base=2, by=ARDIT)
    newest = content.list_versions(TERMS)[0]
    assert (newest.number, newest.restored, newest.by) == (3, 1, "ardit")
    assert shown(content) == FIRST


def test_back_to_the_shipped_text_follows_it(content: Content, folder: Path) -> None:
    content.save(TERMS, FIRST, base=SHIPPED, by=BESA)
    content.restore(TERMS, SHIPPED, base=1, by=BESA)
    assert content.get_current(TERMS).version.is_shipped
    assert shown(content) == "# Termat\n\nfillestar\n"
    (folder / "sq/terms.md").write_text("# Termat\n\ni ri, me portalin\n", encoding="utf-8")
    assert shown(content) == "# Termat\n\ni ri, me portalin\n"
    with pytest.raises(TextMissing):  # nothing was shipped in English
        content.restore(ENGLISH, SHIPPED, base=SHIPPED, by=BESA)


def test_what_is_flawed_is_not_saved(content: Content) -> None:
    with pytest.raises(TextFlawed) as caught:
        content.save(TERMS, "pa titull [a](javascript:x)", base=SHIPPED, by=BESA)
    assert [flaw.kind for flaw in caught.value.flaws] == [FlawKind.NO_TITLE, FlawKind.LINK]
    assert len(content.list_versions(TERMS)) == 1


def test_who_did_what_is_in_the_trail(content: Content, database: Database, clock: Clock) -> None:
    content.save(TERMS, FIRST, base=SHIPPED, by=BESA)
    content.restore(TERMS, SHIPPED, base=1, by=ARDIT)
    events = Audit(database=database, clock=clock).list_newest()
    assert [(e.actor, e.action, e.staff_id, e.address, e.detail) for e in events] == [
        (Actor.STAFF, Action.TEXT_RESTORED, 2, "192.0.2.2", "terms (sq), version 2, as shipped"),
        (Actor.STAFF, Action.TEXT_CHANGED, 1, "192.0.2.1", "terms (sq), version 1"),
    ]


def test_the_database_itself_keeps_all_versions(content: Content, database: Database) -> None:
    content.save(TERMS, FIRST, base=SHIPPED, by=BESA)
    for statement in ("UPDATE content_version SET body = 'x'", "DELETE FROM content_version"):
        with pytest.raises((DBAPIError, DatabaseError)), database.write() as connection:
            connection.execute(text(statement))
    assert content.get_version(TERMS, 1).body == FIRST


# Two at once


def test_whoever_is_later_overwrites_nothing(content: Content) -> None:
    content.save(TERMS, FIRST, base=SHIPPED, by=BESA)
    for base in (SHIPPED, 2, -1):
        with pytest.raises(ChangedMeanwhile) as caught:
            content.save(TERMS, SECOND, base=base, by=ARDIT)
        assert (caught.value.current.version.by, caught.value.current.body) == ("besa", FIRST)
        with pytest.raises(ChangedMeanwhile):
            content.restore(TERMS, 1, base=base, by=ARDIT)
    assert shown(content) == FIRST


def test_of_many_at_the_same_moment_one_is_saved(content: Content) -> None:
    together = Barrier(6)

    def save(number: int) -> bool:
        together.wait()
        try:
            content.save(TERMS, f"# Termat\n\n{number}\n", base=SHIPPED, by=BESA)
        except ChangedMeanwhile:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(save, range(6))) == 1
    assert [version.number for version in content.list_versions(TERMS)] == [1, SHIPPED]


# What public pages see


def test_a_missing_language_shows_the_other_one(content: Content) -> None:
    found = content.show(TextName.TERMS, "en")
    assert (found.is_fallback, found.key, found.body) == (True, TERMS, shown(content))
    with pytest.raises(TextMissing):
        content.show(TextName.FAQ, "sq")
    assert [c.body for c in content.list_all() if c.version.key.name is TextName.FAQ] == [None] * 2


def test_another_process_shows_a_change_within_seconds(
    content: Content, database: Database, clock: Clock, folder: Path, ticks: Ticks
) -> None:
    other = a_content(database, clock, folder, ticks)
    before = shown(other)
    content.save(TERMS, FIRST, base=SHIPPED, by=BESA)
    assert (shown(content), shown(other)) == (FIRST, before)
    ticks.now += KEPT_SECONDS
    assert shown(other) == FIRST
    assert KEPT_SECONDS <= 30


def test_what_was_last_known_is_shown_while_the_database_is_away(
    content: Content, database: Database, ticks: Ticks, monkeypatch: pytest.MonkeyPatch
) -> None:
    content.save(TERMS, FIRST, base=SHIPPED, by=BESA)
    assert shown(content) == FIRST
    asked = []

    def away() -> None:
        asked.append(ticks.now)
        raise DatabaseError("it does not answer")

    monkeypatch.setattr(database, "read", away)
    ticks.now += KEPT_SECONDS
    assert (shown(content), shown(content)) == (FIRST, FIRST)
    assert len(asked) == 1, "pages do not wait for it one after the other"
    ticks.now += KEPT_SECONDS
    assert shown(content) == FIRST and len(asked) == 2
    monkeypatch.undo()
    ticks.now += KEPT_SECONDS
    assert shown(content) == FIRST


def test_a_process_that_never_reached_the_database_shows_the_shipped_text(
    content: Content, database: Database, ticks: Ticks, monkeypatch: pytest.MonkeyPatch
) -> None:
    content.save(TERMS, FIRST, base=SHIPPED, by=BESA)

    def away() -> None:
        raise DatabaseError("it does not answer")

    monkeypatch.setattr(database, "read", away)
    assert shown(content) == "# Termat\n\nfillestar\n"
    monkeypatch.undo()
    ticks.now += KEPT_SECONDS
    assert shown(content) == FIRST


def test_a_change_during_a_question_is_not_missed(
    content: Content, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was read before a save and comes back after it is old already."""
    read = database.read

    def slow():  # type: ignore[no-untyped-def]
        monkeypatch.undo()
        opened = read()
        rows = content._read_newest()
        assert not rows
        content.save(TERMS, FIRST, base=SHIPPED, by=BESA)
        return opened

    shown(content)
    content._memory.forget()
    monkeypatch.setattr(database, "read", slow)
    shown(content)
    assert shown(content) == FIRST
