"""Orders: choosing over all contracts, the way to the bank and back, what became of them."""

from decimal import Decimal

from flask import Blueprint, Response, abort, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts.records import Right
from app.gateways.cards.port import OrderReference
from app.gateways.errors import GatewayError
from app.payments.receipt import render_receipt
from app.payments.receipts import is_valid
from app.payments.records import (
    Chosen,
    InPayment,
    OrderFile,
    OrderNotFound,
    PayingIsOff,
    PaymentError,
    Source,
    State,
)
from app.payments.settling import NoticeRefused
from app.web.current import formats, own_label, services, signed_in
from app.web.forms import PortalForm, clean
from app.web.paying import payer, refuse, refuse_in_payment, sees_all, was_begun_here
from legacy_adapters.errors import BillingError
from legacy_adapters.records import NO_MONEY, ContractCode

payments = Blueprint("payments", __name__, url_prefix="/payments")
ORDER = "/<string(length=26):reference>"
# How long a page looks for news by itself.
FRESH_SECONDS, LOOK_AGAIN_SECONDS = 600, 5


@payments.get("")
def index() -> ResponseReturnValue:
    found = services().payments.ordering.list_page(
        signed_in().account.id, request.args.get("page", 1, type=int)
    )
    return render_template("payments/index.html", found=found, has_receipt=is_valid)


@payments.route("/all", methods=["GET", "POST"])
def choose() -> ResponseReturnValue:
    """All that is owed on whole contracts at once."""
    form = PortalForm()
    me, group = signed_in(), clean(request.args.get("group")) or ""
    codes = [
        code
        for code, right in me.rights.items()
        if right.includes(Right.PAY) and (not group or own_label(code).group == group)
    ]
    if request.method != "POST" or not form.validate():
        return _choose_page(form, codes), 400 if form.problems else 200
    wanted = set(request.form.getlist("contract")) & set(codes)
    try:
        reference = services().payments.ordering.begin(
            payer(), [Chosen(contract_code=ContractCode(code)) for code in sorted(wanted)]
        )
    except (PaymentError, BillingError) as error:
        status = refuse(form, error)
        return _choose_page(form, codes, wanted), status
    return redirect(url_for("payments.show", reference=reference), code=303)


def _choose_page(
    form: PortalForm, codes: list[ContractCode], wanted: set[str] | None = None
) -> str:
    if not services().payments.ordering.is_on:
        abort(404)
    found = services().contracts.list_owing(codes)
    under_way = services().payments.ordering.list_under_way(
        [debt.code for debt in found.contracts], signed_in().account.id
    )
    held: dict[ContractCode, Decimal] = {}
    for one in under_way:
        held[one.contract_code] = held.get(one.contract_code, NO_MONEY) + one.amount
    left = {
        item.code: item.debt.payable - held.get(item.code, NO_MONEY) for item in found.contracts
    }
    return render_template(
        "payments/choose.html",
        form=form,
        found=found,
        busy={one.contract_code: one for one in under_way},
        held=held,
        left={code: amount for code, amount in left.items() if amount > 0},
        wanted=wanted,
        labels=signed_in().labels,
        group=clean(request.args.get("group")) or "",
    )


@payments.get(ORDER)
def show(reference: str) -> ResponseReturnValue:
    return _page(reference, PortalForm())


def _page(reference: str, form: PortalForm, status: int = 200) -> ResponseReturnValue:
    file = _get(reference)
    g.form_target = services().payments.ordering.form_target
    order = file.order
    age = (services().payments.ordering.now() - order.state_at).total_seconds()
    waits = order.state in (State.AT_BANK, State.UNKNOWN) and order.sent_at is not None
    page = render_template(
        "payments/show.html",
        form=form,
        file=file,
        order=order,
        is_own=sees_all(order),
        may_act=_may_act(file),
        has_receipt=is_valid(order),
        begun_here=was_begun_here(order),
        contracts=list(dict.fromkeys(posted.line.contract_code for posted in file.lines)),
        look_again=LOOK_AGAIN_SECONDS if waits and age < FRESH_SECONDS else None,
    )
    return page, status


def _get(reference: str) -> OrderFile:
    try:
        return services().payments.ordering.get(reference)
    except OrderNotFound:
        abort(404)


def _may_act(file: OrderFile) -> bool:
    """An account's order is the account's, and nobody's once that is closed; a link's is
    anybody's who has its address."""
    return file.order.link_id is not None or sees_all(file.order)


def _form_for(reference: str) -> tuple[PortalForm, OrderReference]:
    """The form that was pressed, and the order that whoever pressed it may act on."""
    file = _get(reference)
    if not _may_act(file):
        abort(404)
    return PortalForm(), file.order.reference


