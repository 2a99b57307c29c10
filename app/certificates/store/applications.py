"""Applications: filing, finding, deciding."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, func, insert, select, update

from app.accounts.records import AccountId
from app.certificates.records import (
    Application,
    ApplicationId,
    Certificate,
    CertificateCode,
    Ended,
    FormKey,
    Kind,
    Listed,
    State,
)
from app.certificates.store.tables import debt_application, debt_certificate
from app.staff.store import staff_member
from legacy_adapters.records import ContractCode

a = debt_application.c
c = debt_certificate.c


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """An application as it is kept: what was typed still sealed, under the form's key."""

    listed: Listed
    form_key: FormKey
    typed: bytes


def add(connection: Connection, values: Mapping[str, Any]) -> ApplicationId:
    statement = insert(debt_application).values(values).returning(a.id)
    return ApplicationId(connection.execute(statement).scalar_one())


def find_of_form(
    connection: Connection, key: FormKey, account_id: AccountId
) -> ApplicationId | None:
    query = select(a.id).where(a.form_key == key, a.account_id == account_id)
    found = connection.execute(query).scalar()
    return None if found is None else ApplicationId(found)


def find(
    connection: Connection, application_id: ApplicationId, *, lock: bool = False
) -> Row | None:
    query = _query(a.form_key, a.typed).where(a.id == application_id)
    row = connection.execute(query.with_for_update(of=debt_application) if lock else query).first()
    if row is None:
        return None
    return Row(listed=_listed(row), form_key=FormKey(row.form_key), typed=row.typed)


def count_of(connection: Connection, account_id: AccountId) -> int:
    query = select(func.count()).select_from(debt_application).where(a.account_id == account_id)
    return int(connection.execute(query).scalar_one())


def list_of(
    connection: Connection, account_id: AccountId, *, limit: int, skip: int
) -> list[Listed]:
    """The newest first."""
    query = _query().where(a.account_id == account_id).order_by(a.id.desc())
    return [_listed(row) for row in connection.execute(query.limit(limit).offset(skip))]


def list_in_state(connection: Connection, state: State, *, limit: int, skip: int) -> list[Listed]:
    """Those that wait by their deadline, others the newest first."""
    order = (a.due_on, a.id) if state is State.WAITING else (a.id.desc(),)
    query = _query().where(a.state == state).order_by(*order).limit(limit).offset(skip)
    return [_listed(row) for row in connection.execute(query)]


def count_states(connection: Connection) -> dict[State, int]:
    query = select(a.state, func.count()).group_by(a.state)
    return {State(state): int(count) for state, count in connection.execute(query)}


def decide(connection: Connection, application_id: ApplicationId, **values: Any) -> bool:
    """False when it was decided before."""
    waits = (a.id == application_id) & (a.state == State.WAITING)
    return connection.execute(update(debt_application).where(waits).values(values)).rowcount > 0


def add_reason(connection: Connection, application_id: ApplicationId, reason: str) -> None:
    """Why what was issued was taken back."""
    which = a.id == application_id
    connection.execute(update(debt_application).where(which).values(reason=reason))


def _query(*more: Any) -> Select[Any]:
    """Without the paper, which is large."""
    columns = [column for column in a if column.name not in ("form_key", "typed")]
    issued = (c.code, c.issued_at, c.valid_until, c.ended_on, c.ended_why, c.is_signed)
    return (
        select(*columns, *issued, staff_member.c.name, staff_member.c.full_name, *more)
        .select_from(debt_application)
        .outerjoin(debt_certificate, c.application_id == a.id)
        .outerjoin(staff_member, staff_member.c.id == a.decided_by)
    )


def _listed(row: Any) -> Listed:
    application = Application(
        id=ApplicationId(row.id),
        account_id=None if row.account_id is None else AccountId(row.account_id),
        language=row.language,
        kind=Kind(row.kind),
        contract_code=ContractCode(row.contract_code),
        holder=row.holder,
        state=State(row.state),
        filed_at=row.filed_at,
        due_on=row.due_on,
        decided_at=row.decided_at,
        decided_by=row.full_name or row.name or "",
        reason=row.reason,
    )
    return Listed(application=application, certificate=_certificate(row))


def _certificate(row: Any) -> Certificate | None:
    if row.code is None:
        return None
    return Certificate(
        code=CertificateCode(row.code),
        issued_at=row.issued_at,
        valid_until=row.valid_until,
        ended_on=row.ended_on,
        ended_why=Ended(row.ended_why) if row.ended_why else None,
        is_signed=row.is_signed,
    )
