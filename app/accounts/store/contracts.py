"""Statements over which contracts an account has, and who else may see them."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, delete, exists, func, insert, select

from app.accounts.records import (
    Account,
    AccountId,
    Delegate,
    Invitation,
    Label,
    Link,
    Right,
)
from app.accounts.store.people import ACCOUNT_COLUMNS, read_account
from app.accounts.store.tables import account, account_contract, contract_invitation
from legacy_adapters.records import ContractCode


def link_contracts(
    connection: Connection,
    account_id: AccountId,
    codes: Iterable[ContractCode],
    at: datetime,
    *,
    right: Right = Right.HOLDER,
    granted_by: AccountId | None = None,
) -> None:
    """Raises IntegrityError when one is linked already."""
    common = {"linked_at": at, "right": right, "granted_by": granted_by}
    rows = [{"account_id": account_id, "contract_code": code, **common} for code in codes]
    connection.execute(insert(account_contract), rows)


def unlink_contract(connection: Connection, account_id: AccountId, code: ContractCode) -> None:
    """With the links of those whom this account let in, and its invitations to it."""
    # Invitations first: one that is being accepted at this moment is waited for here, and the
    # link it makes is seen by the statement after it.
    connection.execute(
        delete(contract_invitation).where(
            contract_invitation.c.account_id == account_id,
            contract_invitation.c.contract_code == code,
        )
    )
    ours = account_contract.c.contract_code == code
    by_us = account_contract.c.granted_by == account_id
    connection.execute(
        delete(account_contract).where(ours, (account_contract.c.account_id == account_id) | by_us)
    )


def unlink_all_granted_by(connection: Connection, account_id: AccountId) -> None:
    """With all its invitations: see unlink_contract for why they go first."""
    connection.execute(
        delete(contract_invitation).where(contract_invitation.c.account_id == account_id)
    )
    connection.execute(delete(account_contract).where(account_contract.c.granted_by == account_id))


def is_linked(code: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether an account has the contract, in whichever statement that names it."""
    return exists().where(account_contract.c.contract_code == code)


def list_labels(connection: Connection, account_id: AccountId) -> dict[ContractCode, Label]:
    """Of all contracts of an account, by number."""
    query = (
        select(account_contract)
        .where(account_contract.c.account_id == account_id)
        .order_by(account_contract.c.contract_code)
    )
    return {
        ContractCode(row.contract_code): Label(name=row.own_name, group=row.own_group)
        for row in connection.execute(query)
    }


def put_label(
    connection: Connection, account_id: AccountId, code: ContractCode, label: Label
) -> None:
    connection.execute(
        account_contract.update()
        .where(
            account_contract.c.account_id == account_id, account_contract.c.contract_code == code
        )
        .values(own_name=label.name, own_group=label.group)
    )


def find_right(connection: Connection, account_id: AccountId, code: ContractCode) -> Right | None:
    query = select(account_contract.c.right).where(
        account_contract.c.account_id == account_id, account_contract.c.contract_code == code
    )
    found = connection.execute(query).scalar()
    return Right(found) if found else None


def raise_to_holder(
    connection: Connection, account_id: AccountId, code: ContractCode, at: datetime
) -> None:
    """A delegate who has shown that the contract is theirs."""
    connection.execute(
        account_contract.update()
        .where(
            account_contract.c.account_id == account_id, account_contract.c.contract_code == code
        )
        .values(right=Right.HOLDER, granted_by=None, linked_at=at)
    )


def lock_account(connection: Connection, account_id: AccountId) -> None:
    """Until the transaction ends; on SQLite a write has the whole database anyway."""
    connection.execute(select(account.c.id).where(account.c.id == account_id).with_for_update())


def count_contracts(connection: Connection, account_id: AccountId) -> int:
    query = select(func.count()).where(account_contract.c.account_id == account_id)
    return int(connection.execute(query).scalar_one())


def list_holders(connection: Connection, code: ContractCode) -> list[Account]:
    query = (
        select(*ACCOUNT_COLUMNS)
        .join(account_contract)
        .where(account_contract.c.contract_code == code, account_contract.c.right == Right.HOLDER)
    )
    return [read_account(row) for row in connection.execute(query)]


