"""What was begun and not sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from app.accounts.records import AccountId
from app.cases.records import DraftKey
from app.cases.store.tables import case_draft, case_draft_document
from app.documents.records import DocumentId
from legacy_adapters.records import ContractCode

d = case_draft.c
f = case_draft_document.c


@dataclass(frozen=True, kw_only=True, slots=True)
class DraftRow:
    """answers: sealed under the key."""

    key: DraftKey
    account_id: AccountId
    contract_code: ContractCode
    request_code: str
    answers: bytes
    kept_at: datetime


def keep(connection: Connection, row: DraftRow) -> bool:
    """Writes it, or over it, until it is sent. False when the key is another account's or
    contract's."""
    insert_into = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    values = {
        "request_code": row.request_code,
        "answers": row.answers,
        "kept_at": row.kept_at,
    }
    statement = insert_into(case_draft).values(
        key=row.key, account_id=row.account_id, contract_code=row.contract_code, **values
    )
    is_theirs = (d.account_id == row.account_id) & (d.contract_code == row.contract_code)
    upsert = statement.on_conflict_do_update(index_elements=[d.key], set_=values, where=is_theirs)
    return connection.execute(upsert.returning(d.key)).first() is not None


def find(
    connection: Connection, key: DraftKey, account_id: AccountId, *, lock: bool = False
) -> DraftRow | None:
    query = select(case_draft).where(d.key == key, d.account_id == account_id)
    row = connection.execute(query.with_for_update() if lock else query).first()
    return _row(row) if row else None


def list_of(connection: Connection, account_id: AccountId, code: ContractCode) -> list[DraftRow]:
    """The newest first."""
    query = select(case_draft).where(d.account_id == account_id, d.contract_code == code)
    return [_row(row) for row in connection.execute(query.order_by(d.kept_at.desc()).limit(20))]


def count_of(connection: Connection, account_id: AccountId) -> int:
    query = select(func.count()).select_from(case_draft).where(d.account_id == account_id)
    return int(connection.execute(query).scalar_one())


def count_documents(connection: Connection, keys: Sequence[DraftKey]) -> dict[DraftKey, int]:
    """Of those that have any."""
    query = select(f.draft_key, func.count()).where(f.draft_key.in_(keys)).group_by(f.draft_key)
    return {DraftKey(key): int(count) for key, count in connection.execute(query)}


def _row(row: Any) -> DraftRow:
    return DraftRow(
        key=DraftKey(row.key),
        account_id=AccountId(row.account_id),
        contract_code=ContractCode(row.contract_code),
        request_code=row.request_code,
        answers=row.answers,
        kept_at=row.kept_at,
    )


def forget(connection: Connection, key: DraftKey) -> None:
    """Its documents' rows go with it, the documents themselves do not."""
    connection.execute(delete(case_draft_document).where(f.draft_key == key))
    connection.execute(delete(case_draft).where(d.key == key))


def list_old(connection: Connection, before: datetime, *, limit: int) -> list[DraftKey]:
    query = select(d.key).where(d.kept_at < before).order_by(d.kept_at).limit(limit)
    return [DraftKey(key) for key in connection.scalars(query)]


def attach(
    connection: Connection, key: DraftKey, document_id: DocumentId, purpose: str, at: datetime
) -> None:
    connection.execute(
        insert(case_draft_document).values(
            document_id=document_id, draft_key=key, purpose=purpose, at=at
        )
    )


def detach(connection: Connection, key: DraftKey, document_id: DocumentId) -> bool:
    which = (f.draft_key == key) & (f.document_id == document_id)
    return connection.execute(delete(case_draft_document).where(which)).rowcount > 0


def list_documents(
    connection: Connection, key: DraftKey
) -> Sequence[tuple[DocumentId, str, datetime]]:
    """Each with its purpose, in the order they came."""
    query = select(case_draft_document).where(f.draft_key == key).order_by(f.at, f.document_id)
    return [(DocumentId(row.document_id), row.purpose, row.at) for row in connection.execute(query)]
