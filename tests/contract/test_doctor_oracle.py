"""The doctor through Oracle's driver, against the protocol test server."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from legacy_adapters.doctor import Level, Topic
from legacy_adapters.doctor.plans import BUILDERS
from tests.billing_schemas.copies import copy_to_h2, opened
from tests.components import java_and_h2
from tests.contract.test_doctor import find, look, told
from tests.oracle_net import ORACLE_12_1, ORACLE_19, Grant, H2Database, Ora, OracleServer

# Two more of the views that every Oracle has.
DICTIONARY = """
    CREATE TABLE SYS.ROLE_TAB_PRIVS
        (ROLE VARCHAR(128), OWNER VARCHAR(128), TABLE_NAME VARCHAR(128), PRIVILEGE VARCHAR(40));
    CREATE TABLE SYS.USER_COL_PRIVS
        (GRANTEE VARCHAR(128), OWNER VARCHAR(128), TABLE_NAME VARCHAR(128), PRIVILEGE VARCHAR(40));
"""
POLICIES = """
    CREATE TABLE SYS.ALL_POLICIES (OBJECT_OWNER VARCHAR(128), OBJECT_NAME VARCHAR(128),
        SEL VARCHAR(3), ENABLE VARCHAR(3));
    INSERT INTO SYS.ALL_POLICIES VALUES
        ('BILLING', 'FATURE', 'YES', 'YES'), ('BILLING', 'PAGESE', 'NO', 'YES'),
        ('BILLING', 'KANAL', 'YES', 'NO'), ('OTHER', 'KONTRATE', 'YES', 'YES');
