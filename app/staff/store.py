"""The staff's tables, and the statements over them."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    ForeignKey,
    Integer,
    LargeBinary,
    String,
    Table,
    and_,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)

from app.accounts.records import SessionEnded
from app.database.tables import Moment, metadata
from app.staff.records import (
    ListedMember,
    Member,
    MemberId,
    OpenSession,
    Role,
    StaffCredentials,
    StaffSignedIn,
)

staff_member = Table(
    "staff_member",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(40), nullable=False),
    Column("name_key", String(120), nullable=False, unique=True),
    Column("full_name", String(120), nullable=False),
    Column("role", String(20), nullable=False),
    Column("password_hash", String(200), nullable=False),
    Column("password_until", Moment),  # of a first password; own ones do not run out
    Column("sealed_secret", LargeBinary, nullable=False),
    Column("last_step", BigInteger, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("disabled_at", Moment),
)

staff_session = Table(
    "staff_session",
    metadata,
    Column("id", Integer, primary_key=True),
    Column(
        "member_id", ForeignKey("staff_member.id", ondelete="CASCADE"), nullable=False, index=True
    ),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("created_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
    Column("address", String(45), nullable=False),
    Column("device", String(200), nullable=False),
    Column("must_change", Boolean, nullable=False),
)

MEMBER_COLUMNS = (
    staff_member.c.id.label("member_id"),
    staff_member.c.name,
    staff_member.c.full_name,
    staff_member.c.role,
)
OF_MEMBER = staff_session.c.member_id == staff_member.c.id
_signed_in = (
    select(
        *MEMBER_COLUMNS,
        staff_session.c.id.label("session_id"),
        staff_session.c.seen_at,
        staff_session.c.must_change,
    )
    .select_from(staff_session.join(staff_member, OF_MEMBER))
    .where(
        staff_session.c.token_hash == bindparam("token_hash"),
        staff_session.c.created_at > bindparam("created_after"),
        staff_session.c.seen_at > bindparam("seen_after"),
        staff_member.c.disabled_at.is_(None),
    )
)


def _member(row: Any) -> Member:
    return Member(
        id=MemberId(row.member_id), name=row.name, full_name=row.full_name, role=Role(row.role)
    )


# Members


def add_member(connection: Connection, values: dict[str, Any]) -> MemberId:
    """Raises IntegrityError when the name is taken."""
    result = connection.execute(insert(staff_member).values(values))
    return MemberId(result.inserted_primary_key.id)  # type: ignore[union-attr]


def find_member(connection: Connection, name_key: str) -> Member | None:
    """Disabled or not."""
    query = select(*MEMBER_COLUMNS).where(staff_member.c.name_key == name_key)
    row = connection.execute(query).first()
    return _member(row) if row else None


def list_names(connection: Connection) -> dict[MemberId, str]:
    """Of all, disabled ones too."""
    rows = connection.execute(select(staff_member.c.id, staff_member.c.name))
    return {MemberId(row.id): row.name for row in rows}


def hold_administrators(connection: Connection) -> set[MemberId]:
    """Those who are one now, locked until the transaction ends: of two who disable each other
    at once, one stays."""
    query = (
        select(staff_member.c.id)
        .where(
            staff_member.c.role == Role.ADMINISTRATOR.value, staff_member.c.disabled_at.is_(None)
        )
        .order_by(staff_member.c.id)
        .with_for_update()
    )
    return {MemberId(found) for found in connection.scalars(query)}


def find_credentials(connection: Connection, name_key: str) -> StaffCredentials | None:
    """None for a disabled member."""
    query = select(
        *MEMBER_COLUMNS,
        staff_member.c.password_hash,
        staff_member.c.password_until,
        staff_member.c.sealed_secret,
        staff_member.c.last_step,
    ).where(staff_member.c.name_key == name_key, staff_member.c.disabled_at.is_(None))
    row = connection.execute(query).first()
    if row is None:
        return None
    return StaffCredentials(
        member=_member(row),
        password_hash=row.password_hash,
        password_until=row.password_until,
        sealed_secret=row.sealed_secret,
        last_step=row.last_step,
    )


def find_factors(connection: Connection, name_keys: list[str]) -> dict[str, tuple[bytes, int]]:
    """key of the name -> sealed second factor and newest used step."""
    query = select(
        staff_member.c.name_key, staff_member.c.sealed_secret, staff_member.c.last_step
    ).where(staff_member.c.name_key.in_(name_keys))
    rows = connection.execute(query)
    return {row.name_key: (row.sealed_secret, row.last_step) for row in rows}


def list_members(
    connection: Connection,
    *,
    created_after: datetime,
    seen_after: datetime,
    only: MemberId | None = None,
) -> list[ListedMember]:
    """By name, with how many of their sessions are alive."""
    alive = and_(
        OF_MEMBER,
        staff_session.c.created_at > created_after,
        staff_session.c.seen_at > seen_after,
    )
    more = (
        staff_member.c.created_at,
        staff_member.c.disabled_at,
        staff_member.c.password_until,
    )
    query = (
        select(*MEMBER_COLUMNS, *more, func.count(staff_session.c.id).label("sessions"))
        .select_from(staff_member.outerjoin(staff_session, alive))
        .group_by(staff_member.c.id)
        .order_by(staff_member.c.name_key)
    )
    if only is not None:
        query = query.where(staff_member.c.id == only)
    return [
        ListedMember(
            member=_member(row),
            created_at=row.created_at,
            disabled_at=row.disabled_at,
            waits_until=row.password_until,
            sessions=row.sessions,
        )
        for row in connection.execute(query)
    ]


def update_member(connection: Connection, member_id: MemberId, **values: Any) -> None:
    connection.execute(update(staff_member).where(staff_member.c.id == member_id).values(**values))


def use_code(connection: Connection, credentials: StaffCredentials, step: int) -> bool:
    """Takes the step's code, once. False when it was taken meanwhile, or when the member was
    disabled or got another password or another second factor."""
    taken = connection.execute(
        update(staff_member)
        .where(
            staff_member.c.id == credentials.member.id,
            staff_member.c.last_step < step,
            staff_member.c.password_hash == credentials.password_hash,
            staff_member.c.sealed_secret == credentials.sealed_secret,
            staff_member.c.disabled_at.is_(None),
        )
        .values(last_step=step)
    )
    return taken.rowcount > 0


# Sessions


def add_session(connection: Connection, values: dict[str, Any]) -> None:
    connection.execute(insert(staff_session).values(values))


def find_signed_in(
    connection: Connection, token_hash: str, *, created_after: datetime, seen_after: datetime
) -> StaffSignedIn | None:
    """The live session's member, in one round trip."""
    values = {"token_hash": token_hash, "created_after": created_after, "seen_after": seen_after}
    row = connection.execute(_signed_in, values).first()
    if row is None:
        return None
    return StaffSignedIn(
        member=_member(row),
        session_id=row.session_id,
        seen_at=row.seen_at,
        must_change=row.must_change,
    )


