"""The language, what is told by which channel, and how one likes to pay."""

from flask import flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale
from flask_babel import gettext as _

from app.accounts.preferences import NOTIFICATIONS as TOLD
from app.blueprints.profile.blueprint import profile
from app.blueprints.profile.forms import PreferencesForm
from app.web.current import services, signed_in, visitor
from app.web.language import remember
from app.web.notification_words import CHANNELS, NOTIFICATIONS, keywords


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
    services().preferences.set_all(me, chosen, visitor())
    with force_locale(language):
        flash(_("Your preferences are saved."))
    response = make_response(redirect(url_for("profile.preferences"), code=303))
    remember(response, language, https=services().settings.web.https)
    return response


def _page(form: PreferencesForm, chosen: frozenset[str], status: int = 200) -> ResponseReturnValue:
    account = signed_in().account
    no_sms = not services().phones.is_served(account.phone)
    page = render_template(
        "profile/preferences.html",
        form=form,
        chosen=chosen,
        channels=CHANNELS,
        notifications={what: NOTIFICATIONS[what] for what in TOLD},
        profile=services().profiles.get(account.id),
        own=services().preferences.list_of_contracts(account.id),
        no_sms=no_sms,
        keywords="" if no_sms else keywords(),
    )
    return page, status
