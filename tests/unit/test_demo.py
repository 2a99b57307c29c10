"""The demo's data: the manual to the cent, and the same rows for the same seed."""

import sqlite3
from datetime import date
from pathlib import Path
from random import Random

import pytest

from legacy_adapters.demo.bills import Habit, bills, interest
from legacy_adapters.demo.generator import DemoSize, make_demo

MANUAL = {
    10: 215_14,
    27: 217_08,
    58: 220_61,
    88: 224_03,
    119: 227_57,
    147: 230_76,
    199: 236_69,
    209: 237_83,
}


@pytest.mark.parametrize(("days", "cents"), MANUAL.items())
def test_interest_of_the_manuals_late_payments(days: int, cents: int) -> None:
    assert 214_00 + interest(114_00, days) == cents


def rows(file: Path) -> list[tuple[object, ...]]:
    with sqlite3.connect(file) as connection:
        return [
            row
            for table in ("ABONENT", "KONTRATE", "FATURE", "FAT_RRESHT", "PAGESE")
            for row in connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2")
        ]


def test_same_seed_same_rows(tmp_path: Path) -> None:
    size, day = DemoSize(contracts=20, seed=5, months=4), date(2026, 5, 17)
    for name in ("one", "two"):
        make_demo(tmp_path / name, size=size, today=day)
    make_demo(tmp_path / "other", size=DemoSize(contracts=20, seed=6, months=4), today=day)
    assert rows(tmp_path / "one") == rows(tmp_path / "two")
    assert rows(tmp_path / "one") != rows(tmp_path / "other")


@pytest.mark.parametrize("day", [date(2024, 2, 29), date(2026, 1, 1), date(2026, 3, 31)])
def test_bills_run_up_to_any_day(day: date) -> None:
    for seed in range(40):
        for habit in Habit:
            found = bills(Random(seed), today=day, months=14, business=False, habit=habit)
            assert all(bill.issued <= day for bill in found)
            assert all(bill.paid_on is None or bill.issued <= bill.paid_on <= day for bill in found)
            assert (day - found[-1].issued).days < 38
            owed = [bill for bill in found if bill.paid < bill.total]
            expected = {Habit.PROMPT: 0, Habit.CURRENT: 1, Habit.LATE: 3, Habit.PARTIAL: 1}
            assert len(owed) == expected[habit]


def test_an_unfinished_database_never_takes_the_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "demo.sqlite3"
    make_demo(file, size=DemoSize(contracts=1, months=1), today=date(2026, 1, 1))
    before = file.read_bytes()

    def fail(*_a: object, **_k: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("legacy_adapters.demo.generator.bills", fail)
    with pytest.raises(KeyboardInterrupt):
        make_demo(file, size=DemoSize(contracts=1, months=1), today=date(2026, 1, 2))
    assert file.read_bytes() == before
