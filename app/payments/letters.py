"""What payers are told by mail."""

from collections.abc import Callable, Sequence

from app.clock import HOME
from app.formats import Formats
from app.messages.records import Block, Kind, Letter
from app.payments.records import Line, Order
from app.payments.shared import Shared

Translate = Callable[[str], str]
LINES_TOLD = 20


def receipt(
    _: Translate, language: str, order: Order, lines: Sequence[Line], shared: Shared
) -> Letter:
    formats = Formats(language)
    paid_at = (order.captured_at or order.state_at).astimezone(HOME)
    invoices = [
        _("Invoice %(number)s of contract %(code)s: %(amount)s")
        % {
            "number": line.invoice_number,
            "code": line.contract_code,
            "amount": formats.money(line.amount),
        }
        for line in lines[:LINES_TOLD]
    ]
    if len(lines) > LINES_TOLD:
        more = len(lines) - LINES_TOLD
        invoices.append(_("and %(count)s further invoices") % {"count": more})
    told = _("On %(moment)s you paid %(amount)s by card. Thank you.") % {
        "moment": formats.moment(paid_at),
        "amount": formats.money(order.amount),
    }
    return Letter(
        subject=_("Receipt for your payment"),
        blocks=(
            Block(text=told),
            Block(text="\n".join(invoices)),
            Block(
                text=_(
                    "It takes a little while until the invoices show as paid. You need do nothing"
                    " more."
                )
            ),
            Block(text=_("Payment number: %(number)s") % {"number": order.reference}),
            Block(
                kind=Kind.LINK,
                text=_("See the payment and its receipt"),
                address=shared.addresses.order(order.reference),
            ),
        ),
    )
