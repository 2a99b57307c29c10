"""Texts in columns of numbers, which SQLite keeps and the other databases refuse."""

from typing import Any

import pytest

from legacy_adapters.doctor import Level, Topic, loose
from legacy_adapters.errors import BillingUnavailable
from tests.contract.test_doctor import find, told
from tests.contract.test_doctor_values import TEXT, Look, look_at

__all__ = ["look_at"]
DEBT = next(line for line in TEXT.splitlines() if line.startswith("outstanding = "))
OWED = (
    "ALTER TABLE FATURE ADD COLUMN OWED {}; UPDATE FATURE SET OWED ="
    " CASE STATUS WHEN 'H' THEN VL_NETO + VL_TVSH + TKS_TV + KAMATE - VL_PAGUAR ELSE 0 END;"
)
LAST = "UPDATE FATURE SET OWED = '{}' WHERE FAT_ID = (SELECT max(FAT_ID) FROM FATURE)"
PLACE = "[invoice] columns.outstanding"


@pytest.mark.parametrize("declared", ["NUMERIC(12, 2)", "REAL", "", "VARCHAR(20)"])
@pytest.mark.parametrize("word", ["", "1.102,50", "12 lek", "1.1.1"])
def test_the_one_debt_that_is_no_number_is_told(look_at: Look, declared: str, word: str) -> None:
    plain = (DEBT, 'outstanding = "f.OWED"')
    report = look_at(OWED.format(declared) + LAST.format(word), plain)
    found = find(report, Topic.SAMPLES, PLACE, Level.BROKEN)
    assert found.found.startswith("no plain number in 1 of ")
    assert word == "" or word not in report.to_json()


@pytest.mark.parametrize("word", ["12.50", " -12.50 ", ".5", "+1."])
def test_texts_that_are_plain_numbers_are_none(look_at: Look, word: str) -> None:
    plain = (DEBT, 'outstanding = "f.OWED"')
    report = look_at(OWED.format("VARCHAR(20)") + LAST.format(word), plain)
    assert not [f for f in report.of(Topic.SAMPLES) if "no plain number" in f.found]


def test_where_there_is_no_time_for_all_the_first_rows_are_looked_at(
    look_at: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = loose._of_rows

    def slow(*given: Any) -> Any:
        if given[-1] is None:
            raise BillingUnavailable("interrupted")
        return whole(*given)

    monkeypatch.setattr(loose, "_of_rows", slow)
    sql = OWED.format("REAL") + "UPDATE FATURE SET OWED = '' WHERE FAT_ID = 30"
    report = look_at(sql, (DEBT, 'outstanding = "f.OWED"'))
    found = find(report, Topic.SAMPLES, PLACE, Level.BROKEN).found
    assert found == "no plain number in 1 of 1 texts of the first 1,000 rows"


NAMES = (
    "ALTER TABLE ABONENT ADD COLUMN EMRI STRING; ALTER TABLE ABONENT ADD COLUMN MBIEMRI STRING;"
    "UPDATE ABONENT SET EMRI = 'Ana', MBIEMRI = 'Hoxha'"
)


@pytest.mark.parametrize(
    ("subscriber", "is_told"),
    [
        ('{ concat = ["a.EMRI", "a.MBIEMRI"] }', False),
        ('{ nvl = ["a.EMRI", "a.MBIEMRI"] }', False),
        ('{ text = "a.EMRI" }', False),
        ("{ expr = \"UPPER(a.EMRI) || ' ' || TRIM(a.MBIEMRI)\" }", False),
        ('{ expr = "CASE WHEN a.EMRI IS NULL THEN a.MBIEMRI ELSE a.EMRI END" }', False),
        ('{ expr = "a.EMRI + 1" }', True),
        ('{ expr = "CASE WHEN a.EMRI > 0 THEN a.MBIEMRI END" }', True),
        ('{ text = { sum = ["a.EMRI", "a.ABN_ID"] } }', True),
    ],
)
def test_only_what_is_counted_has_to_be_a_number(
    look_at: Look, subscriber: str, is_told: bool
) -> None:
    report = look_at(NAMES, ('subscriber = "a.EMERTIM"', f"subscriber = {subscriber}"))
    found = [f for f in told(report, Level.WARNING, Level.BROKEN) if "no plain number" in f]
    assert ["a.EMRI: no plain number" in one for one in found] == [True] * is_told


def test_a_type_that_sqlite_does_not_know_is_told(look_at: Look) -> None:
    """It takes STRING for numbers, and a code of letters for none of them."""
    report = look_at(
        "CREATE TABLE K AS SELECT * FROM KONTRATE; DROP TABLE KONTRATE; CREATE TABLE KONTRATE"
        " (KTR_ID INTEGER PRIMARY KEY, KTR_KOD STRING, ABN_ID INTEGER, ADRESA STRING, ZON_KOD TEXT,"
        " KAT_KOD TEXT, FSHIRE STRING, DT_LIDHJE DATE, FAZA TEXT, FUQI_LIDH NUMERIC,"
        " FUQI_KONTR NUMERIC, NR_MATES TEXT); INSERT INTO KONTRATE SELECT KTR_ID, KTR_KOD, ABN_ID,"
        " ADRESA, ZON_KOD, KAT_KOD, FSHIRE, DT_LIDHJE, FAZA, FUQI_LIDH, FUQI_KONTR, NR_MATES"
        " FROM K; CREATE INDEX KTR_KOD ON KONTRATE (KTR_KOD)",
        ('except = { "k.FSHIRE" = ["P"] }\n\n[contract.columns]', "[contract.columns]"),
    )
    code = find(report, Topic.COLUMNS, "[contract] columns.code", Level.WARNING)
    assert code.found == "KONTRATE.KTR_KOD STRING, of which SQLite makes numbers"
    assert code.expected.startswith("VARCHAR or TEXT, before the rows are put in")
    find(report, Topic.COLUMNS, "[contract] columns.address", Level.NOTE)
    refused = find(report, Topic.COLUMNS, "[invoice] except", Level.BROKEN)
    assert "the code is 'P'" in refused.found and refused.expected == code.expected
    unread = find(report, Topic.SAMPLES, "[contract] columns.code", Level.BROKEN)
    assert unread.found == "cannot be read as code in 20 of 20 rows"
    assert "not in a column of type STRING" in unread.expected
