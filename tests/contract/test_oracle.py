"""What the Oracle engine does on the wire: told by the protocol test server, not by Oracle."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import pytest

from config.settings import BillingSettings
from legacy_adapters import open_billing
from legacy_adapters.asking import begin_asking, name_customer, stop_asking
from legacy_adapters.breaker import FAILURES
from legacy_adapters.demo.generator import MANUAL_CODE
from legacy_adapters.errors import (
    BillingDataError,
    BillingHangs,
    BillingOutOfTime,
    BillingPaused,
    BillingSlow,
    BillingUnavailable,
    MappingError,
)
from legacy_adapters.port import Billing
from legacy_adapters.records import ContractCode
from tests.conftest import DEMO_MAPPING
from tests.oracle_net import (
    ORACLE_12_1,
    ORACLE_19,
    H2Database,
    Hang,
    Ora,
    OracleServer,
    Silent,
    Statement,
)

# The driver leaves the socket of a connection that it lost to Python's collector.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
CODE = ContractCode(MANUAL_CODE)
ODD = """
CREATE TABLE ODD.CONTRACTS (CODE CHAR(12), NAME VARCHAR2(80), STREET CLOB, AMOUNT NUMBER);
CREATE TABLE ODD.BILLS (CODE CHAR(12), NO CHAR(10), STATE CHAR(4), ISSUED DATE, AMOUNT NUMBER);
INSERT INTO ODD.CONTRACTS VALUES ('AB123', 'Gjergj Đorđević Ђорђе <b>', RPAD('x', 4000, 'y'), 1);
INSERT INTO ODD.BILLS VALUES ('AB123', '77', 'OP', TIMESTAMP '2026-01-05 13:45:00', 1234.5678);
INSERT INTO ODD.BILLS VALUES ('AB123', '78', 'OP', TIMESTAMP '2206-01-05 00:00:00', -0.005);
"""
ODD_MAPPING = """
[contract]
table = "CONTRACTS"
schema = "ODD"
[contract.columns]
code = "CODE"
subscriber = "NAME"
address = "STREET"

[contract_info]
table = "CONTRACTS"
schema = "odd"
columns = { contract_code = "CODE" }

[invoice]
table = "bills"
schema = "ODD"
[invoice.columns]
contract_code = "CODE"
number = "NO"
status = { column = "STATE", map = { OP = "open" }, else = "paid" }
issued_on = "ISSUED"
due_on = "ISSUED"
units = { value = 0 }
principal = "AMOUNT"
tv_fee = { value = 0 }
interest = { expr = "NVL(bills.AMOUNT, 0) * 0" }
outstanding = { times = "AMOUNT", by = 1.0 }

