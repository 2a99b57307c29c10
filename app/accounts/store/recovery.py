"""Statements over what is under way: recoveries, ways to stop them, changes of e-mail, and
proofs of owning a contract."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, delete, insert, select, update

from app.accounts.records import AccountId
from app.accounts.store.tables import (
    account,
    account_recovery,
    account_stop,
    contract_invitation,
    email_change,
    ownership_check,
    phone_check,
)
from legacy_adapters.records import ContractCode

# Recoveries


def keep_recovery(
    connection: Connection,
    account_id: AccountId,
    *,
    password_hash: str,
    created_at: datetime,
    expires_at: datetime,
) -> None:
    """One at a time: a newer one ends the one before it."""
    forget_recovery(connection, account_id)
    connection.execute(
        insert(account_recovery).values(
            account_id=account_id,
            password_hash=password_hash,
            created_at=created_at,
            expires_at=expires_at,
        )
    )


def use_recovery(connection: Connection, account_id: AccountId, password_hash: str) -> bool:
    """False when it was used meanwhile: of two at once, one gets in."""
    result = connection.execute(
        delete(account_recovery).where(
            account_recovery.c.account_id == account_id,
            account_recovery.c.password_hash == password_hash,
        )
    )
    return result.rowcount > 0


def forget_recovery(connection: Connection, account_id: AccountId) -> None:
    connection.execute(delete(account_recovery).where(account_recovery.c.account_id == account_id))


# Ways to stop what was not the owner's doing


@dataclass(frozen=True, kw_only=True, slots=True)
class Stop:
    """restores: columns of the account as they were before."""

    token_hash: str
    account_id: AccountId
    what: str
    created_at: datetime
    restores: dict[str, Any]


def add_stop(
    connection: Connection,
    account_id: AccountId,
    *,
    token_hash: str,
    what: str,
    restores: dict[str, Any],
    created_at: datetime,
    expires_at: datetime,
) -> None:
    connection.execute(
        insert(account_stop).values(
            token_hash=token_hash,
            account_id=account_id,
            what=what,
            restores=restores,
            created_at=created_at,
            expires_at=expires_at,
        )
    )


def find_stop(connection: Connection, token_hash: str, now: datetime) -> Stop | None:
    row = connection.execute(
        select(account_stop).where(
            account_stop.c.token_hash == token_hash, account_stop.c.expires_at > now
        )
    ).first()
    return _stop(row) if row else None


def list_stops(connection: Connection, account_id: AccountId, now: datetime) -> list[Stop]:
    """The oldest first."""
    query = (
        select(account_stop)
        .where(account_stop.c.account_id == account_id, account_stop.c.expires_at > now)
        .order_by(account_stop.c.created_at)
    )
    return [_stop(row) for row in connection.execute(query)]


def _stop(row: Any) -> Stop:
    return Stop(
        token_hash=row.token_hash,
        account_id=AccountId(row.account_id),
        what=row.what,
        created_at=row.created_at,
        restores=dict(row.restores),
    )


def email_is_kept(
    connection: Connection, key: str, now: datetime, *, by_other: AccountId | None = None
) -> bool:
    """Whether an owner may still go back to this address; by_other: than this account."""
    query = select(account_stop.c.token_hash).where(
        account_stop.c.expires_at > now, account_stop.c.restores["email_key"].as_string() == key
    )
    if by_other is not None:
        query = query.where(account_stop.c.account_id != by_other)
    return connection.execute(query).first() is not None


def set_restores(connection: Connection, stop: Stop, restores: dict[str, Any]) -> None:
    connection.execute(
        update(account_stop)
        .where(account_stop.c.token_hash == stop.token_hash)
        .values(restores=restores)
    )


def forget_stops_since(connection: Connection, stop: Stop) -> None:
    """It and later ones: who has an earlier one may still go back further."""
    connection.execute(
        delete(account_stop).where(
            account_stop.c.account_id == stop.account_id,
            account_stop.c.created_at >= stop.created_at,
        )
    )


# Changes of e-mail


def add_email_change(
    connection: Connection,
    account_id: AccountId,
    *,
    token_hash: str,
    email: str,
    created_at: datetime,
    expires_at: datetime,
) -> None:
    """One at a time: a newer one ends those before it."""
    forget_email_changes(connection, account_id)
    connection.execute(
        insert(email_change).values(
            token_hash=token_hash,
            account_id=account_id,
            email=email,
            created_at=created_at,
            expires_at=expires_at,
        )
    )


def find_email_change(
    connection: Connection, token_hash: str, now: datetime
) -> tuple[AccountId, str] | None:
    """The account and the address it will have; None for a disabled account."""
    row = connection.execute(
        select(email_change.c.account_id, email_change.c.email)
        .select_from(email_change.join(account))
        .where(
            email_change.c.token_hash == token_hash,
            email_change.c.expires_at > now,
            account.c.disabled_at.is_(None),
        )
    ).first()
    return (AccountId(row.account_id), row.email) if row else None


def forget_email_changes(
    connection: Connection, account_id: AccountId, *, but_to: str | None = None
) -> list[datetime]:
    """Until when each of them would have worked. but_to: a link that confirms this address
    stays."""
    theirs = email_change.c.account_id == account_id
    if but_to is not None:
        theirs = and_(theirs, email_change.c.email != but_to)
    statement = delete(email_change).where(theirs).returning(email_change.c.expires_at)
    return list(connection.scalars(statement))


# Proofs by a code sent to the phone that billing has


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """applicant: for a registration, what was typed (the password hashed); is_right: whether
    the claim was, so that a code was sent at all."""

    token_hash: str
    account_id: AccountId | None
    contract_code: ContractCode
    applicant: dict[str, Any]
    code_hash: str
    is_right: bool


def add_check(
    connection: Connection,
    check: Check,
    *,
    tries: int,
    created_at: datetime,
    expires_at: datetime,
) -> None:
    connection.execute(
        insert(ownership_check).values(
            token_hash=check.token_hash,
            account_id=check.account_id,
            contract_code=check.contract_code,
            applicant=check.applicant,
            code_hash=check.code_hash,
            is_right=check.is_right,
            tries_left=tries,
            created_at=created_at,
            expires_at=expires_at,
        )
    )


def spend_check(connection: Connection, token_hash: str, now: datetime) -> Check | None:
    """Takes one of its tries; None when there is none left."""
    live = (ownership_check.c.token_hash == token_hash) & (ownership_check.c.expires_at > now)
    taken = connection.execute(
        update(ownership_check)
        .where(live, ownership_check.c.tries_left > 0)
        .values(tries_left=ownership_check.c.tries_left - 1)
    )
    if not taken.rowcount:
        return None
    row = connection.execute(select(ownership_check).where(live)).one()
    return Check(
        token_hash=token_hash,
        account_id=AccountId(row.account_id) if row.account_id else None,
        contract_code=ContractCode(row.contract_code),
        applicant=dict(row.applicant),
        code_hash=row.code_hash,
        is_right=row.is_right,
    )


def forget_check(connection: Connection, token_hash: str) -> bool:
    """False when it was gone: of two at once, one finishes."""
    result = connection.execute(
        delete(ownership_check).where(ownership_check.c.token_hash == token_hash)
    )
    return result.rowcount > 0


def forget_expired(connection: Connection, now: datetime) -> None:
    for table in (
        *(account_recovery, account_stop, email_change),
        *(contract_invitation, ownership_check, phone_check),
    ):
        connection.execute(delete(table).where(table.c.expires_at <= now))
