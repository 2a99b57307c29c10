"""Frozen: rows written by csv and by XlsxWriter as anybody would, with no look at what is in them.

Nothing of the portal is used here, so that a faster or slower portal does not move the yardstick.
"""

import csv
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from io import TextIOWrapper
from typing import Any, BinaryIO

import xlsxwriter

HEAD = [f"Column {number}" for number in range(1, 16)]
Rows = Iterable[Sequence[object]]


def bare_csv(stream: BinaryIO, batches: Iterable[Rows]) -> None:
    text = TextIOWrapper(stream, encoding="utf-8", newline="")
    writer = csv.writer(text, delimiter=";")
    writer.writerow(HEAD)
    for rows in batches:
        writer.writerows(rows)
    text.flush()
    text.detach()


def bare_xlsx(stream: BinaryIO, batches: Iterable[Rows]) -> None:
    """As many rows as one sheet has room for."""
    book = xlsxwriter.Workbook(stream, {"constant_memory": True})
    day = book.add_format({"num_format": "dd.mm.yyyy"})
    money = book.add_format({"num_format": "#,##0.00"})
    page = book.add_worksheet()
    writers: list[Callable[[int, int, Any], object]] = [
        *[page.write_string] * 6,
        lambda row, place, month: page.write_datetime(row, place, date(*month, 1), day),
        *[lambda row, place, value: page.write_datetime(row, place, value, day)] * 2,
        page.write_number,
        *[lambda row, place, value: page.write_number(row, place, value, money)] * 5,
    ]
    for place, title in enumerate(HEAD):
        page.write_string(0, place, title)
    number = 0
    for rows in batches:
        for row in rows:
            number += 1
            for place, value in enumerate(row):
                if value is not None:
                    writers[place](number, place, value)
    book.close()
