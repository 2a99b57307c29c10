"""What billing tells of another than the one who was asked about, and what changes under a portal
that runs: loud, or as it is, but never another's."""

import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from datetime import date
from pathlib import Path

import pytest

from config.settings import BillingSettings
from legacy_adapters import open_billing
from legacy_adapters.errors import BillingDataError, ContractNotFound, MappingError
from legacy_adapters.port import Billing
from legacy_adapters.records import ContractCode, InvoiceNumber
from tests.billing_schemas.copies import run_in_postgresql
from tests.components import PostgresqlDatabases
from tests.contract.odd import EARLIEST, MAPPING

SCHEMA = """
CREATE TABLE con (nr {contract}, who TEXT, since DATE);
CREATE TABLE inv (nr {of_invoice}, no VARCHAR(20), made DATE, due DATE, net NUMERIC(12, 2),
    state TEXT);
"""
OTHERS = "INSERT INTO inv VALUES ({nr}, 'F9', '2026-10-05', '2026-10-30', 999, 'open');"
NOBODY = ContractCode("AL2001")
Open = Callable[[str], AbstractContextManager[Billing]]
Make = Callable[..., str]


def test_a_holders_contracts_are_found_however_their_number_was_typed(
    make: Make, tmp_path: Path
) -> None:
    file = tmp_path / "typed.toml"
    file.write_text(MAPPING.replace('address = "who"', 'address = "who", tax_id = "who"'), "utf-8")
    typed = [("A1", "L1234567Y"), ("A2", "l1234567y"), ("A3", "L1234567y"), ("A4", "L1234567Z")]
    rows = "".join(f"INSERT INTO con VALUES ('{nr}', '{who}', NULL);" for nr, who in typed)
    with closing(open_billing(make(schema() + rows), BillingSettings(mapping=file))) as billing:

        def found(tax_id: str) -> list[str]:
            return [one.code for one in billing.list_contracts_of(tax_id, at_most=9)]

        assert found("L1234567Y") == found("l1234567y") == ["A1", "A2"]
        assert found("L1234567y") == ["A1", "A2", "A3"]


def schema(*, contract: str = "VARCHAR(20)", of_invoice: str = "") -> str:
    return SCHEMA.format(contract=contract, of_invoice=of_invoice or contract)


@pytest.fixture
def opened(tmp_path: Path) -> Open:
    file = tmp_path / "whose.toml"
    file.write_text(MAPPING, encoding="utf-8")
    return lambda address: closing(open_billing(address, BillingSettings(mapping=file)))


