"""The invoice as a PDF page: A4, lean canvas drawing, text that can be selected.

Everything on it comes from billing or the settings; nothing is fetched.
"""

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from io import BytesIO
from typing import BinaryIO
from urllib.parse import urlsplit

from reportlab.lib.units import mm

from app.formats import Formats
from app.invoices.drawing import (
    AMOUNT,
    BOLD,
    HEIGHT,
    LARGE,
    LEFT,
    NORMAL,
    NOTE,
    RIGHT,
    SOFT,
    TINY,
    TINY_NOTE,
    Pen,
    Style,
    drawn_into,
    letterhead,
    new_pen,
    one_at_a_time,
    rgb,
)
from app.invoices.rules import Consumption
from app.invoices.service import InvoiceFile
from config.settings import UtilitySettings
from legacy_adapters.records import NO_MONEY, InvoiceDetail, InvoiceLine

Translate = Callable[[str], str]

PALE = rgb("#c3ccd6")
QR_SIDE = 34 * mm
LINES_AT_MOST = 12  # what the page has room for
LONGEST_URL = 500  # the authority's are about 200; a longer one makes no legible code


def render_invoice(
    file: InvoiceFile,
    *,
    utility: UtilitySettings,
    is_sample: bool,
    formats: Formats,
    translate: Translate,
) -> bytes:
    """The document in the language of `formats` and `translate`."""
    buffer = BytesIO()
    with drawn_into(buffer, formats.language) as pen:
        _Page(pen, utility, formats, translate).draw(file, is_sample=is_sample)
    return buffer.getvalue()


def draw_invoices(
    stream: BinaryIO,
    files: Iterable[InvoiceFile],
    *,
    title: str,
    utility: UtilitySettings,
    is_sample: bool,
    formats: Formats,
    translate: Translate,
) -> int:
    """One document, a page for each, found by contract and number in its outline. It may wait
    between two of them; other documents do not. Returns how many there are."""
    pen, count, contract = new_pen(stream, formats.language), 0, ""
    canvas = pen.canvas
    for file in files:
        with one_at_a_time:
            _Page(pen, utility, formats, translate).draw(file, is_sample=is_sample)
            invoice = file.invoice
            if invoice.contract.code != contract:
                contract = invoice.contract.code
                _mark(pen, contract, f"contract-{count}", level=0)
            _mark(pen, invoice.number, f"invoice-{count}", level=1)
            canvas.showPage()
        count += 1
    with one_at_a_time:
        canvas.setTitle(title)
        canvas.save()
    return count


def _mark(pen: Pen, title: str, name: str, *, level: int) -> None:
    """In the outline, leading to this page."""
    pen.canvas.bookmarkPage(name)
    pen.canvas.addOutlineEntry(title, name, level=level, closed=True)


def file_number(number: str) -> str:
    """The number comes from billing; only what is safe in a header goes into a file's name."""
    return "".join(c for c in number if c.isascii() and c.isalnum())


def checked_url(url: str, host: str) -> str | None:
    """The verification address, if it leads where such addresses must lead."""
    if len(url) > LONGEST_URL:
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme == "https" and parts.netloc == host else None


def sum_of_lines(lines: Sequence[InvoiceLine]) -> Decimal:
    return sum((line.net for line in lines), NO_MONEY)


