"""The documents' table, and each statement over it."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Index,
    Integer,
    String,
    Table,
    delete,
    func,
    insert,
    select,
    text,
    update,
)

from app.database.tables import Moment, metadata
from app.documents.records import Document, DocumentId, Holdings, Scan
from app.gateways.storage.port import StorageKey

document = Table(
    "document",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("storage_key", String(32), nullable=False, unique=True),
    Column("name", String(120), nullable=False),
    Column("media_type", String(100), nullable=False),
    Column("size", Integer, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("created_at", Moment, nullable=False),
    # Who handed it in; no keys, because this topic knows neither table.
    Column("account_id", Integer, index=True),
    Column("staff_id", Integer),
    Column("state", String(8), nullable=False),
    Column("scan", String(9), nullable=False),
    Column("expires_at", Moment),  # of what is held
    Index(
        "ix_document_passing",
        "state",
        "expires_at",
        sqlite_where=text("state <> 'kept'"),
        postgresql_where=text("state <> 'kept'"),
    ),
    Index(
        "ix_document_waiting",
        "id",
        sqlite_where=text("scan = 'waiting'"),
        postgresql_where=text("scan = 'waiting'"),
    ),
)


class State(StrEnum):
    HELD = "held"  # belongs to nothing yet, and runs out
    KEPT = "kept"  # belongs to something
    DROPPED = "dropped"  # its file goes next, then its row


def add(
    connection: Connection,
    described: Document,
    key: StorageKey,
    *,
    account_id: int | None,
    staff_id: int | None,
    expires_at: datetime,
) -> DocumentId:
    """The id of described counts for nothing; the new one is returned."""
    statement = insert(document).values(
        storage_key=key,
        name=described.name,
        media_type=described.media_type,
        size=described.size,
        sha256=described.sha256,
        created_at=described.created_at,
        account_id=account_id,
        staff_id=staff_id,
        state=State.HELD,
        scan=described.scan,
        expires_at=expires_at,
    )
    return DocumentId(connection.execute(statement.returning(document.c.id)).scalar_one())


def count_held(
    connection: Connection, *, account_id: int | None, staff_id: int | None, now: datetime
) -> int:
    """What the account or the member of the staff has handed in that belongs to nothing yet."""
    query = select(func.count()).where(
        document.c.state == State.HELD,
        document.c.expires_at > now,
        document.c.account_id.is_not_distinct_from(account_id),
        document.c.staff_id.is_not_distinct_from(staff_id),
    )
    return connection.execute(query).scalar_one()


def keep(connection: Connection, ids: Sequence[DocumentId], now: datetime) -> int:
    """Returns how many of them were held, and are kept from now on."""
    statement = (
        update(document)
        .where(
            document.c.id.in_(ids),
            document.c.state == State.HELD,
            document.c.expires_at > now,
            document.c.scan != Scan.INFECTED,
        )
        .values(state=State.KEPT, expires_at=None)
    )
    return connection.execute(statement).rowcount


def hold_on(
    connection: Connection, ids: Sequence[DocumentId], *, now: datetime, expires_at: datetime
) -> None:
    which = document.c.id.in_(ids) & (document.c.state == State.HELD)
    connection.execute(
        update(document).where(which, document.c.expires_at > now).values(expires_at=expires_at)
    )


def drop(connection: Connection, ids: Sequence[DocumentId]) -> None:
    connection.execute(
        update(document).where(document.c.id.in_(ids)).values(state=State.DROPPED, expires_at=None)
    )


def drop_of_account(connection: Connection, account_id: int) -> list[DocumentId]:
    """What an account holds that belongs to nothing; what belongs to something forgets who
    handed it in."""
    statement = (
        update(document)
        .where(document.c.account_id == account_id, document.c.state == State.HELD)
        .values(state=State.DROPPED, expires_at=None)
        .returning(document.c.id)
    )
    dropped = [DocumentId(found) for found in connection.scalars(statement)]
    connection.execute(
        update(document).where(document.c.account_id == account_id).values(account_id=None)
    )
    return dropped


def drop_expired(connection: Connection, now: datetime) -> int:
    statement = (
        update(document)
        .where(document.c.state == State.HELD, document.c.expires_at <= now)
        .values(state=State.DROPPED, expires_at=None)
    )
    return connection.execute(statement).rowcount


def list_dropped(
    connection: Connection, *, after: int, most: int
) -> list[tuple[DocumentId, StorageKey]]:
    query = (
        select(document.c.id, document.c.storage_key)
        .where(document.c.state == State.DROPPED, document.c.id > after)
        .order_by(document.c.id)
        .limit(most)
    )
    return [(DocumentId(row.id), StorageKey(row.storage_key)) for row in connection.execute(query)]


def find_dropped_keys(
    connection: Connection, ids: Sequence[DocumentId]
) -> list[tuple[DocumentId, StorageKey]]:
    query = select(document.c.id, document.c.storage_key).where(
        document.c.id.in_(ids), document.c.state == State.DROPPED
    )
    return [(DocumentId(row.id), StorageKey(row.storage_key)) for row in connection.execute(query)]


def forget(connection: Connection, ids: Sequence[DocumentId]) -> None:
    connection.execute(
        delete(document).where(document.c.id.in_(ids), document.c.state == State.DROPPED)
    )


def list_documents(connection: Connection, ids: Sequence[DocumentId]) -> list[Document]:
    query = select(document).where(document.c.id.in_(ids), document.c.state != State.DROPPED)
    found = {row.id: _document(row) for row in connection.execute(query)}
    return [found[one] for one in ids if one in found]


def find_held(
    connection: Connection, document_id: DocumentId, *, account_id: int, now: datetime
) -> Document | None:
    query = select(document).where(
        document.c.id == document_id,
        document.c.account_id == account_id,
        document.c.state == State.HELD,
        document.c.expires_at > now,
    )
    row = connection.execute(query).first()
    return _document(row) if row else None


def find_key(connection: Connection, document_id: DocumentId) -> tuple[StorageKey, Scan] | None:
    """Its state now: who asks may have read it a while ago."""
    query = select(document.c.storage_key, document.c.scan).where(
        document.c.id == document_id, document.c.state != State.DROPPED
    )
    row = connection.execute(query).first()
    return (StorageKey(row.storage_key), Scan(row.scan)) if row else None


def find_known(connection: Connection, keys: Sequence[StorageKey]) -> set[StorageKey]:
    """Those of the keys that a row names."""
    query = select(document.c.storage_key).where(document.c.storage_key.in_(keys))
    return {StorageKey(key) for key in connection.scalars(query)}


def list_waiting(
    connection: Connection, *, after: int, most: int
) -> list[tuple[DocumentId, StorageKey]]:
    query = (
        select(document.c.id, document.c.storage_key)
        .where(
            document.c.scan == Scan.WAITING,
            document.c.state != State.DROPPED,
            document.c.id > after,
        )
        .order_by(document.c.id)
        .limit(most)
    )
    return [(DocumentId(row.id), StorageKey(row.storage_key)) for row in connection.execute(query)]


def set_scanned(connection: Connection, document_id: DocumentId, scan: Scan) -> bool:
    """False when another process was faster."""
    statement = (
        update(document)
        .where(document.c.id == document_id, document.c.scan == Scan.WAITING)
        .values(scan=scan)
    )
    return connection.execute(statement).rowcount > 0


def stop_waiting(connection: Connection) -> int:
    """There is no scanner any more."""
    statement = update(document).where(document.c.scan == Scan.WAITING).values(scan=Scan.NOT_ASKED)
    return connection.execute(statement).rowcount


def count_all(connection: Connection) -> Holdings:
    query = select(
        document.c.state, document.c.scan, func.count(), func.sum(document.c.size)
    ).group_by(document.c.state, document.c.scan)
    rows = [(State(row[0]), Scan(row[1]), int(row[2]), int(row[3])) for row in
            connection.execute(query)]  # fmt: skip

    def count(value: State | Scan) -> int:
        return sum(number for state, scan, number, _size in rows if value in (state, scan))

    return Holdings(
        held=count(State.HELD),
        kept=count(State.KEPT),
        dropped=count(State.DROPPED),
        waiting=count(Scan.WAITING),
        infected=count(Scan.INFECTED),
        size=sum(size for *_, size in rows),
    )


def _document(row: Any) -> Document:
    return Document(
        id=DocumentId(row.id),
        name=row.name,
        media_type=row.media_type,
        size=row.size,
        sha256=row.sha256,
        created_at=row.created_at,
        scan=Scan(row.scan),
    )
