"""Changing the password: the main page, as in the manual."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts.records import TooBusy, TooManyTries, WrongPassword
from app.blueprints.profile.blueprint import profile
from app.blueprints.profile.forms import PasswordForm
from app.web.current import keep_token, services, signed_in, visitor
from app.web.refusals import refuse_for_now


@profile.route("/account", methods=["GET", "POST"])
def password() -> ResponseReturnValue:
    form = PasswordForm()
    if request.method != "POST":
        return _page(form)
    if not form.validate():
        return _page(form, 400)
    try:
        token = services().profiles.change_password(
            signed_in(),
            current=form.current.data,
            new=form.new.data,
            user_name=form.user_name.data,
            visitor=visitor(),
        )
    except WrongPassword:
        form.refuse(_("The current password or the user name is not right. Check both."))
        return _page(form, 400)
    except (TooManyTries, TooBusy) as error:
        return _page(form, refuse_for_now(form, error))
    keep_token(token)
    flash(_("Your password is changed. All other devices were signed out."))
    return redirect(url_for("profile.password"), code=303)


def _page(form: PasswordForm, status: int = 200) -> ResponseReturnValue:
    return render_template("profile/password.html", form=form), status
