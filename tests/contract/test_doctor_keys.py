"""The doctor looks whether codes find what they name: again, once, and in the other relation."""

from pathlib import Path

import pytest

from legacy_adapters.doctor import Level, Topic, sampled
from tests.conftest import DEMO_MAPPING
from tests.contract.test_doctor import find, look, told
from tests.contract.test_twice import (
    CANCELLED,
    OLD_HOLDER,
    SECOND_INVOICE,
    Copy,
    copied,
    in_sqlite,
    twice,
    without_unique_codes,
)

__all__ = ["copied", "twice"]
TEXT = DEMO_MAPPING.read_text(encoding="utf-8")


@pytest.fixture
def copy(demo_file: Path, tmp_path: Path) -> Copy:
    return without_unique_codes(in_sqlite(demo_file, tmp_path))


@pytest.mark.parametrize("twice", [OLD_HOLDER], indirect=True)
def test_a_contract_twice_is_broken(twice: Copy) -> None:
    report = look(twice.address)
    for place in ("[contract] columns.code", "[contract_info] columns.contract_code"):
        finding = find(report, Topic.KEYS, place)
        assert finding.level is Level.BROKEN
        assert finding.found.startswith("1 of ") and "more than once" in finding.found
        assert "`except`, `only` or a view" in finding.expected
    assert len(told(report, Level.BROKEN)) == 2


@pytest.mark.parametrize("twice", [SECOND_INVOICE], indirect=True)
def test_an_invoice_twice_is_broken(twice: Copy) -> None:
    report = look(twice.address)
    finding = find(report, Topic.KEYS, "[invoice] columns.number")
    assert finding.level is Level.BROKEN
    assert finding.found.startswith("1 of ") and "more than once" in finding.found
    assert len(told(report, Level.BROKEN)) == 1
    assert "123456789" not in report.to_text()


@pytest.mark.parametrize("twice", [CANCELLED], indirect=True)
def test_a_cancelled_invoice_may_have_anothers_number(twice: Copy) -> None:
    assert told(look(twice.address), Level.BROKEN) == []


def test_relations_that_do_not_meet(copy: Copy, tmp_path: Path) -> None:
    copy.run("ALTER TABLE KONTRATE ADD KTR_NR INTEGER; UPDATE KONTRATE SET KTR_NR = KTR_ID")
    copy.run("ALTER TABLE KONTRATE ADD KTR_TEKST VARCHAR(7)")
    copy.run("UPDATE KONTRATE SET KTR_TEKST = SUBSTR('0000000' || KTR_ID, -7)")
    mapping = tmp_path / "meet.toml"
    head, middle, rest = TEXT.partition("[invoice]")
    head, rest = head.replace("k.KTR_KOD", "k.KTR_NR"), rest.replace("k.KTR_KOD", "k.KTR_TEKST")
    mapping.write_text(head + middle + rest, encoding="utf-8")
    report = look(copy.address, mapping)
    for name in ("invoice", "payment"):
        place = f"[{name}] columns.contract_code"
        finding = find(report, Topic.KEYS, place, Level.BROKEN)
        assert "codes are in no row of `contract`" in finding.found
    assert len(told(report, Level.BROKEN)) == 2


def test_some_that_do_not_meet_are_a_warning(copy: Copy) -> None:
    copy.run("DELETE FROM ABONENT WHERE ABN_ID = 0")
    report = look(copy.address)
    finding = find(report, Topic.KEYS, "[invoice] columns.contract_code", Level.WARNING)
    assert finding.found.startswith("1 of ") and "in no row of `contract`" in finding.found
    assert told(report, Level.BROKEN) == []


def test_the_oldest_invoices_may_be_of_contracts_that_are_gone(copy: Copy) -> None:
    copy.run("DELETE FROM ABONENT WHERE ABN_ID IN (SELECT ABN_ID FROM KONTRATE LIMIT 100)")
    report = look(copy.address)
    finding = find(report, Topic.KEYS, "[invoice] columns.contract_code", Level.WARNING)
    missing, _, of = finding.found.split()[:3]
    assert missing == of
    assert told(report, Level.BROKEN) == []


INFO = (
    "CREATE TABLE INFO (KOD VARCHAR(20), ZON_KOD VARCHAR(10)); CREATE INDEX INFO_KOD ON INFO (KOD);"
    "INSERT INTO INFO SELECT {} || KTR_KOD, ZON_KOD FROM KONTRATE"
)


