"""Rules that Oracle has and H2 has not."""

from collections.abc import Iterator

import oracledb
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DatabaseError

from tests.oracle_net import OracleServer
from tests.oracle_net.conftest import Connect
from tests.oracle_net.sql import with_char_rule

COUNT = "SELECT COUNT(*) FROM BILLING.CONTRACT C WHERE "


@pytest.mark.parametrize(
    ("condition", "varchar2", "char"),
    [
        ("C.CODE = :code", 0, 1),
        (":code = C.CODE", 0, 1),
        ('"C"."CODE" = :code', 0, 1),
        ("CODE IN (:code, 'none')", 0, 1),
        ("CODE NOT IN (:code)", 2, 1),
        ("CODE BETWEEN :code AND :code", 0, 1),
        ("RTRIM(CODE) = :code", 1, 1),
        (
            "EXISTS (SELECT 1 FROM (SELECT CODE AS X FROM BILLING.CONTRACT) S WHERE S.X = :code)",
            0,
            2,
        ),
    ],
)
def test_char_meets_varchar2_without_padding(
    server: OracleServer, connect: Connect, condition: str, varchar2: int, char: int
) -> None:
    cursor = connect().cursor()
    assert cursor.execute(COUNT + condition, code="ATM").fetchone() == (varchar2,)
    cursor.setinputsizes(code=oracledb.DB_TYPE_CHAR)
    assert cursor.execute(COUNT + condition, code="ATM").fetchone() == (char,)
    types = [statement.bind_types["CODE"] for statement in server.log.statements]
    assert types == ["VARCHAR", "CHAR"]


def test_char_is_found_by_all_its_blanks_and_by_literals(connect: Connect) -> None:
    cursor = connect().cursor()
    assert cursor.execute(COUNT + "CODE = :code", code="ATM  ").fetchone() == (1,)
    assert cursor.execute(COUNT + "CODE IN ('ATM', 'TTZ01')").fetchone() == (2,)
    assert cursor.execute(COUNT + "CODE = 'ATM'").fetchone() == (1,)


def test_rewriting_leaves_everything_else_alone() -> None:
    sql = "SELECT /* :no */ ':no', \"x:y\" FROM t WHERE a=:a -- :no\nAND b IN (:b , 2)"
    written = with_char_rule(sql, frozenset(), (("A", "CAST(? AS CHAR(1))"),))
    assert written == (
        "SELECT /* :no */ ':no', \"x:y\" FROM t WHERE a=CAST(? AS CHAR(1)) -- :no\nAND b IN (? , 2)"
    )


def test_lists_end_at_a_thousand(connect: Connect) -> None:
    cursor = connect().cursor()
    numbers = [":" + str(i + 1) for i in range(1001)]
    statement = COUNT + "CONTRACT_ID IN ({})"
    assert cursor.execute(
        statement.format(", ".join(numbers[:1000])), list(range(1000))
    ).fetchone() == (2,)
    with pytest.raises(oracledb.DatabaseError, match="ORA-01795"):
        cursor.execute(statement.format(", ".join(numbers)), list(range(1001)))


def test_long_names_are_for_new_versions(engine: Engine, each_version: OracleServer) -> None:
    statement = text(f"SELECT 1 AS {'n' * 31} FROM DUAL")
    with engine.connect() as connection:
        if each_version.facts.version > (12, 2):
            assert connection.scalar(statement) == 1
        else:
            with pytest.raises(DatabaseError, match="ORA-00972"):
                connection.execute(statement)


@pytest.fixture
def read_only(connect: Connect) -> Iterator[oracledb.Cursor]:
    connection = connect()
    cursor = connection.cursor()
    cursor.execute("SET TRANSACTION READ ONLY")
    yield cursor
    connection.rollback()


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO BILLING.CONTRACT (CONTRACT_ID, CODE) VALUES (9, 'X')",
        "UPDATE BILLING.CONTRACT SET HOLDER = 'X'",
        "DELETE FROM BILLING.CONTRACT",
        "SELECT * FROM BILLING.CONTRACT FOR UPDATE",
        "EXPLAIN PLAN FOR SELECT 1 FROM DUAL",
    ],
)
def test_read_only_transaction_changes_nothing(read_only: oracledb.Cursor, statement: str) -> None:
    with pytest.raises(oracledb.DatabaseError, match="ORA-01456"):
        read_only.execute(statement)


def test_read_only_transaction_sees_one_moment(
    read_only: oracledb.Cursor, connect: Connect
) -> None:
    question = "SELECT HOLDER FROM BILLING.CONTRACT WHERE CONTRACT_ID = 2"
    assert read_only.execute(question).fetchall() == [(None,)]
    other = connect()
    other.cursor().execute("UPDATE BILLING.CONTRACT SET HOLDER = 'Vera' WHERE CONTRACT_ID = 2")
    other.commit()
    assert read_only.execute(question).fetchall() == [(None,)]
    read_only.connection.commit()
    assert read_only.execute(question).fetchall() == [("Vera",)]
    read_only.execute("UPDATE BILLING.CONTRACT SET HOLDER = NULL WHERE CONTRACT_ID = 2")
    read_only.connection.commit()


def test_commit_and_rollback_do_what_they_say(server: OracleServer, connect: Connect) -> None:
    connection = connect()
    cursor = connection.cursor()
    cursor.execute("UPDATE BILLING.CONTRACT SET HOLDER = 'X' WHERE CONTRACT_ID = 2")
    connection.rollback()
    cursor.execute("SELECT HOLDER FROM BILLING.CONTRACT WHERE CONTRACT_ID = 2")
    assert cursor.fetchall() == [(None,)]
    connection.commit()
    assert server.log.texts[1] == "ROLLBACK"


def test_errors_of_h2_get_oracles_codes(connect: Connect) -> None:
    cursor = connect().cursor()
    for statement, code in {
        "SELECT * FROM NO_SUCH_TABLE": 942,
        "SELECT NO_SUCH_COLUMN FROM DUAL": 904,
        "SELECT 1 / 0 FROM DUAL": 1476,
        "INSERT INTO BILLING.CONTRACT (CONTRACT_ID, CODE) VALUES (1, 'X')": 1,
        "INSERT INTO BILLING.CONTRACT (CONTRACT_ID, CODE) VALUES (7, NULL)": 1400,
    }.items():
        with pytest.raises(oracledb.DatabaseError) as raised:
            cursor.execute(statement)
        assert raised.value.args[0].code == code, statement
