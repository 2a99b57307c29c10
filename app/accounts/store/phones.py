"""Statements over confirmed phones."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from app.accounts.records import Account, AccountId
from app.accounts.store.people import ACCOUNT_COLUMNS, read_account
from app.accounts.store.tables import account, phone_check


@dataclass(frozen=True, kw_only=True, slots=True)
class PhoneCheck:
    """A code that was sent to a phone."""

    account_id: AccountId
    phone: str
    code_hash: str


def put_check(
    connection: Connection, check: PhoneCheck, *, tries: int, expires_at: datetime
) -> None:
    """One at a time: a newer code ends the one before it."""
    forget_check(connection, check.account_id)
    connection.execute(
        insert(phone_check).values(
            account_id=check.account_id,
            phone=check.phone,
            code_hash=check.code_hash,
            tries_left=tries,
            expires_at=expires_at,
        )
    )


def find_check(connection: Connection, account_id: AccountId, now: datetime) -> PhoneCheck | None:
    row = connection.execute(
        select(phone_check).where(
            phone_check.c.account_id == account_id,
            phone_check.c.expires_at > now,
            phone_check.c.tries_left > 0,
        )
    ).first()
    if row is None:
        return None
    return PhoneCheck(account_id=account_id, phone=row.phone, code_hash=row.code_hash)


def spend_check(connection: Connection, account_id: AccountId, now: datetime) -> PhoneCheck | None:
    """Takes one of its tries; None when there is none left."""
    found = find_check(connection, account_id, now)
    taken = connection.execute(
        update(phone_check)
        .where(
            phone_check.c.account_id == account_id,
            phone_check.c.expires_at > now,
            phone_check.c.tries_left > 0,
        )
        .values(tries_left=phone_check.c.tries_left - 1)
    )
    return found if taken.rowcount else None


def forget_check(connection: Connection, account_id: AccountId) -> None:
    connection.execute(delete(phone_check).where(phone_check.c.account_id == account_id))


def find_owner(connection: Connection, phone: str) -> Account | None:
    """The enabled account that has confirmed this phone and has it still."""
    query = select(*ACCOUNT_COLUMNS).where(
        account.c.confirmed_phone == phone,
        account.c.phone == phone,
        account.c.disabled_at.is_(None),
    )
    row = connection.execute(query).first()
    return read_account(row) if row else None


def take_phone(connection: Connection, account_id: AccountId, phone: str) -> AccountId | None:
    """The number is this account's from now on. Returns the account that had it, if another."""
    had = connection.execute(
        select(account.c.id).where(account.c.confirmed_phone == phone, account.c.id != account_id)
    ).scalar()
    if had is not None:
        connection.execute(update(account).where(account.c.id == had).values(confirmed_phone=None))
    connection.execute(
        update(account).where(account.c.id == account_id).values(confirmed_phone=phone)
    )
    return AccountId(had) if had is not None else None
