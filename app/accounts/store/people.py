"""Statements over accounts."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, Connection, and_, delete, func, insert, select, update

from app.accounts.records import Account, AccountId, Credentials, Profile
from app.accounts.store.tables import account, account_recovery, email_change
from app.audit.store import audit_event

ACCOUNT_COLUMNS = (
    account.c.id,
    account.c.user_name,
    account.c.email,
    account.c.phone,
    account.c.language,
)


def read_account(row: Any) -> Account:
    return Account(
        id=AccountId(row.id),
        user_name=row.user_name,
        email=row.email,
        phone=row.phone,
        language=row.language,
    )


def add_account(connection: Connection, values: dict[str, Any]) -> AccountId:
    """Raises IntegrityError when user name or e-mail is taken."""
    if connection.dialect.name == "sqlite":
        values = {**values, "id": _unused_id(connection)}
    result = connection.execute(insert(account).values(values))
    return AccountId(result.inserted_primary_key.id)  # type: ignore[union-attr]


def _unused_id(connection: Connection) -> int:
    """SQLite would give a closed account's number to the next one, and with it its past."""
    newest = (func.max(account.c.id), func.max(audit_event.c.account_id))
    return 1 + max(connection.execute(select(number)).scalar() or 0 for number in newest)


def email_is_taken(connection: Connection, key: str, *, by_other: AccountId | None = None) -> bool:
    """by_other: than this account."""
    query = select(account.c.id).where(account.c.email_key == key)
    if by_other is not None:
        query = query.where(account.c.id != by_other)
    return connection.execute(query).first() is not None


def find_language(connection: Connection, key: str) -> str | None:
    """That of the account with this e-mail address."""
    return connection.scalar(select(account.c.language).where(account.c.email_key == key))


def list_user_name_keys(connection: Connection, start: str) -> set[str]:
    """The taken keys that are `start` or begin with it and a space."""
    query = select(account.c.user_name_key).where(
        (account.c.user_name_key == start)
        | account.c.user_name_key.startswith(f"{start} ", autoescape=True)
    )
    return set(connection.scalars(query))


def find_account(connection: Connection, column: Column[str], key: str) -> Account | None:
    """The account with this key in `user_name_key` or `email_key`, disabled or not."""
    row = connection.execute(select(*ACCOUNT_COLUMNS).where(column == key)).first()
    return read_account(row) if row else None


def get_account(connection: Connection, account_id: AccountId) -> Account:
    return read_account(
        connection.execute(select(*ACCOUNT_COLUMNS).where(account.c.id == account_id)).one()
    )


def set_disabled(connection: Connection, account_id: AccountId, at: datetime | None) -> None:
    connection.execute(update(account).where(account.c.id == account_id).values(disabled_at=at))


def find_credentials(
    connection: Connection, column: Column[str], key: str, now: datetime
) -> Credentials | None:
    """The enabled account with this key in `user_name_key` or `email_key`, and what proves it."""
    waiting = and_(
        account_recovery.c.account_id == account.c.id, account_recovery.c.expires_at > now
    )
    query = (
        select(
            *ACCOUNT_COLUMNS,
            account.c.password_hash,
            account_recovery.c.password_hash.label("temporary_hash"),
        )
        .select_from(account.outerjoin(account_recovery, waiting))
        .where(column == key, account.c.disabled_at.is_(None))
    )
    row = connection.execute(query).first()
    if row is None:
        return None
    return Credentials(
        account=read_account(row),
        password_hash=row.password_hash,
        temporary_hash=row.temporary_hash,
    )


def get_password_hash(connection: Connection, account_id: AccountId) -> str:
    query = select(account.c.password_hash).where(account.c.id == account_id)
    return str(connection.execute(query).scalar_one())


def set_password_hash(connection: Connection, account_id: AccountId, new_hash: str) -> None:
    connection.execute(
        update(account).where(account.c.id == account_id).values(password_hash=new_hash)
    )


def update_account(connection: Connection, account_id: AccountId, **values: Any) -> None:
    """Raises IntegrityError when a user name or an e-mail is taken."""
    connection.execute(update(account).where(account.c.id == account_id).values(**values))


def get_profile(connection: Connection, account_id: AccountId, now: datetime) -> Profile:
    waiting = and_(
        email_change.c.account_id == account.c.id,
        email_change.c.expires_at > now,
        email_change.c.email != account.c.email,
    )
    query = (
        select(
            account.c.created_at,
            account.c.email_confirmed_at,
            account.c.preferences,
            account.c.preferences_since,
            (account.c.confirmed_phone == account.c.phone).label("phone_is_confirmed"),
            email_change.c.email.label("pending_email"),
            email_change.c.expires_at.label("pending_until"),
        )
        .select_from(account.outerjoin(email_change, waiting))
        .where(account.c.id == account_id)
        .order_by(email_change.c.created_at.desc())
        .limit(1)
    )
    row = connection.execute(query).one()
    return Profile(
        created_at=row.created_at,
        email_confirmed_at=row.email_confirmed_at,
        pending_email=row.pending_email,
        pending_until=row.pending_until,
        preferences=frozenset(row.preferences),
        preferences_since=dict(row.preferences_since),
        phone_is_confirmed=bool(row.phone_is_confirmed),
    )


def is_restricted(connection: Connection, account_id: AccountId, now: datetime) -> bool:
    query = select(account.c.id).where(account.c.id == account_id, account.c.restricted_until > now)
    return connection.execute(query).first() is not None


def confirm_email(connection: Connection, account_id: AccountId, at: datetime) -> None:
    connection.execute(
        update(account).where(account.c.id == account_id).values(email_confirmed_at=at, bounces=0)
    )


def count_bounce(connection: Connection, account_id: AccountId, address: str) -> int | None:
    """How many mails the account's address did not take since it was confirmed; None when that
    is not its confirmed address."""
    statement = (
        update(account)
        .where(
            account.c.id == account_id,
            account.c.email == address,
            account.c.email_confirmed_at.is_not(None),
        )
        .values(bounces=account.c.bounces + 1)
        .returning(account.c.bounces)
    )
    found = connection.execute(statement).scalar()
    return int(found) if found is not None else None


def delete_account(connection: Connection, account_id: AccountId) -> None:
    """What hangs on it goes with it; the audit trail stays."""
    connection.execute(delete(account).where(account.c.id == account_id))
