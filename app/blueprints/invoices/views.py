"""What is owed, the history, and an invoice's document."""

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.invoices.document import render_invoice
from app.invoices.service import Choice
from app.web.chart import draw
from app.web.current import formats, services, signed_in
from app.web.forms import PortalForm
from legacy_adapters.records import ContractCode, InvoiceNumber

invoices = Blueprint("invoices", __name__, url_prefix="/contracts/<code>")


@invoices.route("/pay", methods=["GET", "POST"])
def pay(code: str) -> ResponseReturnValue:
    if request.method == "POST":
        return _choose(ContractCode(code))
    # Who likes to pay everything finds everything ticked, and may untick.
    everything = "select_all" in signed_in().preferences
    choice = services().invoices.choose(ContractCode(code), everything=everything)
    return render_template("invoices/pay.html", choice=choice)


def _choose(code: ContractCode) -> ResponseReturnValue:
    """Choosing is a POST too, so that it works without JavaScript; `action` says what was
    pressed: `all`, `total` or `pay`."""
    action = request.form.get("action", "")
    choice = services().invoices.choose(
        code, request.form.getlist("invoice"), everything=action == "all"
    )
    form = PortalForm()
    if form.validate():
        _check(form, choice, action)
        if action == "pay" and not form.problems:
            return render_template("invoices/not_switched_on.html", choice=choice)
    page = render_template("invoices/pay.html", form=form, choice=choice)
    status = 503 if choice.as_of else 400
    return page, status if form.problems else 200


def _check(form: PortalForm, choice: Choice, action: str) -> None:
    if choice.as_of:
        if action == "pay":
            form.refuse(
                _("Nothing can be paid before our billing system answers. Your choice is kept.")
            )
    elif choice.selection.gone:
        form.refuse(_("Some invoices you chose are no longer open. Check the total and try again."))
    elif action == "pay" and not choice.selection.chosen:
        form.refuse(_("Choose at least one invoice to pay."))


@invoices.get("/history")
def history(code: str) -> ResponseReturnValue:
    found = services().invoices.get_history(ContractCode(code))
    chart = found.consumption and draw(found.consumption, formats(), _("a year before"))
    return render_template(
        "invoices/history.html", history=found, contract=found.contract, chart=chart
    )


@invoices.get("/invoices/<path:number>.pdf")
def document(code: str, number: str) -> ResponseReturnValue:
    found = services().invoices.get_file(ContractCode(code), InvoiceNumber(number))
    settings = services().settings
    content = render_invoice(
        found,
        utility=settings.utility,
        is_sample=settings.portal.demo,
        formats=formats(),
        translate=_,
    )
    # The number comes from billing; only what is safe in a header goes into the file's name.
    number = "".join(c for c in found.invoice.number if c.isascii() and c.isalnum())
    name = _("invoice-%(number)s", number=number)
    return Response(
        content,
        mimetype="application/pdf",
        headers={"Content-Disposition": f'inline; filename="{name}.pdf"'},
    )
