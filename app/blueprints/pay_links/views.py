"""Payment links: what whoever has one sees, and where a payer makes and revokes them."""

from flask import Blueprint, abort, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.payments.links import PayLink, TooManyLinks
from app.payments.records import Chosen, LinkGone, LinkId, PaymentError
from app.web.current import services, signed_in
from app.web.forms import PortalForm
from app.web.paying import payer_by, refuse, remember_begun
from legacy_adapters.records import ContractCode

pay_links = Blueprint("pay_links", __name__)
MADE = "pay_link"  # in the session: the contract and the link just made


@pay_links.route("/p/<token>", methods=["GET", "POST"])
def follow(token: str) -> ResponseReturnValue:
    form = PortalForm()
    try:
        link = services().payments.links.find(token)
        if request.method == "POST" and form.validate():
            return _begin(link, form)
        return _offer(link, form, 400 if form.problems else 200)
    except LinkGone:
        return render_template("pay_links/gone.html"), 404


def _offer(link: PayLink, form: PortalForm, status: int = 200) -> ResponseReturnValue:
    offer = services().payments.links.offer(link)
    is_on = services().payments.ordering.is_on
    return render_template("pay_links/offer.html", form=form, offer=offer, is_on=is_on), status


def _begin(link: PayLink, form: PortalForm) -> ResponseReturnValue:
    offer = services().payments.links.offer(link)
    wanted = Chosen(contract_code=link.contract_code, numbers=offer.numbers)
    try:
        reference = services().payments.ordering.begin(payer_by(link), [wanted])
    except PaymentError as error:
        status = refuse(form, error)
        return _offer(link, form, status)
    remember_begun(reference)
    return redirect(url_for("payments.show", reference=reference), code=303)


@pay_links.route("/contracts/<code>/pay-links", methods=["GET", "POST"])
def manage(code: str) -> ResponseReturnValue:
    """Makes a link, or revokes the one that `revoke` says. A link is shown once, on the page that
    follows: it is kept as a hash, and to load the page anew makes no other."""
    if not services().payments.ordering.is_on:
        abort(404)
    form, contract_code = PortalForm(), ContractCode(code)
    if request.method == "POST" and form.validate():
        account_id = signed_in().account.id
        if "revoke" in request.form:
            revoked = request.form.get("revoke", 0, type=int)
            known = {link.id for link in services().payments.links.list_of(contract_code)}
            if revoked in known:
                link_id = LinkId(revoked)
                services().payments.links.revoke(contract_code, link_id=link_id, by=account_id)
            return redirect(url_for("pay_links.manage", code=code), code=303)
        try:
            address = services().payments.links.make_for(contract_code, made_by=account_id)
            session[MADE] = f"{code} {address}"
            return redirect(url_for("pay_links.manage", code=code), code=303)
        except TooManyLinks:
            form.refuse(_("This contract has as many working links as it may: revoke one first."))
    made_for, _mark, address = str(session.pop(MADE, "")).partition(" ")
    page = render_template(
        "pay_links/manage.html",
        form=form,
        code=code,
        address=address if made_for == code else "",
        links=services().payments.links.list_of(contract_code),
        days=services().settings.payments.link_days,
    )
    return page, 400 if form.problems else 200
