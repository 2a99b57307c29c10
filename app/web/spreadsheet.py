"""Rows as a file for spreadsheets, which take some texts for formulas and run them."""

import csv
from collections.abc import Iterable, Iterator
from io import StringIO

MARK = "\ufeff"  # without it they read ë as two letters
BETWEEN = ";"  # where the comma stands in numbers, theirs is this
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def safe(cell: str) -> str:
    """With an apostrophe before what would be a formula, as they write texts themselves."""
    return f"'{cell}" if cell.lstrip(" ").startswith(FORMULA) else cell


def written(head: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    """Piece by piece: a row is written when it is read."""
    yield MARK + _line(head)
    for row in rows:
        yield _line(row)


def _line(cells: Iterable[str]) -> str:
    line = StringIO()
    writer = csv.writer(line, delimiter=BETWEEN, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow([safe(cell) for cell in cells])
    return line.getvalue()