@pytest.fixture(params=["sqlite", "postgresql"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Make:
    """Gives the address of a database in which this was run."""

    def on_sqlite(sql: str) -> str:
        with closing(sqlite3.connect(tmp_path / "whose.sqlite3")) as connection:
            connection.executescript(sql)
        return f"sqlite:///{tmp_path}/whose.sqlite3"

    def on_postgresql(sql: str) -> str:
        address: str = request.getfixturevalue("new_postgresql_database")()
        run_in_postgresql(address, sql)
        return address

    return on_sqlite if request.param == "sqlite" else on_postgresql


def test_a_code_that_is_no_number_has_none_of_the_rows_without_one(
    make: Make, opened: Open
) -> None:
    """-1 is what warehouses write for "unknown"."""
    contract = f"INSERT INTO con VALUES ('{NOBODY}', 'ANA', '2020-01-01');"
    address = make(schema(of_invoice="INTEGER") + contract + OTHERS.format(nr=-1))
    with opened(address) as billing:
        assert billing.get_statement(NOBODY).open_invoices == ()
        assert billing.list_debts([NOBODY, ContractCode("AL2002")]) == {}
        assert billing.list_payments(NOBODY, since=EARLIEST, at_least=9) == ()
        assert not billing.get_invoice_history(NOBODY, since=EARLIEST, at_least=9).invoices


@pytest.mark.parametrize("wrong", ["-1", "1.0", "+1", " 1", "1 ", "٣", "1e0", "0x1", "01"])
def test_no_other_spelling_of_a_number_is_one(make: Make, opened: Open, wrong: str) -> None:
    rows = "INSERT INTO con VALUES (-1, 'NOBODY', '2020-01-01'), (1, 'ANA', '2020-01-01');"
    with opened(make(schema(contract="INTEGER") + rows)) as billing:
        assert billing.find_contract(ContractCode(wrong)) is None
        assert billing.list_contracts([ContractCode(wrong)]) == {}
        with pytest.raises(ContractNotFound):
            billing.get_statement(ContractCode(wrong))


CAPITALS = {"sqlite": "VARCHAR(20) COLLATE NOCASE", "postgresql": "citext"}
LOUD, QUIET = ContractCode("AB12"), ContractCode("ab12")
TWO = f"INSERT INTO con VALUES ('{LOUD}', 'ANA', '2020-01-01'), ('{QUIET}', 'BEN', '2020-01-01');"


def without_capitals(request: pytest.FixtureRequest) -> tuple[str, str]:
    """The type, and what comes first."""
    kind = request.node.callspec.params["make"]
    return CAPITALS[kind], "CREATE EXTENSION citext;" if kind == "postgresql" else ""


def test_anothers_invoices_are_refused_where_capitals_do_not_count(
    request: pytest.FixtureRequest, make: Make, opened: Open
) -> None:
    kind, first = without_capitals(request)
    sql = first + schema(of_invoice=kind) + TWO + OTHERS.format(nr=f"'{QUIET}'")
    told = r"\[invoice\] contract_code: is not spelled as the code that was asked for"
    with opened(make(sql)) as billing:
        questions: list[Callable[[], object]] = [
            lambda: billing.get_statement(LOUD),
            lambda: billing.get_invoice_history(LOUD, since=EARLIEST, at_least=9),
            lambda: billing.get_invoice(LOUD, InvoiceNumber("F9")),
            lambda: billing.list_debts([LOUD]),
            lambda: billing.list_contracts_and_debts([LOUD]),
            lambda: billing.list_statements([LOUD]),
            lambda: billing.list_issued([LOUD], since=EARLIEST),
            lambda: billing.list_newest([LOUD]),
        ]
        for question in questions:
            with pytest.raises(BillingDataError, match=told):
                question()
        for ask in (
            lambda: billing.list_payments(LOUD, since=EARLIEST, at_least=9),
            lambda: billing.list_posted([LOUD], since=EARLIEST),
        ):
            with pytest.raises(BillingDataError, match=told.replace("invoice", "payment")):
                ask()
        (owed,) = billing.get_statement(QUIET).open_invoices
        assert (owed.number, billing.list_debts([QUIET])[QUIET].total) == ("F9", 999)


def test_anothers_contract_is_refused_where_capitals_do_not_count(
    request: pytest.FixtureRequest, make: Make, opened: Open
) -> None:
    kind, first = without_capitals(request)
    one = f"INSERT INTO con VALUES ('{QUIET}', 'BEN', '2020-01-01');"
    with opened(make(first + schema(contract=kind) + one)) as billing:
        for question in (
            lambda: billing.find_contract(LOUD),
            lambda: billing.get_statement(LOUD),
            lambda: billing.get_contract_info(LOUD),
            lambda: billing.list_contracts([LOUD]),
            lambda: billing.list_statements([LOUD]),
        ):
            with pytest.raises(BillingDataError, match=r"\[contract\] code: is not spelled"):
                question()
        found = billing.find_contract(QUIET)
        assert found and found.subscriber == "BEN"


def test_schemas_that_differ_in_capitals_alone_are_told_apart(
    new_postgresql_database: Callable[[], str], tmp_path: Path
) -> None:
    address = new_postgresql_database()
    for name, who in (("billing", "SMALL"), ('"Billing"', "LARGE")):
        rows = f"INSERT INTO con VALUES ('{LOUD}', '{who}', '2020-01-01');"
        run_in_postgresql(
            address, f"CREATE SCHEMA {name}; SET search_path TO {name};{schema()}{rows}"
        )
    file = tmp_path / "schemas.toml"

    def ask(name: str) -> str:
        text = MAPPING.replace('table = "con"', f'schema = "{name}"\ntable = "con"')
        file.write_text(text.replace('table = "inv"', f'schema = "{name}"\ntable = "inv"'), "utf-8")
        with closing(open_billing(address, BillingSettings(mapping=file))) as billing:
            found = billing.find_contract(LOUD)
            return found.subscriber if found else ""

    assert (ask("billing"), ask("Billing")) == ("SMALL", "LARGE")
    with pytest.raises(
        MappingError, match=r"no schema BILLING, but (billing and Billing|Billing and)"
    ):
        ask("BILLING")


def one_owes() -> str:
    contract = f"INSERT INTO con VALUES ('{LOUD}', 'ANA', '2020-01-01');"
    return schema() + contract + OTHERS.format(nr=f"'{LOUD}'")


def test_a_word_that_an_enum_did_not_have_is_read(
    new_postgresql_database: Callable[[], str], opened: Open, tmp_path: Path
) -> None:
    address = new_postgresql_database()
    run_in_postgresql(
        address,
        "CREATE TYPE channel AS ENUM ('CASH');"
        + one_owes()
        + "ALTER TABLE inv ADD channel channel DEFAULT 'CASH';",
    )
    file = tmp_path / "enum.toml"
    payments = 'paid_on = "made", amount = "net", method = "channel"'
    file.write_text(MAPPING.replace('paid_on = "made", amount = "net"', payments), "utf-8")
    with closing(open_billing(address, BillingSettings(mapping=file))) as billing:

        def methods() -> list[str]:
            found = billing.list_payments(LOUD, since=EARLIEST, at_least=9)
            return [payment.method for payment in found]

        assert methods() == ["CASH"]
        run_in_postgresql(address, "ALTER TYPE channel ADD VALUE 'NEW BANK'")
        run_in_postgresql(address, "UPDATE inv SET channel = 'NEW BANK'")
        assert methods() == ["NEW BANK"]


@pytest.mark.parametrize("style", ["SQL, DMY", "German, DMY", "Postgres, MDY"])
def test_the_databases_own_style_of_dates_does_not_matter(
    new_postgresql_database: Callable[[], str], opened: Open, style: str
) -> None:
    address = new_postgresql_database()
    run_in_postgresql(
        address, f"ALTER DATABASE {address.rpartition('/')[2]} SET datestyle = '{style}'"
    )
    zoned = one_owes().replace("made DATE, due DATE", "made TIMESTAMPTZ, due TIMESTAMPTZ")
    run_in_postgresql(address, zoned)
    with opened(address) as billing:
        (owed,) = billing.get_statement(LOUD).open_invoices
        assert owed.due_on == date(2026, 10, 30)


@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1"])
def test_the_databases_own_encoding_does_not_matter(
    postgresql_databases: PostgresqlDatabases, opened: Open, encoding: str
) -> None:
    address = postgresql_databases.make()
    name = f"{address.rpartition('/')[2]}_{encoding.lower()}"
    run_in_postgresql(
        address,
        f"CREATE DATABASE {name} ENCODING {encoding} TEMPLATE template0"
        " LC_COLLATE 'C' LC_CTYPE 'C'",
    )
    address = address.rpartition("/")[0] + f"/{name}"
    run_in_postgresql(address + "?client_encoding=utf8", one_owes().replace("'ANA'", "'ANË'"))
    with opened(address) as billing:
        assert billing.get_statement(LOUD).contract.subscriber == "ANË"


def test_what_clients_are_told_to_speak_does_not_matter(
    new_postgresql_database: Callable[[], str], opened: Open
) -> None:
    address = new_postgresql_database()
    run_in_postgresql(address, one_owes().replace("'ANA'", "'ШАНА'"))
    name = address.rpartition("/")[2]
    run_in_postgresql(address, f"ALTER DATABASE {name} SET client_encoding = 'LATIN1'")
    with opened(address) as billing:
        assert billing.get_statement(LOUD).contract.subscriber == "ШАНА"


def test_a_type_that_changes_under_a_running_portal_is_read_at_once(
    new_postgresql_database: Callable[[], str], opened: Open
) -> None:
    address = new_postgresql_database()
    run_in_postgresql(address, one_owes())
    with opened(address) as billing:
        for _ in range(12):  # the driver prepares what it is asked again
            assert len(billing.get_statement(LOUD).open_invoices) == 1
        run_in_postgresql(address, "ALTER TABLE con ALTER who TYPE VARCHAR(100)")
        run_in_postgresql(address, "ALTER TABLE inv ALTER no TYPE VARCHAR(30)")
        assert len(billing.get_statement(LOUD).open_invoices) == 1
