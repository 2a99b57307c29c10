"""The language, what is told by which channel, and how one likes to pay."""

from flask import flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale
from flask_babel import gettext as _

from app.blueprints.profile.blueprint import profile
from app.blueprints.profile.forms import PreferencesForm
from app.web.current import services, signed_in, visitor
from app.web.language import remember


@profile.route("/account/preferences", methods=["GET", "POST"])
def preferences() -> ResponseReturnValue:
    me = signed_in()
    form = PreferencesForm()
    if request.method != "POST":
        form.language.data = me.account.language
        return _page(form, me.preferences)
    chosen = frozenset(request.form.getlist("preference"))
    if not form.validate():
        return _page(form, chosen, 400)
    language = str(form.language.data)
    if language != me.account.language:
        services().profiles.set_language(me.account.id, language)
    services().profiles.set_preferences(me, chosen, visitor())
    with force_locale(language):
        flash(_("Your preferences are saved."))
    response = make_response(redirect(url_for("profile.preferences"), code=303))
    remember(response, language, https=services().settings.web.https)
    return response


def _page(form: PreferencesForm, chosen: frozenset[str], status: int = 200) -> ResponseReturnValue:
    page = render_template(
        "profile/preferences.html",
        form=form,
        chosen=chosen,
        channels={"email": _("By e-mail"), "sms": _("By SMS")},
        notifications={
            "invoice": _("A new invoice"),
            "reminder": _("A reminder before and after the last day to pay"),
            "payment": _("A payment has arrived"),
            "case": _("News of a request or complaint"),
        },
    )
    return page, status
