"""Rows as CSV and Excel files: numbers are numbers, days are days, and nothing runs."""

import csv
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from defusedxml.ElementTree import fromstring

from app.spreadsheets import Column, Kind, Row, Sheet, csv_pieces, write_xlsx, xlsx_file
from legacy_adapters.records import Period

COLUMNS = [
    Column(title="Kodi"),
    Column(title="Muaji", kind=Kind.MONTH),
    Column(title="Data", kind=Kind.DAY),
    Column(title="Ditë", kind=Kind.COUNT),
    Column(title="kWh", kind=Kind.QUANTITY),
    Column(title="Shuma", kind=Kind.MONEY),
]
ROW: Row = ("AL0000001", Period(2026, 3), date(2026, 3, 31), 7, Decimal("1E+3"), Decimal("-12.50"))
EMPTY: Row = ("", None, None, None, None, None)
HOSTILE = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "=HYPERLINK(A1)"]
HARMLESS = ["ë ç", 'a "b"; c', "x=1", "1-1", "'", "http://a.example/", "{=1}"]
NAMESPACE = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
MADE_AT = datetime(2026, 11, 28, 12, tzinfo=UTC)


def as_csv(*batches: Sequence[Row], language: str = "sq", columns: Any = COLUMNS) -> str:
    return "".join(csv_pieces(columns, batches, language))


def read(text: str, delimiter: str) -> list[list[str]]:
    assert text.startswith("\ufeff")
    return list(csv.reader(StringIO(text[1:], newline=""), delimiter=delimiter))


@pytest.mark.parametrize(
    ("language", "delimiter", "quantity", "amount"),
    [("sq", ";", "1000", "-12,50"), ("en", ",", "1000", "-12.50")],
)
def test_types_in_csv(language: str, delimiter: str, quantity: str, amount: str) -> None:
    head, row, empty = read(as_csv([ROW], [EMPTY], language=language), delimiter)
    assert head == ["Kodi", "Muaji", "Data", "Ditë", "kWh", "Shuma"]
    assert row == ["AL0000001", "2026-03", "2026-03-31", "7", quantity, amount]
    assert empty == ["", "", "", "", "", ""]


def test_decimals_of_a_quantity() -> None:
    rows = [(*ROW[:4], Decimal("3.25"), *ROW[5:])]
    assert read(as_csv(rows), ";")[1][4] == "3,25"
    assert read(as_csv(rows, language="en"), ",")[1][4] == "3.25"


@pytest.mark.parametrize("size", [1, 2, 100])
def test_no_text_is_a_formula_in_csv(size: int) -> None:
    texts = [*HARMLESS, *HOSTILE, *HARMLESS]
    batches = [[(t,) for t in texts[n : n + size]] for n in range(0, len(texts), size)]
    found = [row[0] for row in read(as_csv(*batches, columns=COLUMNS[:1]), ";")[1:]]
    assert found == [*HARMLESS, *(f"'{t}" for t in HOSTILE), *HARMLESS]


def test_a_csv_without_rows() -> None:
    assert read(as_csv(), ";") == read(as_csv([]), ";") == [[c.title for c in COLUMNS]]


def test_a_row_is_written_when_it_is_read() -> None:
    read_so_far: list[int] = []

    def batches() -> Iterator[list[Row]]:
        for number in range(3):
            read_so_far.append(number)
            yield [ROW]

    pieces = csv_pieces(COLUMNS, batches(), "sq")
    next(pieces)
    assert read_so_far == []
    next(pieces)
    assert read_so_far == [0]


class Book:
    def __init__(self, content: bytes) -> None:
        self.archive = ZipFile(BytesIO(content))
        assert self.archive.testzip() is None
        self.parts = self.archive.namelist()
        book = fromstring(self.archive.read("xl/workbook.xml"))
        self.names = [s.get("name") for s in book.iter(f"{NAMESPACE}sheet")]

    def sheet(self, number: int) -> str:
        return self.archive.read(f"xl/worksheets/sheet{number}.xml").decode()

    def rows(self, number: int = 1) -> list[list[tuple[str, str]]]:
        """(type, content) of each cell; type: `s` text, `n` number."""
        return [
            [_cell(cell) for cell in row.iter(f"{NAMESPACE}c")]
            for row in fromstring(self.sheet(number)).iter(f"{NAMESPACE}row")
        ]


def _cell(cell: Any) -> tuple[str, str]:
    if cell.get("t") == "inlineStr":
        return "s", "".join(t.text or "" for t in cell.iter(f"{NAMESPACE}t"))
    value = cell.find(f"{NAMESPACE}v")
    return "n", "" if value is None else value.text


