"""What is not known is not nothing: amounts, states and days that billing does not tell, and whose
absence would look like a debt that is paid. Over SQLite and PostgreSQL."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from config.settings import BillingSettings
from legacy_adapters import open_billing
from legacy_adapters.errors import BillingDataError, MappingError
from legacy_adapters.port import Billing
from legacy_adapters.records import ContractCode, InvoiceNumber
from tests.contract.odd import EARLIEST, LARGE, MAPPING, Run

NUMBER = InvoiceNumber("202610000123")
LINES = """
CREATE TABLE lin (nr BIGINT, no BIGINT, place INTEGER, what TEXT, net NUMERIC(12, 2));
INSERT INTO lin VALUES (4200000001, 202610000123, NULL, 'energy', 60.00),
    (4200000001, 202610000123, 1, 'fixed_fee', 40.50);
"""
MAPPED_LINES = """
[invoice_line]
table = "lin"
[invoice_line.columns]
contract_code = "nr"
invoice_number = "no"
position = "place"
kind = "what"
net = "net"
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def odd(request: pytest.FixtureRequest) -> tuple[str, Run]:
    if request.param == "sqlite":
        return request.getfixturevalue("on_sqlite")  # type: ignore[no-any-return]
    made: Callable[..., tuple[str, Run]] = request.getfixturevalue("on_postgresql")
    return made()


@contextmanager
def read(address: str, mapping: Path, *changes: tuple[str, str]) -> Iterator[Billing]:
    text = mapping.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    mapping.write_text(text, encoding="utf-8")
    with closing(open_billing(address, BillingSettings(mapping=mapping))) as billing:
        yield billing


def test_an_open_invoice_that_does_not_say_how_much(odd: tuple[str, Run], mapping: Path) -> None:
    address, run = odd
    run("ALTER TABLE inv ADD left_over NUMERIC(12, 2); UPDATE inv SET left_over = 5 WHERE nr = 2")
    with read(address, mapping, ('outstanding = "net"', 'outstanding = "left_over"')) as billing:
        asked: list[Callable[[], object]] = [
            lambda: billing.get_statement(LARGE),
            lambda: billing.list_debts([LARGE]),
            lambda: billing.get_invoice(LARGE, NUMBER),
            lambda: billing.list_issued([LARGE], since=EARLIEST),
        ]
        for question in asked:
            with pytest.raises(BillingDataError, match="outstanding: what billing holds is no"):
                question()
        run("UPDATE inv SET state = 'paid' WHERE nr <> 2")
        paid = billing.get_invoice(LARGE, NUMBER)
        assert (paid.outstanding, paid.is_paid) == (0, True)
        (issued,) = billing.list_issued([LARGE], since=EARLIEST)
        assert issued.outstanding == 0


def test_one_that_is_not_open_is_not_owed_whatever_is_left(
    odd: tuple[str, Run], mapping: Path
) -> None:
    """As the page of open invoices has it; where the state has no word, it is not paid either."""
    address, run = odd
    run("UPDATE inv SET state = NULL WHERE nr <> 2; UPDATE inv SET state = 'paid' WHERE nr = 2")
    with read(address, mapping) as billing:
        assert not billing.get_statement(LARGE).open_invoices
        unknown = billing.get_invoice(LARGE, NUMBER)
        assert (unknown.outstanding, unknown.is_paid) == (0, False)
        paid = billing.get_invoice(ContractCode("2"), InvoiceNumber("1"))
        assert (paid.outstanding, paid.is_paid) == (0, True)
        assert [i.outstanding for i in billing.list_issued([LARGE], since=EARLIEST)] == [0]


@pytest.mark.parametrize("kept", ["''", "'1.102,50'", "'1 102.50'", "'12 lek'", "x'31'"])
@pytest.mark.parametrize(
    "field",
    [
        '"net"',
        '{ minus = ["net", "part"] }',
        '{ minus = [{ sum = ["part", "net"] }, "part"] }',
        '{ divide = { sum = ["part", "net"] }, by = 100 }',
        '{ sum = [{ nvl = ["net", "part"] }, "part"] }',
        '{ times = "net", by = 1 }',
    ],
)
def test_texts_in_a_copys_numbers_are_no_amounts(
    on_sqlite: tuple[str, Run], mapping: Path, kept: str, field: str
) -> None:
    """An empty one would be a debt of 0, and its certificate a false one."""
    address, run = on_sqlite
    run(
        f"ALTER TABLE inv ADD part NUMERIC; INSERT INTO inv SELECT * FROM inv WHERE nr <> 2;"
        f"UPDATE inv SET no = no + 1, net = {kept} WHERE nr <> 2 AND rowid > 2"
    )
    apart = ('principal = "net"', "principal = { value = 1 }")
    owed = ('outstanding = "net"', f"outstanding = {field}")
    with read(address, mapping, apart, owed) as billing:
        with pytest.raises(BillingDataError, match="outstanding"):
            billing.get_statement(LARGE)
        with pytest.raises(BillingDataError, match="outstanding"):
            billing.list_debts([LARGE])
        assert billing.list_debts([ContractCode("2")])


