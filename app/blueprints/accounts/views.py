"""Registering, signing in and out."""

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user, login_user, logout_user

from app.accounts.records import (
    Applicant,
    RegistrationRefused,
    SignInRefused,
    TooManyTries,
    Welcome,
)
from app.accounts.rules import normal_contract_code
from app.blueprints.accounts.forms import (
    LoginForm,
    RegisterForm,
    email_address,
    international_phone,
)
from app.web.access import local_address
from app.web.current import (
    PortalUser,
    has_session_cookie,
    services,
    signed_in,
    visitor,
)
from app.web.errors import log_failure
from app.web.forms import PortalForm
from app.web.language import has_chosen, language, remember
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
        welcome = services().accounts.register(applicant, visitor())
    except (RegistrationRefused, TooManyTries, BillingError) as error:
        return _register_page(form, _refuse(form, error))
    services().last_known.forget(applicant.contract_code)
    _start_session(welcome)
    _greet(welcome, applicant.user_name)
    return redirect(url_for("contracts.index"), code=303)


def _refuse(form: RegisterForm, error: Exception) -> int:
    """Says on the form what failed; returns the status to answer with."""
    if isinstance(error, TooManyTries):
        form.refuse(_too_many_tries())
        return 429
    if isinstance(error, BillingError):
        log_failure("billing failed", error, "run: flask billing check")
        form.refuse(
            _("We cannot check your contract right now. Please try again in a few minutes.")
        )
        return 503
    form.refuse(
        _(
            "We could not register you with these data. Check that the customer code and the"
            " name are as on your invoice. If this name or e-mail already has an account,"
            " sign in with it."
        )
    )
    return 400


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
    )


def _greet(welcome: Welcome, wanted: str) -> None:
    name = welcome.account.user_name
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
        form.refuse(_("User name and password do not match. Check both and try again."))
        return _login_page(form, 400)
    except TooManyTries:
        form.refuse(_too_many_tries())
        return _login_page(form, 429)
    _start_session(welcome)
    response = redirect(_after_sign_in(), code=303)
    if not has_chosen():  # a new device speaks the customer's language
        remember(response, welcome.account.language, https=services().settings.web.https)
    return response


def _login_page(form: LoginForm, status: int = 200) -> ResponseReturnValue:
    ended = session.pop("session_ended", False)
    return render_template("accounts/login.html", form=form, session_ended=ended), status


def _after_sign_in() -> str:
    return local_address(request.args.get("next")) or url_for("contracts.index")


def _too_many_tries() -> str:
    minutes = services().settings.accounts.tries_window_minutes
    return str(_("There were too many tries. Please wait %(minutes)s minutes.", minutes=minutes))


def _start_session(welcome: Welcome) -> None:
    """A new session with nothing of the old one, so that no stranger can have prepared it."""
    session.clear()
    found = services().accounts.find_signed_in(welcome.token)
    if found is None:
        raise RuntimeError("a session ended the moment it began")
    user = PortalUser(found)
    user.id = welcome.token
    login_user(user)


@accounts.post("/logout")
def logout() -> ResponseReturnValue:
    form = PortalForm()
    if not form.validate():
        return render_template("accounts/logout.html", form=form), 400
    services().accounts.sign_out(signed_in().session_id)
    logout_user()
    session.clear()
    flash(_("You are signed out."))
    return redirect(url_for("accounts.login"), code=303)
