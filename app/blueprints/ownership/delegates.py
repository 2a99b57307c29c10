"""Whom a holder lets into a contract, and the way in by invitation."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts.contact import email_address
from app.accounts.records import (
    AccountId,
    AlreadyLinked,
    Invitation,
    LinkGone,
    LinkToken,
    NotYours,
    Restricted,
    Right,
    TooManyTries,
)
from app.blueprints.ownership.forms import InviteForm
from app.web.current import services, signed_in, visitor
from app.web.forms import PortalForm
from legacy_adapters.records import ContractCode

delegates = Blueprint("delegates", __name__)
ID = "int(max=2147483647)"  # what the database's numbers can be


@delegates.route("/contracts/<code>/delegates", methods=["GET", "POST"])
def index(code: str) -> ResponseReturnValue:
    form = InviteForm()
    if request.method != "POST":
        return _page(code, form)
    if not form.validate():
        return _page(code, form), 400
    email = email_address(form.email.data) or ""
    try:
        services().ownership.invite(
            signed_in(),
            ContractCode(code),
            email=email,
            right=Right(form.right.data),
            visitor=visitor(),
        )
    except NotYours:
        abort(404)
    except Restricted:
        return _page(code, form), 403  # the page says why, and until when
    except TooManyTries:
        limit = services().settings.accounts.invitations_per_day
        form.refuse(
            _(
                "You have sent as many invitations as an account may in a day: %(limit)s. Please"
                " try again tomorrow.",
                limit=limit,
            )
        )
        return _page(code, form), 429
    # The same words whether or not the address has an account.
    flash(_("An invitation is on its way to %(email)s.", email=email))
    return _back(code)


def _page(code: str, form: InviteForm, action: PortalForm | None = None) -> str:
    """action: what a button in the lists failed at."""
    found, invitations = services().ownership.list_delegates(
        signed_in().account.id, ContractCode(code)
    )
    return render_template(
        "ownership/delegates.html",
        code=code,
        form=action or form,
        invite=form,
        delegates=found,
        invitations=invitations,
        restricted_until=services().ownership.find_restriction(signed_in()),
    )


def _back(code: str) -> ResponseReturnValue:
    return redirect(url_for("delegates.index", code=code), code=303)


@delegates.post(f"/contracts/<code>/delegates/<{ID}:account_id>/remove")
def remove(code: str, account_id: int) -> ResponseReturnValue:
    form = PortalForm()
    if not form.validate():
        return _page(code, InviteForm(), form), 400
    try:
        services().ownership.remove_delegate(
            signed_in(), ContractCode(code), AccountId(account_id), visitor()
        )
    except NotYours:
        abort(404)
    flash(_("This person no longer sees the contract."))
    return _back(code)


@delegates.post(f"/contracts/<code>/invitations/<{ID}:invitation_id>/take-back")
def take_back(code: str, invitation_id: int) -> ResponseReturnValue:
    form = PortalForm()
    if not form.validate():
        return _page(code, InviteForm(), form), 400
    try:
        services().ownership.take_back(signed_in(), ContractCode(code), invitation_id, visitor())
    except NotYours:
        abort(404)
    flash(_("The invitation no longer works."))
    return _back(code)


@delegates.route("/invitations/<token>", methods=["GET", "POST"])
def accept(token: str) -> ResponseReturnValue:
    """Looking changes nothing: mail programs open links by themselves."""
    form = PortalForm()
    try:
        invitation = services().ownership.get_invitation(signed_in(), LinkToken(token))
        if request.method != "POST":
            return _invitation_page(form, invitation)
        if not form.validate():
            return _invitation_page(form, invitation), 400
        code = services().ownership.accept(signed_in(), LinkToken(token), visitor())
    except LinkGone:
        return render_template("ownership/invitation_gone.html"), 404
    except Restricted:
        return _invitation_page(form, invitation), 403
    except AlreadyLinked:
        form.refuse(
            _(
                "This contract is in your account already. To change what you may do with it,"
                " %(inviter)s has to remove you first.",
                inviter=invitation.inviter,
            )
        )
        return _invitation_page(form, invitation), 400
    flash(_("Contract %(code)s is in your account now.", code=code))
    return redirect(url_for("contracts.index"), code=303)


def _invitation_page(form: PortalForm, invitation: Invitation) -> str:
    return render_template(
        "ownership/invitation.html",
        form=form,
        invitation=invitation,
        restricted_until=services().ownership.find_restriction(signed_in()),
    )