@pytest.mark.parametrize("kept", ["' 100.50'", "'100.5 '", "'+100.50'", "100.5"])
def test_plain_texts_count_as_they_are_read(
    on_sqlite: tuple[str, Run], mapping: Path, kept: str
) -> None:
    address, run = on_sqlite
    run(f"ALTER TABLE inv ADD loose; UPDATE inv SET loose = {kept}")
    with read(address, mapping, ('outstanding = "net"', 'outstanding = "loose"')) as billing:
        assert billing.get_statement(LARGE).outstanding == Decimal("100.50")
        assert billing.list_debts([LARGE])[LARGE].total == Decimal("100.50")


@pytest.mark.parametrize("none", ["0001-01-01", "1899-12-30", "-infinity"])
def test_a_day_that_means_none_hides_no_other(
    odd: tuple[str, Run], mapping: Path, none: str
) -> None:
    address, run = odd
    later = "infinity" if address.startswith("postgresql") else none
    run(
        "INSERT INTO inv SELECT nr, no + 1, made, due, net, state FROM inv WHERE nr <> 2;"
        f"UPDATE inv SET due = '{none if none[0] != '-' or later != none else '0000-00-00'}'"
        " WHERE no = 202610000124;"
        "INSERT INTO inv SELECT nr, no + 1, made, due, net, 'paid' FROM inv WHERE no % 10 = 4"
    )
    if later == "infinity":
        run("UPDATE inv SET made = 'infinity' WHERE no = 202610000125")
    with read(address, mapping) as billing:
        debt = billing.list_debts([LARGE])[LARGE]
        days = [invoice.due_on for invoice in billing.get_statement(LARGE).open_invoices]
        assert (debt.invoices, debt.earliest_due) == (2, date(2026, 10, 30))
        assert sorted(days, key=str) == [date(2026, 10, 30), None]
        assert billing.list_newest([LARGE])[LARGE] == date(2026, 10, 5)


def test_a_line_without_a_position_is_a_line(odd: tuple[str, Run], mapping: Path) -> None:
    address, run = odd
    run(LINES)
    mapping.write_text(MAPPING + MAPPED_LINES, encoding="utf-8")
    with read(address, mapping) as billing:
        lines = billing.get_invoice(LARGE, NUMBER).lines
        assert [(line.kind, line.net) for line in lines] == [
            ("fixed_fee", Decimal("40.50")),
            ("energy", Decimal("60.00")),
        ]
        assert billing.get_invoice(ContractCode("2"), InvoiceNumber("1")).lines == ()


def test_a_year_of_text_is_refused(odd: tuple[str, Run], mapping: Path) -> None:
    """It was put before the month instead of counted with."""
    address, run = odd
    run("ALTER TABLE inv ADD yr TEXT DEFAULT '2026'")
    period = ('period = { month_of = "made" }', 'period = { year = "yr", month = "yr" }')
    refused = pytest.raises(MappingError, match=r"odd\.toml:\d+: .*period: year is for numbers")
    with read(address, mapping, period) as billing, refused:
        billing.get_statement(LARGE)
    counted = '{ expr = "CAST(yr AS NUMBER)" }'
    period = (period[1], f"period = {{ year = {counted}, month = {{ value = 9 }} }}")
    with read(address, mapping, period) as billing:
        (invoice,) = billing.get_statement(LARGE).open_invoices
        assert invoice.period == (2026, 9)


def test_floats_and_numbers_are_counted_together(
    on_postgresql: Callable[..., tuple[str, Run]], mapping: Path
) -> None:
    address, run = on_postgresql()
    run("ALTER TABLE inv ADD tv REAL DEFAULT 0.1, ADD paid DOUBLE PRECISION DEFAULT 100.3")
    sums = [
        '{ minus = [{ sum = ["net", "tv"] }, "paid"] }',
        '{ minus = [{ sum = ["tv", "net"] }, "paid"] }',
        '{ expr = "net + tv - paid" }',
        "{ expr = \"CASE WHEN state = 'paid' THEN 0 ELSE ROUND(net + tv, 2) - paid END\" }",
    ]
    before = 'outstanding = "net"'
    for written in sums:
        after = f"outstanding = {written}"
        with read(address, mapping, (before, after)) as billing:
            assert billing.list_debts([LARGE])[LARGE].total == Decimal("0.30")
            assert billing.get_statement(LARGE).outstanding == Decimal("0.30")
        before = after


def test_words_of_an_enum_stand_beside_texts(
    on_postgresql: Callable[..., tuple[str, Run]], mapping: Path
) -> None:
    address, run = on_postgresql()
    run(
        "CREATE TYPE street AS ENUM ('Rr. e Durrësit'); CREATE TYPE st AS ENUM ('H', 'P');"
        "CREATE DOMAIN st_d AS st; ALTER TABLE con ADD st street DEFAULT 'Rr. e Durrësit';"
        "ALTER TABLE inv ADD coded st_d DEFAULT 'H'"
    )
    coded = '{ column = "coded", map = { H = "open", P = "paid" } }'
    for address_of in (
        '{ concat = ["st", "who"] }',
        '{ concat = [{ nvl = ["st", "who"] }, "who"] }',
        "{ expr = \"st || ' ' || who\" }",
    ):
        mapping.write_text(MAPPING, encoding="utf-8")
        told = ('address = "who"', f"address = {address_of}")
        with read(address, mapping, told, ('status = "state"', f"status = {coded}")) as billing:
            statement = billing.get_statement(LARGE)
            assert statement.contract.address == "Rr. e Durrësit ANA"
            assert statement.outstanding == Decimal("100.50")
