"""Files of rows as LibreOffice opens them: without a word, numbers as numbers, nothing run."""

import csv
from datetime import UTC, date, datetime
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest

from app.spreadsheets import Column, Kind, Row, Sheet, csv_pieces, write_xlsx
from legacy_adapters.records import Period
from tests.components import opened_in_office

COLUMNS = [
    Column(title="Emri"),
    Column(title="Muaji", kind=Kind.MONTH),
    Column(title="Data", kind=Kind.DAY),
    Column(title="Shuma", kind=Kind.MONEY),
]
ROWS: list[Row] = [
    ("Dyqani ë ç", Period(2026, 3), date(2026, 3, 31), Decimal("1234.50")),
    ("=1+1", Period(2026, 3), date(2026, 4, 1), Decimal("-0.05")),
    ("@SUM(D2)", None, None, Decimal("0.00")),
    ("+355691234567", None, None, None),
    ('=HYPERLINK("http://a.example";"a")', None, None, None),
    ("00123", None, None, None),
]
# A table of text, `;` between its fields, in English.
AS_TEXT = "csv:Text - txt - csv (StarCalc):59,34,76,1,,1033,false,true,false"


def shown(file: Path, folder: Path) -> list[list[str]]:
    out = folder / "out"
    out.mkdir()
    text = opened_in_office(file, AS_TEXT, out).decode().removeprefix("\ufeff")
    return list(csv.reader(StringIO(text), delimiter=";"))


def test_a_workbook(tmp_path: Path) -> None:
    file = tmp_path / "lista.xlsx"
    with file.open("wb") as stream:
        write_xlsx(
            stream,
            [Sheet(name="Lista", columns=COLUMNS, batches=[ROWS])],
            title="Lista",
            author="Energjia",
            made_at=datetime.now(UTC),
            folder=tmp_path,
        )
    head, *found = shown(file, tmp_path)
    assert head == ["Emri", "Muaji", "Data", "Shuma"]
    assert [row[0] for row in found] == [row[0] for row in ROWS], "texts are as they were"
    # Written by their values, in English: what stood there were days and numbers, not texts.
    assert found[0][1:] == ["03/01/2026", "03/31/2026", "1234.5"]
    assert found[1][3] == "-0.05"


@pytest.mark.parametrize("language", ["sq", "en"])
def test_csv(tmp_path: Path, language: str) -> None:
    file = tmp_path / "lista.csv"
    file.write_text("".join(csv_pieces(COLUMNS, [ROWS], language)), encoding="utf-8", newline="")
    # Opened as computers do that count with a comma, or with a point; then written in English,
    # numbers as numbers. German stands for Albanian, whose comma LibreOffice does not know.
    between, locale = (59, 1031) if language == "sq" else (44, 1033)
    out = tmp_path / "out"
    out.mkdir()
    opened = f"--infilter=CSV:{between},34,76,1,,{locale}"
    text = opened_in_office(file, AS_TEXT, out, opened).decode().removeprefix("\ufeff")
    _head, *found = list(csv.reader(StringIO(text), delimiter=";"))
    assert [row[0].lstrip("'") for row in found[:5]] == [str(row[0]) for row in ROWS[:5]]
    assert found[0][2] in {"2026-03-31", "31.03.2026", "3/31/2026", "03/31/2026"}
    assert float(found[0][3].replace(",", "")) == 1234.5
    assert float(found[1][3]) == -0.05
