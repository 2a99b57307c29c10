"""The texts' table, and the statements over it. There is none that changes or deletes."""

from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    func,
    insert,
    select,
)

from app.content.records import TextKey, TextName, Version
from app.database.tables import Moment, metadata

content_version = Table(
    "content_version",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(20), nullable=False),
    Column("language", String(2), nullable=False),
    Column("number", Integer, nullable=False),
    Column("body", Text),  # none: as shipped
    Column("at", Moment, nullable=False),
    Column("staff_id", Integer, nullable=False),
    Column("made_by", String(120), nullable=False),  # the name at that time
    Column("restored", Integer),
    UniqueConstraint("name", "language", "number", name="uq_content_version_number"),
)
OF_TEXT = (content_version.c.name, content_version.c.language)
WITHOUT_BODY = tuple(c for c in content_version.c if c.name != "body")


def add(connection: Connection, version: Version, *, staff_id: int) -> None:
    """Raises IntegrityError when this number is taken."""
    connection.execute(
        insert(content_version).values(
            name=version.key.name.value,
            language=version.key.language,
            number=version.number,
            body=version.body,
            at=version.at,
            staff_id=staff_id,
            made_by=version.by[:120],
            restored=version.restored,
        )
    )


def list_newest(connection: Connection) -> dict[TextKey, Version]:
    """The newest version of each text that has one, in one statement."""
    newest = select(*OF_TEXT, func.max(content_version.c.number).label("number"))
    last = newest.group_by(*OF_TEXT).subquery()
    query = select(content_version).join(
        last,
        (content_version.c.name == last.c.name)
        & (content_version.c.language == last.c.language)
        & (content_version.c.number == last.c.number),
    )
    known = set(TextName)
    rows = [row for row in connection.execute(query) if row.name in known]
    return {_key(row): _version(row, row.body) for row in rows}


def find_newest(connection: Connection, key: TextKey) -> Version | None:
    query = _of(key).order_by(content_version.c.number.desc()).limit(1)
    row = connection.execute(query).first()
    return _version(row, row.body) if row else None


def find(connection: Connection, key: TextKey, number: int) -> Version | None:
    row = connection.execute(_of(key).where(content_version.c.number == number)).first()
    return _version(row, row.body) if row else None


def list_versions(connection: Connection, key: TextKey, *, limit: int) -> list[Version]:
    """The newest first, without what they say: their bodies are empty, or None as shipped."""
    is_own = content_version.c.body.is_not(None).label("is_own")
    query = (
        select(*WITHOUT_BODY, is_own)
        .where(content_version.c.name == key.name.value)
        .where(content_version.c.language == key.language)
        .order_by(content_version.c.number.desc())
        .limit(limit)
    )
    return [_version(row, "" if row.is_own else None) for row in connection.execute(query)]


def _of(key: TextKey) -> Any:
    return select(content_version).where(
        content_version.c.name == key.name.value, content_version.c.language == key.language
    )


def _key(row: Any) -> TextKey:
    return TextKey(name=TextName(row.name), language=row.language)


def _version(row: Any, body: str | None) -> Version:
    return Version(
        key=_key(row),
        number=row.number,
        body=body,
        at=row.at,
        by=row.made_by,
        restored=row.restored,
    )
