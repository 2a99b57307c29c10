"""The staff's lists: the queue by deadline, searches, and who has how much to do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, exists, func, or_, select, true

from app.accounts.records import AccountId
from app.cases.records import CaseId, State, Summary
from app.cases.store.cases import NO_DAY, c, summaries, summary
from app.cases.store.tables import case_document
from app.documents.records import Scan
from app.documents.store import document
from app.staff.records import MemberId
from app.staff.store import staff_member

NOBODY = MemberId(0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """What a list shows. states: empty for all that are open; assigned_to: NOBODY for those that
    nobody has; search: a number, a contract, or the beginning of a holder's name, as name_key
    gives it; overdue: due before this day; account_id: of one account."""

    states: frozenset[State] = frozenset()
    kind: str = ""
    request_code: str = ""
    assigned_to: MemberId | None = None
    search: str = ""
    search_key: str = ""
    overdue: date | None = None
    account_id: AccountId | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """A row's place in the order: lists go on after it, or end before it."""

    due_on: date
    id: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Queued:
    """waits_for_scan: a document of it has not been looked at for viruses yet."""

    summary: Summary
    place: Place
    waits_for_scan: bool


WAITS_FOR_SCAN = exists().where(
    case_document.c.case_id == c.id,
    document.c.id == case_document.c.document_id,
    document.c.scan == Scan.WAITING,
)


def list_queued(
    connection: Connection,
    wanted: Wanted,
    *,
    after: Place | None = None,
    before: Place | None = None,
    limit: int,
) -> list[Queued]:
    """The most urgent first. before: the last `limit` of those before it."""
    query = summaries().add_columns(WAITS_FOR_SCAN.label("waits")).where(*_conditions(wanted))
    if after:
        later = and_(c.due_on == after.due_on, c.id > after.id)
        query = query.where(or_(c.due_on > after.due_on, later))
    if before:
        earlier = and_(c.due_on == before.due_on, c.id < before.id)
        query = query.where(or_(c.due_on < before.due_on, earlier))
        query = query.order_by(c.due_on.desc(), c.id.desc())
    else:
        query = query.order_by(c.due_on, c.id)
    found = [_queued(row) for row in connection.execute(query.limit(limit))]
    return found[::-1] if before else found


def _queued(row: Any) -> Queued:
    return Queued(
        summary=summary(row),
        place=Place(due_on=row.due_on, id=row.id),
        waits_for_scan=bool(row.waits),
    )


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    found = [_which_states(wanted)]
    for column, value in (
        (c.kind, wanted.kind),
        (c.request_code, wanted.request_code),
        (c.account_id, wanted.account_id),
    ):
        if value:
            found.append(column == value)
    if wanted.assigned_to is not None:
        is_nobodys = wanted.assigned_to == NOBODY
        found.append(c.assigned_to.is_(None) if is_nobodys else c.assigned_to == wanted.assigned_to)
    if wanted.overdue:
        found += [c.is_open.is_(True), c.due_on < wanted.overdue]
    if wanted.search:
        found.append(_search(wanted))
    return found


def _which_states(wanted: Wanted) -> ColumnElement[bool]:
    if wanted.states:
        return c.state.in_(sorted(wanted.states))
    is_looked_up = bool(wanted.search) or wanted.account_id is not None
    return true() if is_looked_up else c.is_open.is_(True)


def _search(wanted: Wanted) -> ColumnElement[bool]:
    plain = "".join(wanted.search.split()).upper()
    ways = [c.number == plain, c.contract_code == plain]
    if wanted.search_key:
        ways.append(c.holder_key.startswith(wanted.search_key, autoescape=True))
    return or_(*ways)


@dataclass(frozen=True, kw_only=True, slots=True)
class Load:
    """member_id: None for what nobody has; waiting: of it, for the customer."""

    member_id: MemberId | None
    name: str
    open: int
    overdue: int
    waiting: int


def list_loads(connection: Connection, today: date) -> list[Load]:
    """Who has how many open cases; nobody's first."""
    late = func.sum(case((c.due_on < today, 1), else_=0)).label("overdue")
    waiting = func.sum(case((c.due_on == NO_DAY, 1), else_=0)).label("waiting")
    called = (staff_member.c.full_name, staff_member.c.name)
    query = (
        select(c.assigned_to, *called, func.count().label("open"), late, waiting)
        .outerjoin(staff_member, staff_member.c.id == c.assigned_to)
        .where(c.is_open.is_(True))
        .group_by(c.assigned_to, *called)
    )
    loads = [
        Load(
            member_id=None if row.assigned_to is None else MemberId(row.assigned_to),
            name=row.full_name or row.name or "",
            open=row.open,
            overdue=int(row.overdue),
            waiting=int(row.waiting),
        )
        for row in connection.execute(query)
    ]
    return sorted(loads, key=lambda load: (load.member_id is not None, -load.overdue, load.name))


@dataclass(frozen=True, kw_only=True, slots=True)
class KindLoad:
    kind: str
    request_code: str
    open: int
    overdue: int


def list_kind_loads(connection: Connection, today: date) -> list[KindLoad]:
    """Open cases of each request, the most overdue first."""
    late = func.sum(case((c.due_on < today, 1), else_=0)).label("overdue")
    query = (
        select(c.kind, c.request_code, func.count().label("open"), late)
        .where(c.is_open.is_(True))
        .group_by(c.kind, c.request_code)
    )
    found = [
        KindLoad(kind=r.kind, request_code=r.request_code, open=r.open, overdue=int(r.overdue))
        for r in connection.execute(query)
    ]
    return sorted(found, key=lambda load: (-load.overdue, -load.open, load.request_code))


def waiting_for_scan(connection: Connection, case_id: CaseId) -> bool:
    query = select(WAITS_FOR_SCAN).select_from(c.id.table).where(c.id == case_id)
    return bool(connection.execute(query).scalar())


def list_assignable(connection: Connection) -> Sequence[tuple[MemberId, str]]:
    """Members who can be given a case, by name."""
    columns = (staff_member.c.id, staff_member.c.full_name, staff_member.c.name)
    query = select(*columns).where(staff_member.c.disabled_at.is_(None))
    rows = connection.execute(query.order_by(staff_member.c.name_key))
    return [(MemberId(row.id), row.full_name or row.name) for row in rows]
