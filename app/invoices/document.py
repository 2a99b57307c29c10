"""The invoice as a PDF page: A4, lean canvas drawing, text that can be selected.

Everything on it comes from billing or the settings; nothing is fetched.
"""

from collections.abc import Callable
from decimal import Decimal
from functools import cache
from io import BytesIO
from itertools import groupby
from typing import Any
from urllib.parse import urlsplit

import segno
from reportlab import rl_config
from reportlab.lib.colors import Color, HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from app.formats import Formats
from app.invoices.rules import Consumption
from app.invoices.service import InvoiceFile
from config.settings import UtilitySettings
from legacy_adapters.records import InvoiceDetail, InvoiceLine

Translate = Callable[[str], str]

WIDTH, HEIGHT = A4
LEFT, RIGHT = 18 * mm, WIDTH - 18 * mm
INK, SOFT, RULE = HexColor("#1b2430"), HexColor("#566270"), HexColor("#d5dbe2")
PALE = HexColor("#c3ccd6")
PLAIN, BOLD = "Vera", "VeraBd"
QR_SIZE = 34 * mm


def render_invoice(
    file: InvoiceFile,
    *,
    utility: UtilitySettings,
    is_sample: bool,
    formats: Formats,
    translate: Translate,
) -> bytes:
    """The document in the language of `formats` and `translate`."""
    _register_fonts()
    buffer = BytesIO()
    canvas = Canvas(buffer, pagesize=A4, pageCompression=1, invariant=1, lang=formats.language)
    page = _Page(canvas, utility, formats, translate)
    page.draw(file, is_sample=is_sample)
    canvas.save()
    return buffer.getvalue()


@cache
def _register_fonts() -> None:
    rl_config.useA85 = 0  # binary streams: a quarter smaller
    for name in (PLAIN, BOLD):
        pdfmetrics.registerFont(TTFont(name, f"{name}.ttf"))