@payments.post(f"{ORDER}/bank")
def go(reference: str) -> ResponseReturnValue:
    form, order = _form_for(reference)
    if not form.validate():
        return _page(reference, form, 400)
    try:
        handover = services().payments.ordering.go(order, return_url=_return_url())
    except (PaymentError, GatewayError, BillingError) as error:
        return _page(reference, form, refuse(form, error))
    if not handover.fields:
        return redirect(handover.address, code=303)
    g.form_target = services().payments.ordering.form_target
    return render_template("payments/leaving.html", handover=handover)


def _return_url() -> str:
    """The demo is opened by several names of one machine, and each has cookies of its own."""
    if not services().settings.portal.demo:
        return ""
    return url_for(
        "payments.come_back", gateway=services().payments.ordering.gateway_name, _external=True
    )


@payments.post(f"{ORDER}/cancel")
def cancel(reference: str) -> ResponseReturnValue:
    form, order = _form_for(reference)
    if not form.validate():
        return _page(reference, form, 400)
    try:
        services().payments.ordering.cancel(order)
    except (PaymentError, GatewayError) as error:
        waits = _("The bank is working on this payment right now. Please wait for what it says.")
        return _page(reference, form, refuse(form, error, not_now=waits))
    return redirect(url_for("payments.show", reference=reference), code=303)


@payments.post(f"{ORDER}/ask")
def ask(reference: str) -> ResponseReturnValue:
    """Asks the bank now; the page then shows what is known."""
    form, order = _form_for(reference)
    if not form.validate():
        return _page(reference, form, 400)
    try:
        services().payments.settling.ask(order, Source.PAYER)
    except (PaymentError, GatewayError) as error:
        return _page(reference, form, refuse(form, error))
    return redirect(url_for("payments.show", reference=reference), code=303)


@payments.post(f"{ORDER}/again")
def again(reference: str) -> ResponseReturnValue:
    """A new order for the invoices of one that came to nothing."""
    form = PortalForm()
    file = _get(reference)
    mine = {code for code, right in signed_in().rights.items() if right.includes(Right.PAY)}
    chosen: dict[ContractCode, set[str]] = {}
    for posted in file.lines:
        chosen.setdefault(posted.line.contract_code, set()).add(posted.line.invoice_number)
    if not sees_all(file.order) or not chosen.keys() <= mine:
        abort(404)
    if not form.validate():
        return _page(reference, form, 400)
    try:
        new = services().payments.ordering.begin(
            payer(),
            [Chosen(contract_code=c, numbers=frozenset(n)) for c, n in chosen.items()],
        )
    except (PaymentError, BillingError) as error:
        own = refuse_in_payment(error) if isinstance(error, InPayment) else None
        return own or _page(reference, form, refuse(form, error))
    return redirect(url_for("payments.show", reference=new), code=303)


@payments.get(f"{ORDER}/receipt.pdf")
def receipt(reference: str) -> ResponseReturnValue:
    file = _get(reference)
    order = file.order
    is_own = sees_all(order)
    if not (is_own or was_begun_here(order)) or order.receipt_code is None or not is_valid(order):
        abort(404)
    settings = services().settings
    content = render_receipt(
        order,
        [posted.line for posted in file.lines],
        verify_at=services().payments.receipts.address(order.receipt_code),
        utility=settings.utility,
        is_sample=settings.portal.demo,
        formats=formats(),
        translate=_,
        by_link=not is_own,
    )
    name = _("receipt-%(number)s", number=reference[:8])
    return Response(
        content,
        mimetype="application/pdf",
        headers={"Content-Disposition": f'inline; filename="{name}.pdf"'},
    )


# What banks send


@payments.route("/return/<gateway>", methods=["GET", "POST"])
def come_back(gateway: str) -> ResponseReturnValue:
    """The payer's browser, posted here from the bank's page without our cookie. What it brings
    is only believed where the bank has signed it, and then shown on a page of its own address."""
    try:
        reference = _hear(gateway, Source.RETURN)
    except (NoticeRefused, PayingIsOff):
        return render_template("payments/not_understood.html"), 400
    return redirect(url_for("payments.show", reference=reference), code=303)


@payments.route("/callback/<gateway>", methods=["GET", "POST"])
def callback(gateway: str) -> ResponseReturnValue:
    """The bank itself. An answer other than 200 has it call again."""
    try:
        _hear(gateway, Source.CALLBACK)
    except (NoticeRefused, PayingIsOff):
        return Response("refused\n", 400, mimetype="text/plain")
    return Response(services().payments.ordering.callback_answer, mimetype="text/plain")


def _hear(gateway: str, source: Source) -> OrderReference:
    fields = request.form if request.form else request.args
    # A field that comes twice could be read in two ways: then it is neither.
    twice = any(len(values) > 1 for values in fields.to_dict(flat=False).values())
    body = b"" if request.form else request.get_data(cache=False)
    return services().payments.settling.hear(
        gateway, {} if twice else fields.to_dict(), body, source
    )
