"""Statements over sessions, and the one that tells who is signed in."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    and_,
    bindparam,
    delete,
    insert,
    null,
    select,
    update,
)

from app.accounts.records import Account, AccountId, Device, Label, Right, SessionEnded, SignedIn
from app.accounts.store.people import ACCOUNT_COLUMNS
from app.accounts.store.tables import account, account_contract, account_session
from legacy_adapters.prepared import Prepared, Row
from legacy_adapters.records import ContractCode

ACCOUNT_FIELDS = tuple(column.name for column in ACCOUNT_COLUMNS)
CONTRACT_COLUMNS = [
    *(account_contract.c.contract_code, account_contract.c.right),
    *(account_contract.c.own_name, account_contract.c.own_group),
]


def add_session(connection: Connection, values: dict[str, Any]) -> None:
    connection.execute(insert(account_session).values(values))


class Scope(Enum):
    """Which of an account's contracts come with its session."""

    NONE = auto()
    ONE = auto()
    ALL = auto()


@dataclass(frozen=True, kw_only=True, eq=False)
class Beside:
    """What another topic tells of an account's contracts, in the statement that brings them.

    join: its tables to the right of a contract's code, outer; columns: with names of their own;
    find: what a row holds of it for this account, if anything.
    """

    join: Callable[[FromClause, ColumnElement[Any]], FromClause]
    columns: tuple[ColumnElement[Any], ...]
    find: Callable[[Row, AccountId], object | None]


@cache
def _signed_in_query(scope: Scope, beside: Beside | None) -> Prepared:
    """Parameters: token_hash, created_after, seen_after; for ONE also contract."""
    columns: list[Any] = [*ACCOUNT_COLUMNS, account.c.restricted_until, account.c.preferences]
    columns += [account_session.c.id.label("session_id"), account_session.c.seen_at]
    columns.append(account_session.c.must_change)
    source: FromClause = account_session.join(account)
    if scope is Scope.NONE:
        columns += [null().label(column.name) for column in CONTRACT_COLUMNS]
    else:
        link = account_contract.c.account_id == account.c.id
        if scope is Scope.ONE:
            link = and_(link, account_contract.c.contract_code == bindparam("contract"))
        source = source.outerjoin(account_contract, link)
        columns += CONTRACT_COLUMNS
        if beside:
            source = beside.join(source, account_contract.c.contract_code)
            columns += beside.columns
    return Prepared(
        select(*columns)
        .select_from(source)
        .where(
            account_session.c.token_hash == bindparam("token_hash"),
            account_session.c.created_at > bindparam("created_after"),
            account_session.c.seen_at > bindparam("seen_after"),
            account.c.disabled_at.is_(None),
        )
    )


def find_signed_in(
    connection: Connection,
    token_hash: str,
    *,
    created_after: datetime,
    seen_after: datetime,
    contract: ContractCode | None,
    all_contracts: bool,
    beside: Beside | None = None,
) -> SignedIn | None:
    """The live session's account and contracts in one round trip: the one asked about if
    it is linked, all of them, or none. beside: with what this tells of them."""
    values: dict[str, Any] = {
        "token_hash": token_hash,
        "created_after": created_after,
        "seen_after": seen_after,
    }
    scope = Scope.ALL if all_contracts else Scope.NONE
    if contract is not None and not all_contracts:
        scope = Scope.ONE
        values["contract"] = contract
    if scope is Scope.NONE:
        beside = None
    rows = _signed_in_query(scope, beside).all(connection, values)
    if not rows:
        return None
    first = rows[0]
    account = Account(**{field: first[field] for field in ACCOUNT_FIELDS})
    return SignedIn(
        account=account,
        session_id=first["session_id"],
        seen_at=first["seen_at"],
        must_change=first["must_change"],
        restricted_until=first["restricted_until"],
        preferences=frozenset(first["preferences"]),
        rights={
            ContractCode(row["contract_code"]): Right(row["right"])
            for row in rows
            if row["contract_code"]
        },
        labels={
            ContractCode(row["contract_code"]): Label(name=row["own_name"], group=row["own_group"])
            for row in rows
            if row["own_name"] or row["own_group"]
        },
        beside=_find_beside(beside, rows, account.id),
    )


def _find_beside(
    beside: Beside | None, rows: list[Row], account_id: AccountId
) -> tuple[object, ...] | None:
    if beside is None:
        return None
    found = (beside.find(row, account_id) for row in rows)
    return tuple(one for one in found if one is not None)


def touch_session(connection: Connection, session_id: int, at: datetime) -> None:
    connection.execute(
        update(account_session).where(account_session.c.id == session_id).values(seen_at=at)
    )


def hold(connection: Connection, session_id: int, account_id: AccountId) -> datetime | None:
    """Locks the account until the transaction ends; returns until when it is restricted.

    Raises: SessionEnded, when this session or the account has ended meanwhile.
    """
    row = connection.execute(
        select(account.c.restricted_until)
        .where(account.c.id == account_id, account.c.disabled_at.is_(None))
        .with_for_update()
    ).first()
    alive = select(account_session.c.id).where(
        account_session.c.id == session_id, account_session.c.account_id == account_id
    )
    if row is None or connection.execute(alive).first() is None:
        raise SessionEnded
    until: datetime | None = row.restricted_until
    return until


def is_known(connection: Connection, session_id: int, account_id: AccountId) -> bool:
    """Whether an account that may sign in has this session, alive or ended by time alone: one
    that somebody ended is gone."""
    query = (
        select(account_session.c.id)
        .join(account)
        .where(
            account_session.c.id == session_id,
            account_session.c.account_id == account_id,
            account.c.disabled_at.is_(None),
        )
    )
    return connection.execute(query).first() is not None


def end_session(connection: Connection, session_id: int, account_id: AccountId) -> bool:
    """False when this account has no such session."""
    result = connection.execute(
        delete(account_session).where(
            account_session.c.id == session_id, account_session.c.account_id == account_id
        )
    )
    return result.rowcount > 0


def end_sessions_of(
    connection: Connection, account_id: AccountId, *, but: int | None = None
) -> int:
    """Ends all sessions of an account, or all but one; returns how many."""
    theirs = account_session.c.account_id == account_id
    if but is not None:
        theirs = and_(theirs, account_session.c.id != but)
    return connection.execute(delete(account_session).where(theirs)).rowcount


def renew_session(
    connection: Connection, session_id: int, token_hash: str, *, must_change: bool
) -> None:
    """Gives a session another token: the one before it is worth nothing from now on."""
    connection.execute(
        update(account_session)
        .where(account_session.c.id == session_id)
        .values(token_hash=token_hash, must_change=must_change)
    )


def list_sessions(
    connection: Connection, account_id: AccountId, *, created_after: datetime, seen_after: datetime
) -> list[Device]:
    """Those still alive, the last seen first."""
    query = (
        select(account_session)
        .where(
            account_session.c.account_id == account_id,
            account_session.c.created_at > created_after,
            account_session.c.seen_at > seen_after,
        )
        .order_by(account_session.c.seen_at.desc(), account_session.c.id.desc())
    )
    return [
        Device(
            session_id=row.id,
            device=row.device,
            address=row.address,
            created_at=row.created_at,
            seen_at=row.seen_at,
        )
        for row in connection.execute(query)
    ]


def forget_old_sessions(connection: Connection, *, created_before: datetime) -> None:
    connection.execute(
        delete(account_session).where(account_session.c.created_at <= created_before)
    )
