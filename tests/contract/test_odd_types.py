"""What old columns hold that no column of that type should: over SQLite and PostgreSQL."""

from collections.abc import Callable
from contextlib import closing
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from psycopg import DataError
from sqlalchemy.exc import DatabaseError

from config.settings import BillingSettings
from legacy_adapters import open_billing
from legacy_adapters.errors import BillingDataError, BillingError, MappingError, translated_errors
from legacy_adapters.records import ContractCode, InvoiceNumber
from tests.billing_schemas.copies import run_in_postgresql
from tests.contract.odd import EARLIEST, LARGE, MAPPING, SCHEMA, Run
from tests.contract.test_views import exported


def check_large(address: str, mapping: Path) -> None:
    with closing(open_billing(address, BillingSettings(mapping=mapping))) as billing:
        number = InvoiceNumber("202610000123")
        (invoice,) = billing.get_statement(LARGE).open_invoices
        assert (invoice.number, invoice.due_on) == (number, date(2026, 10, 30))
        assert billing.get_invoice(LARGE, number).outstanding == Decimal("100.50")
        assert billing.list_debts([LARGE, ContractCode("2")])[LARGE].total == Decimal("100.50")
        for unknown in ("9999999999", "99999999999999999", "x", f"0{LARGE}", "02", " 2"):
            assert billing.find_contract(ContractCode(unknown)) is None


@pytest.mark.parametrize("number", ["BIGINT", "NUMERIC(18)"])
def test_large_numbers_as_codes_on_postgresql(
    on_postgresql: Callable[..., tuple[str, Run]], mapping: Path, number: str
) -> None:
    check_large(on_postgresql(number)[0], mapping)


def test_large_numbers_as_codes_on_sqlite(on_sqlite: tuple[str, Run], mapping: Path) -> None:
    check_large(on_sqlite[0], mapping)


@pytest.mark.parametrize("day", ["infinity", "-infinity", "12000-01-01", "0044-03-15 BC"])
def test_days_that_only_postgresql_knows_are_none(
    on_postgresql: Callable[..., tuple[str, Run]], mapping: Path, day: str
) -> None:
    address, run = on_postgresql()
    run(
        f"UPDATE inv SET made = '{day}', due = '{day}' WHERE nr = 2; UPDATE con SET since = '{day}'"
    )
    with closing(open_billing(address, BillingSettings(mapping=mapping))) as billing:
        odd = ContractCode("2")
        (invoice,) = billing.get_statement(odd).open_invoices
        assert (invoice.issued_on, invoice.due_on) == (None, None)
        assert billing.list_debts([odd, LARGE])[odd].earliest_due is None
        assert billing.get_contract_info(odd).connected_on is None
        assert billing.get_statement(LARGE).open_invoices[0].issued_on == date(2026, 10, 5)


@pytest.mark.parametrize(
    ("kept", "read"),
    [
        ("2026-10-05 00:00:00", date(2026, 10, 5)),
        ("2026-10-05 23:59:59.999", date(2026, 10, 5)),
        ("2026-10-05T10:00:00", date(2026, 10, 5)),
        ("2026-10-05 ", date(2026, 10, 5)),
        ("", None),
        ("  ", None),
        ("0000-00-00", None),
        ("0000-00-00 00:00:00", None),
        ("1899-12-30", None),
    ],
)
def test_days_as_copies_in_sqlite_hold_them(
    on_sqlite: tuple[str, Run], mapping: Path, kept: str, read: date | None
) -> None:
    address, run = on_sqlite
    run(f"UPDATE inv SET made = '{kept}', due = '{kept}'; UPDATE con SET since = '{kept}'")
    with closing(open_billing(address, BillingSettings(mapping=mapping))) as billing:
        (invoice,) = billing.get_statement(LARGE).open_invoices
        assert (invoice.issued_on, invoice.due_on) == (read, read)
        assert billing.get_contract_info(LARGE).connected_on == read
        (paid,) = billing.list_payments(LARGE, since=EARLIEST, at_least=1)
        assert paid.paid_on == read
        assert len(billing.get_invoice_history(LARGE, since=EARLIEST, at_least=1).invoices) == 1


def test_a_blank_due_day_in_a_copy_hides_no_other(
    on_sqlite: tuple[str, Run], mapping: Path
) -> None:
    address, run = on_sqlite
    run("INSERT INTO inv SELECT nr, 7, made, '', net, state FROM inv")
    with closing(open_billing(address, BillingSettings(mapping=mapping))) as billing:
        assert billing.list_debts([LARGE])[LARGE].earliest_due == date(2026, 10, 30)


