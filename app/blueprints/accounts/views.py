"""Registering, signing in and out."""

from contextlib import suppress

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from app.accounts.contact import email_address, international_phone
from app.accounts.records import (
    Account,
    Applicant,
    CodeSent,
    LinkToken,
    NotYours,
    RegistrationRefused,
    SignInRefused,
    TooBusy,
    TooManyTries,
    Welcome,
)
from app.accounts.rules import normal_contract_code
from app.blueprints.accounts.forms import LoginForm, RegisterForm
from app.web.access import local_address
from app.web.current import (
    end_session,
    has_session_cookie,
    services,
    signed_in,
    start_session,
    visitor,
)
from app.web.forms import PortalForm
from app.web.known_devices import remember_account
from app.web.language import has_chosen, language, remember
from app.web.proofs import CodeForm, wrong_code
from app.web.refusals import refuse_for_now, too_busy
from legacy_adapters.errors import BillingError

accounts = Blueprint("accounts", __name__)


@accounts.route("/register", methods=["GET", "POST"])
def register() -> ResponseReturnValue:
    if has_session_cookie() and current_user.is_authenticated:
        return redirect(url_for("contracts.index"), code=303)
    form = RegisterForm()
    if request.method != "POST":
        return _register_page(form)
    if not form.validate():
        return _register_page(form, 400)
    applicant = _applicant(form)
    try:
        done = services().registration.register(applicant, visitor())
    except (RegistrationRefused, TooManyTries, TooBusy, BillingError) as error:
        return _register_page(form, _refuse(form, error))
    if isinstance(done, CodeSent):
        session["registering"] = done.token
        return redirect(url_for("accounts.register_code"), code=303)
    return _welcome(done, applicant.user_name)


@accounts.route("/register/code", methods=["GET", "POST"])
def register_code() -> ResponseReturnValue:
    """Where the proof is a code sent to the phone that billing has."""
    token = session.get("registering")
    if not token:
        return redirect(url_for("accounts.register"), code=303)
    form = CodeForm()
    if request.method != "POST":
        return _code_page(form)
    if not form.validate():
        return _code_page(form), 400
    try:
        account, wanted = services().registration.finish(LinkToken(token), form.digits, visitor())
    except RegistrationRefused:
        form.refuse(wrong_code())
        return _code_page(form), 400
    except TooBusy:
        form.refuse(too_busy())
        return _code_page(form), 503
    return _welcome(account, wanted)


def _code_page(form: CodeForm) -> str:
    return render_template("accounts/code.html", form=form, back=url_for("accounts.register"))


def _welcome(account: Account, wanted: str) -> ResponseReturnValue:
    opened = services().accounts.open_session(account, visitor())
    start_session(opened.token)
    _greet(account.user_name, wanted)
    return redirect(url_for("contracts.index"), code=303)


def _refuse(form: RegisterForm, error: Exception) -> int:
    """Says on the form what failed; returns the status to answer with."""
    if isinstance(error, RegistrationRefused):
        form.refuse(
            _(
                "We could not register you with these data. Check that the customer code and the"
                " name are as on your invoice. If this name or e-mail already has an account,"
                " sign in with it."
            )
        )
        return 400
    return refuse_for_now(form, error)


def _register_page(form: RegisterForm, status: int = 200) -> ResponseReturnValue:
    return render_template("accounts/register.html", form=form), status


def _applicant(form: RegisterForm) -> Applicant:
    code = normal_contract_code(form.contract_code.data)
    phone, email = international_phone(form.phone.data), email_address(form.email.data)
    if code is None or phone is None or email is None:
        raise ValueError("the form was not validated")
    return Applicant(
        contract_code=code,
        user_name=" ".join(form.user_name.data.split()),
        password=form.password.data,
        phone=phone,
        email=email,
        language=language(),
        proof=form.proof,
    )


def _greet(name: str, wanted: str) -> None:
    if name == wanted:
        flash(_("Welcome! You sign in as “%(name)s” or with your e-mail.", name=name))
    else:
        flash(
            _(
                "Welcome! “%(wanted)s” was taken, so your user name is “%(name)s”. Write it down:"
                " you sign in with it, or with your e-mail.",
                wanted=wanted,
                name=name,
            )
        )


@accounts.route("/login", methods=["GET", "POST"])
def login() -> ResponseReturnValue:
    if has_session_cookie() and current_user.is_authenticated:
        return redirect(_after_sign_in(), code=303)
    form = LoginForm()
    if request.method != "POST":
        return _login_page(form)
    if not form.validate():
        return _login_page(form, 400)
    try:
        welcome = services().accounts.sign_in(form.user_name.data, form.password.data, visitor())
    except SignInRefused:
        form.refuse(
            _(
                "User name and password do not match. Check both and try again. After many wrong"
                " tries the right password too is refused for a quarter of an hour."
            )
        )
        return _login_page(form, 400)
    except (TooManyTries, TooBusy) as error:
        return _login_page(form, refuse_for_now(form, error))
    return _signed_in(welcome)


def _signed_in(welcome: Welcome) -> ResponseReturnValue:
    start_session(welcome.token)
    https = services().settings.web.https
    if welcome.must_change:
        response = redirect(url_for("recovery.new_password"), code=303)
    else:
        response = redirect(_after_sign_in(), code=303)
        remember_account(response, welcome, https=https)
    if not has_chosen():  # a new device speaks the customer's language
        remember(response, welcome.account.language, https=https)
    return response


def _login_page(form: LoginForm, status: int = 200) -> ResponseReturnValue:
    ended = session.pop("session_ended", False)
    return render_template("accounts/login.html", form=form, session_ended=ended), status


def _after_sign_in() -> str:
    return local_address(request.args.get("next")) or url_for("contracts.index")


@accounts.get("/account/awake")
def awake() -> ResponseReturnValue:
    """Asked while somebody types (site.js): that is no idle session. Who asks is noted as with
    every page, and nothing is answered."""
    return "", 204


@accounts.post("/logout")
def logout() -> ResponseReturnValue:
    form = PortalForm()
    if not form.validate():
        return render_template("accounts/logout.html", form=form), 400
    with suppress(NotYours):  # it was ended elsewhere in this moment
        services().accounts.sign_out(signed_in(), visitor())
    end_session()
    flash(_("You are signed out."))
    return redirect(url_for("accounts.login"), code=303)