"""
ROLE_GRANT = "INSERT INTO SYS.ROLE_TAB_PRIVS VALUES ('CLERKS', 'BILLING', 'KANAL', 'INSERT');"


@pytest.fixture(scope="module")
def owned_data(demo_file: Path) -> Iterator[H2Database]:
    """The demo, owned by BILLING; READER has a synonym for each table."""
    java_and_h2()
    with H2Database("doctor") as database, opened(demo_file) as (tables, _indexes):
        copy_to_h2(database, "BILLING", demo_file)
        database.script(DICTIONARY)
        database.add_schema("READER")
        for table in tables:
            name = table.name.upper()
            database.script(f"CREATE SYNONYM READER.{name} FOR BILLING.{name};")
        yield database


@pytest.fixture(params=[ORACLE_12_1, ORACLE_19], ids=["12.1", "19"])
def oracle(request: pytest.FixtureRequest, owned_data: H2Database) -> Iterator[OracleServer]:
    server = OracleServer({"reader": "secret"}, owned_data, version=request.param)
    server.facts.grants["READER"] = [Grant("BILLING", "KONTRATE", "READ")]
    with server:
        yield server


def test_oracle_by_way_of_synonyms(oracle: OracleServer) -> None:
    report = look(oracle.url("reader"))
    assert told(report, Level.BROKEN, Level.WARNING) == []
    facts = " ".join(f.found for f in report.of(Topic.CONNECTION))
    assert "character set: AL32UTF8" in facts
    assert f"Release {oracle.facts.version_text}" in facts
    assert "user: READER" in facts and "PRIMARY, READ WRITE" in facts and "oracledb" in facts
    code = find(report, Topic.COLUMNS, "[contract] columns.code")
    assert code.found == "KONTRATE.KTR_KOD VARCHAR2(20 CHAR)"
    amount = find(report, Topic.COLUMNS, "[payment] columns.amount")
    assert amount.found == "PAGESE.VLERA NUMBER(12, 2)"
    assert all("an index leads on" in f.found for f in report.of(Topic.INDEXES))
    assert [f.level for f in report.of(Topic.PLANS)] == [Level.OK] * len(BUILDERS)
    (rights,) = report.of(Topic.RIGHTS)
    assert rights.level is Level.OK
    assert "SELFCARE_BILLING_READ_ONLY_TRANSACTIONS may be set to false" in rights.expected
    explained = [sql for sql in oracle.log.texts if sql.startswith("EXPLAIN PLAN SET STATEMENT_ID")]
    assert len(explained) == len(BUILDERS)
    for sql in explained:
        assert ":" in sql, sql
    # BEGIN is SQLAlchemy's own question about the isolation level, once per engine.
    verbs = {sql.split()[0].upper() for sql in oracle.log.texts}
    assert verbs <= {"SELECT", "SET", "EXPLAIN", "ROLLBACK", "BEGIN"}


def test_oracle_full_scan_missing_index_and_rights(
    oracle: OracleServer, owned_data: H2Database
) -> None:
    reader = oracle.facts.grants["READER"]
    oracle.facts.grants["READER"] = [
        *reader,
        Grant("BILLING", "FATURE", "SELECT"),
        Grant("BILLING", "PAGESE", "UPDATE"),
    ]
    oracle.facts.system_privileges["READER"] = ["CREATE SESSION", "DELETE ANY TABLE"]
    oracle.facts.database_role = "PHYSICAL STANDBY"
    owned_data.script(f"DROP INDEX BILLING.PAGESE_KTR;\n{ROLE_GRANT}")
    try:
        report = look(oracle.url("reader"), scan_limit=1_000)
    finally:
        owned_data.script(
            "CREATE INDEX BILLING.PAGESE_KTR ON BILLING.PAGESE (KTR_ID, DT_PAG);\n"
            "DELETE FROM SYS.ROLE_TAB_PRIVS;"
        )
    scan = find(report, Topic.PLANS, "payments", Level.WARNING)
    assert "PAGESE (about" in scan.found and "TABLE ACCESS FULL" in scan.found
    missing = find(report, Topic.INDEXES, "[payment] joins", Level.WARNING)
    assert missing.expected == "CREATE INDEX pagese_ktr_id_ix ON pagese (ktr_id)"
    (warning,) = [f for f in report.of(Topic.RIGHTS) if f.level is Level.WARNING]
    for right in ("DELETE ANY TABLE (a system", "UPDATE on PAGESE", "INSERT on KANAL"):
        assert right in warning.found
    (note,) = [f for f in report.of(Topic.RIGHTS) if f.level is Level.NOTE]
    assert "SELECT on FATURE allows SELECT ... FOR UPDATE" in note.found
    (role,) = [f for f in report.of(Topic.CONNECTION) if f.found.startswith("role")]
    assert role.level is Level.NOTE and "STANDBY" in role.found


def test_rows_that_oracle_hides_from_its_user_are_noted(
    oracle: OracleServer, owned_data: H2Database
) -> None:
    owned_data.script(POLICIES)
    try:
        report = look(oracle.url("reader"))
        oracle.facts.system_privileges["READER"] = ["EXEMPT ACCESS POLICY"]
        exempt = look(oracle.url("reader"))
    finally:
        owned_data.script("DROP TABLE SYS.ALL_POLICIES;")
    (note,) = [f for f in report.of(Topic.RIGHTS) if f.level is Level.NOTE]
    assert note.found.startswith("policies (DBMS_RLS) may hide rows of FATURE from this user")
    assert not [f for f in exempt.of(Topic.RIGHTS) if f.level is Level.NOTE]


def test_oracle_without_a_plan_table_or_dictionary_is_noted(oracle: OracleServer) -> None:
    oracle.faults.on("EXPLAIN PLAN", Ora(2402))
    oracle.faults.on("v$database", Ora(942))
    oracle.faults.on("session_privs", Ora(942))
    report = look(oracle.url("reader"))
    assert told(report, Level.BROKEN, Level.WARNING) == []
    plans = report.of(Topic.PLANS)
    assert len(plans) == len(BUILDERS)
    assert all(f.level is Level.NOTE and "ORA-02402" in f.found for f in plans)
    (role,) = [f for f in report.of(Topic.CONNECTION) if f.found.startswith("role")]
    assert role.found == "role: PRIMARY"
    assert {f.level for f in report.of(Topic.RIGHTS)} == {Level.NOTE}


def test_oracle_refused_password_is_tried_once(oracle: OracleServer) -> None:
    report = look(oracle.url("reader").replace(":secret@", ":wrong@"))
    assert not report.answered
    (finding,) = report.findings
    assert "ORA-01017" in finding.found
    assert oracle.log.refused_logins == 1
    assert "wrong" not in report.to_text()
