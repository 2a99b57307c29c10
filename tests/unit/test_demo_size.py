"""The demo in any size: the same rows by one process or two, sums that agree, words."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

from legacy_adapters.demo import generator, progress, writing
from legacy_adapters.demo.generator import DemoNotMade, DemoSize, contract_code, make_demo
from tests.conftest import Portal

DAY = date(2026, 5, 17)
SIZE = DemoSize(contracts=450, seed=5, months=4)
TABLES = ("PARAM_SISTEMI", "ABONENT", "KONTRATE", "FATURE", "FAT_RRESHT", "PAGESE")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("demo") / "one.sqlite3"
    make_demo(file, size=SIZE, today=DAY, processes=1)
    return file


@pytest.fixture
def demo(made: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(made)) as connection:
        yield connection


def dump(file: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every row in the order in which it stands, and every index."""
    with closing(sqlite3.connect(file)) as connection:
        found = {name: connection.execute(f"SELECT * FROM {name}").fetchall() for name in TABLES}
        found["made"] = connection.execute("SELECT type, name, sql FROM sqlite_schema").fetchall()
        found["counted"] = connection.execute("SELECT * FROM sqlite_stat1").fetchall()
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return found


def test_one_process_and_two_make_the_same(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generator, "PART", generator.BATCH)
    make_demo(tmp_path / "two.sqlite3", size=SIZE, today=DAY, processes=2)
    assert dump(tmp_path / "two.sqlite3") == dump(made)
    assert [file.name for file in tmp_path.iterdir()] == ["two.sqlite3"]


def test_more_contracts_leave_the_first_as_they_are(made: Path, tmp_path: Path) -> None:
    make_demo(tmp_path / "few.sqlite3", size=DemoSize(contracts=50, seed=5, months=4), today=DAY)
    few, many = dump(tmp_path / "few.sqlite3"), dump(made)
    for table in TABLES[1:]:
        assert few[table] == many[table][: len(few[table])], table


def test_small_demos_start_no_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "ProcessPoolExecutor", None)
    make_demo(tmp_path / "small.sqlite3", size=DemoSize(), today=DAY)


def test_codes_hold_more_than_a_million() -> None:
    last = generator.FIRST_GENERATED + 1_300_000 - 1
    assert contract_code(last) == "AL1300304"
    assert len(contract_code(generator.FIRST_GENERATED + generator.MOST_GENERATED - 1)) == 9


def test_counts(demo: sqlite3.Connection) -> None:
    def count(what: str) -> int:
        (found,) = demo.execute(f"SELECT COUNT(*) FROM {what}").fetchone()
        return int(found)

    assert count("KONTRATE") == SIZE.contracts + generator.FIRST_GENERATED
    assert count("FATURE") == count("(SELECT DISTINCT FAT_NR FROM FATURE)")
    assert count("FATURE") == count("(SELECT DISTINCT NSLF FROM FATURE)")
    assert count("FATURE") == count("(SELECT DISTINCT NIVF FROM FATURE)")
    assert count("KONTRATE") == count("(SELECT DISTINCT KTR_ID FROM FATURE)")
    generated = f"FROM FATURE WHERE KTR_ID >= {generator.FIRST_GENERATED} AND STATUS <> 'A'"
    most = demo.execute(f"SELECT MAX(n) FROM (SELECT COUNT(*) n {generated} GROUP BY KTR_ID)")
    assert most.fetchone() == (SIZE.months,)


def test_lines_and_sums_agree(demo: sqlite3.Connection) -> None:
    wrong = demo.execute(
        "SELECT FAT_ID FROM FATURE f LEFT JOIN FAT_RRESHT r USING (FAT_ID) GROUP BY FAT_ID"
        " HAVING ABS(f.VL_NETO - TOTAL(r.VL_NETO)) > 0.001"
        " OR ABS(f.VL_TVSH - f.VL_NETO * 0.2) > 0.005"
        " OR ABS(TOTAL(r.SASI * r.CMIM) - f.VL_NETO) > 0.001"
        " OR TOTAL(r.SASI) FILTER (WHERE r.ZER_KOD = 'EN') <> f.KWH"
        " OR f.LEX_PAS - f.LEX_PARA <> f.KWH"
    )
    assert wrong.fetchall() == []


def test_status_is_what_was_paid(demo: sqlite3.Connection) -> None:
    wrong = demo.execute(
        "SELECT FAT_ID FROM FATURE WHERE STATUS <> 'A' AND STATUS <> CASE"
        " WHEN VL_PAGUAR > VL_NETO + VL_TVSH + TKS_TV + KAMATE - 0.001 THEN 'P' ELSE 'H' END"
    )
    assert wrong.fetchall() == []
    statuses = demo.execute("SELECT DISTINCT STATUS FROM FATURE ORDER BY 1").fetchall()
    assert statuses == [("A",), ("H",), ("P",)]


