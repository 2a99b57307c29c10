"""What is in a payment, told beside the contracts of a session: the same as when asked alone."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from app.accounts.records import AccountId, SessionToken
from app.accounts.service import AccountService
from app.database.engine import Database
from app.gateways.cards.port import ALL
from app.payments.records import Line, State, UnderWay
from app.payments.store import orders
from app.payments.store.under_way import UNDER_WAY, list_under_way
from legacy_adapters.records import ContractCode, InvoiceNumber, Period
from tests.accounts import HOME, VERA, Accounts

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
OWN, OTHERS = ContractCode("AL0000004"), ContractCode("AL0000003")


@pytest.fixture
def token(accounts: Accounts) -> SessionToken:
    return accounts.register(VERA, HOME).token


@pytest.fixture
def service(accounts: Accounts) -> AccountService:
    return AccountService(accounts.shared, beside=UNDER_WAY)


def hold(
    database: Database, reference: str, account_id: AccountId | None, *held: tuple[str, str]
) -> None:
    """An order at the bank over these contracts' invoices."""
    lines = [
        Line(
            contract_code=ContractCode(code),
            holder="Vera Leka",
            invoice_number=InvoiceNumber(number),
            period=Period(2026, 2),
            principal=Decimal("10.00"),
            tv_fee=Decimal("1.00"),
            interest=Decimal("0.50"),
            amount=Decimal("11.50"),
        )
        for code, number in held
    ]
    values = {
        "reference": reference,
        "account_id": account_id,
        "gateway": "sandbox",
        "bank_reference": "",
        "language": "sq",
        "amount": Decimal("11.50") * len(lines),
        "currency": ALL,
        "state": State.AT_BANK,
        "state_at": NOW,
        "created_at": NOW,
        "expires_at": NOW,
        "asks": 0,
        "captured_currency": "",
        "transaction": "",
    }
    with database.write() as connection:
        orders.hold(connection, orders.add_order(connection, values), lines)


def by_number(found: object) -> list[UnderWay]:
    assert isinstance(found, list | tuple)
    return sorted(found, key=lambda one: (one.contract_code, one.invoice_number))


def test_it_is_what_is_told_when_asked_alone(
    service: AccountService, token: SessionToken, database: Database
) -> None:
    me = service.find_signed_in(token)
    assert me is not None
    hold(database, "A" * 26, me.account.id, (OWN, "1"), (OWN, "2"))
    hold(database, "B" * 26, None, (OWN, "3"), (OTHERS, "4"))
    with database.read() as connection:
        alone = list_under_way(connection, [OWN], me.account.id)
    assert [(one.invoice_number, one.reference) for one in by_number(alone)] == [
        ("1", "A" * 26),
        ("2", "A" * 26),
        ("3", None),  # somebody else's payment: that it is one is told, and no way to it
    ]
    for asked in ({"contract": OWN}, {"all_contracts": True}):
        found = service.find_signed_in(token, beside=True, **asked)  # type: ignore[arg-type]
        assert found is not None
        assert by_number(found.beside) == by_number(alone)
        assert found.contracts == (OWN,)  # once, though three rows came


def test_of_contracts_that_are_not_theirs_nothing_comes(
    service: AccountService, token: SessionToken, database: Database
) -> None:
    hold(database, "B" * 26, None, (OTHERS, "4"))
    found = service.find_signed_in(token, contract=OTHERS, beside=True)
    assert found is not None
    assert (found.contracts, found.beside) == ((), ())


def test_it_comes_only_where_it_is_asked_for(
    service: AccountService, token: SessionToken, database: Database
) -> None:
    hold(database, "B" * 26, None, (OWN, "3"))
    assert service.find_signed_in(token, beside=True).beside is None  # type: ignore[union-attr]
    found = service.find_signed_in(token, contract=OWN)
    assert found is not None and found.beside is None
