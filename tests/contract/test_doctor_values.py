"""What the doctor says of a schema that fits, and of values in it that would be read wrongly and
in silence."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from legacy_adapters.doctor import Level, Report, Topic
from tests.conftest import DEMO_MAPPING
from tests.contract.test_doctor import find, look, told

TEXT = DEMO_MAPPING.read_text(encoding="utf-8")
Look = Callable[..., Report]


@pytest.fixture
def look_at(demo_file: Path, tmp_path: Path) -> Look:
    """The demo's billing and mapping with changes: SQL, and what stands instead of what."""

    def looked(sql: str = "", *changes: tuple[str, str]) -> Report:
        database, mapping = tmp_path / "copy.sqlite3", tmp_path / "copy.toml"
        database.write_bytes(demo_file.read_bytes())
        with closing(sqlite3.connect(database)) as connection:
            connection.executescript(sql)
        text = TEXT
        for old, new in changes:
            assert old in text, old
            text = text.replace(old, new)
        mapping.write_text(text, encoding="utf-8")
        return look(f"sqlite:///{database}", mapping)

    return looked


def test_a_table_that_hangs_on_nothing_is_told_and_not_asked(look_at: Look) -> None:
    report = look_at(
        "", ('on = { "f.KTR_ID" = "k.KTR_ID" } }]', 'on = { "f.KTR_ID" = "f.KTR_ID" } }]')
    )
    (broken,) = told(report, Level.BROKEN)
    assert "[invoice] joins nothing in `on` joins 'f' to a table before it: k" in broken
    assert not [f for f in report.of(Topic.SAMPLES) if "[invoice] " in f.place]


FLAG = "ALTER TABLE FATURE ADD COLUMN E_HAPUR BOOLEAN;"
BY_FLAG = (
    'status = { column = "f.STATUS", map = { H = "open", P = "paid", A = "cancelled" } }',
    'status = { column = "f.E_HAPUR", map = { true = "open", false = "paid" } }',
)


def test_a_boolean_of_letters_is_told(look_at: Look) -> None:
    """SQLite would call all of them true, or none."""
    assert BY_FLAG[0] in TEXT
    report = look_at(
        FLAG + "UPDATE FATURE SET E_HAPUR = CASE STATUS WHEN 'H' THEN 't' ELSE 'f' END", BY_FLAG
    )
    broken = told(report, Level.BROKEN)
    assert any("true or false, and holds \"'f' as text\", \"'t' as text\"" in b for b in broken)
    report = look_at(FLAG + "UPDATE FATURE SET E_HAPUR = STATUS = 'H'", BY_FLAG)
    assert not told(report, Level.BROKEN)
    assert find(report, Topic.CODES, "[invoice] columns.status").level is Level.OK


@pytest.mark.parametrize(
    ("key", "codes", "level", "found"),
    [
        ("only", '"P", "H"', Level.OK, "f.STATUS: keeps 'H', 'P'; leaves out 'A'"),
        (
            "only",
            '"P", "C"',
            Level.NOTE,
            "f.STATUS: keeps 'P'; leaves out 'A', 'H'; in none of the first 100,000 rows: 'C'",
        ),
        ("only", '"C"', Level.WARNING, "f.STATUS: keeps no row; leaves out 'A', 'H', 'P'"),
    ],
)
def test_what_only_and_except_let_through_is_told(
    look_at: Look, key: str, codes: str, level: Level, found: str
) -> None:
    condition = f'{key} = {{ "f.STATUS" = [{codes}] }}\n[invoice.columns]'
    report = look_at("", ("[invoice.columns]", condition))
    assert find(report, Topic.CODES, f"[invoice] {key}", level).found == found


def test_what_except_leaves_out_is_told(look_at: Look) -> None:
    sql = "UPDATE KONTRATE SET FSHIRE = 'P' WHERE KTR_ID = 3"
    report = look_at(sql)
    found = find(report, Topic.CODES, "[contract] except", Level.OK).found
    assert found == "k.FSHIRE: keeps 'J'; leaves out 'P'"


def test_texts_that_cast_cannot_count_are_told(look_at: Look) -> None:
    by_cast = ('units = "f.KWH"', 'units = { expr = "CAST(f.NSLF AS NUMBER)" }')
    report = look_at(
        "UPDATE FATURE SET NSLF = CASE WHEN FAT_ID < 3 THEN '1.234,50' ELSE ' 12.5 ' END", by_cast
    )
    finding = find(report, Topic.SAMPLES, "[invoice] columns.units", Level.WARNING)
    assert finding.found.startswith("no plain number in 2 of ")
    report = look_at("UPDATE FATURE SET NSLF = '-12.5'", by_cast)
    finding = find(report, Topic.SAMPLES, "[invoice] columns.units", Level.OK)
    assert finding.found.startswith("plain numbers in ")


