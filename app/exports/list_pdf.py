"""The list of open invoices on paper: A4, by contract, with the totals on its first page."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import BinaryIO

from reportlab.lib.units import mm

from app.clock import HOME
from app.exports.reading import Owed
from app.exports.records import Tally, What
from app.exports.titles import title_of
from app.formats import NOTHING, Formats
from app.invoices.drawing import (
    AMOUNT,
    BOLD,
    HEIGHT,
    LEFT,
    NOTE,
    RIGHT,
    WIDTH,
    Color,
    Style,
    letterhead,
    new_pen,
    one_at_a_time,
    rgb,
)
from config.settings import UtilitySettings
from legacy_adapters.records import NO_MONEY, OpenInvoice

Translate = Callable[[str], str]
ROW, HEAD = 4.6 * mm, 5 * mm
CELL, CELL_BOLD, WHO = Style(7.5), Style(7.5, BOLD), Style(8.5, BOLD)
FRAME_TOP, FRAME_HEIGHT = HEIGHT - 49 * mm, 17 * mm
BOTTOM, FOOT = 20 * mm, 11 * mm
LATER_TOP = HEIGHT - 24 * mm
# Where the columns end: month, date, deadline, principal, TV fee, interest, paid, total. The
# number stands at the left edge.
EDGES = [LEFT + width * mm for width in (37, 61, 86, 106, 121, 136, 154)] + [RIGHT]
TOTALS = "totals"
CODES_IN_LINE = 9


class ListPdf:
    """Pages are drawn as billing tells; only their drawing keeps other documents waiting."""

    def __init__(
        self,
        stream: BinaryIO,
        *,
        utility: UtilitySettings,
        is_sample: bool,
        owner: str,
        group: str,
        at: datetime,
        formats: Formats,
        translate: Translate,
    ) -> None:
        self._pen = new_pen(stream, formats.language)
        self._utility = utility
        self._formats = formats
        self._translate = translate
        self._today = at.astimezone(HOME).date()
        self._owner = owner
        self._group = group
        self._made_on = formats.moment(at)
        _ = translate
        self._warning = _("SAMPLE – from the demo") if is_sample else ""
        self._title = title_of(translate, What.OPEN)
        self._page, self._y = 1, 0.0
        self._rows, self._owing = 0, 0
        self._total, self._overdue = NO_MONEY, NO_MONEY

    def write(self, pages: Iterable[Sequence[Owed]], tally: Tally) -> int:
        """The contracts as they come; returns how many rows there are."""
        with one_at_a_time:
            self._first_page()
        for page in pages:
            with one_at_a_time:
                for owed in page:
                    if owed.statement.open_invoices:
                        self._contract(owed)
        with one_at_a_time:
            self._end(tally)
            self._pen.canvas.save()
        return self._rows

    def _first_page(self) -> None:
        _, pen = self._translate, self._pen
        pen.canvas.setTitle(self._title)
        pen.canvas.setAuthor(self._utility.legal_name)
        letterhead(pen, self._utility, self._title, name_width=105 * mm)
        y = HEIGHT - 33 * mm
        pen.text(LEFT, y, self._owner, Style(11, BOLD), width=105 * mm)
        pen.right(RIGHT, y, _("As of %(moment)s") % {"moment": self._made_on}, NOTE)
        if self._group:
            told = _("Group: %(name)s") % {"name": self._group}
            pen.text(LEFT, y - 5 * mm, told, NOTE, width=105 * mm)
        if self._warning:
            pen.text(LEFT, y - 11 * mm, self._warning, Style(9, BOLD, self._accent))
        pen.frame(LEFT, FRAME_TOP - FRAME_HEIGHT, (RIGHT - LEFT, FRAME_HEIGHT), self._accent)
        pen.canvas.doForm(TOTALS)  # drawn when they are known
        self._foot()
        self._y = FRAME_TOP - FRAME_HEIGHT - 8 * mm
        self._heads()

    def _contract(self, owed: Owed) -> None:
        _, invoices = self._translate, owed.statement.open_invoices
        # Its head stands with its first row.
        self._need(2 * HEAD + 2 * ROW)
        self._who(owed)
        for invoice in invoices:
            self._need(ROW, owed)
            self._row(invoice)
        debt = owed.statement.outstanding
        if len(invoices) > 1:
            self._need(ROW, owed)
            self._y -= ROW
            self._pen.right(EDGES[-2], self._y, _("Together"), CELL_BOLD)
            self._pen.right(RIGHT, self._y, self._formats.amount(debt), CELL_BOLD)
        self._y -= 3 * mm
        self._rows += len(invoices)
        if owed.statement.owes:  # else the credit stays: another contract's debt is not less
            self._owing += 1
            self._total += debt
            self._overdue += sum(i.outstanding for i in invoices if i.is_overdue(self._today))

    def _who(self, owed: Owed) -> None:
        pen, named, contract = self._pen, owed.named, owed.statement.contract
        self._y -= HEAD
        pen.text(LEFT, self._y, named.code, WHO)
        own = ", ".join(part for part in (named.name, named.group) if part)
        who = " – ".join(part for part in (own, contract.subscriber) if part)
        pen.text(LEFT + 30 * mm, self._y, who, WHO, width=RIGHT - LEFT - 30 * mm)
        if contract.address:
            self._y -= 4 * mm
            pen.text(LEFT + 30 * mm, self._y, contract.address, NOTE, width=RIGHT - LEFT - 30 * mm)
        pen.rule(LEFT, RIGHT, self._y - 1.6 * mm)
        self._y -= 1.2 * mm

    def _row(self, invoice: OpenInvoice) -> None:
        pen, formats = self._pen, self._formats
        late = invoice.is_overdue(self._today)
        self._y -= ROW
        y = self._y
        pen.text(LEFT, y, invoice.number, CELL, width=EDGES[0] - LEFT - 12 * mm)
        amount = formats.amount
        cells = (
            (formats.period(invoice.period), CELL),
            (formats.date(invoice.issued_on), CELL),
            (formats.date(invoice.due_on), CELL_BOLD if late else CELL),
            (amount(invoice.principal), CELL),
            (amount(invoice.tv_fee), CELL),
            (amount(invoice.interest), CELL),
            (amount(invoice.paid) if invoice.paid else NOTHING, CELL),
            (amount(invoice.outstanding), CELL_BOLD),
        )
        for edge, (told, style) in zip(EDGES, cells, strict=True):
            pen.right(edge, y, told, style)

    def _heads(self) -> None:
        _ = self._translate
        pen, y = self._pen, self._y
        pen.text(LEFT, y, _("Invoice no."), NOTE)
        heads = (
            *(_("Month/Year"), _("Invoice date"), _("Invoice deadline"), _("Principal")),
            *(_("TV fee"), _("Interest"), _("Paid"), _("Total (lek)")),
        )
        for edge, told in zip(EDGES, heads, strict=True):
            pen.right(edge, y, told, NOTE)
        self._y = y - 2 * mm

    def _need(self, height: float, within: Owed | None = None) -> None:
        """Goes on on a new page where there is no room; within: whose rows those are."""
        if self._y - height < BOTTOM:
            self._next_page()
            if within:
                self._continue(within)

    def _continue(self, owed: Owed) -> None:
        _ = self._translate
        self._y -= HEAD
        told = _("%(code)s, continued") % {"code": owed.named.code}
        self._pen.text(LEFT, self._y, told, WHO)
        self._pen.rule(LEFT, RIGHT, self._y - 1.6 * mm)
        self._y -= 1.2 * mm

    def _next_page(self) -> None:
        pen = self._pen
        pen.canvas.showPage()
        self._page += 1
        pen.block(0, HEIGHT - 8 * mm, (WIDTH, 8 * mm), self._accent)
        y = HEIGHT - 15 * mm
        pen.text(LEFT, y, self._utility.legal_name, NOTE.bold(), width=80 * mm)
        about = ", ".join(part for part in (self._title, self._owner, self._made_on) if part)
        pen.text(LEFT + 85 * mm, y, about, NOTE, width=RIGHT - LEFT - 85 * mm)
        self._foot()
        self._y = LATER_TOP
        self._heads()

    def _foot(self) -> None:
        _, pen = self._translate, self._pen
        legend = _("A deadline in bold has passed.")
        contact = f"{self._utility.contact_email}   {self._utility.contact_phone}"
        pen.text(LEFT, FOOT + 4 * mm, legend, NOTE)
        pen.text(LEFT, FOOT, contact, NOTE, width=110 * mm)
        pen.right(RIGHT, FOOT, _("Page %(page)s") % {"page": self._page}, NOTE)

    def _end(self, tally: Tally) -> None:
        _ = self._translate
        if not self._rows:
            self._y -= 8 * mm
            self._pen.text(LEFT, self._y, _("Nothing to pay"), Style(11))
        self._left_out(_("No longer in our billing system, left out"), tally.missing)
        self._left_out(_("Could not be read just now, left out"), tally.unreadable)
        canvas = self._pen.canvas
        canvas.showPage()
        canvas.beginForm(TOTALS)
        self._draw_totals()
        canvas.endForm()

    def _draw_totals(self) -> None:
        _, pen, number = self._translate, self._pen, self._formats.number
        told = _("Invoices: %(invoices)s, contracts: %(contracts)s") % {
            "invoices": number(Decimal(self._rows)),
            "contracts": number(Decimal(self._owing)),
        }
        y = FRAME_TOP - 7.6 * mm
        pen.text(LEFT + 5 * mm, y, told, Style(10))
        if self._overdue:
            late = _("Overdue: %(amount)s") % {"amount": self._formats.money(self._overdue)}
            pen.text(LEFT + 5 * mm, y - 5.5 * mm, late, Style(9, BOLD))
        amount = self._formats.money(self._total)
        pen.right(RIGHT - 5 * mm, FRAME_TOP - 11.2 * mm, amount, AMOUNT)

    def _left_out(self, told: str, codes: Sequence[str]) -> None:
        if not codes:
            return
        self._need(3 * ROW)
        self._y -= 2 * ROW
        self._pen.text(LEFT, self._y, told, CELL_BOLD)
        for start in range(0, len(codes), CODES_IN_LINE):
            self._need(ROW)
            self._y -= ROW
            line = "  ".join(codes[start : start + CODES_IN_LINE])
            self._pen.text(LEFT, self._y, line, CELL, width=RIGHT - LEFT)

    @property
    def _accent(self) -> Color:
        return rgb(self._utility.accent)
