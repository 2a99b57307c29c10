"""Types that PostgreSQL has, and others have not."""

from collections.abc import Callable
from contextlib import closing
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from config.settings import BillingSettings
from legacy_adapters import open_billing
from legacy_adapters.doctor import Level
from legacy_adapters.errors import MappingError
from legacy_adapters.records import ContractCode, InvoiceNumber
from tests.billing_schemas.copies import run_in_postgresql
from tests.contract.odd import MAPPING, SCHEMA
from tests.contract.test_doctor import look, told
from tests.contract.test_views import exported, over_views

CODE, NUMBER = ContractCode("4200000001"), InvoiceNumber("202610000123")


@pytest.fixture
def made(new_postgresql_database: Callable[[], str], tmp_path: Path) -> Callable[..., str]:
    """The schema of test_odd_types, with its mapping in odd.toml and changes."""

    def make(sql: str = "", *changes: tuple[str, str]) -> str:
        address = new_postgresql_database()
        text = SCHEMA.format(number="BIGINT", money="NUMERIC(12, 2)", net="'100.50'")
        run_in_postgresql(address, text + sql)
        mapping = MAPPING
        for old, new in changes:
            assert old in mapping
            mapping = mapping.replace(old, new)
        (tmp_path / "odd.toml").write_text(mapping, encoding="utf-8")
        return address

    return make


def test_floats_of_six_digits_keep_their_cents(made: Callable[..., str], tmp_path: Path) -> None:
    address = made("ALTER TABLE inv ALTER net TYPE REAL; UPDATE inv SET net = 12345.67")
    with closing(open_billing(address, BillingSettings(mapping=tmp_path / "odd.toml"))) as billing:
        (invoice,) = billing.get_statement(CODE).open_invoices
        assert invoice.outstanding == Decimal("12345.67")
        assert billing.list_debts([CODE])[CODE].total == Decimal("12345.67")


def test_moments_are_days_at_home(made: Callable[..., str], tmp_path: Path) -> None:
    """Midnight in Tirana is the day before in UTC, in which servers often are."""
    address = made(
        "ALTER TABLE inv ALTER made TYPE TIMESTAMPTZ, ALTER due TYPE TIMESTAMPTZ;"
        "UPDATE inv SET made = '2026-10-01 00:00+02', due = '2026-10-30 00:00+01'"
    )
    with closing(open_billing(address, BillingSettings(mapping=tmp_path / "odd.toml"))) as billing:
        (invoice,) = billing.get_statement(CODE).open_invoices
        assert (invoice.issued_on, invoice.due_on) == (date(2026, 10, 1), date(2026, 10, 30))
        assert invoice.period is not None and invoice.period.month == 10
        assert billing.list_debts([CODE])[CODE].earliest_due == date(2026, 10, 30)


DOMAINS = """
CREATE DOMAIN lek AS NUMERIC(12, 2); CREATE DOMAIN dita AS DATE; CREATE DOMAIN kod AS BIGINT;
CREATE DOMAIN gjendje AS VARCHAR(10);
ALTER TABLE inv ALTER net TYPE lek, ALTER made TYPE dita, ALTER nr TYPE kod, ALTER no TYPE kod,
    ALTER state TYPE gjendje;
"""


def test_domains_are_what_they_are_made_of(made: Callable[..., str], tmp_path: Path) -> None:
    coded = 'status = { column = "state", map = { open = "open" } }'
    address = made(DOMAINS, ('status = "state"', coded))
    mapping = tmp_path / "odd.toml"
    assert told(look(address, mapping), Level.BROKEN) == []
    with closing(open_billing(address, BillingSettings(mapping=mapping))) as billing:
        billing.verify()
        assert billing.get_invoice(CODE, NUMBER).outstanding == Decimal("100.50")
        debts = billing.list_debts([CODE])
    text = exported(address, mapping, "postgresql")
    run_in_postgresql(address, text)
    with over_views(address, text, tmp_path) as billing:
        assert billing.list_debts([CODE]) == debts


def test_a_view_of_no_value_has_a_type(made: Callable[..., str], tmp_path: Path) -> None:
    nothing = "due_on = { expr = \"CASE WHEN state = 'x' THEN NULL END\" }"
    address = made("", ('due_on = "due"', nothing))
    text = exported(address, tmp_path / "odd.toml", "postgresql")
    run_in_postgresql(address, text)
    with over_views(address, text, tmp_path) as billing:
        assert billing.get_statement(CODE).open_invoices[0].due_on is None


def test_what_no_view_can_be_written_of_is_told(made: Callable[..., str], tmp_path: Path) -> None:
    flagged = 'status = { column = "bits", map = { 1 = "open" } }'
    address = made("ALTER TABLE inv ADD bits BIT(1) DEFAULT '1'", ('status = "state"', flagged))
    with pytest.raises(MappingError, match=r"odd\.toml:\d+: .*status: its type cannot be written"):
        exported(address, tmp_path / "odd.toml", "postgresql")


def test_words_that_are_padded_are_the_portals_own(
    made: Callable[..., str], tmp_path: Path
) -> None:
    address = made("ALTER TABLE inv ALTER state TYPE CHAR(9)")
    assert told(look(address, tmp_path / "odd.toml"), Level.BROKEN) == []
    with closing(open_billing(address, BillingSettings(mapping=tmp_path / "odd.toml"))) as billing:
        assert billing.list_debts([CODE])[CODE].total == Decimal("100.50")
    address = made("ALTER TABLE inv ALTER state TYPE VARCHAR(9); UPDATE inv SET state = 'open  '")
    (broken,) = told(look(address, tmp_path / "odd.toml"), Level.BROKEN)
    assert "words that the portal does not know: 'open  '" in broken