def with_info() -> str:
    head, _, rest = TEXT.partition("[contract_info]")
    info = (
        '[contract_info]\ntable = "INFO"\ncolumns = { contract_code = "KOD", zone = "ZON_KOD" }\n'
    )
    return f"{head}{info}\n{rest[rest.index('[invoice]') :]}"


@pytest.mark.parametrize(
    ("code", "level", "found"),
    [
        ("'K'", Level.BROKEN, "365 of 365 codes of `contract` are in no row"),
        (
            "CASE WHEN KTR_ID < 3 THEN 'K' ELSE '' END",
            Level.WARNING,
            "3 of 365 codes of `contract` are in no row",
        ),
    ],
)
def test_contracts_that_no_info_is_found_of(
    demo_file: Path, tmp_path: Path, code: str, level: Level, found: str
) -> None:
    copy = in_sqlite(demo_file, tmp_path)
    copy.run(INFO.format(code))
    mapping = tmp_path / "info.toml"
    mapping.write_text(with_info(), encoding="utf-8")
    report = look(copy.address, mapping)
    place = "[contract_info] columns.contract_code"
    assert find(report, Topic.KEYS, place, level).found == found
    assert len(told(report, Level.BROKEN, Level.WARNING)) == 1


def test_info_of_newer_contracts_alone_is_no_wrong_spelling(
    demo_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sampled, "CODES", 100)  # of 365
    copy = in_sqlite(demo_file, tmp_path)
    copy.run(INFO.format("''") + " WHERE KTR_ID > 300")
    mapping = tmp_path / "info.toml"
    mapping.write_text(with_info(), encoding="utf-8")
    report = look(copy.address, mapping)
    place = "[contract_info] columns.contract_code"
    found = find(report, Topic.KEYS, place, Level.WARNING).found
    assert found == "100 of 100 codes of `contract` are in no row"
    assert not told(report, Level.BROKEN)


def test_one_odd_tax_number_is_no_broken_billing(demo_file: Path, tmp_path: Path) -> None:
    copy = in_sqlite(demo_file, tmp_path)
    copy.run("UPDATE ABONENT SET NIPT = 'L 12  34567I' WHERE ABN_ID = 1")
    report = look(copy.address)
    assert not told(report, Level.BROKEN)
    found = [f.found for f in report.of(Topic.KEYS) if f.place.endswith("columns.tax_id")]
    assert "3 of 10, asked for again, find nothing" in found  # the contracts of one holder


def test_codes_under_two_spellings_are_told(demo_file: Path, tmp_path: Path) -> None:
    copy = in_sqlite(demo_file, tmp_path)
    copy.run(
        "CREATE TABLE PAG (KOD VARCHAR(20) COLLATE NOCASE, DT DATE, V NUMERIC(12, 2));"
        "CREATE INDEX PAG_KOD ON PAG (KOD);"
        "INSERT INTO PAG SELECT lower(KTR_KOD), DT_PAG, VLERA FROM PAGESE"
        " JOIN KONTRATE USING (KTR_ID) WHERE KTR_ID = 1;"
        "INSERT INTO PAG SELECT KTR_KOD, DT_PAG, VLERA FROM PAGESE JOIN KONTRATE USING (KTR_ID)"
        " WHERE KTR_ID > 1"
    )
    mapping = tmp_path / "pag.toml"
    payment = (
        '[payment]\ntable = "PAG"\n'
        'columns = { contract_code = "KOD", paid_on = "DT", amount = "V" }\n'
    )
    mapping.write_text(TEXT[: TEXT.index("[payment]")] + payment, encoding="utf-8")
    report = look(copy.address, mapping)
    place = "[payment] columns.contract_code"
    found = find(report, Topic.KEYS, place, Level.BROKEN).found
    assert found.endswith("are in no row of `contract`, but found by its spelling")


def test_tax_numbers_in_two_spellings(demo_file: Path, tmp_path: Path) -> None:
    copy = in_sqlite(demo_file, tmp_path)
    copy.run("UPDATE ABONENT SET NIPT = NULL WHERE ABN_ID > 9")
    copy.run("UPDATE ABONENT SET NIPT = 'L1234567' || ABN_ID || 'i' WHERE ABN_ID < 2")
    copy.run("UPDATE ABONENT SET NIPT = 'L 234567' || ABN_ID || 'I' WHERE ABN_ID = 2")
    report = look(copy.address)
    finding = find(report, Topic.KEYS, "[contract] columns.tax_id", Level.WARNING)
    assert finding.found.startswith("4 of ") and "capitals and small letters" in finding.found
    assert "L12" not in report.to_text()
