"""A contract or an invoice that billing tells twice: said so, never added up. And an invoice that
owes the customer, which is never due."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from shutil import copy
from typing import Any

import pytest

from config.settings import BillingSettings
from legacy_adapters import open_billing
from legacy_adapters.doctor.trial import try_contract
from legacy_adapters.errors import BillingDataError
from legacy_adapters.port import Billing
from legacy_adapters.records import ContractCode, InvoiceNumber
from tests.billing_schemas.copies import copy_to_h2, copy_to_postgresql, run_in_postgresql
from tests.components import java_and_h2
from tests.conftest import DEMO_MAPPING
from tests.oracle_net import H2Database, OracleServer

CODE, OTHER = ContractCode("AL0000000"), ContractCode("AL0000001")
NUMBER = InvoiceNumber("123456789")  # open
SINCE = date(2000, 1, 1)
CONTRACT = "KTR_ID, KTR_KOD, ABN_ID, ADRESA, ZON_KOD, KAT_KOD, FSHIRE"
INVOICE = (
    "FAT_ID, FAT_NR, KTR_ID, VIT, MUAJ, DT_LESHIM, DT_AFAT, KWH, VL_NETO, VL_TVSH, TKS_TV,"
    " KAMATE, VL_PAGUAR, STATUS"
)


def copied_row(table: str, columns: str, values: str, where: str) -> str:
    return f"INSERT INTO {table} ({columns}) SELECT {values} FROM {table} WHERE {where}"


# The old holder of the contract, whom the file names under the same code.
OLD_HOLDER = copied_row(
    "KONTRATE", CONTRACT, CONTRACT.replace("KTR_ID", "990001").replace("ABN_ID", "5"), "KTR_ID = 0"
)
SECOND_INVOICE = copied_row(
    "FATURE",
    INVOICE,
    INVOICE.replace("FAT_ID", "990002").replace("VL_NETO,", "VL_NETO + 100,"),
    f"KTR_ID = 0 AND FAT_NR = '{NUMBER}'",
)
CREDIT = copied_row(
    "FATURE",
    INVOICE,
    INVOICE.replace("FAT_ID", "990002")
    .replace("FAT_NR", "'990002'")
    .replace("VL_PAGUAR", "5000")
    .replace("DT_AFAT", "DT_LESHIM"),
    f"KTR_ID = 0 AND FAT_NR = '{NUMBER}'",
)
CANCELLED = SECOND_INVOICE.replace("STATUS FROM", "'A' FROM")
ASKED: dict[str, Callable[[Billing], Any]] = {
    "contract": lambda b: b.find_contract(CODE),
    "contracts": lambda b: b.list_contracts([OTHER, CODE]),
    "contracts and debts": lambda b: b.list_contracts_and_debts([OTHER, CODE]),
    "info": lambda b: b.get_contract_info(CODE),
    "debts": lambda b: b.list_debts([OTHER, CODE]),
    "statement": lambda b: b.get_statement(CODE),
    "statements": lambda b: b.list_statements([OTHER, CODE]),
    "history": lambda b: b.get_invoice_history(CODE, since=SINCE, at_least=1),
    "detail": lambda b: b.get_invoice(CODE, NUMBER),
    "issued": lambda b: b.list_issued([OTHER, CODE], since=SINCE),
}


@dataclass(frozen=True)
class Copy:
    """A billing of its own, and a way to change it."""

    address: str
    run: Callable[[str], None]

    @contextmanager
    def billing(self) -> Iterator[Billing]:
        with closing(open_billing(self.address, BillingSettings(mapping=DEMO_MAPPING))) as billing:
            yield billing


def without_unique_codes(copied: Copy) -> Copy:
    """As old billing is, where a code may stand in several rows."""
    copied.run("DROP INDEX KONTRATE_KOD; CREATE INDEX KONTRATE_KOD ON KONTRATE (KTR_KOD)")
    return copied


def in_sqlite(demo_file: Path, folder: Path) -> Copy:
    file = Path(copy(demo_file, folder / "billing.sqlite3"))

    def run(sql: str) -> None:
        with closing(sqlite3.connect(file)) as connection:
            connection.executescript(sql)

    return Copy(f"sqlite:///{file}", run)


@pytest.fixture(scope="module", params=["sqlite", "postgresql", "oracle"])
def copied(
    request: pytest.FixtureRequest, demo_file: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Copy]:
    if request.param == "sqlite":
        yield without_unique_codes(in_sqlite(demo_file, tmp_path_factory.mktemp("twice")))
    elif request.param == "postgresql":
        address: str = request.getfixturevalue("new_postgresql_database")()
        copy_to_postgresql(address, demo_file)
        yield without_unique_codes(Copy(address, partial(run_in_postgresql, address)))
    else:
        java_and_h2()
        with H2Database("twice") as database:
            copy_to_h2(database, "DEMO", demo_file)
            with OracleServer({"demo": "secret"}, database) as server:

                def run(sql: str) -> None:
                    database.script(f"SET SCHEMA DEMO;\n{sql};")

                yield without_unique_codes(Copy(server.url("demo"), run))


@pytest.fixture
def twice(copied: Copy, request: pytest.FixtureRequest) -> Iterator[Copy]:
    """With the marker's statement run, and taken back at the end."""
    copied.run(request.param)
    yield copied
    copied.run("DELETE FROM KONTRATE WHERE KTR_ID = 990001")
    copied.run("DELETE FROM FATURE WHERE FAT_ID = 990002")


