"""The exports' table, and each statement over it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Date,
    ForeignKey,
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
from app.exports.records import (
    Claim,
    Export,
    ExportFile,
    ExportId,
    Format,
    Note,
    Reference,
    Scope,
    State,
    Wanted,
    What,
)
from app.gateways.storage.port import StorageKey
from legacy_adapters.records import ContractCode

UNDER_WAY = "state in ('waiting', 'running')"

account_export = Table(
    "account_export",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("reference", String(26), nullable=False, unique=True),
    Column("account_id", ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("what", String(16), nullable=False),
    Column("format", String(4), nullable=False),
    Column("group_name", String(40), nullable=False),
    Column("contract_code", String(20)),
    Column("since", Date),
    Column("until", Date),
    Column("language", String(2), nullable=False),
    Column("state", String(9), nullable=False),
    Column("note", String(16), nullable=False),
    Column("done", Integer, nullable=False),
    Column("total", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("ended_at", Moment),
    # Who makes it now, in which process, and when that was last heard of.
    Column("claim", String(26)),
    Column("process", String(120)),
    Column("beat_at", Moment),
    Column("expires_at", Moment),
    Column("storage_key", String(32), unique=True),
    Column("file_name", String(200)),
    Column("size", BigInteger),
    Column("sha256", String(64)),
    Column("rows", Integer),
    Column("codes", JSON),
    Column("left_out", JSON),
    # One at a time for each account, also of two that ask in the same moment.
    Index(
        "ix_account_export_under_way",
        "account_id",
        unique=True,
        sqlite_where=text(UNDER_WAY),
        postgresql_where=text(UNDER_WAY),
    ),
    Index("ix_account_export_account", "account_id", "id"),
    Index("ix_account_export_state", "state", "id"),
    Index("ix_account_export_expires", "expires_at"),
)
row = account_export.c
IS_UNDER_WAY = row.state.in_([State.WAITING, State.RUNNING])


def add(
    connection: Connection, reference: Reference, account_id: int, wanted: Wanted, at: datetime
) -> None:
    """Raises: IntegrityError, where the account has one under way."""
    values = {
        "reference": reference,
        "account_id": account_id,
        "what": wanted.what,
        "format": wanted.format,
        "group_name": wanted.scope.group,
        "contract_code": wanted.scope.contract,
        "since": wanted.since,
        "until": wanted.until,
        "language": wanted.language,
        "state": State.WAITING,
        "note": Note.NOTHING,
        "done": 0,
        "total": 0,
        "attempts": 0,
        "created_at": at,
    }
    connection.execute(insert(account_export).values(values))


def find(connection: Connection, reference: Reference, account_id: int) -> Export | None:
    found = connection.execute(_of(account_id).where(row.reference == reference)).first()
    return _with_place(connection, _export(found)) if found else None


def find_under_way(connection: Connection, account_id: int) -> Export | None:
    found = connection.execute(_of(account_id).where(IS_UNDER_WAY)).first()
    return _export(found) if found else None


def list_of(connection: Connection, account_id: int, limit: int) -> list[Export]:
    """The newest first."""
    query = _of(account_id).order_by(row.id.desc()).limit(limit)
    return [_export(found) for found in connection.execute(query)]


def _of(account_id: int) -> Any:
    return select(account_export).where(row.account_id == account_id)


def _with_place(connection: Connection, export: Export) -> Export:
    if export.state is not State.WAITING:
        return export
    before = select(func.count()).where(IS_UNDER_WAY, row.id < export.id)
    return replace(export, ahead=connection.execute(before).scalar_one())


# Making one


def list_claimed(connection: Connection) -> list[tuple[ExportId, str, datetime]]:
    """Those being made: which process does it, and when it was last heard of."""
    query = select(row.id, row.process, row.beat_at).where(row.state == State.RUNNING)
    return [(ExportId(r.id), r.process, r.beat_at) for r in connection.execute(query)]


def give_back(connection: Connection, export_id: ExportId, process: str) -> bool:
    """One whose process is gone waits again. False where another was faster."""
    statement = (
        update(account_export)
        .where(row.id == export_id, row.state == State.RUNNING, row.process == process)
        .values(
            state=State.WAITING, note=Note.INTERRUPTED, claim=None, process=None, done=0, total=0
        )
    )
    return connection.execute(statement).rowcount == 1


def claim_next(connection: Connection, token: str, process: str, at: datetime) -> Claim | None:
    """The one that waits longest; None where none does."""
    oldest = (
        select(row.id).where(row.state == State.WAITING).order_by(row.id).limit(1).scalar_subquery()
    )
    statement = (
        update(account_export)
        .where(row.id == oldest, row.state == State.WAITING)
        .values(
            state=State.RUNNING,
            claim=token,
            process=process,
            beat_at=at,
            attempts=row.attempts + 1,
            done=0,
            total=0,
        )
        .returning(account_export)
    )
    found = connection.execute(statement).first()
    return Claim(export=_export(found), token=token) if found else None


def beat(
    connection: Connection, claim: Claim, at: datetime, *, done: int, total: int, note: Note
) -> bool:
    """Writes down how far it is. False where it is not this claim's any more."""
    statement = update(account_export).where(_still(claim))
    values = {"beat_at": at, "done": done, "total": total, "note": note}
    return connection.execute(statement.values(values)).rowcount == 1