@pytest.mark.parametrize("kept", ["'nesër'", "' 2026-10-05'", "'20261005'", "20261005"])
def test_what_is_no_day_in_a_copy_is_told_by_its_field(
    on_sqlite: tuple[str, Run], mapping: Path, kept: str
) -> None:
    """Also what can be read as one, but is compared wrongly with others."""
    address, run = on_sqlite
    run(f"UPDATE inv SET made = {kept}")
    told = pytest.raises(BillingDataError, match=r"odd\.toml: \[invoice\] issued_on: .* no day")
    with closing(open_billing(address, BillingSettings(mapping=mapping))) as billing, told:
        billing.get_statement(LARGE)


@pytest.mark.parametrize("money", ["REAL", "DOUBLE PRECISION"])
def test_money_in_floats_is_added_up(
    on_postgresql: Callable[..., tuple[str, Run]], mapping: Path, money: str
) -> None:
    check_large(on_postgresql(money=money)[0], mapping)


def test_a_code_that_is_no_number_at_all_is_told_and_no_outage(
    on_postgresql: Callable[..., tuple[str, Run]], mapping: Path
) -> None:
    address, run = on_postgresql("NUMERIC")
    run("UPDATE inv SET no = 'NaN' WHERE nr = 2; UPDATE inv SET no = 'Infinity' WHERE nr <> 2")
    with closing(open_billing(address, BillingSettings(mapping=mapping))) as billing:
        for code in (LARGE, ContractCode("2")):
            with pytest.raises(BillingDataError, match="cannot read"):
                billing.get_statement(code)


@pytest.mark.parametrize("money", ["TEXT", "MONEY"])
def test_money_that_is_no_number_is_refused_with_its_place(
    on_postgresql: Callable[..., tuple[str, Run]], mapping: Path, money: str
) -> None:
    address, _run = on_postgresql(money=money)
    told = pytest.raises(MappingError, match=r"odd\.toml:\d+: .*principal.* is text or the type")
    with closing(open_billing(address, BillingSettings(mapping=mapping))) as billing, told:
        billing.get_statement(LARGE)
    by_hand = MAPPING.replace('= "net"', '= { expr = "CAST(net AS NUMBER)" }')
    mapping.write_text(by_hand.replace('amount = "net"', "amount = { value = 0 }"), "utf-8")
    if money == "TEXT":
        check_large(address, mapping)


@pytest.mark.parametrize(
    ("told", "kind"),
    [
        ("ORA-01801: date format is too long for internal buffer", BillingDataError),
        ("ORA-29275: partial multibyte character", BillingDataError),
        ("ORA-22835: Buffer too small for CLOB to CHAR", BillingDataError),
        ("ORA-01428: argument '-1' is out of range", BillingDataError),
        ("DPY-3022: named time zones are not supported in thin mode", BillingDataError),
        ("ORA-00909: invalid number of arguments", MappingError),
        ("wrong number of arguments to function SUBSTR()", MappingError),
        ("ORA-03113: end-of-file on communication channel", BillingError),
        ("DPY-3010: connections to this database server version are not supported", BillingError),
    ],
)
def test_only_an_outage_is_one(told: str, kind: type[BillingError]) -> None:
    with pytest.raises(kind) as caught, translated_errors():
        raise DatabaseError("SELECT", None, Exception(told))
    assert isinstance(caught.value, BillingDataError | MappingError) == (kind is not BillingError)


def test_what_a_driver_cannot_read_is_no_outage() -> None:
    with pytest.raises(BillingDataError), translated_errors():
        raise DatabaseError("SELECT", None, DataError("date too large (after year 10K)"))


def test_names_that_differ_in_capitals_alone_are_told_apart(
    new_postgresql_database: Callable[[], str], mapping: Path
) -> None:
    address = new_postgresql_database()
    made = SCHEMA.format(number="BIGINT", money="NUMERIC(12, 2)", net="'100.50'")
    other = made.replace("TABLE con ", 'TABLE "CON" ').replace(
        "INDEX con_nr ON con", "INDEX c ON inv"
    )
    run_in_postgresql(address, made + "ALTER TABLE con ADD \"WHO\" TEXT DEFAULT 'other';")
    run_in_postgresql(address, other[: other.index("CREATE INDEX")])

    def ask(text: str) -> str:
        mapping.write_text(text, "utf-8")
        with closing(open_billing(address, BillingSettings(mapping=mapping))) as billing:
            found = billing.find_contract(LARGE)
            return found.subscriber if found else ""

    assert ask(MAPPING) == "ANA"
    assert ask(MAPPING.replace('subscriber = "who"', 'subscriber = "WHO"')) == "other"
    assert ask(MAPPING.replace('table = "con"', 'table = "CON"', 1)) == ""
    with pytest.raises(MappingError, match="has who and WHO; write the one that is meant"):
        ask(MAPPING.replace('subscriber = "who"', 'subscriber = "Who"'))
    with pytest.raises(
        MappingError, match=r"the database has no Con, but (con and CON|CON and con)"
    ):
        ask(MAPPING.replace('table = "con"', 'table = "Con"', 1))


