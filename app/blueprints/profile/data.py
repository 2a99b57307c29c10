"""All that is kept of the account, and its end."""

import json

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts.records import Restricted, TooBusy, TooManyTries, WrongPassword
from app.blueprints.profile.blueprint import profile
from app.blueprints.profile.forms import CloseForm, DownloadForm
from app.clock import today
from app.web.current import end_session, services, signed_in, visitor
from app.web.refusals import refuse_for_now


@profile.route("/account/data", methods=["GET", "POST"])
def data() -> ResponseReturnValue:
    form = DownloadForm()
    if request.method != "POST":
        return _data_page(form)
    if not form.validate():
        return _data_page(form, 400)
    try:
        kept = services().profiles.download(
            signed_in(), password=form.password.data, visitor=visitor()
        )
    except WrongPassword:
        form.password.errors = [_("This is not your current password.")]
        return _data_page(form, 400)
    except (TooManyTries, TooBusy) as error:
        return _data_page(form, refuse_for_now(form, error))
    kept["payments_by_card"] = services().payments.ordering.export(signed_in().account.id)
    kept["cases"] = services().cases.following.download(signed_in().account.id)
    kept["certificates"] = services().certificates.applying.download(signed_in().account.id)
    content = json.dumps(kept, ensure_ascii=False, indent=2)
    name = _("account-%(day)s", day=today().isoformat())
    return Response(
        content + "\n",
        mimetype="application/json",
        headers={"Content-Disposition": f'attachment; filename="{name}.json"'},
    )


def _data_page(form: DownloadForm, status: int = 200) -> ResponseReturnValue:
    return render_template("profile/data.html", form=form), status


@profile.route("/account/close", methods=["GET", "POST"])
def close() -> ResponseReturnValue:
    form = CloseForm()
    if request.method != "POST":
        return _close_page(form)
    if not form.validate():
        return _close_page(form, 400)
    try:
        services().profiles.close(signed_in(), password=form.password.data, visitor=visitor())
    except WrongPassword:
        form.password.errors = [_("This is not your current password.")]
        return _close_page(form, 400)
    except (Restricted, TooManyTries, TooBusy) as error:
        return _close_page(form, refuse_for_now(form, error))
    end_session()
    flash(_("Your account is closed. Thank you for having been here."))
    return redirect(url_for("home.index"), code=303)


def _close_page(form: CloseForm, status: int = 200) -> ResponseReturnValue:
    return render_template("profile/close.html", form=form), status
