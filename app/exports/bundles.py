"""Many invoices in one file: a PDF with one after the other, or an archive of PDFs."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import BinaryIO
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from app.clock import HOME
from app.exports.reading import Drawn
from app.exports.rules import entry_name
from app.formats import Formats
from app.invoices.document import draw_invoices, render_invoice
from config.settings import UtilitySettings

Translate = Callable[[str], str]


def write_book(
    stream: BinaryIO,
    documents: Iterable[Drawn],
    *,
    title: str,
    utility: UtilitySettings,
    is_sample: bool,
    formats: Formats,
    translate: Translate,
) -> int:
    """One PDF, held in memory until its end. Returns how many invoices it has."""
    return draw_invoices(
        stream,
        (drawn.file for drawn in documents),
        title=title,
        utility=utility,
        is_sample=is_sample,
        formats=formats,
        translate=translate,
    )


def write_archive(
    stream: BinaryIO,
    documents: Iterable[Drawn],
    *,
    at: datetime,
    utility: UtilitySettings,
    is_sample: bool,
    formats: Formats,
    translate: Translate,
) -> int:
    """A folder for each contract, a PDF for each invoice: memory holds one of them."""
    there = at.astimezone(HOME)
    moment = (there.year, there.month, there.day, there.hour, there.minute, there.second)
    taken: set[str] = set()
    with ZipFile(stream, "w", ZIP_STORED) as archive:  # PDFs are packed already
        for drawn in documents:
            invoice = drawn.file.invoice
            month = f"{invoice.period.year}-{invoice.period.month:02} " if invoice.period else ""
            name = _free(entry_name(drawn.named.code, f"{month}{invoice.number}"), taken)
            content = render_invoice(
                drawn.file,
                utility=utility,
                is_sample=is_sample,
                formats=formats,
                translate=translate,
            )
            archive.writestr(ZipInfo(name, moment), content)
    return len(taken)


def _free(name: str, taken: set[str]) -> str:
    """Two numbers may differ only in what no file's name can hold."""
    stem, number, free = name.removesuffix(".pdf"), 1, name
    while free.lower() in taken:
        number += 1
        free = f"{stem}-{number}.pdf"
    taken.add(free.lower())
    return free
