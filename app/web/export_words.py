"""What exports are called and what became of them, in words."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.accounts.records import Label
from app.exports.records import OFFERED, Format, Named, Note, What
from app.exports.titles import title_of
from app.web.current import signed_in

FORMATS = {
    Format.PDF: _l("PDF"),
    Format.XLSX: _l("Excel"),
    Format.CSV: _l("CSV"),
    Format.ZIP: _l("ZIP of PDFs"),
    Format.XML: _l("Green Button XML"),
}
ABOUT = {
    What.OPEN: _l("What is owed today, invoice by invoice. The period does not matter for it."),
    What.INVOICES: _l("What was billed: dates, units and amounts."),
    What.PAYMENTS: _l("What was paid, when, how and through whom, for your bookkeeper."),
    What.DOCUMENTS: _l("The invoices themselves, one after the other or in folders."),
    What.CONSUMPTION: _l("Units per month, in the format that energy programs read."),
}
OFFERS = [(what, ABOUT[what], formats) for what, formats in OFFERED.items()]
NOTES = {
    Note.NOTHING: "",
    Note.BILLING_AWAY: _l("Our billing system did not answer for a long time."),
    Note.INTERRUPTED: _l("It was interrupted several times on our side."),
    Note.LIST_CHANGED: _l("Your list of contracts changed each time it was being made."),
    Note.NO_SPACE: _l("There is no room for the file on our side right now. We are told of it."),
    Note.STORAGE_AWAY: _l("The file could not be kept on our side right now. We are told of it."),
    Note.TOO_LARGE: _l(
        "It is too long for one file. Choose another format, fewer contracts or a shorter period."
    ),
    Note.TOO_OFTEN: _l("You have asked for many files. Please wait an hour."),
    Note.NOTHING_THERE: _l(
        "There is nothing to put into the file: check the contracts and the period."
    ),
    Note.NO_ROWS: _l("There is nothing to export in this period."),
    Note.BROKEN: _l("Something went wrong on our side. It has been recorded."),
}
# Of one that is being made.
ON_ITS_WAY = {
    Note.BILLING_AWAY: _l(
        "Our billing system does not answer right now. We go on by ourselves as soon as it does."
    ),
    Note.INTERRUPTED: _l("It was interrupted on our side and has been begun anew."),
    Note.LIST_CHANGED: _l("Your list of contracts has changed meanwhile, so it was begun anew."),
}


def title(what: What) -> str:
    return title_of(_, what)


def named_contracts() -> list[Named]:
    """All contracts of whoever is signed in, where the access table brings them."""
    found, nothing = signed_in(), Label()
    labels = [(code, found.labels.get(code, nothing)) for code in found.contracts]
    return [Named(code=code, name=label.name, group=label.group) for code, label in labels]
