"""Days that old systems keep as text: blanks, zeros, and days that no calendar has."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

from config.settings import BillingSettings
from legacy_adapters import open_billing
from legacy_adapters.errors import BillingDataError
from legacy_adapters.port import Billing
from legacy_adapters.records import ContractCode
from tests.billing_schemas.copies import run_in_postgresql
from tests.contract.test_views import exported, over_views

SCHEMA = """
CREATE TABLE bills (code VARCHAR(10), no VARCHAR(10), state VARCHAR(4), made VARCHAR(12),
                    due VARCHAR(12), dash VARCHAR(12), net INTEGER);
CREATE INDEX bills_code ON bills (code);
INSERT INTO bills VALUES
    ('A1', '1', 'open', '20260105', '20260220', '2026-02-20', 100),
    ('A1', '2', 'open', '20260205', '        ', '0000-00-00', 100),
    ('A1', '3', 'open', '20260305', '00000000', '    -  -  ', 100),
    ('B1', '1', 'open', '20260230', '20240229', '2024-02-29', 100),
    ('B1', '2', 'open', '20a10101', '19000101', '1900-01-01', 100),
    ('B1', '3', 'open', '20260431', '20260430', '2026-04-30', 100),
    ('B1', '4', 'open', '20230229', '21000229', '2100-02-29', 100),
    ('B1', '5', 'open', '2026013x', '20260131', '2026-01-31', 100),
    ('B1', '6', 'open', '20261301', '99991231', '9999-12-31', 100),
    ('C1', '1', 'open', '20260131', ' 20260228', '2026-02-28', 100),
    ('C2', '1', 'open', '2026022', '20260228', '2026-02-28', 100);
"""
MAPPING = """
[contract]
table = "bills"
only = { no = ["1"] }
[contract.columns]
code = "code"
subscriber = "code"
address = { value = "" }

[contract_info]
table = "bills"
only = { no = ["1"] }
columns = { contract_code = "code" }

[invoice]
table = "bills"
[invoice.columns]
contract_code = "code"
number = "no"
status = { column = "state", map = { open = "open" }, else = "paid" }
period = { month_of = { date = "made", format = "YYYYMMDD" } }
issued_on = { date = "made", format = "YYYYMMDD" }
due_on = { date = "due", format = "YYYYMMDD" }
units = "net"
principal = "net"
tv_fee = { value = 0 }
interest = { value = 0 }
outstanding = "net"

[payment]
table = "bills"
[payment.columns]
contract_code = "code"
paid_on = { date = "dash", format = "YYYY-MM-DD" }
amount = "net"
"""
EARLIEST, GOOD, BAD = date(2025, 1, 1), ContractCode("A1"), ContractCode("B1")


@pytest.fixture(params=["sqlite", "postgresql"])
def address(
    request: pytest.FixtureRequest, new_postgresql_database: Callable[[], str], tmp_path: Path
) -> str:
    if request.param == "postgresql":
        found = new_postgresql_database()
        run_in_postgresql(found, SCHEMA)
        return found
    file = tmp_path / "bills.sqlite3"
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(SCHEMA)
    return f"sqlite:///{file}"


@pytest.fixture
def mapping(tmp_path: Path) -> Path:
    file = tmp_path / "bills.toml"
    file.write_text(MAPPING, encoding="utf-8")
    return file


def check_no_dates(billing: Billing) -> None:
    assert billing.list_debts([GOOD])[GOOD].earliest_due == date(2026, 2, 20)
    due = [invoice.due_on for invoice in billing.get_statement(GOOD).open_invoices]
    assert due == [None, None, date(2026, 2, 20)]
    paid = [one.paid_on for one in billing.list_payments(GOOD, since=EARLIEST, at_least=9)]
    assert sorted(paid, key=str) == [date(2026, 2, 20), None, None]
    assert billing.list_newest([GOOD])[GOOD] == date(2026, 3, 5)


def test_blanks_and_zeros_are_no_day(address: str, mapping: Path) -> None:
    with closing(open_billing(address, BillingSettings(mapping=mapping))) as billing:
        check_no_dates(billing)
        with pytest.raises(BillingDataError):
            billing.get_statement(BAD)


def test_what_is_no_day_is_null_in_a_view(address: str, mapping: Path, tmp_path: Path) -> None:
    dialect = address.partition(":")[0].partition("+")[0]
    text = exported(address, mapping, dialect)
    if dialect == "sqlite":
        with closing(sqlite3.connect(address.removeprefix("sqlite:///"))) as connection:
            connection.executescript(text)
    else:
        run_in_postgresql(address, text)
    with over_views(address, text, tmp_path) as billing:
        check_no_dates(billing)
        found = {i.number: i for i in billing.get_statement(BAD).open_invoices}
        assert {invoice.issued_on for invoice in found.values()} == {None}
        assert [found[number].due_on for number in sorted(found)] == [
            date(2024, 2, 29),
            date(1900, 1, 1),
            date(2026, 4, 30),
            None,
            date(2026, 1, 31),
            date(9999, 12, 31),
        ]
        assert found["2"].period is None and found["6"].period is None


@pytest.mark.parametrize("code", ["C1", "C2"])
def test_a_day_that_is_cut_off_is_told(address: str, mapping: Path, code: str) -> None:
    """It would be read as the 2nd."""
    told = pytest.raises(BillingDataError)
    with closing(open_billing(address, BillingSettings(mapping=mapping))) as billing, told:
        billing.get_statement(ContractCode(code))
