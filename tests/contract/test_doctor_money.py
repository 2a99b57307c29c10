"""Schemas and mappings that could hide a debt: what is read, and what the doctor says."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from config.settings import BillingSettings
from legacy_adapters import open_billing
from legacy_adapters.doctor import Level, Report, Topic
from legacy_adapters.errors import BillingDataError
from legacy_adapters.records import ContractCode, Debt
from tests.contract import test_doctor
from tests.contract.test_doctor import told

# Ten contracts, each with one open invoice of 1,100.50 and three that are paid.
SCHEMA = """
CREATE TABLE con (nr VARCHAR(10) PRIMARY KEY, who TEXT, gone VARCHAR(3) DEFAULT 'N');
CREATE TABLE met (mid INTEGER PRIMARY KEY, serial TEXT);
CREATE TABLE inv (
    id INTEGER PRIMARY KEY, nr VARCHAR(10), no VARCHAR(10), st CHAR(2), made DATE, due DATE,
    net NUMERIC(12, 2), tv NUMERIC(12, 2), owed REAL, is_open BOOLEAN, flag VARCHAR(5),
    mid INTEGER, paid NUMERIC(12, 2), paid_on DATE);
CREATE INDEX inv_nr ON inv (nr);
WITH RECURSIVE n (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n < 39)
INSERT INTO inv SELECT n, 'A' || (n % 10), 'F' || n, CASE WHEN n < 10 THEN 'H ' ELSE 'P ' END,
    printf('2026-%02d-05', 9 - n / 10), '2026-10-30', 1000.5, 100,
    CASE WHEN n < 10 THEN 1100.5 ELSE 0 END, n < 10,
    CASE WHEN n < 10 THEN '  ' ELSE 'x' END, n, CASE WHEN n < 10 THEN 0 ELSE 1100.5 END,
    CASE WHEN n < 10 THEN '' ELSE '2026-10-10' END