UNTYPED = """
ALTER TABLE inv RENAME TO bills;
CREATE VIEW inv AS SELECT nr, no, made, due, net, CASE state WHEN 'open' THEN 1 ELSE 0 END AS state
    FROM bills;
"""
CODED = MAPPING.replace(
    'status = "state"', 'status = { column = "state", map = { 1 = "open", 0 = "paid" } }'
)


def test_codes_in_a_view_that_tells_no_type(on_sqlite: tuple[str, Run], mapping: Path) -> None:
    address, run = on_sqlite
    run(UNTYPED)
    mapping.write_text(CODED, "utf-8")
    check_large(address, mapping)
    mapping.write_text(
        CODED.replace("[invoice.columns]", "except = { state = [1] }\n[invoice.columns]"), "utf-8"
    )
    with closing(open_billing(address, BillingSettings(mapping=mapping))) as billing:
        assert not billing.get_statement(LARGE).open_invoices


def test_views_of_columns_without_a_type_are_written(
    on_sqlite: tuple[str, Run], mapping: Path
) -> None:
    address, run = on_sqlite
    run(UNTYPED)
    mapping.write_text(CODED, "utf-8")
    run(exported(address, mapping, "sqlite"))
    mapping.write_text("[views]\ninvoice_lines = false", "utf-8")
    check_large(address, mapping)


@pytest.mark.parametrize(
    ("declared", "told"),
    [
        ("BLOB", "the column holds bytes, which have no codes"),
        ("FLOAT", "the column holds numbers, but the code is 'A'"),
        ("DATE", "the column holds days, which have no codes"),
    ],
)
def test_what_has_no_such_codes_is_refused(
    on_sqlite: tuple[str, Run], mapping: Path, declared: str, told: str
) -> None:
    address, run = on_sqlite
    run(f"ALTER TABLE inv ADD COLUMN coded {declared}")
    mapping.write_text(
        MAPPING.replace('"state"', '{ column = "coded", map = { A = "open" } }'), "utf-8"
    )
    refused = pytest.raises(MappingError, match=rf"odd\.toml:\d+: .*status: {told}")
    with closing(open_billing(address, BillingSettings(mapping=mapping))) as billing, refused:
        billing.get_statement(LARGE)


@pytest.mark.parametrize(
    ("field", "told"),
    [
        ('principal = { minus = ["due", "made"] }', "minus is for numbers, and this is a day"),
        ('principal = { times = "made", by = 2 }', "times is for numbers, and this is a day"),
        ('principal = { sum = ["net", "state"] }', "sum is for numbers; .* one of a text"),
        ('principal = { divide = "state", by = 2 }', "divide is for numbers; .* one of a text"),
        ('period = { year = "made", month = "no" }', "year is for numbers, and this is a day"),
    ],
)
def test_only_numbers_are_counted_with(
    on_sqlite: tuple[str, Run], mapping: Path, field: str, told: str
) -> None:
    address, _run = on_sqlite
    name = field.partition(" ")[0]
    lines = [field if line.startswith(f"{name} ") else line for line in MAPPING.splitlines()]
    mapping.write_text("\n".join(lines), "utf-8")
    refused = pytest.raises(MappingError, match=rf"odd\.toml:\d+: .*{name}: {told}")
    with closing(open_billing(address, BillingSettings(mapping=mapping))) as billing, refused:
        billing.get_statement(LARGE)


@pytest.mark.parametrize(("kept", "field"), [("NULL", '"no"'), ("' '", '{ text = "no" }')])
def test_an_invoice_without_a_number_is_owed_and_not_to_be_paid(
    on_sqlite: tuple[str, Run], mapping: Path, kept: str, field: str
) -> None:
    address, run = on_sqlite
    run(
        f"UPDATE inv SET no = {kept} WHERE nr <> 2; INSERT INTO inv SELECT * FROM inv WHERE nr <> 2"
    )
    mapping.write_text(MAPPING.replace('number = "no"', f"number = {field}"), "utf-8")
    with closing(open_billing(address, BillingSettings(mapping=mapping))) as billing:
        statement = billing.get_statement(LARGE)
        assert statement == billing.list_statements([LARGE])[LARGE]
        assert [invoice.number for invoice in statement.open_invoices] == ["", ""]
        assert not any(invoice.is_to_pay for invoice in statement.open_invoices)
        debt = billing.list_debts([LARGE])[LARGE]
        assert debt == billing.list_contracts_and_debts([LARGE])[1][LARGE]
        assert (debt.invoices, debt.total, debt.payable) == (2, statement.outstanding, 0)
        assert debt.earliest_due == date(2026, 10, 30)
        # What cannot be named, no page could open and no mail tell of.
        assert not billing.get_invoice_history(LARGE, since=EARLIEST, at_least=1).invoices
        assert not billing.list_issued([LARGE], since=EARLIEST)