def refusals(copied: Copy) -> dict[str, str]:
    """Question -> what it was refused with, without the file's name."""
    found = {}
    with copied.billing() as billing:
        for name, ask in ASKED.items():
            try:
                ask(billing)
            except BillingDataError as error:
                found[name] = str(error).removeprefix(f"{DEMO_MAPPING}: ")
    return found


@pytest.mark.parametrize("twice", [OLD_HOLDER], indirect=True)
def test_a_contract_that_comes_out_twice_is_refused(twice: Copy) -> None:
    # Its invoices hang on the first row's key: what is owed comes out once, and is told.
    expected = dict.fromkeys(ASKED.keys() - {"debts", "issued"}, "[contract] code: comes out twice")
    assert refusals(twice) == expected


@pytest.mark.parametrize("twice", [SECOND_INVOICE], indirect=True)
def test_an_invoice_that_comes_out_twice_is_never_added_up(twice: Copy) -> None:
    asked = ("debts", "contracts and debts", "statement", "statements")
    asked += ("history", "detail", "issued")
    assert refusals(twice) == dict.fromkeys(asked, "[invoice] number: comes out twice")
    with twice.billing() as billing:
        assert OTHER in billing.list_statements([OTHER])
    settings = BillingSettings(mapping=DEMO_MAPPING)
    owed = next(p for p in try_contract(twice.address, settings, CODE) if "in all" in p.title)
    assert owed.rows == [("(number: comes out twice)", "-", "-")]


@pytest.mark.parametrize("twice", [CANCELLED], indirect=True)
def test_a_cancelled_invoice_may_have_anothers_number(twice: Copy) -> None:
    assert refusals(twice) == {}


@pytest.mark.parametrize(
    "twice", [SECOND_INVOICE.replace("SELECT 990002, FAT_NR", "SELECT 990002, '  '")], indirect=True
)
def test_invoices_without_a_number_are_no_invoice_twice(twice: Copy) -> None:
    twice.run(f"UPDATE FATURE SET FAT_NR = '  ' WHERE FAT_NR = '{NUMBER}'")
    try:
        with twice.billing() as billing:
            owed = billing.get_statement(CODE)
            assert [invoice.number for invoice in owed.open_invoices] == ["", ""]
            debt = billing.list_debts([CODE])[CODE]
            assert (debt.total, debt.payable) == (owed.outstanding, 0)
            assert debt.earliest_due == owed.open_invoices[0].to_pay_by
            assert not any(invoice.is_to_pay for invoice in owed.open_invoices)
    finally:
        twice.run(f"UPDATE FATURE SET FAT_NR = '{NUMBER}' WHERE FAT_NR = '  '")


@pytest.mark.parametrize("twice", [CREDIT], indirect=True)
def test_a_credit_is_owed_and_never_due(twice: Copy) -> None:
    with twice.billing() as billing:
        owed = {i.number: i for i in billing.get_statement(CODE).open_invoices}
        debt = billing.list_debts([CODE])[CODE]
    credit, invoice = owed[InvoiceNumber("990002")], owed[NUMBER]
    assert credit.outstanding < 0 < invoice.outstanding
    assert credit.due_on is not None and invoice.due_on is not None
    assert credit.due_on < invoice.due_on and not credit.is_overdue(date.max)
    assert (debt.invoices, debt.total) == (2, credit.outstanding + invoice.outstanding)
    assert debt.payable == invoice.outstanding
    assert debt.earliest_due == invoice.due_on == invoice.to_pay_by
