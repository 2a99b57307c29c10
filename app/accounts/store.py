"""The accounts' tables, and each statement over them."""

from datetime import datetime
from enum import Enum, auto
from functools import cache
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Connection,
    ForeignKey,
    Integer,
    Select,
    String,
    Table,
    and_,
    bindparam,
    delete,
    false,
    insert,
    null,
    select,
    update,
)

from app.accounts.records import Account, AccountId, SignedIn
from app.database.tables import Moment, metadata
from legacy_adapters.records import ContractCode

account = Table(
    "account",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("user_name", String(140), nullable=False),
    Column("user_name_key", String(140), nullable=False, unique=True),
    Column("email", String(254), nullable=False),
    Column("email_key", String(254), nullable=False, unique=True),
    Column("phone", String(20), nullable=False),
    Column("password_hash", String(200), nullable=False),
    Column("language", String(2), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("disabled_at", Moment),
    Column("email_confirmed_at", Moment),
    Column("restricted_until", Moment),  # after a recovery, see recovery.py
    Column("preferences", JSON, nullable=False, server_default="[]"),
)

account_contract = Table(
    "account_contract",
    metadata,
    Column("account_id", ForeignKey("account.id", ondelete="CASCADE"), primary_key=True),
    Column("contract_code", String(20), primary_key=True, index=True),
    Column("linked_at", Moment, nullable=False),
    Column("right", String(8), nullable=False, server_default="holder"),
    Column("granted_by", Integer),  # the holder's account, for a delegate's link
)

account_session = Table(
    "account_session",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("account_id", ForeignKey("account.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("created_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
    Column("address", String(45), nullable=False),
    Column("device", String(200), nullable=False),
    Column("must_change", Boolean, nullable=False, server_default=false()),
)

account_recovery = Table(
    "account_recovery",
    metadata,
    Column("account_id", ForeignKey("account.id", ondelete="CASCADE"), primary_key=True),
    Column("password_hash", String(200), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
)

account_stop = Table(
    "account_stop",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("account_id", ForeignKey("account.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("what", String(20), nullable=False),
    Column("restores", JSON, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
)

email_change = Table(
    "email_change",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("account_id", ForeignKey("account.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("email", String(254), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
)

contract_invitation = Table(
    "contract_invitation",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("account_id", ForeignKey("account.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("contract_code", String(20), nullable=False),
    Column("email", String(254), nullable=False),
    Column("right", String(8), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
)

ownership_check = Table(
    "ownership_check",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("account_id", ForeignKey("account.id", ondelete="CASCADE")),
    Column("contract_code", String(20), nullable=False),
    Column("applicant", JSON, nullable=False),
    Column("code_hash", String(200), nullable=False),
    Column("is_right", Boolean, nullable=False),
    Column("tries_left", Integer, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
)

ACCOUNT_COLUMNS = (
    account.c.id,
    account.c.user_name,
    account.c.email,
    account.c.phone,
    account.c.language,
)


def _account(row: Any) -> Account:
    return Account(
        id=AccountId(row.id),
        user_name=row.user_name,
        email=row.email,
        phone=row.phone,
        language=row.language,
    )


def add_account(connection: Connection, values: dict[str, Any]) -> AccountId:
    """Raises IntegrityError when user name or e-mail is taken."""
    result = connection.execute(insert(account).values(values))
    return AccountId(result.inserted_primary_key.id)  # type: ignore[union-attr]


def email_is_taken(connection: Connection, key: str) -> bool:
    query = select(account.c.id).where(account.c.email_key == key)
    return connection.execute(query).first() is not None


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
    return _account(row) if row else None


def set_disabled(connection: Connection, account_id: AccountId, at: datetime | None) -> None:
    connection.execute(update(account).where(account.c.id == account_id).values(disabled_at=at))


def find_credentials(
    connection: Connection, column: Column[str], key: str
) -> tuple[Account, str] | None:
    """The enabled account with this key in `user_name_key` or `email_key`, and its hash."""
    query = select(*ACCOUNT_COLUMNS, account.c.password_hash).where(
        column == key, account.c.disabled_at.is_(None)
    )
    row = connection.execute(query).first()
    return (_account(row), row.password_hash) if row else None


def set_password_hash(connection: Connection, account_id: AccountId, new_hash: str) -> None:
    connection.execute(
        update(account).where(account.c.id == account_id).values(password_hash=new_hash)
    )


def link_contracts(
    connection: Connection, account_id: AccountId, codes: list[ContractCode], at: datetime
) -> None:
    rows = [{"account_id": account_id, "contract_code": c, "linked_at": at} for c in codes]
    connection.execute(insert(account_contract), rows)


def add_session(connection: Connection, values: dict[str, Any]) -> None:
    connection.execute(insert(account_session).values(values))


class Scope(Enum):
    """Which of an account's contracts come with its session."""

    NONE = auto()
    ONE = auto()
    ALL = auto()


@cache
def _signed_in_query(scope: Scope) -> Select[Any]:
    """Parameters: token_hash, created_after, seen_after; for ONE also contract."""
    columns: list[Any] = [*ACCOUNT_COLUMNS]
    columns += [account_session.c.id.label("session_id"), account_session.c.seen_at]
    source = account_session.join(account)
    if scope is Scope.NONE:
        columns.append(null().label("contract_code"))
    else:
        link = account_contract.c.account_id == account.c.id
        if scope is Scope.ONE:
            link = and_(link, account_contract.c.contract_code == bindparam("contract"))
        source = source.outerjoin(account_contract, link)
        columns.append(account_contract.c.contract_code)
    return (
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
) -> SignedIn | None:
    """The live session's account and contracts in one round trip: the one asked about if
    it is linked, all of them, or none."""
    values: dict[str, Any] = {
        "token_hash": token_hash,
        "created_after": created_after,
        "seen_after": seen_after,
    }
    scope = Scope.ALL if all_contracts else Scope.NONE
    if contract is not None and not all_contracts:
        scope = Scope.ONE
        values["contract"] = contract
    rows = connection.execute(_signed_in_query(scope), values).all()
    if not rows:
        return None
    return SignedIn(
        account=_account(rows[0]),
        session_id=rows[0].session_id,
        seen_at=rows[0].seen_at,
        contracts=tuple(sorted(ContractCode(r.contract_code) for r in rows if r.contract_code)),
    )


def touch_session(connection: Connection, session_id: int, at: datetime) -> None:
    connection.execute(
        update(account_session).where(account_session.c.id == session_id).values(seen_at=at)
    )


def end_session(connection: Connection, session_id: int) -> None:
    connection.execute(delete(account_session).where(account_session.c.id == session_id))


def end_sessions_of(connection: Connection, account_id: AccountId) -> int:
    result = connection.execute(
        delete(account_session).where(account_session.c.account_id == account_id)
    )
    return result.rowcount


def forget_old_sessions(connection: Connection, *, created_before: datetime) -> None:
    connection.execute(
        delete(account_session).where(account_session.c.created_at <= created_before)
    )
