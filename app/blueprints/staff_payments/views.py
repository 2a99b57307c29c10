"""Payments by card, for the utility's people: those that need a person, and any by its number."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.gateways.cards.port import OrderReference
from app.gateways.errors import GatewayError
from app.payments.records import OrderFile, OrderNotFound, PaymentError, Source
from app.payments.review import NOTE_LENGTH, Decision, may_decide
from app.staff.records import Role
from app.web.current import services
from app.web.detail_words import detail_words
from app.web.forms import PortalForm, clean
from app.web.paying import refuse
from app.web.staff import staff_signed_in

staff_payments = Blueprint("staff_payments", __name__, url_prefix="/staff/payments")
ORDER = "/<string(length=26):reference>"


@staff_payments.get("")
def index() -> ResponseReturnValue:
    number = "".join((clean(request.args.get("number")) or "").split()).upper()
    if number and _find(number):
        return redirect(url_for("staff_payments.show", reference=number), code=303)
    return render_template(
        "staff_payments/index.html",
        found=services().payments.review.overview(),
        number=number[:60],
        told=detail_words,
    )


def _find(number: str) -> OrderFile | None:
    try:
        return services().payments.ordering.get(number)
    except OrderNotFound:
        return None


@staff_payments.get(ORDER)
def show(reference: str) -> ResponseReturnValue:
    return _page(reference, PortalForm())


def _page(reference: str, form: PortalForm, status: int = 200) -> ResponseReturnValue:
    file = _find(reference) or abort(404)
    may = staff_signed_in().member.role.includes(Role.SUPERVISOR)
    page = render_template(
        "staff_payments/show.html",
        form=form,
        told=detail_words,
        file=file,
        order=file.order,
        decisions=may_decide(file.order) if may else (),
        note=request.form.get("note", "")[:NOTE_LENGTH],
        longest=NOTE_LENGTH,
        needs_supervisor=bool(may_decide(file.order)) and not may,
    )
    return page, status


@staff_payments.post(f"{ORDER}/ask")
def ask(reference: str) -> ResponseReturnValue:
    form = PortalForm()
    if not form.validate():
        return _page(reference, form, 400)
    try:
        services().payments.settling.ask(OrderReference(reference), Source.STAFF)
    except OrderNotFound:
        abort(404)
    except (PaymentError, GatewayError) as error:
        return _page(reference, form, refuse(form, error))
    flash(_("The bank was asked. What it said stands below, if it was anything new."))
    return redirect(url_for("staff_payments.show", reference=reference), code=303)


@staff_payments.post(f"{ORDER}/decide")
def decide(reference: str) -> ResponseReturnValue:
    form = PortalForm()
    note = clean(request.form.get("note")) or ""
    if form.validate():
        if not note:
            form.refuse(_("Write why, for those who ask later."))
        elif request.form.get("decision") not in set(Decision):
            form.refuse(_("Choose what shall be done."))
    if form.problems:
        return _page(reference, form, 400)
    try:
        services().payments.review.decide(
            OrderReference(reference),
            Decision(request.form["decision"]),
            note=note,
            by=staff_signed_in().member,
        )
    except OrderNotFound:
        abort(404)
    except PaymentError as error:
        changed = _("This payment has changed meanwhile. Look at it again.")
        return _page(reference, form, refuse(form, error, not_now=changed))
    flash(_("Done, and written down."))
    return redirect(url_for("staff_payments.show", reference=reference), code=303)