def touch_session(connection: Connection, session_id: int, at: datetime) -> None:
    connection.execute(
        update(staff_session).where(staff_session.c.id == session_id).values(seen_at=at)
    )


def hold(connection: Connection, signed_in: StaffSignedIn) -> None:
    """Locks the member until the transaction ends.

    Raises: SessionEnded, when this session or the member has ended meanwhile.
    """
    member_id = signed_in.member.id
    member = (
        select(staff_member.c.id)
        .where(staff_member.c.id == member_id, staff_member.c.disabled_at.is_(None))
        .with_for_update()
    )
    alive = select(staff_session.c.id).where(
        staff_session.c.id == signed_in.session_id, staff_session.c.member_id == member_id
    )
    if connection.execute(member).first() is None or connection.execute(alive).first() is None:
        raise SessionEnded


def renew_session(connection: Connection, session_id: int, token_hash: str) -> None:
    """Gives a session another token: the one before it is worth nothing from now on."""
    connection.execute(
        update(staff_session)
        .where(staff_session.c.id == session_id)
        .values(token_hash=token_hash, must_change=False)
    )


def end_session(connection: Connection, session_id: int, member_id: MemberId) -> bool:
    """False when the member has no such session."""
    theirs = and_(staff_session.c.id == session_id, staff_session.c.member_id == member_id)
    return connection.execute(delete(staff_session).where(theirs)).rowcount > 0


def end_sessions_of(connection: Connection, member_id: MemberId, *, but: int | None = None) -> int:
    """Ends all sessions of a member, or all but one; returns how many."""
    theirs = staff_session.c.member_id == member_id
    if but is not None:
        theirs = and_(theirs, staff_session.c.id != but)
    return connection.execute(delete(staff_session).where(theirs)).rowcount


def list_sessions(
    connection: Connection,
    *,
    created_after: datetime,
    seen_after: datetime,
    only: MemberId | None = None,
) -> list[OpenSession]:
    """Everybody's or one member's that are alive, the last seen first."""
    query = (
        select(*MEMBER_COLUMNS, staff_session)
        .select_from(staff_session.join(staff_member, OF_MEMBER))
        .where(staff_session.c.created_at > created_after, staff_session.c.seen_at > seen_after)
        .order_by(staff_session.c.seen_at.desc(), staff_session.c.id.desc())
    )
    if only is not None:
        query = query.where(staff_session.c.member_id == only)
    return [
        OpenSession(
            id=row.id,
            member=_member(row),
            device=row.device,
            address=row.address,
            created_at=row.created_at,
            seen_at=row.seen_at,
        )
        for row in connection.execute(query)
    ]


def forget_old_sessions(connection: Connection, *, created_before: datetime) -> None:
    connection.execute(delete(staff_session).where(staff_session.c.created_at <= created_before))
