"""What is told of one contract, and the links that end it."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts.preferences import CONTRACT_PREFERENCES
from app.accounts.records import LinkGone, LinkToken
from app.web.current import services, signed_in, visitor
from app.web.forms import PortalForm
from app.web.notification_words import CHANNELS, OF_CONTRACT, ended_by
from legacy_adapters.records import ContractCode

notifications = Blueprint("notifications", __name__)
OWN = "own"


@notifications.route("/contracts/<code>/messages", methods=["GET", "POST"])
def contract(code: str) -> ResponseReturnValue:
    form, me = PortalForm(), signed_in()
    contract_code = ContractCode(code)
    if request.method == "POST":
        chosen = frozenset(request.form.getlist("preference")) & CONTRACT_PREFERENCES
        is_own = request.form.get("choice") == OWN
        if form.validate():
            own = chosen if is_own else None
            services().preferences.set_of_contract(me, contract_code, own, visitor())
            flash(_("Your choice for contract %(code)s is saved.", code=code))
            return redirect(url_for("notifications.contract", code=code), code=303)
        return _page(form, code, chosen, is_own=is_own), 400
    own = services().preferences.find_of_contract(me.account.id, contract_code)
    shown = me.preferences if own is None else own
    return _page(form, code, shown, is_own=own is not None)


def _page(form: PortalForm, code: str, chosen: frozenset[str], *, is_own: bool) -> str:
    account = signed_in().account
    return render_template(
        "notifications/contract.html",
        form=form,
        code=code,
        chosen=chosen,
        is_own=is_own,
        profile=services().profiles.get(account.id),
        no_sms=not services().phones.is_served(account.phone),
        channels=CHANNELS,
        notifications=OF_CONTRACT,
    )


@notifications.route("/m/<token>", methods=["GET", "POST"])
def switch_off(token: str) -> ResponseReturnValue:
    """Looking changes nothing: mail programs open links by themselves. The post comes from a
    mail program's own button too, which has no session and no form of ours: the token is all."""
    preferences, is_done = services().preferences, request.method == "POST"
    try:
        if is_done:
            everything = request.form.get("what") == "everything"
            link = preferences.use_link(LinkToken(token), everything=everything)
        else:
            link = preferences.find_link(LinkToken(token))
    except LinkGone:
        return render_template("recovery/link_gone.html"), 404
    return render_template(
        "notifications/switch_off.html",
        what=ended_by(link),
        is_sms=link.preference.endswith("_by_sms"),
        is_done=is_done,
        is_everything=request.form.get("what") == "everything",
        token=token,
    )
