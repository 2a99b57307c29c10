"""Cases: filing, reading, changing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Select, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from app.accounts.records import AccountId
from app.cases.catalogue import RequestForm
from app.cases.records import (
    Assignee,
    By,
    CaseId,
    CaseNumber,
    Debt,
    DraftKey,
    Event,
    State,
    Summary,
    What,
)
from app.cases.store.tables import (
    case_counter,
    case_document,
    case_event,
    case_form,
    service_case,
)
from app.documents.records import DocumentId
from app.staff.records import MemberId
from app.staff.store import staff_member
from legacy_adapters.records import ContractCode

NO_DAY = date.max  # stands in due_on while the clock stands still
c = service_case.c


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """A case as it is kept: answers still sealed, under the draft's key."""

    summary: Summary
    account_id: AccountId | None
    draft_key: DraftKey
    language: str
    answers: bytes
    debt: Debt
    debt_amount: Any
    answer: str
    version: int


def _upsert(connection: Connection) -> Any:
    return postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert


def keep_form(connection: Connection, form: RequestForm, at: datetime) -> str:
    """Its digest; the form itself is written where it is new."""
    body = form.model_dump_json()
    digest = sha256(body.encode()).hexdigest()
    connection.execute(
        _upsert(connection)(case_form)
        .values(digest=digest, body=body, created_at=at)
        .on_conflict_do_nothing()
    )
    return digest


def next_sequence(connection: Connection, request_code: str) -> int:
    """One more than the last of this code. Others wait until this transaction ends, and what is
    rolled back is given again: no number is left out and none occurs twice."""
    statement = _upsert(connection)(case_counter).values(request_code=request_code, last=1)
    statement = statement.on_conflict_do_update(
        index_elements=[case_counter.c.request_code], set_={"last": case_counter.c.last + 1}
    ).returning(case_counter.c.last)
    return int(connection.execute(statement).scalar_one())


def add_case(connection: Connection, values: Mapping[str, Any]) -> CaseId:
    result = connection.execute(insert(service_case).values(values))
    return CaseId(result.inserted_primary_key.id)  # type: ignore[union-attr]


def find_number_of_draft(
    connection: Connection, key: DraftKey, account_id: AccountId
) -> CaseNumber | None:
    query = select(c.number).where(c.draft_key == key, c.account_id == account_id)
    found = connection.execute(query).scalar()
    return CaseNumber(found) if found else None


def count_open(connection: Connection, account_id: AccountId) -> int:
    query = select(func.count()).select_from(service_case)
    theirs = query.where(c.account_id == account_id, c.is_open.is_(True))
    return int(connection.execute(theirs).scalar_one())


def count_filed(connection: Connection, account_id: AccountId, *, since: datetime) -> int:
    query = select(func.count()).select_from(service_case)
    theirs = query.where(c.account_id == account_id, c.filed_at > since)
    return int(connection.execute(theirs).scalar_one())


def summaries() -> Select[Any]:
    """What Summary is made of."""
    return (
        select(
            c.id,
            c.number,
            c.contract_code,
            c.holder,
            c.request_code,
            c.state,
            c.filed_at,
            c.due_on,
            c.days_left,
            c.closed_at,
            c.assigned_to,
            staff_member.c.name.label("staff_name"),
            staff_member.c.full_name.label("staff_full_name"),
            case_form.c.body,
        )
        .select_from(service_case)
        .join(case_form, case_form.c.digest == c.form_digest)
        .outerjoin(staff_member, staff_member.c.id == c.assigned_to)
    )


def summary(row: Any) -> Summary:
    assignee = None
    if row.assigned_to is not None:
        called = row.staff_full_name or row.staff_name
        assignee = Assignee(id=MemberId(row.assigned_to), name=called)
    return Summary(
        id=CaseId(row.id),
        number=CaseNumber(row.number),
        contract_code=ContractCode(row.contract_code),
        holder=row.holder,
        request_code=row.request_code,
        form=_form(row.body),
        state=State(row.state),
        filed_at=row.filed_at,
        due_on=None if row.due_on == NO_DAY else row.due_on,
        days_left=row.days_left,
        closed_at=row.closed_at,
        assignee=assignee,
    )


@lru_cache(maxsize=500)
def _form(body: str) -> RequestForm:
    return RequestForm.model_validate_json(body)


