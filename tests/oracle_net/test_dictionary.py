"""Reflection by SQLAlchemy's own dialect, plain questions to the dictionary, and plans."""

import pytest
from sqlalchemy import Engine, inspect, text

from tests.oracle_net import Grant, H2Database, OracleServer
from tests.oracle_net.conftest import Connect


def test_names_are_reflected(engine: Engine) -> None:
    found = inspect(engine)
    assert found.get_schema_names() == ["billing", "portal"]
    assert found.get_table_names(schema="billing") == ["contract", "invoice"]
    assert found.get_view_names(schema="billing") == ["v_open"]
    assert found.get_materialized_view_names(schema="billing") == []
    assert found.get_table_names(oracle_resolve_synonyms=True) == ["my_invoice"]
    assert found.has_table("invoice", schema="billing")
    assert not found.has_table("nothing", schema="billing")


def test_columns_are_reflected(engine: Engine) -> None:
    columns = {c["name"]: c for c in inspect(engine).get_columns("contract", schema="billing")}
    kinds = {name: repr(column["type"]) for name, column in columns.items()}
    assert kinds == {
        "contract_id": "NUMBER(precision=12, scale=0, asdecimal=False)",
        "code": "CHAR(length=5)",
        "holder": "VARCHAR(length=80)",
        "signed": "DATE()",
        "changed": "TIMESTAMP()",
        "note": "CLOB()",
    }
    assert [name for name, column in columns.items() if not column["nullable"]] == [
        *("contract_id", "code", "signed")
    ]
    assert columns["signed"]["default"] == "SYSDATE"


def test_a_synonym_leads_to_its_table(engine: Engine) -> None:
    found = inspect(engine).get_columns("my_invoice", oracle_resolve_synonyms=True)
    assert [(c["name"], repr(c["type"])) for c in found] == [
        ("invoice_no", "VARCHAR(length=16)"),
        ("contract_id", "NUMBER(precision=12, scale=0, asdecimal=False)"),
        ("amount", "NUMBER(precision=14, scale=2, asdecimal=True)"),
        ("reading", "NUMBER(asdecimal=False)"),
        ("units", "INTEGER()"),
    ]
    assert found[2]["comment"] == "Lekë"
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT COUNT(*) FROM my_invoice")) == 3


def test_keys_and_indexes_are_reflected(engine: Engine) -> None:
    found = inspect(engine)
    key = found.get_pk_constraint("invoice", schema="billing")
    assert (key["name"], key["constrained_columns"]) == ("pk_invoice", ["invoice_no"])
    indexes = found.get_indexes("invoice", schema="billing")
    assert {index["name"]: index["column_names"] for index in indexes} == {
        "ix_invoice_contract": ["contract_id", "amount"],
        "uq_reading": ["reading"],
    }
    (foreign,) = found.get_foreign_keys("invoice", schema="billing")
    assert (foreign["referred_table"], foreign["referred_columns"]) == ("contract", ["contract_id"])


def test_a_materialized_view_is_no_table(engine: Engine, database: H2Database) -> None:
    database.script("CREATE TABLE BILLING.TOTALS (N NUMBER);")
    database.call_materialized("BILLING", "TOTALS")
    found = inspect(engine)
    assert found.get_materialized_view_names(schema="billing") == ["totals"]
    assert found.get_table_names(schema="billing") == ["contract", "invoice"]
    database.call_table("BILLING", "TOTALS")
    database.script("DROP TABLE BILLING.TOTALS;")
    assert inspect(engine).get_materialized_view_names(schema="billing") == []


def test_columns_tell_their_lengths(connect: Connect, database: H2Database) -> None:
    cursor = connect().cursor()
    question = (
        "SELECT DATA_TYPE, DATA_LENGTH, CHAR_LENGTH, CHAR_USED, DATA_PRECISION, DATA_SCALE, "
        "NULLABLE FROM ALL_TAB_COLUMNS "
        "WHERE OWNER = 'BILLING' AND TABLE_NAME = :1 AND COLUMN_NAME = :2"
    )

    def told(table: str, column: str) -> tuple[object, ...]:
        return tuple(cursor.execute(question, [table, column]).fetchone())

    assert told("INVOICE", "AMOUNT") == ("NUMBER", 22, 0, None, 14, 2, "Y")
    assert told("CONTRACT", "HOLDER") == ("VARCHAR2", 80, 80, "B", None, None, "Y")
    assert told("CONTRACT", "CODE") == ("CHAR", 5, 5, "B", None, None, "N")
    assert told("CONTRACT", "CHANGED") == ("TIMESTAMP(6)", 11, 0, None, None, 6, "Y")
    database.char_used = "C"
    assert told("CONTRACT", "HOLDER") == ("VARCHAR2", 320, 80, "C", None, None, "Y")
    database.char_used = "B"


