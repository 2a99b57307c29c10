"""The receipt of a payment as a PDF: A4, as many pages as it has invoices for."""

from collections.abc import Callable, Sequence
from io import BytesIO

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
    Pen,
    Style,
    drawn_into,
    letterhead,
    rgb,
)
from app.payments.records import Line, Order
from app.payments.rules import masked_name
from config.settings import UtilitySettings

Translate = Callable[[str], str]
QR_SIDE = 32 * mm
ROW = 5.6 * mm
FIRST_ROWS_END, ROWS_END = 58 * mm, 24 * mm  # the code to scan stands below the first page's
EDGES = (LEFT + 40 * mm, LEFT + 84 * mm, LEFT + 118 * mm, RIGHT)


def render_receipt(
    order: Order,
    lines: Sequence[Line],
    *,
    verify_at: str,
    utility: UtilitySettings,
    is_sample: bool,
    formats: Formats,
    translate: Translate,
    by_link: bool = False,
) -> bytes:
    """verify_at: the address that the code on it leads to. by_link: for who paid by a link; it
    tells no more than the link's page did. The order is a paid one."""
    buffer = BytesIO()
    with drawn_into(buffer, formats.language) as pen:
        paper = _Paper(pen, utility, formats, translate, by_link=by_link)
        paper.draw(order, lines, verify_at, is_sample=is_sample)
    return buffer.getvalue()


class _Paper:
    def __init__(
        self,
        pen: Pen,
        utility: UtilitySettings,
        formats: Formats,
        translate: Translate,
        *,
        by_link: bool,
    ) -> None:
        self.canvas = pen.canvas
        self.pen = pen
        self.utility = utility
        self.formats = formats
        self.translate = translate
        self.accent = rgb(utility.accent)
        self.by_link = by_link

    def draw(self, order: Order, lines: Sequence[Line], verify_at: str, *, is_sample: bool) -> None:
        _ = self.translate
        self.canvas.setTitle(_("Receipt"))
        self.canvas.setAuthor(self.utility.legal_name)
        self._head()
        if is_sample:
            warning = _("SAMPLE – no money was paid")
            self.pen.text(LEFT, HEIGHT - 38 * mm, warning, Style(10, BOLD, self.accent))
        y = self._amount(order, HEIGHT - 46 * mm)
        y = self._facts(order, lines, y - 9 * mm)
        self._proof(order, verify_at)
        if len(lines) > 1 or not self.by_link:  # a link names the months of several alone
            self._lines(lines, y - 6 * mm)
        self._foot()

    def _head(self) -> None:
        _ = self.translate
        letterhead(self.pen, self.utility, _("Receipt"), name_width=110 * mm)

    def _amount(self, order: Order, y: float) -> float:
        _, height = self.translate, 17 * mm
        self.pen.frame(LEFT, y - height, (RIGHT - LEFT, height), self.accent)
        told = _("Paid by card")
        self.pen.text(LEFT + 5 * mm, y - 10.5 * mm, told, Style(11))
        amount = self.formats.money(order.amount)
        self.pen.right(RIGHT - 5 * mm, y - 11.2 * mm, amount, AMOUNT)
        return y - height

    def _facts(self, order: Order, lines: Sequence[Line], y: float) -> float:
        _ = self.translate
        holders = list(dict.fromkeys(self._holder(line) for line in lines))
        paid_at = order.captured_at or order.state_at
        left = [
            (_("Paid on"), self.formats.moment(paid_at)),
            (_("Holder"), ", ".join(holders[:3]) + (" …" if len(holders) > 3 else "")),  # noqa: PLR2004
        ]
        right: list[tuple[str, str]] = [(_("Payment number"), order.reference)]
        if not self.by_link:
            right.append((_("The bank’s transaction"), order.transaction or "–"))
        for x, width, pairs in ((LEFT, 82 * mm, left), (LEFT + 90 * mm, 84 * mm, right)):
            at = y
            for name, value in pairs:
                self.pen.text(x, at, name, NOTE)
                self.pen.text(x, at - 4.5 * mm, value, LARGE, width=width)
                at -= 11 * mm
        return y - 22 * mm

    def _holder(self, line: Line) -> str:
        return masked_name(line.holder) if self.by_link else line.holder

    def _lines(self, lines: Sequence[Line], y: float) -> None:
        end = FIRST_ROWS_END
        y = self._heads(y)
        for line in lines:
            if y - ROW < end:
                self._foot()
                self.canvas.showPage()
                self._head()
                y, end = self._heads(HEIGHT - 40 * mm), ROWS_END
            y -= ROW
            whose = ("", "") if self.by_link else (line.contract_code, line.invoice_number)
            paid = (self.formats.period(line.period), self.formats.amount(line.amount))
            self._row(y, (*whose, *paid))
        self.pen.rule(LEFT, RIGHT, y - 2 * mm)

    def _heads(self, y: float) -> float:
        _ = self.translate
        whose = ("", "") if self.by_link else (_("Contract"), _("Invoice no."))
        self._row(y, (*whose, _("Month/Year"), _("Amount (lek)")), NOTE)
        self.pen.rule(LEFT, RIGHT, y - 2 * mm)
        return y - 1 * mm

    def _row(self, y: float, values: tuple[str, ...], style: Style = NORMAL) -> None:
        code, number, period, amount = values
        self.pen.text(LEFT, y, code, style, width=38 * mm)
        self.pen.text(EDGES[0], y, number, style, width=42 * mm)
        self.pen.text(LEFT if self.by_link else EDGES[1], y, period, style)
        self.pen.right(EDGES[3], y, amount, style)

    def _proof(self, order: Order, verify_at: str) -> None:
        _ = self.translate
        self.pen.qr(verify_at, RIGHT - QR_SIDE, 17 * mm, QR_SIDE)
        y = 43 * mm
        self.pen.text(LEFT, y, _("Is this receipt genuine? Scan the code, or open:"), Style(8.5))
        self.pen.text(LEFT, y - 5 * mm, verify_at, Style(8, color=SOFT), width=125 * mm)
        told = _("This receipt shows a payment. The invoice itself is the fiscal document.")
        self.pen.text(LEFT, y - 12 * mm, told, Style(8, color=SOFT), width=125 * mm)

    def _foot(self) -> None:
        _ = self.translate
        contact = f"{self.utility.contact_email}   {self.utility.contact_phone}"
        self.pen.text(LEFT, 12 * mm, contact, NOTE, width=110 * mm)
        number = _("Page %(number)s") % {"number": self.canvas.getPageNumber()}
        self.pen.right(RIGHT, 12 * mm, number, NOTE)
