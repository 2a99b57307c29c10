"""The e-mail address and the phone number."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from wtforms import Field

from app.accounts.contact import email_address, hidden_phone, international_phone
from app.accounts.records import (
    PhoneNotServed,
    Restricted,
    TooBusy,
    TooManyCodes,
    TooManyMails,
    TooManyTries,
    WrongPassword,
)
from app.blueprints.profile.blueprint import profile
from app.blueprints.profile.forms import EmailForm, PhoneForm
from app.web.current import services, signed_in, visitor
from app.web.forms import PortalForm
from app.web.refusals import refuse_for_now


@dataclass(frozen=True, kw_only=True, slots=True)
class Forms:
    """Each has its own button, whose `action` tells them apart."""

    email: EmailForm
    phone: PhoneForm
    again: PortalForm


@profile.route("/account/contact", methods=["GET", "POST"])
def contact() -> ResponseReturnValue:
    forms = Forms(email=EmailForm(), phone=PhoneForm(), again=PortalForm())
    if request.method != "POST":
        return _page(forms, forms.again)
    if request.form.get("action") == "email":
        return _change(forms, forms.email, forms.email.email_password, _ask_for_email)
    if request.form.get("action") == "phone":
        return _change(forms, forms.phone, forms.phone.phone_password, _change_phone)
    if request.form.get("action") == "code":
        return _change(forms, forms.again, None, _send_code, then="profile.phone")
    if request.form.get("action") == "cancel":
        return _change(forms, forms.again, None, _cancel_email)
    return _change(forms, forms.again, None, _confirm_again)


def _change(
    forms: Forms,
    form: Any,
    password: Field | None,
    change: Callable[[Any], str],
    *,
    then: str = "profile.contact",
) -> ResponseReturnValue:
    """change: does what the form asks, and returns what to say then."""
    if not form.validate():
        return _page(forms, form, 400)
    try:
        done = change(form)
    except WrongPassword:
        if password is None:
            raise
        password.errors = [_("This is not your current password.")]
        return _page(forms, form, 400)
    except Restricted:
        return _page(forms, form, 403)  # the page says why by itself
    except (PhoneNotServed, TooManyTries, TooBusy) as error:
        return _page(forms, form, _refuse(form, error))
    if done:
        flash(done)
    return redirect(url_for(then), code=303)


def _refuse(form: PortalForm, error: Exception) -> int:
    if isinstance(error, TooManyMails):
        form.refuse(_("We have sent you many links today. Please try again tomorrow."))
        return 429
    if isinstance(error, TooManyCodes):
        form.refuse(_("Many codes were sent today. Please try again tomorrow."))
        return 429
    if isinstance(error, PhoneNotServed):
        form.refuse(_("We cannot send SMS to numbers of this country. Mails work everywhere."))
        return 400
    return refuse_for_now(form, error)


def _ask_for_email(form: EmailForm) -> str:
    email = email_address(form.email.data) or ""
    services().profiles.ask_for_email(
        signed_in(), password=form.email_password.data, email=email, visitor=visitor()
    )
    return str(_("A link is on its way to %(email)s. Open it to confirm the address.", email=email))


def _change_phone(form: PhoneForm) -> str:
    phone = international_phone(form.phone.data) or ""
    services().profiles.change_phone(
        signed_in(), password=form.phone_password.data, phone=phone, visitor=visitor()
    )
    return str(_("Your phone number is changed."))


def _confirm_again(_form: PortalForm) -> str:
    services().profiles.confirm_again(signed_in(), visitor())
    return str(_("The link is on its way once more. Look among unwanted mail too."))


def _cancel_email(_form: PortalForm) -> str:
    if services().profiles.cancel_email(signed_in(), visitor()):
        return str(_("The change is cancelled. The link in the mail confirms nothing any more."))
    return str(_("No change of address waits any more."))


def _send_code(_form: PortalForm) -> str:
    services().phones.send_code(signed_in())
    return ""  # the next page says it


def _page(forms: Forms, form: Any, status: int = 200) -> ResponseReturnValue:
    """form: the one that was sent."""
    profiles, me = services().profiles, signed_in()
    page = render_template(
        "profile/contact.html",
        form=form,
        forms=forms,
        me=me.account,
        phone=hidden_phone(me.account.phone),
        no_sms=not services().phones.is_served(me.account.phone),
        known=profiles.get(me.account.id),
        restricted_until=profiles.restricted_until(me),
    )
    return page, status