def checked_url(url: str, host: str) -> str | None:
    """The verification address, if it leads where such addresses must lead."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme == "https" and parts.netloc == host else None


class _Page:
    def __init__(
        self, canvas: Canvas, utility: UtilitySettings, formats: Formats, translate: Translate
    ) -> None:
        self.canvas = canvas
        self.utility = utility
        self.formats = formats
        self.translate = translate
        self.accent = HexColor(utility.accent)

    def draw(self, file: InvoiceFile, *, is_sample: bool) -> None:
        _ = self.translate
        invoice = file.invoice
        title = _("Invoice %(number)s") % {"number": invoice.number}
        self.canvas.setTitle(title)
        self.canvas.setAuthor(self.utility.legal_name)
        self._head(title)
        if is_sample:
            self._text(LEFT, HEIGHT - 38 * mm, _("SAMPLE – not a valid invoice"), 10, BOLD, self.accent)
        y = self._parties(invoice, HEIGHT - 46 * mm)
        y = self._amount(invoice, y - 6 * mm)
        y = self._meter(invoice, y - 8 * mm)
        y = self._lines(invoice, y - 8 * mm)
        y = self._totals(invoice, y - 3 * mm)
        if file.consumption:
            self._bars(file.consumption, LEFT, 62 * mm)
        self._fiscal(invoice)
        self._foot()

    # Parts, from top to bottom; each returns where it ends

    def _head(self, title: str) -> None:
        self.canvas.setFillColor(self.accent)
        self.canvas.rect(0, HEIGHT - 8 * mm, WIDTH, 8 * mm, stroke=0, fill=1)
        y = HEIGHT - 20 * mm
        self._text(LEFT, y, self.utility.legal_name, 14, BOLD, width=95 * mm)
        details = [self.utility.address]
        if self.utility.nipt:
            details.append(f"NIPT {self.utility.nipt}")
        self._text(LEFT, y - 5.5 * mm, ", ".join(d for d in details if d), 8.5, color=SOFT, width=95 * mm)
        self._right(RIGHT, y, title, 14, BOLD)

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
        middle = LEFT + 95 * mm
        ends = (self._pairs(customer, LEFT, 88 * mm, y), self._pairs(facts, middle, 79 * mm, y))
        return min(ends)

    def _span(self, invoice: InvoiceDetail) -> str:
        if invoice.billed_from is None or invoice.billed_to is None:
            return ""
        return f"{self.formats.date(invoice.billed_from)} – {self.formats.date(invoice.billed_to)}"

    def _amount(self, invoice: InvoiceDetail, y: float) -> float:
        _ = self.translate
        height = 17 * mm
        self.canvas.setStrokeColor(self.accent)
        self.canvas.setLineWidth(1.2)
        self.canvas.roundRect(LEFT, y - height, RIGHT - LEFT, height, 2 * mm, stroke=1, fill=0)
        if invoice.outstanding > 0:
            told = _("To be paid by %(day)s") % {"day": self.formats.date(invoice.due_on)}
            amount = invoice.outstanding
        else:
            told, amount = _("Paid. Amount of the invoice:"), invoice.amount
        self._text(LEFT + 5 * mm, y - 10.5 * mm, told, 11)
        self._right(RIGHT - 5 * mm, y - 11.2 * mm, self.formats.money(amount), 18, BOLD)
        return y - height

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
        self._row(y, heads, edges, 8, PLAIN, SOFT)
        self._row(y - 5.5 * mm, values, edges, 9.5)
        return self._rule(y - 8 * mm)

    def _lines(self, invoice: InvoiceDetail, y: float) -> float:
        _ = self.translate
        edges = [LEFT + 76 * mm, LEFT + 100 * mm, LEFT + 124 * mm, LEFT + 142 * mm, RIGHT]
        heads = (_("Description"), _("Quantity"), _("Price (lek)"), _("VAT %"), _("Without VAT (lek)"))
        self._row(y, heads, edges, 8, PLAIN, SOFT)
        y = self._rule(y - 2.5 * mm)
        for line in invoice.lines[:12]:
            y -= 5 * mm
            number, amount = self.formats.number, self.formats.amount
            quantity = f"{number(line.quantity)} {line.unit}".strip()
            values = (self._described(line), quantity, number(line.unit_price))
            self._row(y, (*values, number(line.vat_rate), amount(line.net)), edges, 9.5)
        return self._rule(y - 2.5 * mm)

    def _described(self, line: InvoiceLine) -> str:
        _ = self.translate
        known = {
            "energy": _("Electric energy"),
            "fixed_fee": _("Fixed fee"),
            "tv_fee": _("TV fee"),
        }
        return known.get(line.kind) or line.description or "–"

    def _totals(self, invoice: InvoiceDetail, y: float) -> float:
        _ = self.translate
        rows: list[tuple[str, Decimal, str]] = [
            (_("Without VAT"), invoice.net, PLAIN),
            (_("VAT"), invoice.vat, PLAIN),
            (_("Principal"), invoice.principal, PLAIN),
            (_("TV fee"), invoice.tv_fee, PLAIN),
            (_("Amount of the invoice"), invoice.amount, BOLD),
            (_("Interest"), invoice.interest, PLAIN),
        ]
        if not invoice.net and not invoice.vat:
            rows = rows[2:]  # billing does not tell the VAT apart
        if invoice.outstanding > 0:
            rows.append((_("Total to be paid"), invoice.outstanding, BOLD))
        for name, value, font in rows:
            y -= 5 * mm
            self._right(RIGHT - 38 * mm, y, name, 9.5, font)
            self._right(RIGHT, y, self.formats.money(value), 9.5, font)
        return y

    def _bars(self, consumption: Consumption, left: float, bottom: float) -> None:
        _ = self.translate
        slot, room = 9 * mm, 24 * mm
        self._text(left, bottom + room + 9 * mm, _("Consumption of the last 12 months, kWh"), 8.5, BOLD)
        highest = float(max((m.units or Decimal(0)) for m in consumption.months)) or 1.0
        for index, month in enumerate(consumption.months):
            x = left + index * slot
            height = room * float(month.units or 0) / highest
            self.canvas.setFillColor(self.accent if index == len(consumption.months) - 1 else PALE)
            self.canvas.rect(x + 1.5 * mm, bottom, slot - 3 * mm, height, stroke=0, fill=1)
            figure = self.formats.rounded(month.units) if month.units is not None else "–"
            self._center(x + slot / 2, bottom + height + 1 * mm, figure, 7)
            self._center(x + slot / 2, bottom - 3.5 * mm, self.formats.short_month(month.period), 7, SOFT)
            if index == 0 or month.period.month == 1:
                self._center(x + slot / 2, bottom - 7 * mm, str(month.period.year), 6.5, SOFT)

    def _fiscal(self, invoice: InvoiceDetail) -> None:
        _ = self.translate
        y = 44 * mm
        self._rule(y + 5 * mm)
        for name, value in (("NSLF", invoice.nslf), ("NIVF", invoice.nivf), ("EIC", invoice.eic)):
            if value:
                self._text(LEFT, y - 1 * mm, name, 8, color=SOFT)
                self._text(LEFT + 14 * mm, y - 1 * mm, value, 8, width=110 * mm)
                y -= 5 * mm
        url = checked_url(invoice.verification_url, self.utility.verification_host)
        if url:
            self._qr(url, RIGHT - QR_SIZE, 13 * mm)
            self._text(LEFT, y - 2 * mm, _("Scan the code to check this invoice with the tax authority."), 8, color=SOFT)

    def _foot(self) -> None:
        contact = f"{self.utility.contact_email}   {self.utility.contact_phone}"
        self._text(LEFT, 12 * mm, contact, 8, color=SOFT, width=110 * mm)

    # Drawing

    def _qr(self, url: str, left: float, bottom: float) -> None:
        """Runs of dark modules as one path, a module being the unit: small and sharp. A fixed
        mask saves segno the search for the best of eight."""
        matrix = segno.make_qr(url, error="m", boost_error=False, mask=4).matrix
        self.canvas.saveState()
        self.canvas.translate(left, bottom + QR_SIZE)
        self.canvas.scale(QR_SIZE / len(matrix), -QR_SIZE / len(matrix))
        self.canvas.setFillColor(INK)
        path = self.canvas.beginPath()
        for row, modules in enumerate(matrix):
            column = 0
            for dark, run in groupby(modules):
                width = len(list(run))
                if dark:
                    path.rect(column, row, width, 1)
                column += width
        self.canvas.drawPath(path, stroke=0, fill=1)
        self.canvas.restoreState()

    def _pairs(self, pairs: list[tuple[str, str]], left: float, width: float, y: float) -> float:
        for name, value in pairs:
            if value:
                self._text(left, y, name, 8, color=SOFT)
                self._text(left, y - 4.5 * mm, value, 10, width=width)
                y -= 11 * mm
        return y + 5 * mm

    def _row(
        self,
        y: float,
        values: tuple[str, ...],
        edges: list[float],
        size: float,
        font: str = PLAIN,
        color: Color = INK,
    ) -> None:
        """The first value from the left, the others ending at their edges."""
        self._text(LEFT, y, values[0], size, font, color, width=edges[0] - LEFT - 24 * mm)
        for value, edge in zip(values[1:], edges[1:], strict=True):
            self._right(edge, y, value, size, font, color)

    def _rule(self, y: float) -> float:
        self.canvas.setStrokeColor(RULE)
        self.canvas.setLineWidth(0.6)
        self.canvas.line(LEFT, y, RIGHT, y)
        return y

    def _text(
        self,
        x: float,
        y: float,
        text: str,
        size: float,
        font: str = PLAIN,
        color: Color = INK,
        *,
        width: float | None = None,
    ) -> None:
        self._pen(font, size, color)
        self.canvas.drawString(x, y, text if width is None else shortened(text, font, size, width))

    def _right(
        self, x: float, y: float, text: str, size: float, font: str = PLAIN, color: Color = INK
    ) -> None:
        self._pen(font, size, color)
        self.canvas.drawRightString(x, y, text)

    def _center(self, x: float, y: float, text: str, size: float, color: Color = INK) -> None:
        self._pen(PLAIN, size, color)
        self.canvas.drawCentredString(x, y, text)

    def _pen(self, font: str, size: float, color: Any) -> None:
        self.canvas.setFont(font, size)
        self.canvas.setFillColor(color)


def shortened(text: str, font: str, size: float, width: float) -> str:
    """The text, or as much of it as fits, with an ellipsis."""
    if pdfmetrics.stringWidth(text, font, size) <= width:
        return text
    low, high = 0, min(len(text), 400)
    while low < high:
        middle = (low + high + 1) // 2
        if pdfmetrics.stringWidth(text[:middle] + "…", font, size) <= width:
            low = middle
        else:
            high = middle - 1
    return text[:low].rstrip() + "…"
