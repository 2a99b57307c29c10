"""Who wants to hear of which contract, in the order of the contracts."""

from typing import Any

from sqlalchemy import Connection, and_, bindparam, or_, select

from app.accounts.records import Right
from app.accounts.store.tables import account, account_contract, contract_preference
from app.messages.records import Channel
from app.notifications.records import Place, Reader
from app.notifications.rules import since_of

RIGHTS = {right.value: right for right in Right}
_OWN = and_(
    contract_preference.c.account_id == account_contract.c.account_id,
    contract_preference.c.contract_code == account_contract.c.contract_code,
)
_CODE, _ACCOUNT = account_contract.c.contract_code, account_contract.c.account_id
_PAGE = (
    select(
        _CODE,
        _ACCOUNT,
        account_contract.c.right,
        account.c.language,
        account.c.email,
        account.c.email_confirmed_at,
        account.c.phone,
        account.c.confirmed_phone,
        account.c.preferences_since,
        contract_preference.c.since,
    )
    .select_from(account_contract.join(account).outerjoin(contract_preference, _OWN))
    .where(
        bindparam("code") <= _CODE,
        or_(bindparam("code") < _CODE, bindparam("account") < _ACCOUNT),
        account.c.disabled_at.is_(None),
    )
    .order_by(_CODE, _ACCOUNT)
    .limit(bindparam("most"))
)


def list_page(
    connection: Connection, after: Place, *, most: int
) -> tuple[list[Reader], Place | None, int]:
    """The next links that somebody wants to hear of, where this page ends (None: there are no
    more links), and how many links were looked at."""
    values = {"code": after.contract_code, "account": after.account_id, "most": most}
    rows = connection.execute(_PAGE, values).all()
    readers = [reader for row in rows if (reader := _reader(row)) is not None]
    end = Place(rows[-1].contract_code, rows[-1].account_id) if len(rows) == most else None
    return readers, end, len(rows)


def _reader(row: Any) -> Reader | None:
    """None for who can be reached nowhere, or wants nothing."""
    (
        code,
        account_id,
        right,
        language,
        email,
        confirmed_at,
        phone,
        confirmed_phone,
        common,
        own,
    ) = row
    addresses: dict[Channel, str] = {}
    if confirmed_at is not None:
        addresses[Channel.MAIL] = email
    if confirmed_phone is not None and confirmed_phone == phone:
        addresses[Channel.SMS] = phone
    since = since_of(common, own) if addresses else {}
    if not since:
        return None
    return Reader(
        account_id=account_id,
        contract_code=code,
        right=RIGHTS[right],
        language=language,
        since=since,
        addresses=addresses,
        gets_receipts="receipt_by_email" in common,
    )