def list_links(connection: Connection, account_id: AccountId) -> list[Link]:
    """All of an account's contracts, by number."""
    granter, theirs = account.alias("granter"), account_contract.alias("theirs")
    delegates = (
        select(func.count())
        .where(
            theirs.c.contract_code == account_contract.c.contract_code,
            theirs.c.granted_by == account_id,
        )
        .scalar_subquery()
    )
    query = (
        select(
            account_contract,
            granter.c.user_name.label("granter"),
            delegates.label("delegates"),
        )
        .outerjoin(granter, granter.c.id == account_contract.c.granted_by)
        .where(account_contract.c.account_id == account_id)
        .order_by(account_contract.c.contract_code)
    )
    return [
        Link(
            contract_code=ContractCode(row.contract_code),
            right=Right(row.right),
            linked_at=row.linked_at,
            granted_by=row.granter,
            delegates=row.delegates,
            label=Label(name=row.own_name, group=row.own_group),
        )
        for row in connection.execute(query)
    ]


# Delegates and invitations


def list_delegates(
    connection: Connection, granted_by: AccountId, code: ContractCode
) -> list[Delegate]:
    query = (
        select(account.c.id, account.c.user_name, account_contract.c.right)
        .add_columns(account_contract.c.linked_at)
        .join(account_contract, account_contract.c.account_id == account.c.id)
        .where(
            account_contract.c.granted_by == granted_by, account_contract.c.contract_code == code
        )
        .order_by(account.c.user_name_key)
    )
    return [
        Delegate(
            account_id=AccountId(row.id),
            user_name=row.user_name,
            right=Right(row.right),
            linked_at=row.linked_at,
        )
        for row in connection.execute(query)
    ]


def remove_delegate(
    connection: Connection, granted_by: AccountId, code: ContractCode, delegate: AccountId
) -> bool:
    """False when this account has let no such account in."""
    result = connection.execute(
        delete(account_contract).where(
            account_contract.c.granted_by == granted_by,
            account_contract.c.contract_code == code,
            account_contract.c.account_id == delegate,
        )
    )
    return result.rowcount > 0


def forget_invitations_of(connection: Connection, account_id: AccountId) -> list[datetime]:
    """Until when each of them would have worked."""
    statement = (
        delete(contract_invitation)
        .where(contract_invitation.c.account_id == account_id)
        .returning(contract_invitation.c.expires_at)
    )
    return list(connection.scalars(statement))


def unlink_granted_since(connection: Connection, account_id: AccountId, since: datetime) -> None:
    """Those whom this account let in from that moment on."""
    connection.execute(
        delete(account_contract).where(
            account_contract.c.granted_by == account_id, account_contract.c.linked_at >= since
        )
    )


def add_invitation(connection: Connection, values: dict[str, Any]) -> None:
    connection.execute(insert(contract_invitation).values(values))


def list_invitations(
    connection: Connection, account_id: AccountId, code: ContractCode, now: datetime
) -> list[Invitation]:
    query = _invitations(now).where(
        contract_invitation.c.account_id == account_id,
        contract_invitation.c.contract_code == code,
    )
    return [_invitation(row) for row in connection.execute(query)]


def list_all_invitations(
    connection: Connection, account_id: AccountId, now: datetime
) -> list[Invitation]:
    query = _invitations(now).where(contract_invitation.c.account_id == account_id)
    return [_invitation(row) for row in connection.execute(query)]


def find_invitation(connection: Connection, token_hash: str, now: datetime) -> Invitation | None:
    """None also when who invited no longer holds the contract."""
    holds = and_(
        account_contract.c.account_id == contract_invitation.c.account_id,
        account_contract.c.contract_code == contract_invitation.c.contract_code,
        account_contract.c.right == Right.HOLDER,
    )
    query = (
        _invitations(now)
        .join(account_contract, holds)
        .where(contract_invitation.c.token_hash == token_hash)
    )
    row = connection.execute(query).first()
    return _invitation(row) if row else None


def delete_invitation(
    connection: Connection, account_id: AccountId, code: ContractCode, invitation_id: int
) -> bool:
    """False when this account has sent no such invitation to this contract."""
    result = connection.execute(
        delete(contract_invitation).where(
            contract_invitation.c.id == invitation_id,
            contract_invitation.c.account_id == account_id,
            contract_invitation.c.contract_code == code,
        )
    )
    return result.rowcount > 0


def _invitations(now: datetime) -> Any:
    return (
        select(contract_invitation, account.c.user_name.label("inviter"))
        .select_from(contract_invitation.join(account))
        .where(
            contract_invitation.c.expires_at > now,
            account.c.disabled_at.is_(None),
            account.c.restricted_until.is_(None) | (account.c.restricted_until <= now),
        )
        .order_by(contract_invitation.c.id)
    )


def _invitation(row: Any) -> Invitation:
    return Invitation(
        id=row.id,
        contract_code=ContractCode(row.contract_code),
        email=row.email,
        right=Right(row.right),
        created_at=row.created_at,
        expires_at=row.expires_at,
        invited_by=AccountId(row.account_id),
        inviter=row.inviter,
    )
