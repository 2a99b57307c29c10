"""The staff's lists: the queue by deadline, searches, and who has how much to do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    case,
    exists,
    func,
    literal,
    or_,
    select,
)

from app.cases.records import CaseId, State, Summary
from app.cases.rules import OPEN
from app.cases.store.cases import NO_DAY, c, summaries, summary
from app.cases.store.tables import case_document
from app.documents.records import Scan
from app.documents.store import document
from app.staff.records import MemberId
from app.staff.store import staff_member
from legacy_adapters.records import ContractCode

NOBODY = MemberId(0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """What a list shows. states: empty for all that are open, or for all where something is
    searched; assigned_to: NOBODY for those that nobody has; search: a number or a contract;
    search_key: the same as words of a holder's name, as name_key gives them; overdue: due before
    this day."""

    states: frozenset[State] = frozenset()
    kind: str = ""
    request_code: str = ""
    assigned_to: MemberId | None = None
    search: str = ""
    search_key: str = ""
    overdue: date | None = None

    @property
    def is_of_open(self) -> bool:
        """Whether there can be none but open ones in it: those stand by their deadline, the most
        urgent first and those whose clock stands still last. All others stand the newest first."""
        if self.overdue:
            return True
        return self.states <= OPEN if self.states else not self.search


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """A row's place in the order: lists go on after it, or end before it."""

    due_on: date
    id: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Queued:
    """waits_for_scan: a document of it has not been looked at for viruses yet."""

    summary: Summary
    version: int
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
    """In the order that Wanted.is_of_open tells. before: the last `limit` of those before it."""
    query = queued(wanted, after=after, before=before, limit=limit)
    found = [_queued(row) for row in connection.execute(query)]
    return found[::-1] if before else found


def queued(
    wanted: Wanted, *, after: Place | None = None, before: Place | None = None, limit: int
) -> Select[Any]:
    query = summaries().add_columns(c.version, WAITS_FOR_SCAN.label("waits"))
    query = query.where(*_conditions(wanted))
    if after or before:
        query = query.where(_beyond(wanted, after, before))
    order = [c.due_on, c.id] if wanted.is_of_open else [c.id.desc()]
    if before:
        order = [c.due_on.desc(), c.id.desc()] if wanted.is_of_open else [c.id]
    return query.order_by(*order).limit(limit)


def _beyond(wanted: Wanted, after: Place | None, before: Place | None) -> ColumnElement[bool]:
    if before:
        if not wanted.is_of_open:
            return c.id > before.id
        earlier = and_(c.due_on == before.due_on, c.id < before.id)
        return and_(c.due_on <= before.due_on, or_(c.due_on < before.due_on, earlier))
    if after is None:
        raise ValueError("beyond no place")
    if not wanted.is_of_open:
        return c.id < after.id
    later = and_(c.due_on == after.due_on, c.id > after.id)
    return and_(c.due_on >= after.due_on, or_(c.due_on > after.due_on, later))


def _queued(row: Any) -> Queued:
    return Queued(
        summary=summary(row),
        version=row.version,
        place=Place(due_on=row.due_on, id=row.id),
        waits_for_scan=bool(row.waits),
    )


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.is_of_open:
        found.append(c.is_open.is_(True))
    if wanted.states:
        found.append(c.state.in_(sorted(wanted.states)))
    for column, value in ((c.kind, wanted.kind), (c.request_code, wanted.request_code)):
        if value:
            found.append(column == value)
    if wanted.assigned_to is not None:
        is_nobodys = wanted.assigned_to == NOBODY
        found.append(c.assigned_to.is_(None) if is_nobodys else c.assigned_to == wanted.assigned_to)
    if wanted.overdue:
        found.append(_is_late(wanted.overdue))
    if wanted.search:
        found.append(_search(wanted))
    return found


def _is_late(today: date) -> ColumnElement[bool]:
    """Also one whose clock stands still: asking the customer something makes nothing less late."""
    return or_(c.due_on < today, c.days_left < 0)


def _search(wanted: Wanted) -> ColumnElement[bool]:
    """Each word typed begins a word of the holder's name, in any order."""
    plain = "".join(wanted.search.split()).upper()
    ways = [c.number == plain, c.contract_code == plain]
    words = wanted.search_key.split()
    if words:
        holder = literal(" ").concat(c.holder_key)
        ways.append(and_(*(holder.contains(f" {word}", autoescape=True) for word in words)))
    return or_(*ways)


def list_of_contract(connection: Connection, code: ContractCode, *, limit: int) -> list[Summary]:
    """Whoever filed them, the newest first."""
    query = summaries().where(c.contract_code == code).order_by(c.id.desc()).limit(limit)
    return [summary(row) for row in connection.execute(query)]


@dataclass(frozen=True, kw_only=True, slots=True)
class Counts:
    """Of open cases. mine: of the member who asks."""

    open: int
    mine: int
    nobodys: int
    overdue: int


def count_views(connection: Connection, me: MemberId, today: date) -> Counts:
    def those(which: ColumnElement[bool]) -> ColumnElement[int]:
        return func.coalesce(func.sum(case((which, 1), else_=0)), 0)

    query = select(
        func.count().label("open"),
        those(c.assigned_to == me).label("mine"),
        those(c.assigned_to.is_(None)).label("nobodys"),
        those(_is_late(today)).label("overdue"),
    ).where(c.is_open.is_(True))
    row = connection.execute(query).one()
    return Counts(
        open=row.open, mine=int(row.mine), nobodys=int(row.nobodys), overdue=int(row.overdue)
    )


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
    late = func.sum(case((_is_late(today), 1), else_=0)).label("overdue")
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
    waiting: int


def list_kind_loads(connection: Connection, today: date) -> list[KindLoad]:
    """Open cases of each request, the most overdue first."""
    late = func.sum(case((_is_late(today), 1), else_=0)).label("overdue")
    waiting = func.sum(case((c.due_on == NO_DAY, 1), else_=0)).label("waiting")
    query = (
        select(c.kind, c.request_code, func.count().label("open"), late, waiting)
        .where(c.is_open.is_(True))
        .group_by(c.kind, c.request_code)
    )
    found = [
        KindLoad(
            kind=row.kind,
            request_code=row.request_code,
            open=row.open,
            overdue=int(row.overdue),
            waiting=int(row.waiting),
        )
        for row in connection.execute(query)
    ]
    return sorted(found, key=lambda load: (-load.overdue, -load.open, load.request_code))


def waiting_for_scan(connection: Connection, case_id: CaseId) -> bool:
    query = select(WAITS_FOR_SCAN).select_from(c.id.table).where(c.id == case_id)
    return bool(connection.execute(query).scalar())


@dataclass(frozen=True, kw_only=True, slots=True)
class Colleague:
    """is_active: can be given a case; others have left open ones behind."""

    id: MemberId
    name: str
    is_active: bool


def list_colleagues(connection: Connection) -> Sequence[Colleague]:
    """By name."""
    columns = (staff_member.c.id, staff_member.c.full_name, staff_member.c.name)
    is_active = staff_member.c.disabled_at.is_(None)
    has_some = exists().where(c.assigned_to == staff_member.c.id, c.is_open.is_(True))
    query = select(*columns, is_active.label("is_active")).where(or_(is_active, has_some))
    rows = connection.execute(query.order_by(staff_member.c.name_key))
    return [
        Colleague(
            id=MemberId(row.id), name=row.full_name or row.name, is_active=bool(row.is_active)
        )
        for row in rows
    ]
