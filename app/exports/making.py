"""Makes the file of an export: from what billing tells, row by row, into a stream."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import BinaryIO, TypeVar

from app.clock import HOME
from app.exports import green_button, tables
from app.exports.bundles import write_archive, write_book
from app.exports.list_pdf import ListPdf
from app.exports.reading import Owed, Pace, Reading
from app.exports.records import Format, Named, Note, NotMade, Tally, Wanted, What
from app.exports.titles import title_of
from app.formats import Formats
from app.messages.texts import texts
from app.spreadsheets import Column, Kind, Row, Sheet, csv_pieces, write_xlsx
from config.exports import ExportSettings
from config.settings import UtilitySettings
from legacy_adapters.port import Billing
from legacy_adapters.records import NO_MONEY

Translate = Callable[[str], str]
Page = TypeVar("Page")


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """What is to be made, for whom, of which contracts."""

    wanted: Wanted
    owner: str
    contracts: Sequence[Named]
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Making:
    """folder: gives an empty one for what is written on the way."""

    billing: Billing
    settings: ExportSettings
    utility: UtilitySettings
    is_sample: bool

    def make(self, order: Order, stream: BinaryIO, pace: Pace, folder: Path) -> Tally:
        """Writes the file. folder: for what is written on the way; what a crash leaves there is
        the caller's to delete.

        Raises: NotMade, Stopped; OSError, where there is no room; what the pace does when billing
        is away.
        """
        return _Work(self, order, stream, pace, folder).run()

    def count_open(self, order: Order) -> int:
        """How many invoices are owed. One round trip for each 900 contracts. Raises:
        BillingError."""
        debts = self.billing.list_debts([named.code for named in order.contracts])
        return sum(debt.invoices for debt in debts.values())

    def count_documents(self, order: Order, pace: Pace) -> int:
        """How many invoices the period holds."""
        reading = Reading(self.billing, order.wanted, order.contracts, pace, Tally())
        return reading.count_documents()

    def is_empty(self, order: Order, pace: Pace) -> bool:
        """Whether the period of a list holds nothing; not where something has to be left out."""
        tally = Tally()
        reading = Reading(self.billing, order.wanted, order.contracts, pace, tally)
        if order.wanted.what is What.PAYMENTS:
            is_found = any(paid.payments for page in reading.paid() for paid in page)
        else:
            is_found = any(issued.invoices for page in reading.issued() for issued in page)
        return not is_found and not tally.left_out


@dataclass
class _List:
    """A table while it is written. total: of its last money column that is summed up."""

    columns: list[Column]
    summed: int
    tally: Tally
    total: Decimal = NO_MONEY

    def batches(
        self, pages: Iterable[Sequence[Page]], rows_of: Callable[[Page], Iterable[Row]]
    ) -> Iterator[list[Row]]:
        for page in pages:
            rows = [row for one in page for row in rows_of(one)]
            self.tally.rows += len(rows)
            self.total += sum((_money(row[self.summed]) for row in rows), NO_MONEY)
            yield rows


def _money(cell: object) -> Decimal:
    return cell if isinstance(cell, Decimal) else NO_MONEY


class _Work:
    def __init__(
        self, making: Making, order: Order, stream: BinaryIO, pace: Pace, folder: Path
    ) -> None:
        self._making = making
        self._order = order
        self._stream = stream
        self._folder = folder
        self._tally = Tally()
        self._reading = Reading(making.billing, order.wanted, order.contracts, pace, self._tally)
        self._language = order.wanted.language
        self._translate = texts(self._language)
        self._formats = Formats(self._language)

    def run(self) -> Tally:
        wanted = self._order.wanted
        match wanted.what, wanted.format:
            case What.OPEN, Format.PDF:
                self._list_pdf()
            case What.DOCUMENTS, Format.PDF:
                self._book()
            case What.DOCUMENTS, _:
                self._archive()
            case What.CONSUMPTION, _:
                self._consumption()
            case _, Format.XLSX:
                self._xlsx()
            case _:
                self._csv()
        self._stream.flush()
        if wanted.what.has_period and not self._tally.rows and not self._tally.left_out:
            raise NotMade(Note.NO_ROWS)
        return self._tally

    def _table(self) -> tuple[_List, Iterator[list[Row]]]:
        _, reading = self._translate, self._reading
        match self._order.wanted.what:
            case What.OPEN:
                today = self._order.at.astimezone(HOME).date()
                table = _List(tables.open_columns(_), -1, self._tally)
                rows_of = partial(tables.open_rows, today=today)
                return table, table.batches(reading.owed(), rows_of)
            case What.INVOICES:
                table = _List(tables.issued_columns(_), -2, self._tally)
                return table, table.batches(reading.issued(), tables.issued_rows)
        table = _List(tables.paid_columns(_), -3, self._tally)
        return table, table.batches(reading.paid(), tables.paid_rows)

    def _csv(self) -> None:
        table, batches = self._table()
        for piece in csv_pieces(table.columns, batches, self._language):
            self._stream.write(piece.encode())

    def _xlsx(self) -> None:
        _, wanted = self._translate, self._order.wanted
        table, batches = self._table()
        title = title_of(_, wanted.what)

        def sheets() -> Iterator[Sheet]:
            yield Sheet(name=title[:25], columns=table.columns, batches=batches)
            about = [
                Column(title=_("About this list"), width=28),
                Column(title="", width=44),
                Column(title=_("Amount (lek)"), kind=Kind.MONEY, width=16),
            ]
            yield Sheet(name=_("Summary"), columns=about, batches=[self._summary(title, table)])

        write_xlsx(
            self._stream,
            sheets(),
            title=title,
            author=self._making.utility.legal_name,
            made_at=self._order.at,
            folder=self._folder,
        )

    def _summary(self, title: str, table: _List) -> list[Row]:
        _, formats, wanted = self._translate, self._formats, self._order.wanted
        number = formats.number
        rows: list[Row] = [
            (_("List"), title, None),
            (_("Account"), self._order.owner, None),
            (_("Made on"), formats.moment(self._order.at), None),
        ]
        if wanted.since and wanted.until:
            period = f"{formats.date(wanted.since)} – {formats.date(wanted.until)}"
            rows.append((_("Period"), period, None))
        if wanted.scope.group:
            rows.append((_("Group"), wanted.scope.group, None))
        rows += [
            (_("Contracts"), number(Decimal(len(self._order.contracts))), None),
            (_("Rows"), number(Decimal(table.tally.rows)), None),
            (_("Total"), table.columns[table.summed].title, table.total),
        ]
        gone, unreadable = table.tally.missing, table.tally.unreadable
        rows += [(_("No longer in our billing system, left out"), code, None) for code in gone]
        rows += [(_("Could not be read just now, left out"), code, None) for code in unreadable]
        return rows

    def _list_pdf(self) -> None:
        making, order = self._making, self._order
        paper = ListPdf(
            self._stream,
            utility=making.utility,
            is_sample=making.is_sample,
            owner=order.owner,
            group=order.wanted.scope.group,
            at=order.at,
            formats=self._formats,
            translate=self._translate,
        )
        self._tally.rows = paper.write(self._owed_within_limit(), self._tally)

    def _owed_within_limit(self) -> Iterator[list[Owed]]:
        most, rows = self._making.settings.pdf_rows_at_most, 0
        for page in self._reading.owed():
            rows += sum(len(owed.statement.open_invoices) for owed in page)
            if rows > most:
                raise NotMade(Note.TOO_LARGE)
            yield page

    def _book(self) -> None:
        making = self._making
        documents = self._reading.documents(at_most=making.settings.pdf_invoices_at_most)
        self._tally.rows = write_book(
            self._stream,
            documents,
            title=title_of(self._translate, What.DOCUMENTS),
            utility=making.utility,
            is_sample=making.is_sample,
            formats=self._formats,
            translate=self._translate,
        )

    def _archive(self) -> None:
        making = self._making
        self._tally.rows = write_archive(
            self._stream,
            self._reading.documents(at_most=making.settings.archive_invoices_at_most),
            at=self._order.at,
            utility=making.utility,
            is_sample=making.is_sample,
            formats=self._formats,
            translate=self._translate,
        )

    def _consumption(self) -> None:
        usages = (
            green_button.Usage(
                code=issued.named.code,
                title=issued.named.name or issued.named.code,
                invoices=[one.invoice for one in issued.invoices],
            )
            for page in self._reading.issued()
            for issued in page
        )
        title = f"{self._making.utility.name}: {title_of(self._translate, What.CONSUMPTION)}"
        self._tally.rows = green_button.write_usage(
            self._stream, usages, made_at=self._order.at, title=title
        )