@pytest.mark.parametrize(
    "name",
    [
        *("ALL_TABLES", "ALL_VIEWS", "ALL_MVIEWS", "ALL_SYNONYMS", "ALL_OBJECTS", "ALL_TAB_COLS"),
        *("ALL_TAB_COLUMNS", "ALL_INDEXES", "ALL_IND_COLUMNS", "ALL_CONSTRAINTS"),
        *("ALL_CONS_COLUMNS", "ALL_COL_COMMENTS", "ALL_TAB_COMMENTS", "USER_SYS_PRIVS"),
        *("USER_TAB_PRIVS", "ALL_TAB_PRIVS", "SESSION_PRIVS", "SESSION_ROLES", "V$VERSION"),
        *("V$INSTANCE", "V$DATABASE", "V$PARAMETER", "NLS_DATABASE_PARAMETERS"),
        *("NLS_SESSION_PARAMETERS", "PLAN_TABLE", "sys.v$version", "sys.all_tables"),
    ],
)
def test_dictionary_has_it(connect: Connect, name: str) -> None:
    cursor = connect().cursor()
    cursor.execute(f"SELECT * FROM {name} t").fetchall()
    assert cursor.description


def test_plain_questions_are_answered(server: OracleServer, connect: Connect) -> None:
    server.facts.grants["PORTAL"] = [Grant("BILLING", "INVOICE", "READ")]
    cursor = connect().cursor()
    for question, answer in {
        "SELECT NUM_ROWS FROM ALL_TABLES WHERE TABLE_NAME = 'INVOICE'": (3,),
        "SELECT VALUE FROM NLS_DATABASE_PARAMETERS WHERE PARAMETER = 'NLS_CHARACTERSET'": (
            "AL32UTF8",
        ),
        "SELECT OWNER, PRIVILEGE FROM USER_TAB_PRIVS": ("BILLING", "READ"),
        "SELECT PRIVILEGE FROM USER_SYS_PRIVS": ("CREATE SESSION",),
        "SELECT UNIQUENESS FROM ALL_INDEXES WHERE INDEX_NAME = 'PK_INVOICE'": ("UNIQUE",),
        "SELECT sys_context('userenv', 'current_schema') FROM DUAL": ("PORTAL",),
        # H2 rounds the second up that Oracle would cut off.
        "SELECT COUNT(*) FROM DUAL WHERE SYSDATE <= SYSTIMESTAMP + INTERVAL '1' SECOND": (1,),
    }.items():
        assert cursor.execute(question).fetchone() == answer, question


def test_new_tables_are_seen_at_once(connect: Connect) -> None:
    cursor = connect().cursor()
    question = "SELECT COUNT(*) FROM ALL_TABLES WHERE TABLE_NAME = 'FRESH'"
    assert cursor.execute(question).fetchone() == (0,)
    cursor.execute("CREATE TABLE BILLING.FRESH (A NUMBER)")
    assert cursor.execute(question).fetchone() == (1,)
    cursor.execute("DROP TABLE BILLING.FRESH")
    assert cursor.execute(question).fetchone() == (0,)


@pytest.mark.parametrize(
    ("query", "accesses"),
    [
        ("BILLING.CONTRACT", [("TABLE ACCESS", "FULL", "CONTRACT")]),
        ("BILLING.CONTRACT WHERE HOLDER = :x", [("TABLE ACCESS", "FULL", "CONTRACT")]),
        (
            "BILLING.INVOICE WHERE CONTRACT_ID = :x",
            [
                ("TABLE ACCESS", "BY INDEX ROWID", "INVOICE"),
                ("INDEX", "RANGE SCAN", "IX_INVOICE_CONTRACT"),
            ],
        ),
        (
            "BILLING.CONTRACT C LEFT OUTER JOIN (SELECT CONTRACT_ID, SUM(AMOUNT) A "
            "FROM BILLING.INVOICE GROUP BY CONTRACT_ID) S ON S.CONTRACT_ID = C.CONTRACT_ID",
            [
                ("TABLE ACCESS", "FULL", "CONTRACT"),
                ("TABLE ACCESS", "BY INDEX ROWID", "INVOICE"),
                ("INDEX", "RANGE SCAN", "IX_INVOICE_CONTRACT"),
            ],
        ),
    ],
)
def test_plans_tell_how_tables_are_reached(
    connect: Connect, query: str, accesses: list[tuple[str, str, str]]
) -> None:
    connection = connect()
    cursor = connection.cursor()
    # The driver wants a value for each placeholder, though Oracle does not look at it.
    binds = {"x": None} if ":x" in query else {}
    cursor.execute(f"EXPLAIN PLAN SET STATEMENT_ID = 'a' FOR SELECT * FROM {query}", binds)
    cursor.execute(
        "SELECT OPERATION, OPTIONS, OBJECT_NAME FROM PLAN_TABLE "
        "WHERE STATEMENT_ID = :id AND OBJECT_OWNER = 'BILLING' ORDER BY ID",
        id="a",
    )
    assert cursor.fetchall() == accesses
    connection.rollback()
    assert cursor.execute("SELECT COUNT(*) FROM PLAN_TABLE").fetchone() == (0,)