def begin_anew(connection: Connection, claim: Claim, note: Note) -> bool:
    """Waits again, to be made from the start. False as above. Being told to end is nobody's
    failure and counts as no attempt."""
    statement = update(account_export).where(_still(claim))
    attempts = row.attempts - 1 if note is Note.INTERRUPTED else row.attempts
    values: dict[str, Any] = {
        "state": State.WAITING,
        "note": note,
        "claim": None,
        "process": None,
        "done": 0,
        "total": 0,
        "attempts": attempts,
    }
    return connection.execute(statement.values(values)).rowcount == 1


def publish(
    connection: Connection, claim: Claim, file: ExportFile, *, at: datetime, expires_at: datetime
) -> bool:
    """False where it is not this claim's any more: then nobody will find the file."""
    statement = (
        update(account_export)
        .where(_still(claim))
        .values(
            state=State.READY,
            note=Note.NOTHING,
            ended_at=at,
            expires_at=expires_at,
            storage_key=file.key,
            file_name=file.name,
            size=file.size,
            sha256=file.sha256,
            rows=file.rows,
            codes=list(file.codes),
            left_out=list(file.left_out),
        )
    )
    return connection.execute(statement).rowcount == 1


def fail(
    connection: Connection, claim: Claim, note: Note, *, at: datetime, expires_at: datetime
) -> bool:
    """False as above."""
    statement = update(account_export).where(_still(claim))
    values = {"state": State.FAILED, "note": note, "ended_at": at, "expires_at": expires_at}
    return connection.execute(statement.values(values)).rowcount == 1


def _still(claim: Claim) -> ColumnElement[bool]:
    return (row.id == claim.export.id) & (row.claim == claim.token) & (row.state == State.RUNNING)


# Ending one


def cancel(
    connection: Connection,
    reference: Reference,
    account_id: int,
    *,
    at: datetime,
    expires_at: datetime,
) -> bool:
    """False where it is not under way any more."""
    statement = (
        update(account_export)
        .where(row.reference == reference, row.account_id == account_id, IS_UNDER_WAY)
        .values(state=State.CANCELLED, ended_at=at, expires_at=expires_at)
    )
    return connection.execute(statement).rowcount == 1


def delete_ended(connection: Connection, which: ColumnElement[bool]) -> list[StorageKey]:
    """Returns the keys of their files."""
    statement = delete(account_export).where(which, ~IS_UNDER_WAY).returning(row.storage_key)
    return [StorageKey(key) for key in connection.scalars(statement) if key]


def delete_of_account(connection: Connection, account_id: int) -> list[StorageKey]:
    statement = (
        delete(account_export).where(row.account_id == account_id).returning(row.storage_key)
    )
    return [StorageKey(key) for key in connection.scalars(statement) if key]


def beyond_newest(account_id: int, kept: int) -> ColumnElement[bool]:
    """All but so many of an account's, under way or not."""
    newest = select(row.id).where(row.account_id == account_id).order_by(row.id.desc()).limit(kept)
    return (row.account_id == account_id) & row.id.not_in(newest)


def list_keys(connection: Connection, some: Sequence[StorageKey]) -> set[StorageKey]:
    """Those of these keys that a row names."""
    query = select(row.storage_key).where(row.storage_key.in_(some))
    return {StorageKey(key) for key in connection.scalars(query)}


def count_states(connection: Connection) -> dict[State, int]:
    query = select(row.state, func.count()).group_by(row.state)
    return {State(state): count for state, count in connection.execute(query)}


def _export(found: Any) -> Export:
    scope = Scope(
        group=found.group_name,
        contract=ContractCode(found.contract_code) if found.contract_code else None,
    )
    return Export(
        id=ExportId(found.id),
        reference=Reference(found.reference),
        account_id=found.account_id,
        wanted=Wanted(
            what=What(found.what),
            format=Format(found.format),
            scope=scope,
            since=found.since,
            until=found.until,
            language=found.language,
        ),
        state=State(found.state),
        note=Note(found.note),
        done=found.done,
        total=found.total,
        attempts=found.attempts,
        created_at=found.created_at,
        ended_at=found.ended_at,
        expires_at=found.expires_at,
        file=_file(found) if found.storage_key else None,
    )


def _file(found: Any) -> ExportFile:
    return ExportFile(
        key=StorageKey(found.storage_key),
        name=found.file_name,
        size=found.size,
        sha256=found.sha256,
        rows=found.rows,
        codes=tuple(ContractCode(code) for code in found.codes),
        left_out=tuple(found.left_out),
    )
