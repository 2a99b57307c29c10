"""Statements over what an account wants to hear of single contracts, and the links that end it."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, insert, select

from app.accounts.records import AccountId, SwitchOff
from app.accounts.store.tables import account, contract_preference, switch_off_link
from legacy_adapters.records import ContractCode

Since = dict[str, str]  # preference -> the ISO day since which it is on


def find_of_contract(
    connection: Connection, account_id: AccountId, code: ContractCode
) -> Since | None:
    """None: as of its other contracts."""
    query = select(contract_preference.c.since).where(_row(account_id, code))
    found = connection.execute(query).scalar()
    return dict(found) if found is not None else None


def list_of(connection: Connection, account_id: AccountId) -> dict[ContractCode, Since]:
    query = (
        select(contract_preference)
        .where(contract_preference.c.account_id == account_id)
        .order_by(contract_preference.c.contract_code)
    )
    return {ContractCode(r.contract_code): dict(r.since) for r in connection.execute(query)}


def put_of_contract(
    connection: Connection, account_id: AccountId, code: ContractCode, since: Since | None
) -> None:
    """None: as of its other contracts. Raises: IntegrityError, when the account has not got it."""
    connection.execute(delete(contract_preference).where(_row(account_id, code)))
    if since is not None:
        row = {"account_id": account_id, "contract_code": code, "since": since}
        connection.execute(insert(contract_preference).values(row))


def _row(account_id: AccountId, code: ContractCode) -> ColumnElement[bool]:
    return (contract_preference.c.account_id == account_id) & (
        contract_preference.c.contract_code == code
    )


def add_links(
    connection: Connection, links: Sequence[tuple[str, SwitchOff]], expires_at: datetime
) -> None:
    """Each with the hash of its token."""
    rows = [
        {
            "token_hash": token_hash,
            "account_id": link.account_id,
            "contract_code": link.contract_code,
            "preference": link.preference,
            "expires_at": expires_at,
        }
        for token_hash, link in links
    ]
    connection.execute(insert(switch_off_link), rows)


def find_enabled(
    connection: Connection, account_id: AccountId, name: str, recipient: str
) -> int | None:
    """The account, if it is enabled and this is the address that it has confirmed for what this
    preference tells."""
    if name.endswith("_by_sms"):
        is_theirs = (account.c.phone == recipient) & (account.c.confirmed_phone == recipient)
    else:
        is_theirs = (account.c.email == recipient) & account.c.email_confirmed_at.is_not(None)
    query = select(account.c.id).where(
        account.c.id == account_id, account.c.disabled_at.is_(None), is_theirs
    )
    found = connection.execute(query).scalar()
    return int(found) if found is not None else None


def find_link(connection: Connection, token_hash: str, now: datetime) -> SwitchOff | None:
    query = (
        select(switch_off_link)
        .join(account)
        .where(switch_off_link.c.token_hash == token_hash, switch_off_link.c.expires_at > now)
    )
    row = connection.execute(query).first()
    if row is None:
        return None
    return SwitchOff(
        account_id=AccountId(row.account_id),
        contract_code=ContractCode(row.contract_code) if row.contract_code else None,
        preference=row.preference,
    )