FROM n;
INSERT INTO con (nr, who) SELECT DISTINCT nr, 'ANA' FROM inv;
INSERT INTO met SELECT id, 'M' FROM inv;
"""
STATUS = 'status = { column = "f.st", map = { H = "open", P = "paid" } }'
OWED, DUE, JOINS = 'outstanding = "f.owed"', 'due_on = "f.due"', "joins = []"
PRINCIPAL, INTEREST = 'principal = "f.net"', "interest = { value = 0 }"
PAYMENTS = 'table = "inv"  # payments'
OWN = (STATUS, OWED, DUE, JOINS, PRINCIPAL, INTEREST, PAYMENTS)
MAPPING = f"""
[contract]
table = "con"
except = {{ gone = ["P"] }}
columns = {{ code = "nr", subscriber = "who" }}
[contract_info]
table = "con"
columns = {{ contract_code = "nr" }}
[invoice]
table = "inv"
as = "f"
{JOINS}
[invoice.columns]
contract_code = "f.nr"
number = "f.no"
{STATUS}
issued_on = "f.made"
{DUE}
units = {{ value = 1 }}
{PRINCIPAL}
tv_fee = "f.tv"
{INTEREST}
{OWED}
[payment]
{PAYMENTS}
columns = {{ contract_code = "nr", paid_on = "made", amount = "paid" }}
"""
UNTYPED = (
    "ALTER TABLE inv RENAME TO old; CREATE VIEW inv AS SELECT *,"
    " CASE st WHEN 'H ' THEN 1 ELSE 0 END AS fl, round(st = 'H ') AS fr FROM old"
)
TODAY = date(2026, 11, 1)
CODE = ContractCode("A1")
Read = Callable[..., tuple[str, Path]]


@pytest.fixture
def made(tmp_path: Path) -> Read:
    """The schema with changes, and the mapping with these lines for its own."""

    def make(sql: str = "", *lines: str) -> tuple[str, Path]:
        database, mapping = tmp_path / "billing.sqlite3", tmp_path / "mapping.toml"
        with closing(sqlite3.connect(database)) as connection:
            connection.executescript(SCHEMA + sql)
        text = MAPPING
        for line in lines:
            (own,) = [o for o in OWN if o[:5] == line[:5]]
            text = text.replace(own, line)
        mapping.write_text(text, encoding="utf-8")
        return f"sqlite:///{database}", mapping

    return make


def look(address: str, mapping: Path, day: date = TODAY) -> Report:
    return test_doctor.look(address, mapping, day=day)


def debt_of(address: str, mapping: Path) -> Debt | None:
    with closing(open_billing(address, BillingSettings(mapping=mapping))) as billing:
        found = billing.list_debts([CODE]).get(CODE)
        statement = billing.get_statement(CODE)
    assert statement.outstanding == (found.total if found else 0)
    return found


def status(expression: str) -> str:
    return f'status = {{ expr = "{expression}" }}'


@pytest.mark.parametrize(
    ("sql", "line"),
    [
        ("", OWED),
        ("", status("CASE WHEN f.st = 'H' THEN 'open' ELSE 'paid' END")),  # padded to two
        ("", status("CASE WHEN TRIM(f.flag) IS NULL THEN 'open' ELSE 'paid' END")),
        ("UPDATE inv SET flag = trim(flag)", status("NVL2(f.flag, 'paid', 'open')")),
        ("UPDATE inv SET flag = trim(flag)", status("DECODE(f.flag, NULL, 'open', 'paid')")),
        (
            "UPDATE inv SET flag = trim(flag)",
            status("CASE WHEN NVL(f.flag, 'H') = 'H' THEN 'open' ELSE 'paid' END"),
        ),
        ("", status("CASE WHEN f.paid_on IS NULL THEN 'open' ELSE 'paid' END")),
        (UNTYPED, status("CASE WHEN f.fl = '1' THEN 'open' ELSE 'paid' END")),
        (UNTYPED, status("DECODE(f.fl, 1, 'open', 'paid')")),
        (UNTYPED, status("CASE WHEN f.fr = 1 THEN 'open' ELSE 'paid' END")),
        (
            "ALTER TABLE inv ADD COLUMN d1 VARCHAR(8) DEFAULT '00000000';"
            "ALTER TABLE inv ADD COLUMN d2 VARCHAR(8) DEFAULT '20261030'",
            'due_on = { nvl = [{ date = "f.d1", format = "YYYYMMDD" },'
            ' { date = "f.d2", format = "YYYYMMDD" }] }',
        ),
        (
            "ALTER TABLE inv RENAME TO old; CREATE VIEW inv AS SELECT id, nr, no, st, made,"
            " substr(due, 1, 10) AS due, net, tv, owed, paid FROM old",
            DUE,
        ),
    ],
)
def test_the_debt_is_found(made: Read, sql: str, line: str) -> None:
    found = debt_of(*made(sql, line))
    assert found is not None and found.total == Decimal("1100.50")
    assert (found.invoices, found.earliest_due) == (1, date(2026, 10, 30))


@pytest.mark.parametrize(
    ("sql", "line", "level", "words"),
    [
        (
            "UPDATE inv SET owed = '1.234,50' WHERE id < 10",
            OWED,
            Level.BROKEN,
            "10 of 40 invoices cannot be read",
        ),
        (
            "UPDATE inv SET owed = '1.234,50' WHERE id < 10",
            'outstanding = { sum = ["f.owed", "f.tv"] }',
            Level.BROKEN,  # such a debt is nearly nothing
            "f.owed: no plain number in 10 of 10 texts",
        ),
        (
            "UPDATE inv SET tv = '1.234,50' WHERE id < 10",
            'principal = { sum = ["f.net", "f.tv"] }',
            Level.WARNING,
            "f.tv: no plain number in 10 of 10 texts",
        ),
        (
            "UPDATE inv SET is_open = CASE is_open WHEN 1 THEN 'true' ELSE 'false' END",
            'status = { column = "f.is_open", map = { true = "open", false = "paid" } }',
            Level.BROKEN,
            "the column is true or false, and holds \"'false' as text\", \"'true' as text\"",
        ),
        (
            "UPDATE inv SET is_open = CASE is_open WHEN 1 THEN 'T' ELSE 'F' END",
            status("CASE WHEN f.is_open THEN 'open' ELSE 'paid' END"),
            Level.WARNING,
            "f.is_open: no plain number in 40 of 40 texts",
        ),
        (
            UNTYPED,
            'status = { column = "f.fr", map = { 1 = "open" }, else = "paid" }',
            Level.WARNING,
            "nearly a code that is listed, and not taken for it: '1.0'",
        ),
        (
            "UPDATE inv SET st = 'h ' WHERE id < 10",
            'status = { column = "f.st", map = { H = "open" }, else = "paid" }',
            Level.WARNING,
            "nearly a code that is listed, and not taken for it: 'h'",
        ),
        (
            "UPDATE con SET gone = 'p'",
            OWED,
            Level.WARNING,
            "nearly a code that is listed, and not taken for it: 'p'",
        ),
        (
            "UPDATE inv SET mid = NULL WHERE id < 3",
            'joins = [{ table = "met", as = "m", on = { "m.mid" = "f.mid" } }]',
            Level.WARNING,
            "3 of 40 rows of inv are left out by the joins",
        ),
        (
            "CREATE TABLE names (mid INTEGER, name TEXT);"
            "INSERT INTO names SELECT mid, 'a' FROM inv;"
            "INSERT INTO names SELECT mid, 'b' FROM inv",
            'joins = [{ table = "names", as = "m", on = { "m.mid" = "f.mid" } }]',
            Level.BROKEN,
            "40 of 40 rows of inv come out more than once",
        ),
        (
            "",
            'status = { column = "f.st", map = { P = "open", H = "paid" } }',
            Level.BROKEN,
            "10 of 10 paid invoices have something outstanding",
        ),
        (
            "",
            'status = { column = "f.st", map = { N = "open" }, else = "paid" }',
            Level.WARNING,
            "40 invoices of some contracts: 0 open, 40 paid, 0 cancelled",
        ),
        (
            "UPDATE inv SET owed = -owed",
            OWED,
            Level.BROKEN,
            "none of 10 open invoices has anything to pay",
        ),
        (
            "UPDATE inv SET owed = owed * 100",
            OWED,
            Level.WARNING,
            "10 of 10 open invoices owe more than their principal, TV fee and interest",
        ),
        (
            "",
            'outstanding = { sum = ["f.net", "f.tv"] }',
            Level.BROKEN,
            "30 of 30 paid invoices have something outstanding",
        ),
        (
            "UPDATE inv SET paid = NULL WHERE id < 10",
            'outstanding = { expr = "f.net + f.tv - f.paid" }',
            Level.BROKEN,
            "10 of 10 open invoices do not say how much",
        ),
        (
            "UPDATE inv SET due = '2026-06-01'",
            OWED,
            Level.WARNING,
            "40 of 40 invoices are due before they are issued",
        ),
        (
            "UPDATE inv SET due = '0026-10-30'",
            OWED,
            Level.WARNING,
            "has a year of two digits, which means none in 20 of 20 rows",
        ),
        ("UPDATE inv SET paid = -paid", OWED, Level.WARNING, "none of 40 payments is above 0"),
        (
            "",
            'principal = { sum = ["f.net", "f.tv"] }',
            Level.WARNING,
            "10 of 10 open invoices seem paid by just their TV fee",
        ),
        (
            "",
            'interest = { times = "f.tv", by = 2 }',  # and outstanding without it
            Level.WARNING,
            "10 of 10 open invoices seem paid by just their interest",
        ),
        (
            "",
            'principal = "f.net"\nnet = "f.tv"\nvat = { value = 0 }',
            Level.WARNING,
            "net and vat do not make the principal in 40 of 40 invoices",
        ),
        (
            "UPDATE inv SET paid = paid * 100",
            OWED,
            Level.WARNING,
            "30 payments are 100 times what 30 paid invoices are",
        ),
        (
            "UPDATE inv SET paid = paid / 10",
            OWED,
            Level.WARNING,
            "30 payments are 1/10 of what 30 paid invoices are",
        ),
        (
            "CREATE TABLE share (id INTEGER, part TEXT); INSERT INTO share SELECT id, 'a' FROM inv;"
            "INSERT INTO share SELECT id, 'b' FROM inv WHERE id % 4 = 0;"
            "CREATE VIEW pay AS SELECT * FROM inv JOIN share USING (id)",
            'table = "pay"',
            Level.WARNING,
            "20 of 50 payments are like another one in every field",
        ),
        (
            "UPDATE inv SET no = no || char(13)",
            OWED,
            Level.BROKEN,
            "10 of 10, asked for again, find nothing",
        ),
    ],
)
def test_a_debt_that_is_misread_is_told(
    made: Read, sql: str, line: str, level: Level, words: str
) -> None:
    found = told(look(*made(sql, line)), level)
    assert [one for one in found if words in one], found


def test_a_join_past_the_declared_key_is_told(made: Read) -> None:
    """By two keys that both count from 1: everybody has somebody's invoice."""
    by_key = 'joins = [{ table = "cust", as = "k", on = { "k.id" = "f.id" } }]'
    rows = "INSERT INTO cust SELECT rowid, nr FROM con; INSERT INTO bill SELECT id, 1, no FROM inv;"
    address, mapping = made(
        "CREATE TABLE cust (id INTEGER PRIMARY KEY, nr TEXT);"
        "CREATE TABLE bill (id INTEGER PRIMARY KEY, cust INTEGER REFERENCES cust, no TEXT);" + rows,
        by_key,
    )
    text = mapping.read_text("utf-8").replace('table = "inv"\nas = "f"', 'table = "bill"\nas = "f"')
    mapping.write_text(text, "utf-8")
    found = told(look(address, mapping), Level.WARNING)
    words = "k and f are joined past the key that is declared: k.id = f.cust"
    assert [one for one in found if words in one], found
    mapping.write_text(text.replace('"k.id" = "f.id"', '"k.id" = "f.cust"'), "utf-8")
    assert not [one for one in told(look(address, mapping), Level.WARNING) if "past the key" in one]


