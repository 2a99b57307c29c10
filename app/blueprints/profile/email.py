"""Where the link in a mail leads that confirms an address."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from app.accounts.records import EmailTaken, LinkGone, LinkToken
from app.blueprints.profile.blueprint import profile
from app.web.current import has_session_cookie, services, visitor
from app.web.forms import PortalForm


@profile.route("/confirm-email/<token>", methods=["GET", "POST"])
def confirm_email(token: str) -> ResponseReturnValue:
    """Looking changes nothing: mail programs open links by themselves."""
    form = PortalForm()
    try:
        email = services().profiles.find_new_email(LinkToken(token))
        if request.method == "POST" and form.validate():
            services().profiles.confirm_email(LinkToken(token), visitor())
            flash(_("%(email)s is confirmed.", email=email))
            return redirect(url_for(_next_page()), code=303)
    except LinkGone:
        return render_template("profile/email_link_gone.html"), 404
    except EmailTaken:
        form.refuse(
            _(
                "Another account has this address by now, so it cannot be yours too. Your account"
                " keeps the address it had. If you do not know of that other account, call us."
            )
        )
    page = render_template("profile/confirm_email.html", form=form, email=email)
    return page, 400 if form.problems else 200


def _next_page() -> str:
    is_signed_in = has_session_cookie() and current_user.is_authenticated
    return "profile.contact" if is_signed_in else "accounts.login"
