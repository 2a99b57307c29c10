"""The forgotten password, and stopping what was not one's own doing."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from app.accounts.contact import email_address, international_phone
from app.accounts.records import LinkGone, LinkToken, Lost, RecoveryRefused, TooBusy
from app.blueprints.recovery.forms import ForgotForm, NewPasswordForm
from app.web.current import has_session_cookie, keep_token, services, signed_in, visitor
from app.web.forms import PortalForm
from app.web.refusals import refuse_for_now

recovery = Blueprint("recovery", __name__)


@recovery.route("/forgot-password", methods=["GET", "POST"])
def forgot() -> ResponseReturnValue:
    if has_session_cookie() and current_user.is_authenticated:
        return redirect(url_for("contracts.index"), code=303)
    form = ForgotForm()
    if request.method != "POST":
        return _forgot_page(form)
    if not form.validate():
        return _forgot_page(form, 400)
    try:
        password = services().recovery.start(_lost(form), visitor())
    except RecoveryRefused:
        form.refuse(
            _(
                "We could not make a new password with these data. Enter user name, e-mail and"
                " phone as you registered them. After several tries, wait a quarter of an hour."
            )
        )
        return _forgot_page(form, 400)
    except TooBusy as error:
        return _forgot_page(form, refuse_for_now(form, error))
    return _forgot_page(form, password=password, is_sent=password is None)


def _lost(form: ForgotForm) -> Lost:
    return Lost(
        user_name=form.user_name.data,
        email=email_address(form.email.data) or "",
        phone=international_phone(form.phone.data) or "",
    )


def _forgot_page(
    form: ForgotForm, status: int = 200, *, password: str | None = None, is_sent: bool = False
) -> ResponseReturnValue:
    settings = services().settings.accounts
    delivery = services().recovery.delivery_to(_lost(form).phone) if is_sent else ""
    page = render_template(
        "recovery/forgot.html",
        form=form,
        password=password,
        is_sent=is_sent,
        delivery=delivery,
        instead_of_sms=delivery != settings.recovery_delivery,
        minutes=settings.recovery_minutes,
    )
    return page, status


@recovery.route("/account/new-password", methods=["GET", "POST"])
def new_password() -> ResponseReturnValue:
    if not signed_in().must_change:
        abort(404)
    form = NewPasswordForm()
    if request.method != "POST":
        return render_template("recovery/new_password.html", form=form)
    if not form.validate():
        return render_template("recovery/new_password.html", form=form), 400
    keep_token(services().recovery.finish(signed_in(), form.new.data, visitor()))
    flash(_("Your new password is in force. All other devices were signed out."))
    return redirect(url_for("contracts.index"), code=303)


@recovery.route("/not-me/<token>", methods=["GET", "POST"])
def stop(token: str) -> ResponseReturnValue:
    """Looking changes nothing: mail programs open links by themselves."""
    form = PortalForm()
    try:
        if request.method == "POST" and form.validate():
            services().undoing.stop(LinkToken(token), visitor())
            return render_template("recovery/stopped.html")
        services().undoing.get_stop(LinkToken(token))
    except LinkGone:
        return render_template("recovery/link_gone.html"), 404
    return render_template("recovery/stop.html", form=form), 400 if form.problems else 200