def test_invoices_without_a_number_are_told(look_at: Look) -> None:
    report = look_at(
        "CREATE TABLE F AS SELECT * FROM FATURE; DROP TABLE FATURE; ALTER TABLE F RENAME TO FATURE;"
        "CREATE INDEX F1 ON FATURE (KTR_ID); CREATE INDEX F2 ON FATURE (FAT_ID);"
        "UPDATE FATURE SET FAT_NR = NULL WHERE FAT_ID = 1;"
        "UPDATE FATURE SET FAT_NR = ' ' WHERE FAT_ID = 3;"
    )
    samples = [f.found for f in report.of(Topic.SAMPLES) if "[invoice] columns.number" in f.place]
    assert "is empty in 1 of 20 rows: row 1" in samples
    numbers = find(report, Topic.KEYS, "[invoice] columns.number", Level.BROKEN)
    assert numbers.found.startswith("2 invoices of 25 contracts have no number")


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (None, "codes without a word: (none)"),
        ("{ expr = \"DECODE(f.ST, 'H', 'open', 'P', 'paid', 'A', 'cancelled')\" }", "(none)"),
        ("{ expr = \"NVL(DECODE(f.ST, 'H', 'open', 'P', 'paid', 'A', ''), 'void')\" }", "'void'"),
    ],
)
@pytest.mark.parametrize("last", [False, True])
def test_one_invoice_without_a_status_is_broken(
    look_at: Look, status: str | None, words: str, last: bool
) -> None:
    which = "MAX(FAT_ID) FROM FATURE" if last else "MAX(FAT_ID) FROM FATURE WHERE KTR_ID = 0"
    view = (
        "CREATE VIEW V_FATURE AS SELECT *, CASE WHEN FAT_ID <>"
        f" (SELECT {which}) THEN STATUS END AS ST FROM FATURE"
    )
    table = ('table = "FATURE", as = "f"', 'table = "V_FATURE", as = "f"')
    own = f"status = {status}" if status else BY_FLAG[0].replace("f.STATUS", "f.ST")
    report = look_at(view, table, (BY_FLAG[0], own))
    place = "[invoice] columns.status"
    assert words in find(report, Topic.CODES, place, Level.BROKEN).found
    assert not [f for f in report.of(Topic.SAMPLES) if place in f.place]
    if not last:  # of a contract that is among those that are looked at
        assert ", 1 of no word" in find(report, Topic.MONEY, place, Level.BROKEN).found


def test_bytes_among_codes_do_not_end_the_check(look_at: Look) -> None:
    report = look_at("UPDATE FATURE SET STATUS = CAST(x'ff00' AS BLOB) WHERE FAT_ID = 5")
    assert not [f for f in report.findings if "did not come to its end" in f.found]
    assert find(report, Topic.CODES, "[invoice] columns.status").level is Level.BROKEN


def test_a_join_by_what_many_share_is_told(look_at: Look) -> None:
    by_zone = (
        'joins = [{ table = "FATURE", as = "f", on = { "f.KTR_ID" = "k.KTR_ID" } }]',
        'joins = [{ table = "FATURE", as = "f", on = { "f.ZON" = "k.ZON_KOD" } }]',
    )
    report = look_at(
        "ALTER TABLE FATURE ADD COLUMN ZON VARCHAR(10); UPDATE FATURE SET ZON ="
        " (SELECT ZON_KOD FROM KONTRATE k WHERE k.KTR_ID = FATURE.KTR_ID);"
        "CREATE INDEX FATURE_ZON ON FATURE (ZON)",
        by_zone,
    )
    found = find(report, Topic.KEYS, "[invoice] columns.number", Level.WARNING)
    assert "numbers stand in several contracts" in found.found
    assert "the invoices of others" in found.expected


