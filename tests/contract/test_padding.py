"""Blanks that CHARs were filled up with: harmless where not compared, told where they are."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest

from config.settings import BillingSettings
from legacy_adapters import open_billing
from legacy_adapters.doctor import Level, Topic
from legacy_adapters.records import ContractCode
from tests.billing_schemas.copies import copy_to_postgresql, run_in_postgresql
from tests.conftest import DEMO_MAPPING
from tests.contract.test_doctor import find, look, told
from tests.contract.test_twice import Copy, in_sqlite

TEXT = DEMO_MAPPING.read_text(encoding="utf-8")
# Old codes come with a type that tells their length, as Oracle's exports keep it.
PADDED = """
    CREATE TABLE NEW AS SELECT * FROM KONTRATE;
    DROP TABLE KONTRATE;
    CREATE TABLE KONTRATE (KTR_ID INTEGER PRIMARY KEY, KTR_KOD CHAR(12), ABN_ID INTEGER,
        ADRESA VARCHAR(200), ZON_KOD VARCHAR(6), KAT_KOD CHAR(1), FAZA INTEGER,
        FUQI_LIDH NUMERIC(8, 2), FUQI_KONTR NUMERIC(8, 2), DT_LIDHJE DATE, NR_MATES VARCHAR(20),
        FSHIRE CHAR(1));
    INSERT INTO KONTRATE SELECT * FROM NEW;
    UPDATE KONTRATE SET KTR_KOD = KTR_KOD || '   ';
    CREATE INDEX KONTRATE_KOD ON KONTRATE (KTR_KOD);
    UPDATE ABONENT SET NIPT = NIPT || ' ';
"""


@pytest.fixture
def copy(demo_file: Path, tmp_path: Path) -> Copy:
    return in_sqlite(demo_file, tmp_path)


def test_padded_codes_in_a_copy_are_broken_until_they_are_trimmed(copy: Copy) -> None:
    copy.run(PADDED)
    report = look(copy.address)
    code = find(report, Topic.SAMPLES, "[contract] columns.code")
    assert code.level is Level.BROKEN
    assert code.found.startswith("has blanks around it") and "20 of 20 rows" in code.found
    assert "SET KTR_KOD = TRIM(KTR_KOD) in KONTRATE" in code.expected
    tax_id = find(report, Topic.SAMPLES, "[contract] columns.tax_id")
    assert tax_id.level is Level.BROKEN
    for name in ("contract_info", "invoice", "payment"):
        place = f"[{name}] columns.contract_code"
        finding = find(report, Topic.KEYS, place, Level.BROKEN)
        assert "asked for again, find nothing" in finding.found
    copy.run("UPDATE KONTRATE SET KTR_KOD = TRIM(KTR_KOD); UPDATE ABONENT SET NIPT = TRIM(NIPT)")
    assert told(look(copy.address), Level.BROKEN) == []


@pytest.mark.parametrize(
    ("kind", "level"), [("CHAR(12)", Level.NOTE), ("VARCHAR(20)", Level.BROKEN)]
)
def test_padding_in_postgresql_matters_where_it_is_compared(
    new_postgresql_database: Callable[[], str], demo_file: Path, kind: str, level: Level
) -> None:
    address = new_postgresql_database()
    copy_to_postgresql(address, demo_file)
    run_in_postgresql(
        address,
        f"ALTER TABLE KONTRATE ALTER KTR_KOD TYPE {kind};"
        " UPDATE KONTRATE SET KTR_KOD = KTR_KOD || '  '; ANALYZE",
    )
    report = look(address)
    assert find(report, Topic.SAMPLES, "[contract] columns.code").level is level
    again = find(report, Topic.KEYS, "[contract] columns.code")
    assert (again.level is Level.OK) is (level is Level.NOTE)


def test_padded_statuses_in_a_copy_are_read_as_in_billing(copy: Copy, tmp_path: Path) -> None:
    """As the doctor says they are: a debt must not hide behind blanks."""
    with closing(sqlite3.connect(copy.address.removeprefix("sqlite:///"))) as connection:
        made = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'FATURE'").fetchone()
        text = made[0].replace("STATUS CHAR(1)", "STATUS CHAR(3)")
        assert text != made[0]
        connection.executescript(
            f"ALTER TABLE FATURE RENAME TO OLD; {text}; INSERT INTO FATURE SELECT * FROM OLD;"
            " DROP TABLE OLD; UPDATE FATURE SET STATUS = STATUS || '  ';"
            " CREATE INDEX FATURE_KTR ON FATURE (KTR_ID, DT_LESHIM);"
            " CREATE INDEX FATURE_NR ON FATURE (FAT_NR);"
        )
    mapping = tmp_path / "only.toml"
    only = "\n\n[invoice.columns]"
    mapping.write_text(TEXT.replace(only, '\nonly = { "f.STATUS" = ["H", "P"] }' + only, 1))
    report = look(copy.address, mapping)
    assert told(report, Level.BROKEN) == []
    status = find(report, Topic.CODES, "[invoice] columns.status", Level.OK)
    assert status.found == "every code has a word: 'H', 'P'"
    code = ContractCode("AL0000000")
    with closing(open_billing(copy.address, BillingSettings(mapping=mapping))) as billing:
        assert billing.list_debts([code])[code].total == Decimal("556.00")
        assert len(billing.get_statement(code).open_invoices) == 1


def test_padded_statuses_of_another_type_have_no_word(copy: Copy) -> None:
    copy.run("UPDATE FATURE SET STATUS = STATUS || '  '")  # a CHAR(1), which has no room for it
    status = find(look(copy.address), Topic.CODES, "[invoice] columns.status", Level.BROKEN)
    assert "'H  '" in status.found
