"""Values on their way to the server and back."""

from datetime import datetime
from decimal import Decimal

import oracledb
import pytest

from tests.oracle_net import H2Database, OracleServer
from tests.oracle_net.conftest import Connect
from tests.oracle_net.values import decode_number, encode_number

NUMBERS = [
    *("0", "1", "-1", "10", "100", "-100", "99.99", "-0.01", "0.000001", "-0.000001"),
    *("12345678901234567890123456789012345678", "-" + "9" * 38, "0." + "1" * 38),
    *("1E+125", "-1E-130", "123.4500", "1000000", "0.1", "0.01", "0.001"),
]


@pytest.mark.parametrize("text", NUMBERS)
def test_number_keeps_its_value(text: str) -> None:
    assert decode_number(encode_number(Decimal(text))) == Decimal(text)


def test_numbers_sort_as_their_bytes_do() -> None:
    numbers = sorted(map(Decimal, NUMBERS))
    assert sorted(numbers, key=encode_number) == numbers


@pytest.mark.parametrize(
    "value",
    [
        *(Decimal(number) for number in NUMBERS if "E" not in number),
        *("ëËçÇ", "Кириллица", "x" * 4000, "ë" * 4000, "it's", ":b"),
        *(datetime(1, 1, 1), datetime(2024, 2, 29, 23, 59, 59), datetime(9999, 12, 31)),
        None,
    ],
    ids=lambda value: str(value)[:20],
)
def test_value_comes_back_as_it_was_sent(connect: Connect, value: object) -> None:
    connection = connect()
    connection.outputtypehandler = _exact
    cursor = connection.cursor().execute("SELECT :value FROM DUAL", {"value": value})
    assert cursor.fetchone() == (value,)


def _exact(cursor: oracledb.Cursor, column: oracledb.FetchInfo) -> oracledb.Var | None:
    if column.type_code is oracledb.DB_TYPE_NUMBER:
        return cursor.var(Decimal, arraysize=cursor.arraysize)
    return None


def test_columns_are_described(connect: Connect) -> None:
    cursor = connect().cursor()
    cursor.execute("SELECT AMOUNT, UNITS, READING, SUM(AMOUNT) OVER () T FROM BILLING.INVOICE")
    described = [(column[0], column[4], column[5]) for column in cursor.description or []]
    assert described == [
        ("AMOUNT", 14, 2),
        ("UNITS", 38, 0),
        ("READING", 0, -127),
        ("T", 0, -127),
    ]


def test_empty_text_is_null(connect: Connect) -> None:
    cursor = connect().cursor()
    cursor.execute("SELECT COUNT(*), MIN(:nothing) FROM DUAL WHERE :nothing IS NULL", nothing="")
    assert cursor.fetchone() == (1, None)


def test_moments_keep_microseconds(connect: Connect) -> None:
    connection, moment = connect(), datetime(2024, 10, 27, 2, 30, 0, 123456)
    cursor = connection.cursor()
    cursor.setinputsizes(moment=oracledb.DB_TYPE_TIMESTAMP)
    assert cursor.execute("SELECT :moment FROM DUAL", moment=moment).fetchone() == (moment,)


def test_many_rows_come_in_pages(server: OracleServer, connect: Connect) -> None:
    server.log.clear()
    cursor = connect().cursor()
    cursor.arraysize, cursor.prefetchrows = 1000, 2
    rows = cursor.execute("SELECT X FROM SYSTEM_RANGE(1, 5000) ORDER BY X").fetchall()
    assert rows == [(number,) for number in range(1, 5001)]
    assert server.log.round_trips >= 6


def test_clob_is_fetched_as_text(
    connect: Connect, database: H2Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(oracledb.defaults, "fetch_lobs", False)
    connection, note = connect(), "Shënim " * 20_000
    cursor = connection.cursor()
    cursor.execute("UPDATE BILLING.CONTRACT SET NOTE = :note WHERE CONTRACT_ID = 1", note=note)
    cursor.execute("SELECT CONTRACT_ID, NOTE FROM BILLING.CONTRACT ORDER BY CONTRACT_ID")
    assert cursor.fetchall() == [(1, note), (2, None)]


def test_many_rows_are_inserted_at_once(server: OracleServer, connect: Connect) -> None:
    connection = connect()
    cursor = connection.cursor()
    rows = [(f"M{number}", 1, Decimal(number) / 100) for number in range(500)]
    statement = "INSERT INTO BILLING.INVOICE (INVOICE_NO, CONTRACT_ID, AMOUNT) VALUES (:1, :2, :3)"
    cursor.executemany(statement, rows)
    assert cursor.rowcount == 500
    assert len(server.log.find("INSERT")) == 500
    cursor.execute("SELECT SUM(AMOUNT) FROM BILLING.INVOICE WHERE INVOICE_NO LIKE 'M%'")
    assert cursor.fetchone() == (1247.5,)
    connection.rollback()
    assert cursor.execute("SELECT COUNT(*) FROM BILLING.INVOICE").fetchone() == (3,)


def test_loading_rows_keeps_every_kind_of_value(database: H2Database) -> None:
    database.script("CREATE TABLE BILLING.LOADED (A NUMBER(14,2), B VARCHAR2(20), C DATE);")
    rows = [(Decimal("1.50"), 'ë, "ç"', datetime(2024, 5, 6, 7, 8, 9)), (None, None, None)]
    database.load_rows("BILLING.LOADED", ["A", "B", "C"], rows)
    assert database.query("SELECT * FROM BILLING.LOADED").rows == rows
    database.script("DROP TABLE BILLING.LOADED;")