def test_payments_are_what_was_paid(demo: sqlite3.Connection) -> None:
    """All but the manual's, which prints fewer payments than invoices."""
    wrong = demo.execute(
        "SELECT KTR_ID FROM KONTRATE WHERE KTR_ID > 0 AND ABS("
        "(SELECT TOTAL(VL_PAGUAR) FROM FATURE f"
        "  WHERE f.KTR_ID = KONTRATE.KTR_ID AND STATUS <> 'A')"
        " - (SELECT TOTAL(VLERA) FROM PAGESE p WHERE p.KTR_ID = KONTRATE.KTR_ID)) > 0.001"
    )
    assert wrong.fetchall() == []
    wrong = demo.execute(
        "SELECT PAG_ID FROM PAGESE JOIN FATURE ON FAT_ID = PAG_ID WHERE PAGESE.KTR_ID >= ?"
        " AND (PAGESE.KTR_ID <> FATURE.KTR_ID OR VLERA <> VL_PAGUAR OR DT_PAG < DT_LESHIM"
        " OR DT_PAG > ?)",
        (generator.FIRST_GENERATED, DAY.isoformat()),
    )
    assert wrong.fetchall() == []


def flask_billing_demo(portal: Portal, file: Path, *more: str) -> tuple[int, str]:
    command = ["billing", "demo", "--contracts", "450", "--file", str(file), *more]
    done = portal.app.test_cli_runner().invoke(args=command)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.output


@pytest.mark.parametrize("processes", [1, 2])
def test_a_full_disk_is_told_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, processes: int
) -> None:
    """Full when the demo users are in, and some of the others."""
    file = tmp_path / "demo.sqlite3"
    make_demo(file, size=DemoSize(contracts=0, months=SIZE.months), today=DAY)
    with closing(sqlite3.connect(file)) as connection:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
    file.write_text("what was there before")
    monkeypatch.setattr(writing, "OPEN", f"{writing.OPEN}PRAGMA max_page_count = {pages};")
    with pytest.raises(DemoNotMade, match=r"demo\.sqlite3 could not be made: .* is full"):
        make_demo(file, size=SIZE, today=DAY, processes=processes)
    assert file.read_text() == "what was there before"
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("kind", ["another database", "a text"])
def test_the_command_writes_over_no_file_but_a_demos(
    portal: Portal, tmp_path: Path, kind: str
) -> None:
    file = tmp_path / "theirs"
    if kind == "a text":
        file.write_text("theirs")
    else:
        with closing(sqlite3.connect(file)) as connection:
            connection.execute("CREATE TABLE KONTRATE (KTR_KOD TEXT)")
    before = file.read_bytes()
    code, told = flask_billing_demo(portal, file, "--months", "4")
    assert (code, file.read_bytes()) == (1, before)
    assert f"{file} is there already and is no demo's database" in told
    file.unlink()
    assert flask_billing_demo(portal, file, "--months", "4")[0] == 0
    assert flask_billing_demo(portal, file, "--months", "5")[0] == 0


def test_the_command_fails_in_words(
    portal: Portal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path /= "made"
    tmp_path.mkdir()
    (tmp_path / "no-folder").touch()
    for folder in ("no-folder", "no-folder/below"):
        code, told = flask_billing_demo(portal, tmp_path / folder / "demo.sqlite3")
        assert (code, "cannot be written: its folder is not there" in told) == (1, True), told
    monkeypatch.setattr(writing, "OPEN", "PRAGMA max_page_count = 3;")
    code, told = flask_billing_demo(portal, tmp_path / "demo.sqlite3")
    assert code == 1
    assert "is full. Its folder must be writable and have 27 MB to spare." in told
    assert [file.name for file in tmp_path.iterdir()] == ["no-folder"]


def test_the_demo_users_need_four_months(portal: Portal, tmp_path: Path) -> None:
    code, told = flask_billing_demo(portal, tmp_path / "demo.sqlite3", "--months", "3")
    assert code == 2
    assert "4<=x<=240" in told


def test_long_work_tells_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(0, 1_000, 5))
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(clock))
    told: list[str] = []
    work = progress.Progress(1_000, told.append)
    for done in range(50, 1_001, 50):
        work.tell_contracts(done)
    work.tell_indexes()
    assert [line.partition(",")[0] for line in told] == [
        *(f"{tenth} %: {tenth * 10} contracts" for tenth in range(10, 100, 10)),
        *("100 %: 1", "Making the indexes"),
    ]
    assert told[-1].endswith(" s")


def test_short_work_is_silent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "SECONDS_OF_SILENCE", 60)
    told: list[str] = []
    make_demo(tmp_path / "demo.sqlite3", size=SIZE, today=DAY, tell=told.append)
    assert told == []