def test_lines_that_no_invoice_finds_are_told(look_at: Look) -> None:
    by_number = ('invoice_number = "f.FAT_NR"', 'invoice_number = "l.FNR"')
    sql = (
        "ALTER TABLE FAT_RRESHT ADD COLUMN FNR VARCHAR(20); UPDATE FAT_RRESHT SET FNR ="
        " (SELECT '{}' || FAT_NR FROM FATURE f WHERE f.FAT_ID = FAT_RRESHT.FAT_ID){};"
        "CREATE INDEX FAT_RRESHT_FNR ON FAT_RRESHT (FNR)"
    )
    place = "[invoice_line] columns.invoice_number"
    report = look_at(sql.format("000", ""), by_number)
    found = find(report, Topic.KEYS, place, Level.BROKEN)
    assert found.found == "10 of 10 invoices have no lines by contract and number"
    newest = " WHERE FAT_ID NOT IN (SELECT MAX(FAT_ID) FROM FATURE GROUP BY KTR_ID LIMIT 6)"
    report = look_at(sql.format("", newest), by_number)
    found = find(report, Topic.KEYS, place, Level.NOTE)
    assert found.found.endswith("of 10 invoices have no lines by contract and number")
    assert not told(report, Level.BROKEN, Level.WARNING)


def test_lines_that_a_view_doubles_are_told(look_at: Look) -> None:
    view = ('{ table = "FAT_RRESHT", as = "l"', '{ table = "V_RRESHT", as = "l"')
    both = "CREATE VIEW V_RRESHT AS SELECT * FROM FAT_RRESHT{}"
    assert not told(look_at(both.format(""), view), Level.BROKEN, Level.WARNING)
    report = look_at(both.format(" UNION ALL SELECT * FROM FAT_RRESHT"), view)
    found = find(report, Topic.KEYS, "[invoice_line] columns.net", Level.WARNING)
    assert found.found == "in 10 of 10 invoices the lines are twice the invoice's net, or more"


DESCRIBED = ('description = "l.ZER_KOD"', 'description = "z.TEKST"')
BY_KIND = (
    '{ table = "FAT_RRESHT", as = "l", on = { "l.FAT_ID" = "f.FAT_ID" } },',
    '{ table = "FAT_RRESHT", as = "l", on = { "l.FAT_ID" = "f.FAT_ID" } },'
    ' { table = "ZERAT", as = "z", on = { "z.KOD" = "l.ZER_KOD" } },',
)


def test_one_line_of_an_invoice_twice_is_told(look_at: Look) -> None:
    kinds = "CREATE VIEW ZERAT AS SELECT 'EN' AS KOD, 'a' AS TEKST UNION ALL SELECT 'TF', 'b'"
    place = "[invoice_line] columns.position"
    broken = told(look_at(kinds, BY_KIND, DESCRIBED), Level.BROKEN, Level.WARNING)
    assert not [one for one in broken if " keys " in f" {one}"]
    report = look_at(f"{kinds} UNION ALL SELECT 'TF', 'c'", BY_KIND, DESCRIBED)
    found = find(report, Topic.KEYS, place, Level.BROKEN)
    assert found.found == "20 of 30 lines come out more than once"
    joins = [f for f in report.of(Topic.KEYS) if f.place.endswith("[invoice_line] joins")]
    assert joins[0].found.startswith("1 of 2 values of ZERAT.KOD are there more than once")


@pytest.mark.parametrize(
    ("position", "found"),
    [
        ("0", None),
        ("NULL", None),
        ("7", "20 of 20 lines have the place of another one of their invoice"),
    ],
)
def test_lines_without_a_place_of_their_own(
    look_at: Look, position: str, found: str | None
) -> None:
    view = ('{ table = "FAT_RRESHT", as = "l"', '{ table = "V_RRESHT", as = "l"')
    sql = f"CREATE VIEW V_RRESHT AS SELECT *, {position} AS NR FROM FAT_RRESHT"
    report = look_at(sql, view, ('"l.NR_RRESHT"', '"l.NR"'))
    keys = [f for f in report.of(Topic.KEYS) if f.place.endswith("columns.position")]
    assert [f.found for f in keys] == ([found] if found else [])
    assert all(f.level is Level.WARNING for f in keys)
    empty = [f for f in report.of(Topic.SAMPLES) if f.place.endswith("columns.position")]
    assert [f.found for f in empty] == ["is empty, but required in 20 of 20 rows"] * (
        position == "NULL"
    )
    assert all("come last" in f.expected for f in empty)


def test_lines_of_some_invoices_alone_are_no_wrong_spelling(look_at: Look) -> None:
    last = "SELECT FAT_ID FROM FATURE WHERE KTR_ID = (SELECT MAX(KTR_ID) FROM FATURE)"
    report = look_at(f"DELETE FROM FAT_RRESHT WHERE FAT_ID NOT IN ({last})")
    found = find(report, Topic.KEYS, "[invoice_line] columns.invoice_number", Level.NOTE)
    assert found.found == "10 of 10 invoices have no lines by contract and number"
    assert not told(report, Level.BROKEN, Level.WARNING)


