"""How the utility's own people come in and go out, and their start page."""

from flask import Blueprint, abort, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts.records import SessionToken, SignInRefused, TooBusy, TooManyTries, WrongPassword
from app.blueprints.staff.forms import StaffLoginForm, StaffPasswordForm
from app.demo import STAFF_PASSWORD, demo_codes
from app.staff.records import NoSuchSession
from app.web.access import local_address
from app.web.current import services
from app.web.device_names import readable_device
from app.web.fields import digits_of
from app.web.forms import PortalForm
from app.web.known_devices import remember_member
from app.web.refusals import refuse_for_now
from app.web.staff import (
    end_staff_session,
    find_staff,
    keep_staff_token,
    staff_signed_in,
    staff_visitor,
    start_staff_session,
)

staff = Blueprint("staff", __name__)
LARGEST_ID = 2**31 - 1  # of a column; what is larger is no session's


@staff.get("/staff")
def index() -> ResponseReturnValue:
    return render_template("staff/index.html", member=staff_signed_in().member)


@staff.get("/staff/awake")
def awake() -> ResponseReturnValue:
    """Asked while somebody types, as in the customers' pages."""
    return "", 204


@staff.route("/staff/login", methods=["GET", "POST"])
def login() -> ResponseReturnValue:
    if find_staff() is not None:
        return redirect(_after_sign_in(), code=303)
    form = StaffLoginForm()
    if request.method != "POST":
        return _login_page(form)
    if not form.validate():
        return _login_page(form, 400)
    try:
        welcome = services().staff.sign_in(
            form.name.data, form.password.data, digits_of(form.code.data), staff_visitor()
        )
    except SignInRefused:
        form.refuse(
            _(
                "User name, password and code do not match. Check all three. A code works once:"
                " wait for the next one."
            )
        )
        return _login_page(form, 400)
    except (TooManyTries, TooBusy) as error:
        return _login_page(form, _refuse(form, error))
    start_staff_session(welcome.token)
    response = redirect(_after_sign_in(), code=303)
    remember_member(response, welcome, https=services().settings.web.https)
    return response


def _login_page(form: StaffLoginForm, status: int = 200) -> ResponseReturnValue:
    form.code.data = ""  # it is used or too old by now
    page = render_template(
        "staff/login.html",
        form=form,
        session_ended=session.pop("session_ended", False),
        demo_codes=demo_codes(services()),
        demo_password=STAFF_PASSWORD,
    )
    return page, status


def _after_sign_in() -> str:
    start = url_for("staff.index")
    wanted = local_address(request.args.get("next")) or start
    is_ours = wanted == start or wanted.startswith((f"{start}/", f"{start}?"))
    return wanted if is_ours else start


def _refuse(form: PortalForm, error: Exception) -> int:
    minutes = services().settings.staff.tries_window_minutes
    return refuse_for_now(form, error, minutes=minutes)


@staff.post("/staff/logout")
def logout() -> ResponseReturnValue:
    form = PortalForm()
    if not form.validate():
        return render_template("staff/logout.html", form=form), 400
    services().staff.sign_out(staff_signed_in(), staff_visitor())
    end_staff_session()
    flash(_("You are signed out."))
    return redirect(url_for("staff.login"), code=303)


@staff.get("/staff/sessions")
def sessions() -> ResponseReturnValue:
    return _sessions_page(PortalForm())


def _sessions_page(form: PortalForm, status: int = 200) -> ResponseReturnValue:
    me = staff_signed_in()
    found = services().staff.list_own_sessions(me)
    found.sort(key=lambda session: session.id != me.session_id)  # where the reader is, first
    page = render_template(
        "staff/sessions.html",
        form=form,
        sessions=found,
        this=me.session_id,
        devices={session.id: readable_device(session.device) for session in found},
    )
    return page, status


@staff.post(f"/staff/sessions/<int(max={LARGEST_ID}):session_id>/sign-out")
def end_session(session_id: int) -> ResponseReturnValue:
    form = PortalForm()
    if not form.validate():
        return _sessions_page(form, 400)
    try:
        services().staff.end_own_session(staff_signed_in(), session_id, staff_visitor())
    except NoSuchSession:
        abort(404)
    if session_id == staff_signed_in().session_id:
        end_staff_session()
        flash(_("You are signed out."))
        return redirect(url_for("staff.login"), code=303)
    flash(_("The device is signed out."))
    return redirect(url_for("staff.sessions"), code=303)


@staff.post("/staff/sessions/sign-out-others")
def end_other_sessions() -> ResponseReturnValue:
    form = PortalForm()
    if not form.validate():
        return _sessions_page(form, 400)
    services().staff.end_other_sessions(staff_signed_in(), staff_visitor())
    flash(_("All other devices are signed out."))
    return redirect(url_for("staff.sessions"), code=303)


@staff.route("/staff/password", methods=["GET", "POST"])
def password() -> ResponseReturnValue:
    form = StaffPasswordForm()
    if request.method != "POST":
        return _password_page(form)
    if not form.validate():
        return _password_page(form, 400)
    try:
        token = _change(form)
    except WrongPassword:
        form.refuse(
            _(
                "The current password or the code is not right. Check both. A code works once:"
                " wait for the next one."
            )
        )
        return _password_page(form, 400)
    except (TooManyTries, TooBusy) as error:
        return _password_page(form, _refuse(form, error))
    keep_staff_token(token)
    flash(_("Your password is changed. All other devices were signed out."))
    return redirect(url_for("staff.index"), code=303)


def _change(form: StaffPasswordForm) -> SessionToken:
    signed_in, new = staff_signed_in(), form.new.data
    if signed_in.must_change:
        return services().staff.choose_password(signed_in, new, staff_visitor())
    return services().staff.change_password(
        signed_in,
        current=form.current.data,
        code=digits_of(form.code.data),
        new=new,
        visitor=staff_visitor(),
    )


def _password_page(form: StaffPasswordForm, status: int = 200) -> ResponseReturnValue:
    if form.code is not None:
        form.code.data = ""
    return render_template("staff/password.html", form=form), status