def find_case(connection: Connection, number: CaseNumber, *, lock: bool = False) -> Row | None:
    query = summaries().add_columns(
        c.account_id, c.draft_key, c.language, c.answers, c.debt, c.debt_amount, c.answer, c.version
    )
    query = query.where(c.number == number)
    row = connection.execute(query.with_for_update(of=service_case) if lock else query).first()
    if row is None:
        return None
    return Row(
        summary=summary(row),
        account_id=None if row.account_id is None else AccountId(row.account_id),
        draft_key=DraftKey(row.draft_key),
        language=row.language,
        answers=row.answers,
        debt=Debt(row.debt),
        debt_amount=row.debt_amount,
        answer=row.answer,
        version=row.version,
    )


def list_of(
    connection: Connection, account_id: AccountId, code: ContractCode, *, limit: int, skip: int
) -> list[Summary]:
    """An account's cases about a contract, the newest first."""
    query = summaries().where(c.account_id == account_id, c.contract_code == code)
    query = query.order_by(c.id.desc()).limit(limit).offset(skip)
    return [summary(row) for row in connection.execute(query)]


def count_of(connection: Connection, account_id: AccountId, code: ContractCode) -> int:
    query = select(func.count()).select_from(service_case)
    theirs = query.where(c.account_id == account_id, c.contract_code == code)
    return int(connection.execute(theirs).scalar_one())


def list_numbers(connection: Connection, account_id: AccountId) -> list[CaseNumber]:
    """All of an account, the newest first."""
    query = select(c.number).where(c.account_id == account_id).order_by(c.id.desc())
    return [CaseNumber(number) for number in connection.scalars(query)]


def change_case(connection: Connection, case_id: CaseId, version: int, **values: Any) -> bool:
    """False when it is no longer of this version."""
    changed = connection.execute(
        update(service_case)
        .where(c.id == case_id, c.version == version)
        .values(version=version + 1, **values)
    )
    return changed.rowcount > 0


# What happened to it


def add_event(
    connection: Connection,
    case_id: CaseId,
    *,
    at: datetime,
    what: What,
    by: By,
    state: State,
    staff_id: MemberId | None = None,
    note: str = "",
    remark: str = "",
) -> None:
    connection.execute(
        insert(case_event).values(
            case_id=case_id,
            at=at,
            what=what,
            by_whom=by,
            staff_id=staff_id,
            state=state,
            note=note,
            remark=remark,
        )
    )


def count_changes(connection: Connection, case_id: CaseId) -> int:
    """How often its customer has changed what was filled in."""
    query = select(func.count()).select_from(case_event)
    changes = query.where(case_event.c.case_id == case_id, case_event.c.what == What.CHANGED)
    return int(connection.execute(changes).scalar_one())


def list_events(connection: Connection, case_id: CaseId) -> list[Event]:
    """The oldest first."""
    query = (
        select(case_event, staff_member.c.name, staff_member.c.full_name)
        .select_from(case_event)
        .outerjoin(staff_member, staff_member.c.id == case_event.c.staff_id)
        .where(case_event.c.case_id == case_id)
        .order_by(case_event.c.id)
    )
    return [
        Event(
            at=row.at,
            what=What(row.what),
            by=By(row.by_whom),
            staff=row.full_name or row.name or "",
            state=State(row.state),
            note=row.note,
            remark=row.remark,
        )
        for row in connection.execute(query)
    ]


# Its documents


def attach(
    connection: Connection,
    case_id: CaseId,
    documents: Sequence[tuple[DocumentId, str]],
    *,
    by: By,
    at: datetime,
) -> None:
    """documents: each with its purpose."""
    if documents:
        connection.execute(
            insert(case_document),
            [
                {
                    "document_id": document_id,
                    "case_id": case_id,
                    "purpose": purpose,
                    "by_whom": by,
                    "at": at,
                }
                for document_id, purpose in documents
            ],
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class AttachedRow:
    document_id: DocumentId
    purpose: str
    by: By
    at: datetime


def list_documents(connection: Connection, case_id: CaseId) -> list[AttachedRow]:
    query = (
        select(case_document)
        .where(case_document.c.case_id == case_id)
        .order_by(case_document.c.at, case_document.c.document_id)
    )
    return [
        AttachedRow(
            document_id=DocumentId(row.document_id),
            purpose=row.purpose,
            by=By(row.by_whom),
            at=row.at,
        )
        for row in connection.execute(query)
    ]


def detach(connection: Connection, case_id: CaseId, document_id: DocumentId) -> bool:
    which = (case_document.c.case_id == case_id) & (case_document.c.document_id == document_id)
    return connection.execute(case_document.delete().where(which)).rowcount > 0


def find_case_of_document(connection: Connection, document_id: DocumentId) -> CaseNumber | None:
    query = select(c.number).join(case_document, case_document.c.case_id == c.id)
    found = connection.execute(query.where(case_document.c.document_id == document_id)).scalar()
    return CaseNumber(found) if found else None
