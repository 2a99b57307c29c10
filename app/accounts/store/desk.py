"""What the utility's people ask of an account."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, func, literal, or_, select

from app.accounts.records import Account, AccountId, Delegate, Right
from app.accounts.store.people import ACCOUNT_COLUMNS, read_account
from app.accounts.store.tables import account, account_contract
from legacy_adapters.records import ContractCode


@dataclass(frozen=True, kw_only=True, slots=True)
class Sought:
    """One of these must fit. name: words, each the beginning of one in the user name, as keys;
    email: its beginning, as a key."""

    name: tuple[str, ...] = ()
    email: str = ""
    phone: str | None = None
    contract: ContractCode | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class FoundAccount:
    account: Account
    created_at: datetime
    disabled_at: datetime | None
    restricted_until: datetime | None
    contracts: int


@dataclass(frozen=True, kw_only=True, slots=True)
class DelegateOf:
    contract_code: ContractCode
    delegate: Delegate


_links = (
    select(func.count())
    .where(account_contract.c.account_id == account.c.id)
    .scalar_subquery()
    .label("contracts")
)
_found = select(
    *ACCOUNT_COLUMNS,
    account.c.created_at,
    account.c.disabled_at,
    account.c.restricted_until,
    _links,
)


def search(connection: Connection, sought: Sought, *, limit: int) -> list[FoundAccount]:
    """Who is called exactly so first, then by name."""
    fits = []
    if sought.name:
        name = literal(" ") + account.c.user_name_key
        fits.append(and_(*(name.contains(f" {word}", autoescape=True) for word in sought.name)))
    if sought.email:
        fits.append(account.c.email_key.startswith(sought.email, autoescape=True))
    if sought.phone:
        fits.append(account.c.phone == sought.phone)
    if sought.contract:
        theirs = select(account_contract.c.account_id).where(
            account_contract.c.contract_code == sought.contract
        )
        fits.append(account.c.id.in_(theirs))
    exactly = account.c.user_name_key == " ".join(sought.name)
    query = _found.where(or_(False, *fits)).order_by(exactly.desc(), account.c.user_name_key)
    return [_read(row) for row in connection.execute(query.limit(limit))]


def find(
    connection: Connection, account_id: AccountId, *, lock: bool = False
) -> FoundAccount | None:
    """lock: until the transaction ends."""
    if lock:
        row = select(account.c.id).where(account.c.id == account_id).with_for_update()
        connection.execute(row)
    found = connection.execute(_found.where(account.c.id == account_id)).first()
    return _read(found) if found else None


def list_delegates(connection: Connection, granted_by: AccountId, limit: int) -> list[DelegateOf]:
    """All whom the account let into any contract of its own."""
    query = (
        select(
            account.c.id,
            account.c.user_name,
            account_contract.c.right,
            account_contract.c.linked_at,
            account_contract.c.contract_code,
        )
        .join(account_contract, account_contract.c.account_id == account.c.id)
        .where(account_contract.c.granted_by == granted_by)
        .order_by(account_contract.c.contract_code, account.c.user_name_key)
        .limit(limit)
    )
    return [
        DelegateOf(
            contract_code=ContractCode(row.contract_code),
            delegate=Delegate(
                account_id=AccountId(row.id),
                user_name=row.user_name,
                right=Right(row.right),
                linked_at=row.linked_at,
            ),
        )
        for row in connection.execute(query)
    ]


def _read(row: Any) -> FoundAccount:
    return FoundAccount(
        account=read_account(row),
        created_at=row.created_at,
        disabled_at=row.disabled_at,
        restricted_until=row.restricted_until,
        contracts=row.contracts,
    )
