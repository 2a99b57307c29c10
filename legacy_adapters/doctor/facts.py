"""Findings that more than one kind of database makes alike."""

from collections.abc import Callable, Iterable

from sqlalchemy import Connection

from legacy_adapters.doctor.questions import FAILURES, Ask, reason
from legacy_adapters.doctor.report import Finding, Level, Topic


def fact(
    ask: Ask, name: str, question: Callable[[Connection], str | None], topic: Topic
) -> Finding:
    """`name: answer`; a note when this user may not read it."""
    try:
        answer = ask(question)
    except FAILURES as error:
        told = f"{name}: not readable by this user ({reason(error)})"
        return Finding(level=Level.NOTE, topic=topic, found=told)
    return Finding(level=Level.OK, topic=topic, found=f"{name}: {answer or 'not told'}")


def driver(connection: Connection) -> str:
    module = connection.dialect.dbapi
    name = getattr(module, "__name__", "unknown").partition(".")[0]
    return f"{name} {getattr(module, '__version__', '')}".strip()


def can_write(found: str) -> Finding:
    return Finding(
        level=Level.WARNING,
        topic=Topic.RIGHTS,
        found=found,
        expected="a user who may read the mapped tables, and nothing else",
    )


def _names(tables: Iterable[object]) -> str:
    return ", ".join(sorted(map(str, tables)))


def cannot_write(tables: Iterable[object], *, how: str = "", more: str = "") -> Finding:
    names = _names(tables)
    return Finding(
        level=Level.OK,
        topic=Topic.RIGHTS,
        found=f"this user cannot write to {names or 'any table'}{f': {how}' if how else ''}",
        expected=more,
    )


def hidden_rows(tables: Iterable[object], *, how: str, remedy: str) -> Finding:
    """A debt that a rule of the database hides from this user is one that no page shows."""
    names = _names(tables)
    return Finding(
        level=Level.NOTE,
        topic=Topic.RIGHTS,
        found=f"{how} may hide rows of {names} from this user, and nothing tells which",
        expected=remedy,
    )