def as_xlsx(folder: Path, *sheets: Sheet) -> Book:
    stream = BytesIO()
    write_xlsx(stream, sheets, title="t", author="a", made_at=MADE_AT, folder=folder)
    assert list(folder.iterdir()) == [], "nothing is left of the way"
    return Book(stream.getvalue())


def sheet(*rows: Row, name: str = "Lista", columns: Any = COLUMNS) -> Sheet:
    return Sheet(name=name, columns=columns, batches=[rows])


def test_types_in_a_workbook(tmp_path: Path) -> None:
    book = as_xlsx(tmp_path, sheet(ROW, EMPTY))
    head, row, empty = book.rows()
    assert head == [("s", c.title) for c in COLUMNS]
    # Excel counts days from the end of 1899.
    assert row == [
        *(("s", "AL0000001"), ("n", "46082"), ("n", "46112")),
        *(("n", "7"), ("n", "1000"), ("n", "-12.5")),
    ]
    assert empty == [("s", "")]
    styles = book.archive.read("xl/styles.xml").decode()
    for told in ("#,##0.00", "dd.mm.yyyy", "mm/yyyy"):
        assert f'formatCode="{told}"' in styles


def test_nothing_in_a_workbook_is_active(tmp_path: Path) -> None:
    rows: list[Row] = [(text, *EMPTY[1:]) for text in [*HOSTILE, *HARMLESS]]
    book = as_xlsx(tmp_path, sheet(*rows))
    assert [cells[0][0] for cells in book.rows()[1:]] == ["s"] * len(rows)
    for word in ("<f>", "<f ", "hyperlink", "<oleObject", "externalReference"):
        assert word not in book.sheet(1)
    allowed = (
        "xl/worksheets/sheet",
        "xl/theme",
        "xl/styles",
        "xl/workbook",
        "xl/_rels",
        "docProps",
    )
    others = [n for n in book.parts if not n.startswith((*allowed, "_rels", "[Content_Types]"))]
    assert others == []


def test_texts_that_xml_does_not_know(tmp_path: Path) -> None:
    text = "a\x00b\x0b<&>" + "ë" * 40_000
    book = as_xlsx(tmp_path, sheet((text, *EMPTY[1:])))
    [(kind, found)] = book.rows()[1]
    assert kind == "s" and "<&>" in found and len(found) <= 32_767 + 20


def test_a_sheet_that_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx_file, "ROWS_AT_MOST", 4)
    rows = [(f"AL{n}", *EMPTY[1:]) for n in range(9)]
    long = Sheet(name="Lista", columns=COLUMNS, batches=[rows[:3], rows[3:]])
    book = as_xlsx(tmp_path, long, sheet(ROW, name="Tjetër"))
    assert book.names == ["Lista", "Lista (2)", "Lista (3)", "Tjetër"]
    assert [len(book.rows(n)) - 1 for n in (1, 2, 3, 4)] == [4, 4, 1, 1]
    assert book.rows(2)[0] == book.rows(1)[0], "each has the head"
    found = [cells[0][1] for n in (1, 2, 3) for cells in book.rows(n)[1:]]
    assert found == [row[0] for row in rows]


def test_a_later_sheet_tells_of_those_before(tmp_path: Path) -> None:
    seen: list[str] = []

    def batches() -> Iterator[list[Row]]:
        seen.append("first")
        yield [ROW]

    def sheets() -> Iterator[Sheet]:
        yield Sheet(name="1", columns=COLUMNS, batches=batches())
        yield sheet((f"{seen}", *EMPTY[1:]), name="2")

    stream = BytesIO()
    write_xlsx(stream, sheets(), title="t", author="a", made_at=MADE_AT, folder=tmp_path)
    assert Book(stream.getvalue()).rows(2)[1] == [("s", "['first']")]


def test_a_workbook_that_is_given_up(tmp_path: Path) -> None:
    def batches() -> Iterator[list[Row]]:
        yield [ROW]
        raise RuntimeError("billing is away")

    stream = BytesIO()
    broken = Sheet(name="1", columns=COLUMNS, batches=batches())
    with pytest.raises(RuntimeError, match="billing is away"):
        write_xlsx(stream, [broken], title="t", author="a", made_at=MADE_AT, folder=tmp_path)
    assert stream.getvalue() == b""


class FullDisk(BytesIO):
    def write(self, _content: Any) -> int:
        raise OSError(28, "No space left on device")


def test_no_room_for_a_workbook(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No space left") as raised:
        write_xlsx(
            FullDisk(), [sheet(ROW)], title="t", author="a", made_at=MADE_AT, folder=tmp_path
        )
    assert raised.value.errno == 28