[payment]
table = "BILLS"
schema = "ODD"
only = { STATE = ["XX"] }
columns = { contract_code = "CODE", paid_on = "ISSUED", amount = "AMOUNT" }
"""


@pytest.fixture(scope="module")
def server(oracle_data: H2Database) -> Iterator[OracleServer]:
    with OracleServer({"demo": "secret", "reader": "secret"}, oracle_data) as server:
        yield server


def opened(server: OracleServer, user: str = "demo", **changes: Any) -> Billing:
    settings = BillingSettings(**{"mapping": DEMO_MAPPING, **changes})
    return open_billing(server.url(user), settings)


@pytest.fixture(scope="module")
def odd(
    server: OracleServer, oracle_data: H2Database, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Billing]:
    file = tmp_path_factory.mktemp("odd") / "odd.toml"
    file.write_text(ODD_MAPPING, encoding="utf-8")
    oracle_data.add_schema("ODD")
    oracle_data.script(ODD)
    billing = opened(server, "reader", mapping=file)
    yield billing
    billing.close()


def statement_of(server: OracleServer, part: str) -> Statement:
    return server.log.find(part)[-1]


@pytest.mark.parametrize(("reads_only", "trips"), [(True, 3), (False, 1)])
def test_round_trips_of_one_question(server: OracleServer, reads_only: bool, trips: int) -> None:
    billing = opened(server, read_only_transactions=reads_only)
    billing.get_statement(CODE)
    server.log.clear()
    billing.get_statement(CODE)
    assert server.log.round_trips == trips
    assert ("SET TRANSACTION READ ONLY" in server.log.texts) is reads_only
    billing.close()


def test_sessions_are_tagged_with_what_and_for_whom(server: OracleServer) -> None:
    billing = opened(server)
    begin_asking("invoices.pay", seconds=5)
    name_customer("0123456789abcdef")
    billing.get_statement(CODE)
    tags = statement_of(server, "KTR_KOD").tags
    assert (tags["module"], tags["action"]) == ("veteshherbim", "invoices.pay")
    assert tags["client_identifier"] == "0123456789abcdef"
    stop_asking()
    billing.get_statement(CODE)
    assert statement_of(server, "KTR_KOD").tags["client_identifier"] == "-"
    billing.close()


def test_char_columns_are_asked_with_char_binds(odd: Billing, server: OracleServer) -> None:
    """Oracle finds nothing else: it pads a CHAR bind, and never a VARCHAR2 one."""
    code = ContractCode("AB123")
    statement = odd.get_statement(code)
    assert [invoice.number for invoice in statement.open_invoices] == ["78", "77"]
    assert odd.get_invoice(code, statement.open_invoices[0].number).number == "78"
    assert odd.list_contracts([code])[code].code == "AB123"
    assert odd.list_statements([code]) == {code: statement}
    asked = statement_of(server, "BILLS")
    kinds = {n: t for n, t in asked.bind_types.items() if "CODE" in n.upper()}
    assert set(kinds.values()) == {"CHAR"}, asked.bind_types


def test_values_come_as_they_are(odd: Billing) -> None:
    statement = odd.get_statement(ContractCode("AB123"))
    assert statement.contract.subscriber == "Gjergj Đorđević Ђорђе <b>"
    assert len(statement.contract.address) == 4_000
    far, near = statement.open_invoices
    assert (near.issued_on, far.issued_on) == (date(2026, 1, 5), date(2206, 1, 5))
    assert (str(near.principal), str(far.principal)) == ("1234.57", "-0.01")
    assert near.outstanding == near.principal
    assert odd.list_debts([ContractCode("AB123")])[ContractCode("AB123")].invoices == 2


def test_synonyms_serve_as_tables(server: OracleServer, oracle_data: H2Database) -> None:
    for table in ("KONTRATE", "ABONENT", "FATURE", "FAT_RRESHT", "PAGESE", "KANAL"):
        oracle_data.script(f"CREATE OR REPLACE SYNONYM READER.{table} FOR DEMO.{table};")
    for table in ("ZONE", "RAJON", "KATEGORI"):
        oracle_data.script(f"CREATE OR REPLACE SYNONYM READER.{table} FOR DEMO.{table};")
    billing = opened(server, "reader")
    assert billing.get_contract_info(CODE).contract.subscriber == "EMER MBIEMER"
    billing.close()


def test_labels_fit_old_databases(oracle_data: H2Database) -> None:
    with OracleServer({"demo": "secret"}, oracle_data, version=ORACLE_12_1) as old:
        billing = opened(old)
        billing.verify()  # the server answers ORA-00972 to anything longer than 30
        assert len(old.log.texts) > 8
        billing.close()


def test_cut_sessions_are_not_noticed(server: OracleServer) -> None:
    billing = opened(server)
    for _ in range(3):
        billing.get_statement(CODE)
        server.drop_sessions()
        assert billing.get_statement(CODE).contract.code == CODE
    billing.close()


def test_second_try_only_where_it_is_safe(oracle_data: H2Database) -> None:
    with OracleServer({"demo": "secret"}, oracle_data, version=ORACLE_19) as server:
        billing = opened(server)
        billing.verify()
        for code, tries in ((1555, 2), (4068, 2), (1013, 1), (4031, 1)):
            fault = server.faults.on("KTR_KOD", Ora(code, "fault"))
            with pytest.raises(BillingUnavailable, match=f"ORA-{code:05d}"):
                billing.find_contract(CODE)
            assert fault.hits == tries, code
            server.faults.clear()
            billing.find_contract(CODE)
        billing.close()


@pytest.mark.parametrize("code", [1722, 1422, 1427, 20001])
def test_what_is_wrong_with_a_row_is_no_outage(server: OracleServer, code: int) -> None:
    billing = opened(server)
    server.faults.on("KTR_KOD", Ora(code, "nothing can be made of 'PRIVATE'"))
    for _ in range(5):
        with pytest.raises(BillingDataError) as caught:
            billing.find_contract(CODE)
        assert f"ORA-{code:05d}" in str(caught.value) and "PRIVATE" not in str(caught.value)
    server.faults.clear()
    assert billing.find_contract(CODE)
    billing.close()


def test_a_connection_nobody_asked_is_given_back_clean(server: OracleServer) -> None:
    billing = opened(server)
    for _ in range(2):  # the second would begin a transaction within the first one's
        with billing.engine.connect():  # type: ignore[attr-defined]
            pass
    billing.close()


def test_a_page_without_time_tells_nothing_of_billing(server: OracleServer) -> None:
    """As after a stall of the portal's own database."""
    billing = opened(server)
    billing.verify()
    asked = len(server.log.statements)
    begin_asking("test", seconds=0)
    for _ in range(5):
        with pytest.raises(BillingOutOfTime):
            billing.find_contract(CODE)
    stop_asking()
    assert len(server.log.statements) == asked
    assert billing.find_contract(CODE)
    billing.close()