def test_of_what_is_whole_nothing_is_told(made: Read) -> None:
    assert told(look(*made()), Level.WARNING, Level.BROKEN) == []


def test_a_table_of_years_ago_is_told(made: Read) -> None:
    place = made()
    assert told(look(*place, date(2026, 12, 14)), Level.WARNING) == []
    (warning,) = told(look(*place, date(2026, 12, 15)), Level.WARNING)
    assert "the newest invoice of the sampled contracts is of 2026-09-05" in warning


def test_tables_without_rows_end_no_check(made: Read) -> None:
    report = look(*made("DELETE FROM inv; DELETE FROM con"))
    assert not [f for f in report.findings if "did not come to its end" in f.found]
    assert len([f for f in report.of(Topic.SAMPLES) if f.found == "has no rows"]) == 4


def test_an_open_invoice_that_does_not_say_how_much_is_never_nothing(made: Read) -> None:
    address, mapping = made("UPDATE inv SET owed = NULL WHERE id = 1")
    with closing(open_billing(address, BillingSettings(mapping=mapping))) as billing:
        for ask in (billing.get_statement, lambda code: billing.list_debts([code])):
            with pytest.raises(BillingDataError, match=r"\[invoice\] outstanding: .* no amount"):
                ask(CODE)
        other = ContractCode("A2")
        assert billing.list_debts([other])[other].invoices == 1
