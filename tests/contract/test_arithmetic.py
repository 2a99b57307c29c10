"""Figures that do not fit the width of their own columns, and texts joined in each other."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

from config.settings import BillingSettings
from legacy_adapters import open_billing
from legacy_adapters.records import ContractCode, Period
from tests.billing_schemas.copies import run_in_postgresql

SCHEMA = """
CREATE TABLE bills (
    code TEXT, no TEXT, state SMALLINT, y SMALLINT, m SMALLINT, day DATE, net INTEGER, tax INTEGER,
    street TEXT, house INTEGER, city TEXT
);
INSERT INTO bills VALUES ('A1', '1', 1, 2026, 10, '2026-11-02', 2000000000, 400000000,
    'Rruga me emrin më të gjatë që mund të ketë një rrugë në këtë vend', 7, 'Elbasan');
"""
MAPPING = """
[contract]
table = "bills"
[contract.columns]
code = "code"
subscriber = "city"
address = { concat = [{ concat = ["street", "house"] }, "city"], separator = ", " }

[contract_info]
table = "bills"
columns = { contract_code = "code" }

[invoice]
table = "bills"
[invoice.columns]
contract_code = "code"
number = "no"
status = { column = "state", map = { 1 = "open" }, else = "paid" }
period = { year = "y", month = "m" }
issued_on = "day"
due_on = "day"
units = { times = "net", by = 2 }
principal = { divide = { sum = ["net", "tax"] }, by = 100 }
tv_fee = { value = 0 }
interest = { minus = ["net", "net"] }
outstanding = { divide = { minus = [{ sum = ["net", "tax", "net"] }, "net"] }, by = 100 }

[payment]
table = "bills"
only = { state = ["9"] }
columns = { contract_code = "code", paid_on = "day", amount = "net" }
"""


def test_postgresql_reckons_beyond_its_integers(
    new_postgresql_database: Callable[[], str], tmp_path: Path
) -> None:
    address = new_postgresql_database()
    run_in_postgresql(address, SCHEMA)
    file = tmp_path / "narrow.toml"
    file.write_text(MAPPING, encoding="utf-8")
    billing = open_billing(address, BillingSettings(mapping=file))
    statement = billing.get_statement(ContractCode("A1"))
    (invoice,) = statement.open_invoices
    assert invoice.period == Period(2026, 10)
    assert invoice.principal == invoice.outstanding == Decimal("24000000.00")
    history = billing.get_invoice_history(ContractCode("A1"), since=date(2026, 1, 1), at_least=1)
    assert history.invoices[0].units == 4_000_000_000
    assert statement.contract.address.endswith("në këtë vend 7, Elbasan")
    billing.close()
