"""What each export is called, in the reader's language."""

from collections.abc import Callable

from app.exports.records import What


def title_of(_: Callable[[str], str], what: What) -> str:
    return {
        What.OPEN: _("Open invoices"),
        What.INVOICES: _("Invoices issued"),
        What.PAYMENTS: _("Payments"),
        What.DOCUMENTS: _("Invoices as documents"),
        What.CONSUMPTION: _("Consumption"),
    }[what]
