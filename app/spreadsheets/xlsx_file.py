"""Rows as an Excel workbook without anything active in it: no formula, no link, no macro."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, BinaryIO

from xlsxwriter import Workbook
from xlsxwriter.exceptions import FileCreateError
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from app.spreadsheets.columns import Column, Kind, Row

ROWS_AT_MOST = 1_048_575  # of a sheet, below its head
LONGEST_CELL = 32_767
DAY_ZERO = date(1899, 12, 30)  # Excel counts days
A4 = 9
HEAD_HEIGHT = 32  # points, two lines
NUMBER_FORMATS = {
    Kind.MONEY: "#,##0.00",
    Kind.QUANTITY: "#,##0.####",
    Kind.COUNT: "0",
    Kind.DAY: "dd.mm.yyyy",
    Kind.MONTH: "mm/yyyy",
}
Write = Callable[[int, int, Any], object]


@dataclass(frozen=True, kw_only=True, slots=True)
class Sheet:
    """name: at most 25 characters; when its rows go on on a further sheet, with a number."""

    name: str
    columns: Sequence[Column]
    batches: Iterable[Sequence[Row]]


def write_xlsx(
    stream: BinaryIO,
    sheets: Iterable[Sheet],
    *,
    title: str,
    author: str,
    made_at: datetime,
    folder: Path,
) -> None:
    """Sheet after sheet, row after row: memory holds one row. sheets: asked for one after the
    other, so that a later one may tell of those before it. folder: for what is written on the
    way; what a crash leaves there is the caller's to delete. Raises: OSError."""
    book = _Book(stream, folder)
    book.file.set_properties(
        {"title": title, "author": author, "created": made_at.replace(tzinfo=None)}
    )
    try:
        for sheet in sheets:
            book.write(sheet)
        book.close()
    except BaseException:
        book.give_up()
        raise


class _Sink:
    """The library's archive finishes itself once more when it is thrown away: on a full disk that
    fails again, where nobody can hear it."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.is_over = False

    def write(self, content: bytes) -> int:
        return len(content) if self.is_over else self._stream.write(content)

    def seek(self, offset: int, whence: int = 0) -> int:
        return offset if self.is_over else self._stream.seek(offset, whence)

    def tell(self) -> int:
        return 0 if self.is_over else self._stream.tell()

    def flush(self) -> None:
        if not self.is_over:
            self._stream.flush()


class _Book:
    def __init__(self, stream: BinaryIO, folder: Path) -> None:
        self._sink = _Sink(stream)
        self.file = Workbook(
            self._sink,
            {
                "constant_memory": True,
                "tmpdir": str(folder),
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
                "use_zip64": True,
            },
        )
        self._formats = {
            kind: self.file.add_format({"num_format": told})
            for kind, told in NUMBER_FORMATS.items()
        }
        self._head = self.file.add_format({"bold": True, "bottom": 1, "valign": "top"})
        self._head.set_text_wrap()

    def write(self, sheet: Sheet) -> None:
        page, cells = self._begin(sheet, sheet.name)
        number, pages = 0, 1
        for rows in sheet.batches:
            for row in rows:
                if number == ROWS_AT_MOST:
                    self._end(page, sheet, number)
                    number, pages = 0, pages + 1
                    page, cells = self._begin(sheet, f"{sheet.name} ({pages})")
                number += 1
                for place, write in cells:
                    value = row[place]
                    if value is not None:
                        write(number, place, value)
        self._end(page, sheet, number)

    def _begin(self, sheet: Sheet, name: str) -> tuple[Worksheet, list[tuple[int, Write]]]:
        page = self.file.add_worksheet(name)
        for place, column in enumerate(sheet.columns):
            page.set_column(place, place, column.width, self._formats.get(column.kind))
            page.write_string(0, place, column.title, self._head)
        page.set_row(0, HEAD_HEIGHT)
        page.freeze_panes(1, 0)
        page.set_landscape()
        page.set_paper(A4)
        page.fit_to_pages(1, 0)
        page.repeat_rows(0)
        kinds = [column.kind for column in sheet.columns]
        return page, [(n, _writer(page, k, self._formats.get(k))) for n, k in enumerate(kinds)]

    @staticmethod
    def _end(page: Worksheet, sheet: Sheet, rows: int) -> None:
        if rows:
            page.autofilter(0, 0, rows, len(sheet.columns) - 1)

    def close(self) -> None:
        """Raises: OSError."""
        try:
            self.file.close()
        except FileCreateError as error:
            raise error.args[0] from None

    def give_up(self) -> None:
        self._sink.is_over = True
        for page in self.file.worksheets():
            page.row_data_fh.close()  # the library does so only in close()


def _writer(page: Worksheet, kind: Kind, written_as: Format | None) -> Write:
    text, number = page.write_string, page.write_number
    match kind:
        case Kind.TEXT:
            return lambda row, place, value: text(row, place, value[:LONGEST_CELL])
        case Kind.DAY:
            return lambda row, place, value: number(row, place, (value - DAY_ZERO).days, written_as)
        case Kind.MONTH:
            return lambda row, place, value: number(
                row, place, (date(value.year, value.month, 1) - DAY_ZERO).days, written_as
            )
    return lambda row, place, value: number(row, place, float(value), written_as)
