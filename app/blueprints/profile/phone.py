"""The code that confirms the phone."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts.contact import hidden_phone
from app.accounts.records import CodeRefused, TooBusy
from app.blueprints.profile.blueprint import profile
from app.web.current import services, signed_in, visitor
from app.web.proofs import CodeForm
from app.web.refusals import too_busy


@profile.route("/account/phone", methods=["GET", "POST"])
def phone() -> ResponseReturnValue:
    form, me = CodeForm(), signed_in()
    if not form.is_submitted():
        if not services().phones.has_code(me):
            return redirect(url_for("profile.contact"), code=303)
        return _page(form)
    if not form.validate():
        return _page(form), 400
    try:
        services().phones.confirm(me, form.digits, visitor())
    except (CodeRefused, TooBusy) as error:
        is_wrong = isinstance(error, CodeRefused)
        form.refuse(_wrong() if is_wrong else too_busy())
        return _page(form), 400 if is_wrong else 503
    flash(_("Your phone number is confirmed."))
    return redirect(url_for("profile.contact"), code=303)


def _wrong() -> str:
    return str(
        _(
            "This code does not work: it may be mistyped, or older than 15 minutes. You can ask for"
            " a new one."
        )
    )


def _page(form: CodeForm) -> str:
    return render_template(
        "profile/phone.html", form=form, phone=hidden_phone(signed_in().account.phone)
    )