@pytest.mark.parametrize(("honours_break", "tries"), [(True, FAILURES), (False, 1)])
def test_statements_that_hang(oracle_data: H2Database, honours_break: bool, tries: int) -> None:
    """A server that answers the driver's break lives; one that stays silent does not."""
    with OracleServer({"demo": "secret"}, oracle_data) as server:
        billing = opened(server, connect_seconds=0.5, answer_seconds=0.6)
        billing.verify()
        fault = server.faults.on("KTR_KOD", Hang(honours_break=honours_break))
        for number in range(tries):
            name_customer(f"customer {number}")
            with pytest.raises(BillingSlow if honours_break else BillingHangs):
                billing.find_contract(CODE)
        with pytest.raises(BillingPaused):
            billing.find_contract(CODE)
        stop_asking()
        assert fault.hits == tries
        server.faults.clear()
        billing.close()


def test_silent_listener_at_the_start_is_over_when_it_is_over(oracle_data: H2Database) -> None:
    """The connection that was swallowed stays silent for good, as behind some firewalls."""
    with OracleServer({"demo": "secret"}, oracle_data) as server:
        billing = opened(server)
        server.faults.connect = Silent()
        begin_asking("test", seconds=4)
        begun = time.monotonic()
        with pytest.raises(BillingUnavailable, match="no answer within"):
            billing.find_contract(CODE)
        assert time.monotonic() - begun < 4.5
        server.faults.connect = None  # not cleared: whoever hangs goes on hanging
        stop_asking()
        while time.monotonic() - begun < 30:
            try:
                assert billing.find_contract(CODE)
                break
            except BillingUnavailable:
                time.sleep(0.25)
        else:
            pytest.fail("billing did not come back")
        server.stop()
        billing.close()


def test_wrong_password_is_tried_once(oracle_data: H2Database) -> None:
    with OracleServer({"demo": "secret"}, oracle_data) as server:
        address = server.url("demo").replace("secret", "wrong")
        billing = open_billing(address, BillingSettings(mapping=DEMO_MAPPING))
        for _ in range(5):
            with pytest.raises(BillingUnavailable) as caught:
                billing.find_contract(CODE)
            assert "wrong" not in str(caught.value)
        assert server.log.refused_logins == 1
        billing.close()


def ask_at_once(billing: Billing, seconds: float) -> int:
    """By as many as a web process has threads, again and again; how many answers there were."""
    end = time.monotonic() + seconds

    def ask(_: int) -> int:
        answers = 0
        while time.monotonic() < end:
            try:
                answers += billing.find_contract(CODE) is not None
            except BillingUnavailable:
                time.sleep(0.01)
        return answers

    with ThreadPoolExecutor(16) as pool:
        return sum(pool.map(ask, range(16)))


def test_a_password_that_is_refused_at_once_is_tried_once_by_all(
    oracle_data: H2Database,
) -> None:
    """Ten refused tries lock the account where nobody has changed its profile."""
    with OracleServer({"demo": "secret"}, oracle_data) as server:
        billing = opened(server)
        assert ask_at_once(billing, 0.5) > 0
        server.faults.login = Ora(1017, "logon denied")
        server.drop_sessions()
        assert ask_at_once(billing, 1.5) == 0
        assert server.log.refused_logins == 1
        billing.close()


def test_answers_of_open_connections_do_not_hide_that_new_ones_are_refused(
    oracle_data: H2Database,
) -> None:
    with OracleServer({"demo": "secret"}, oracle_data) as server:
        billing = opened(server)
        billing.verify()  # on one connection
        server.faults.login = Ora(1017, "logon denied")
        ask_at_once(billing, 1.0)
        assert server.log.refused_logins == 1
        billing.close()


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("oracle://u:p@h/?service_name=X", r"use oracle\+oracledb:// .* or oracle\+cx_oracle://"),
        ("postgresql://h/x", "postgresql\\+psycopg://"),
        ("mysql+pymysql://h/x", "not supported"),
        ("nonsense", "is not one"),
        ("oracle+oracledb://u:p@SECRET@h:1521/?service_name=X", "write @ as %40"),
        ("oracle+oracledb://u:p@b:SECRET@h:1/x", "write @ as %40"),
        ("oracle+oracledb://u:p@h:1521", r"add \?service_name=NAME"),
    ],
)
def test_other_addresses_are_refused_in_words(address: str, told: str) -> None:
    with pytest.raises(MappingError, match=told) as caught:
        open_billing(address, BillingSettings(mapping=DEMO_MAPPING))
    assert "u:p" not in str(caught.value) and "SECRET" not in str(caught.value)