def test_a_tv_fee_among_lines_that_is_not_called_so_doubles_nothing(look_at: Look) -> None:
    kind = next(line for line in TEXT.splitlines() if line.startswith("kind = "))
    small = (
        "UPDATE FATURE SET VL_NETO = 30, VL_TVSH = 6, TKS_TV = 100;"
        "DELETE FROM FAT_RRESHT WHERE NR_RRESHT > 2;"
        "UPDATE FAT_RRESHT SET VL_NETO = CASE NR_RRESHT WHEN 1 THEN {} ELSE {} END"
    )
    place = "[invoice_line] columns.net"
    report = look_at(small.format(30, 100), (kind, 'kind = { value = "energy" }'))
    assert place not in " ".join(told(report, Level.WARNING))
    report = look_at(small.format(60, 200), (kind, 'kind = { value = "energy" }'))
    assert "twice the invoice's net" in find(report, Topic.KEYS, place, Level.WARNING).found


def test_a_table_of_lines_without_rows_is_no_lost_line(look_at: Look) -> None:
    report = look_at("DELETE FROM FAT_RRESHT")
    assert not told(report, Level.BROKEN)
    (warning,) = told(report, Level.WARNING)
    assert "[invoice_line] has no rows" in warning


def test_a_cancelled_invoice_needs_no_number(look_at: Look) -> None:
    view = ('{ table = "FATURE", as = "f"', '{ table = "V_FATURE", as = "f"')
    numbers = (
        "CREATE VIEW V_FATURE AS SELECT *, CASE WHEN FAT_ID > 1 THEN FAT_NR END AS NR FROM FATURE"
    )
    number = ('number = "f.FAT_NR"\n', 'number = "f.NR"\n')
    broken = told(look_at(numbers, view, number), Level.BROKEN)
    assert any("columns.number" in one for one in broken)
    report = look_at(f"{numbers}; UPDATE FATURE SET STATUS = 'A' WHERE FAT_ID = 1", view, number)
    assert not told(report, Level.BROKEN)


def test_codes_that_nobody_can_type_are_told(look_at: Look) -> None:
    report = look_at("UPDATE KONTRATE SET KTR_KOD = substr(KTR_KOD, 1, 4) || '-' || KTR_ID")
    finding = find(report, Topic.SAMPLES, "[contract] columns.code", Level.BROKEN)
    assert finding.found == "no customer can type it in 20 of 20 rows"


def test_midnight_told_in_utc_is_told(look_at: Look) -> None:
    # Of the last Sundays of March and October the hour is another one.
    in_utc = (
        "UPDATE FATURE SET DT_LESHIM = date(DT_LESHIM, '-1 day') || CASE"
        " WHEN substr(DT_LESHIM, 6, 2) BETWEEN '04' AND '10' THEN ' 22:00:00' ELSE ' 23:00:00' END"
    )
    report = look_at(in_utc)
    finding = find(report, Topic.SAMPLES, "[invoice] columns.issued_on", Level.WARNING)
    assert finding.found.startswith("is midnight in Tirana told in UTC, a day early in ")
    report = look_at(f"{in_utc} WHERE FAT_ID % 2")
    assert not told(report, Level.WARNING)
    report = look_at("UPDATE FATURE SET DT_LESHIM = date(DT_LESHIM) || ' 22:30:00'")
    assert not told(report, Level.WARNING)


@pytest.mark.parametrize("key", ["UNIQUE", "PRIMARY KEY", "COLLATE BINARY UNIQUE"])
def test_an_index_that_a_unique_column_has_is_found(look_at: Look, key: str) -> None:
    sql = (
        "CREATE TABLE NEW (KTR_ID INTEGER, KTR_KOD VARCHAR(20) {}, ABN_ID INTEGER, ADRESA TEXT,"
        " FSHIRE VARCHAR(1)); INSERT INTO NEW SELECT KTR_ID, KTR_KOD, ABN_ID, ADRESA, FSHIRE"
        " FROM KONTRATE"
    )
    contract = ('[contract]\ntable = "KONTRATE"', '[contract]\ntable = "NEW"')
    report = look_at(sql.format(key), contract)
    found = find(report, Topic.INDEXES, "[contract] columns.code", Level.OK)
    assert found.found == "an index leads on NEW.KTR_KOD"
    partial = "; CREATE INDEX PART ON NEW (KTR_KOD) WHERE KTR_ID > 3"
    report = look_at(sql.format("") + partial, contract)
    assert find(report, Topic.INDEXES, "[contract] columns.code", Level.WARNING)
