"""What is owed, the history, and an invoice's document."""

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.invoices.document import file_number, render_invoice
from app.invoices.service import Choice
from app.payments.records import Chosen, InPayment, PayingIsOff, PaymentError, UnderWay
from app.web.chart import draw
from app.web.current import formats, services, signed_in, under_way
from app.web.forms import PortalForm
from app.web.paying import payer, refuse, refuse_in_payment
from legacy_adapters.errors import BillingError
from legacy_adapters.records import ContractCode, InvoiceNumber

invoices = Blueprint("invoices", __name__, url_prefix="/contracts/<code>")


@invoices.route("/pay", methods=["GET", "POST"])
def pay(code: str) -> ResponseReturnValue:
    if request.method == "POST":
        return _choose(ContractCode(code))
    busy = _busy()
    # Who likes to pay everything finds everything ticked, and may untick.
    everything = "select_all" in signed_in().preferences
    choice = services().invoices.choose(ContractCode(code), everything=everything, busy=busy.keys())
    return _page(choice, busy)


def _busy() -> dict[str, UnderWay]:
    """The contract's invoices that are in a payment now."""
    return {one.invoice_number: one for one in under_way()}


def _page(choice: Choice, busy: dict[str, UnderWay], form: PortalForm | None = None) -> str:
    more = {"form": form} if form else {}
    is_on = services().payments.ordering.is_on
    return render_template("invoices/pay.html", choice=choice, busy=busy, is_on=is_on, **more)


def _choose(code: ContractCode) -> ResponseReturnValue:
    """Choosing is a POST too, so that it works without JavaScript; `action` says what was
    pressed: `all`, `total` or `pay`."""
    action, busy = request.form.get("action", ""), _busy()
    choice = services().invoices.choose(
        code, request.form.getlist("invoice"), everything=action == "all", busy=busy.keys()
    )
    form = PortalForm()
    if form.validate():
        _check(form, choice, action)
        if action == "pay" and not form.problems:
            begun = _begin(form, choice)
            if begun is not None:
                return begun
    status = 503 if choice.as_of else 400
    return _page(choice, busy, form), status if form.problems else 200


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


def _begin(form: PortalForm, choice: Choice) -> ResponseReturnValue | None:
    """The way to the new payment; None when it was refused, which the form then says."""
    chosen = Chosen(contract_code=choice.statement.contract.code, numbers=choice.selection.chosen)
    try:
        reference = services().payments.ordering.begin(payer(), [chosen])
    except PayingIsOff:
        return render_template("invoices/not_switched_on.html", choice=choice)
    except (PaymentError, BillingError) as error:  # billing may be away since it was read above
        refuse(form, error)
        return refuse_in_payment(error) if isinstance(error, InPayment) else None
    return redirect(url_for("payments.show", reference=reference), code=303)


@invoices.get("/history")
def history(code: str) -> ResponseReturnValue:
    found = services().invoices.get_history(ContractCode(code))
    chart = found.consumption and draw(found.consumption, formats())
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
    name = _("invoice-%(number)s", number=file_number(found.invoice.number))
    return Response(
        content,
        mimetype="application/pdf",
        headers={"Content-Disposition": f'inline; filename="{name}.pdf"'},
    )
