"""What the job process deletes of the accounts' tables."""

from datetime import timedelta

from sqlalchemy import func, insert, select

from app.accounts.store import tables
from app.database.engine import Database
from tests.accounts import HOME, VERA, Accounts, Clock

COUNTED = (
    tables.account_stop,
    tables.email_change,
    tables.contract_invitation,
    tables.ownership_check,
    tables.account_recovery,
    tables.account_session,
)


def test_what_has_run_out_is_forgotten(
    accounts: Accounts, database: Database, clock: Clock
) -> None:
    account = accounts.register(VERA, HOME)
    signed_in = accounts.find_signed_in(account.token)
    assert signed_in
    owner = {"account_id": signed_in.account.id}
    with database.write() as connection:
        for table in COUNTED:
            if table is not tables.account_session:
                connection.execute(table.delete())
        for hours in (1, 2):
            ends = {"created_at": clock.now, "expires_at": clock.now + timedelta(hours=hours)}
            of = {"token_hash": f"{hours}", **owner, **ends}
            about = {"contract_code": "AL0000004", "email": "b@example.org", "right": "delegate"}
            check = {"contract_code": "AL0000004", "applicant": {}, "code_hash": ""}
            check |= {"is_right": True, "tries_left": 3}
            for table, values in (
                (tables.account_stop, {"what": "x", "restores": {}}),
                (tables.email_change, {"email": "b@example.org"}),
                (tables.contract_invitation, about),
                (tables.ownership_check, check),
            ):
                connection.execute(insert(table).values(**values, **of))
        recovery = {"password_hash": "x", **owner, **ends}
        connection.execute(insert(tables.account_recovery).values(recovery))

    def left() -> list[int]:
        with database.read() as connection:
            return [connection.scalar(select(func.count()).select_from(t)) or 0 for t in COUNTED]

    assert left() == [2, 2, 2, 2, 1, 1]
    clock.now += timedelta(hours=1)
    accounts.forget_expired()
    assert left() == [1, 1, 1, 1, 1, 1]
    clock.now += timedelta(hours=1)
    accounts.forget_expired()
    assert left() == [0, 0, 0, 0, 0, 1]
    clock.now += timedelta(hours=10)
    accounts.forget_expired()
    assert left() == [0, 0, 0, 0, 0, 1], "what was typed in it may still be kept"
    clock.now += timedelta(days=1)
    accounts.forget_expired()
    assert left() == [0] * len(COUNTED)
    assert accounts.find_account("vera@example.org") is not None