class _Page:
    """The parts from top to bottom; each returns where it ends."""

    def __init__(
        self, pen: Pen, utility: UtilitySettings, formats: Formats, translate: Translate
    ) -> None:
        self.canvas = pen.canvas
        self.pen = pen
        self.utility = utility
        self.formats = formats
        self.translate = translate
        self.accent = rgb(utility.accent)

    def draw(self, file: InvoiceFile, *, is_sample: bool) -> None:
        _ = self.translate
        invoice = file.invoice
        self._head(_("Invoice %(number)s") % {"number": invoice.number})
        if is_sample:
            warning = _("SAMPLE – not a valid invoice")
            self.pen.text(LEFT, HEIGHT - 38 * mm, warning, Style(10, BOLD, self.accent))
        y = self._parties(invoice, HEIGHT - 46 * mm)
        y = self._amount(invoice, y - 6 * mm)
        y = self._meter(invoice, y - 8 * mm)
        y = self._lines(invoice, y - 8 * mm)
        self._totals(invoice, y - 3 * mm)
        if file.consumption:
            self._bars(file.consumption, LEFT, 62 * mm)
        self._fiscal(invoice)
        contact = f"{self.utility.contact_email}   {self.utility.contact_phone}"
        self.pen.text(LEFT, 12 * mm, contact, NOTE, width=110 * mm)

    def _head(self, title: str) -> None:
        self.canvas.setTitle(title)
        self.canvas.setAuthor(self.utility.legal_name)
        letterhead(self.pen, self.utility, title, name_width=95 * mm)

    def _parties(self, invoice: InvoiceDetail, y: float) -> float:
        _, contract, dates = self.translate, invoice.contract, self.formats.date
        customer = [
            (_("Customer"), contract.subscriber),
            (_("Address"), contract.address),
            (_("Contract code"), contract.code),
            (_("NIPT"), contract.tax_id),
        ]
        facts = [
            (_("Month/Year"), self.formats.period(invoice.period)),
            (_("Invoice date"), dates(invoice.issued_on)),
            (_("Invoice deadline"), dates(invoice.due_on)),
            (_("Period billed"), self._span(invoice)),
        ]
        left_end = self._pairs(customer, LEFT, 88 * mm, y)
        return min(left_end, self._pairs(facts, LEFT + 95 * mm, 79 * mm, y))

    def _pairs(self, pairs: list[tuple[str, str]], left: float, width: float, y: float) -> float:
        for name, value in pairs:
            if value:
                self.pen.text(left, y, name, NOTE)
                self.pen.text(left, y - 4.5 * mm, value, LARGE, width=width)
                y -= 11 * mm
        return y + 5 * mm

    def _span(self, invoice: InvoiceDetail) -> str:
        if invoice.billed_from is None or invoice.billed_to is None:
            return ""
        return f"{self.formats.date(invoice.billed_from)} – {self.formats.date(invoice.billed_to)}"

    def _amount(self, invoice: InvoiceDetail, y: float) -> float:
        _ = self.translate
        height = 17 * mm
        self.pen.frame(LEFT, y - height, (RIGHT - LEFT, height), self.accent)
        told, amount = self._state(invoice)
        self.pen.text(LEFT + 5 * mm, y - 10.5 * mm, told, Style(11))
        self.pen.right(RIGHT - 5 * mm, y - 11.2 * mm, self.formats.money(amount), AMOUNT)
        return y - height

    def _state(self, invoice: InvoiceDetail) -> tuple[str, Decimal]:
        _, due_on = self.translate, invoice.due_on
        if invoice.outstanding < 0:
            return _("In your favour:"), -invoice.outstanding
        if invoice.outstanding > 0 and due_on is None:
            return _("To be paid:"), invoice.outstanding
        if invoice.outstanding > 0:
            told = _("To be paid by %(day)s")
            if invoice.interest > 0:
                told = _("Was due on %(day)s. To be paid, with interest:")
            return told % {"day": self.formats.date(due_on)}, invoice.outstanding
        if invoice.is_paid:
            return _("Paid. Amount of the invoice:"), invoice.amount
        return _("Amount of the invoice:"), invoice.amount

    def _meter(self, invoice: InvoiceDetail, y: float) -> float:
        _, number = self.translate, self.formats.number
        heads = (_("Meter"), _("Reading before"), _("Reading after"), _("Units billed"))
        values = (
            invoice.meter or "–",
            number(invoice.reading_before),
            number(invoice.reading_after),
            f"{number(invoice.units)} kWh",
        )
        edges = [LEFT + 60 * mm, LEFT + 96 * mm, LEFT + 132 * mm, RIGHT]
        self._row(y, heads, edges, NOTE)
        self._row(y - 5.5 * mm, values, edges)
        return self._rule(y - 8 * mm)

    def _lines(self, invoice: InvoiceDetail, y: float) -> float:
        _ = self.translate
        edges = [LEFT + 76 * mm, LEFT + 100 * mm, LEFT + 124 * mm, LEFT + 142 * mm, RIGHT]
        heads = [_("Description"), _("Quantity"), _("Price (lek)"), _("VAT %")]
        self._row(y, [*heads, _("Without VAT (lek)")], edges, NOTE)
        y = self._rule(y - 2.5 * mm)
        number, amount = self.formats.number, self.formats.amount
        for line in invoice.lines[:LINES_AT_MOST]:
            y -= 5 * mm
            quantity = f"{number(line.quantity)} {line.unit}".strip()
            values = [self._described(line), quantity, number(line.unit_price)]
            self._row(y, [*values, number(line.vat_rate), amount(line.net)], edges)
        rest = invoice.lines[LINES_AT_MOST:]
        if rest:
            y -= 5 * mm
            told = _("%(count)s further lines") % {"count": len(rest)}
            self._row(y, [told, "", "", "", amount(sum_of_lines(rest))], edges)
        return self._rule(y - 2.5 * mm)

    def _described(self, line: InvoiceLine) -> str:
        _ = self.translate
        known = {
            "energy": _("Electric energy"),
            "fixed_fee": _("Fixed fee"),
            "tv_fee": _("TV fee"),
        }
        return known.get(line.kind) or line.description or "–"

    def _totals(self, invoice: InvoiceDetail, y: float) -> None:
        _ = self.translate
        rows: list[tuple[str, Decimal, Style]] = [
            (_("Without VAT"), invoice.net, NORMAL),
            (_("VAT"), invoice.vat, NORMAL),
            (_("Principal"), invoice.principal, NORMAL),
            (_("TV fee"), invoice.tv_fee, NORMAL),
            (_("Amount of the invoice"), invoice.amount, NORMAL.bold()),
        ]
        if invoice.interest or invoice.outstanding > 0:
            rows.append((_("Interest"), invoice.interest, NORMAL))
        if not invoice.net and not invoice.vat:
            rows = rows[2:]  # billing does not tell the VAT apart
        if invoice.outstanding > 0:
            paid = invoice.amount + invoice.interest - invoice.outstanding
            if paid > 0:
                rows.append((_("Paid already"), -paid, NORMAL))
            rows.append((_("Total to be paid"), invoice.outstanding, NORMAL.bold()))
        for name, value, style in rows:
            y -= 5 * mm
            self.pen.right(RIGHT - 38 * mm, y, name, style)
            self.pen.right(RIGHT, y, self.formats.money(value), style)

    def _bars(self, consumption: Consumption, left: float, bottom: float) -> None:
        _ = self.translate
        slot, room = 8 * mm, 24 * mm  # ends before the totals beside it begin
        title = _("Consumption of the last 12 months, kWh")
        self.pen.text(left, bottom + room + 9 * mm, title, Style(8.5, BOLD))
        highest = max(Decimal(1), *(month.units or Decimal(0) for month in consumption.months))
        newest = consumption.months[-1]
        for index, month in enumerate(consumption.months):
            x, middle = left + index * slot, left + (index + 0.5) * slot
            height = room * float(max(month.units or Decimal(0), Decimal(0)) / highest)
            color = self.accent if month is newest else PALE
            self.pen.block(x + 1.5 * mm, bottom, (slot - 3 * mm, height), color)
            figure = self.formats.rounded(month.units) if month.units is not None else "–"
            self.pen.center(middle, bottom + height + 1 * mm, figure, TINY)
            name = self.formats.short_month(month.period)
            self.pen.center(middle, bottom - 3.5 * mm, name, TINY_NOTE)
            if index == 0 or month.period.month == 1:
                self.pen.center(middle, bottom - 7 * mm, str(month.period.year), TINY_NOTE)

    def _fiscal(self, invoice: InvoiceDetail) -> None:
        _ = self.translate
        y = 43 * mm
        self._rule(y + 6 * mm)
        for name, value in (("NSLF", invoice.nslf), ("NIVF", invoice.nivf), ("EIC", invoice.eic)):
            if value:
                self.pen.text(LEFT, y, name, NOTE)
                self.pen.text(LEFT + 14 * mm, y, value, Style(8), width=110 * mm)
                y -= 5 * mm
        url = checked_url(invoice.verification_url, self.utility.verification_host)
        if url:
            self.pen.qr(url, RIGHT - QR_SIDE, 13 * mm, QR_SIDE)
            told = _("Scan the code to check this invoice with the tax authority.")
            self.pen.text(LEFT, y - 1 * mm, told, Style(8, color=SOFT))

    def _row(
        self, y: float, values: Sequence[str], edges: list[float], style: Style = NORMAL
    ) -> None:
        """The first value from the left, the others ending at their edges."""
        self.pen.text(LEFT, y, values[0], style, width=edges[0] - LEFT - 24 * mm)
        for value, edge in zip(values[1:], edges[1:], strict=True):
            self.pen.right(edge, y, value, style)

    def _rule(self, y: float) -> float:
        self.pen.rule(LEFT, RIGHT, y)
        return y
