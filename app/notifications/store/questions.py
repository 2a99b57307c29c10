"""Which questions were heard already: a gateway asks again when it has heard no answer."""

from datetime import datetime

from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql, sqlite

from app.notifications.store.tables import phone_question


def add_new(connection: Connection, id_hash: str, at: datetime) -> bool:
    """False when it was heard before."""
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    statement = (
        dialect.insert(phone_question)
        .values(id_hash=id_hash, at=at)
        .on_conflict_do_nothing()
        .returning(phone_question.c.id_hash)
    )
    return connection.execute(statement).first() is not None
