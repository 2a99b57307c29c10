"""What is owed, the history, and an invoice's document."""

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.blueprints.invoices.forms import PayForm
from app.clock import today
from app.invoices.document import render_invoice
from app.invoices.rules import select_invoices
from app.web.current import formats, services
from legacy_adapters.records import ContractCode, InvoiceNumber

invoices = Blueprint("invoices", __name__, url_prefix="/contracts/<code>")


@invoices.route("/pay", methods=["GET", "POST"])
def pay(code: str) -> ResponseReturnValue:
    """Choosing is a POST too, so that it works without JavaScript; `action` says what was
    pressed: `all`, `total` or `pay`."""
    statement = services().invoices.get_statement(ContractCode(code))
    form = PayForm()
    action = request.form.get("action", "")
    ticked = request.form.getlist("invoice")
    if action == "all":
        ticked = [invoice.number for invoice in statement.open_invoices]
    chosen = select_invoices(statement.open_invoices, ticked)
    page = {"contract": statement.contract, "statement": statement, "chosen": chosen}
    if request.method != "POST":
        return render_template("invoices/pay.html", form=form, today=today(), **page)
    status = 200
    if not form.validate():
        status = 400
    elif chosen.gone:
        form.refuse(_("Some invoices you chose are no longer open. Check the total and try again."))
        status = 400
    elif action == "pay" and not chosen.chosen:
        form.refuse(_("Choose at least one invoice to pay."))
        status = 400
    elif action == "pay":
        return render_template("invoices/not_switched_on.html", **page)
    return render_template("invoices/pay.html", form=form, today=today(), **page), status


@invoices.get("/history")
def history(code: str) -> ResponseReturnValue:
    found = services().invoices.get_history(ContractCode(code))
    return render_template("invoices/history.html", history=found, contract=found.contract)


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
