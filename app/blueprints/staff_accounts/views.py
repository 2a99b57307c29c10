"""Customers' accounts, for the utility's people: found, opened for a reason, helped.

What is looked for is posted: names and addresses of customers stand in no address, and so in no
log on the way.
"""

from collections.abc import Callable

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from app.accounts.contact import hidden_email, hidden_phone, readable_phone
from app.accounts.records import AccountId
from app.blueprints.staff_accounts.forms import NoteForm, OpenForm, SearchForm
from app.staff.customers import (
    LOOK_MINUTES,
    SHOWN_AT_MOST,
    Found,
    NoSuchAccount,
    NotAsItWas,
    NotOpened,
    Occasion,
    State,
    Summary,
)
from app.staff.records import Role
from app.web.audit_words import ACTIONS, ACTORS
from app.web.current import services
from app.web.detail_words import detail_words
from app.web.device_names import readable_device
from app.web.staff import staff_doer

staff_accounts = Blueprint("staff_accounts", __name__, url_prefix="/staff/accounts")
LARGEST_ID = 2**31 - 1  # of a column; what is larger is no account's
ACCOUNT = f"/<int(max={LARGEST_ID}):account_id>"


@staff_accounts.route("", methods=["GET", "POST"])
def index() -> ResponseReturnValue:
    form = SearchForm()
    if request.method != "POST":
        return _search_page(form, None)
    if not form.validate():
        return _search_page(form, None, 400)
    found = services().customers.search(form.typed.data)
    if len(found.accounts) == 1:
        return _to(found.accounts[0].account.id)
    return _search_page(form, found)


def _search_page(form: SearchForm, found: Found | None, status: int = 200) -> ResponseReturnValue:
    page = render_template(
        "staff_accounts/index.html",
        form=form,
        found=found,
        hidden_email=hidden_email,
        hidden_phone=hidden_phone,
    )
    return page, status


def _to(account_id: int) -> ResponseReturnValue:
    return redirect(url_for("staff_accounts.show", account_id=account_id), code=303)


def _get(account_id: int) -> Summary:
    try:
        return services().customers.get(AccountId(account_id), staff_doer())
    except NoSuchAccount:
        abort(404)


@staff_accounts.get(ACCOUNT)
def show(account_id: int) -> ResponseReturnValue:
    summary = _get(account_id)
    if summary.open_until is None:
        return _closed_page(summary, OpenForm())
    try:
        file = services().customers.get_file(AccountId(account_id))
    except NoSuchAccount:
        abort(404)
    role = staff_doer().member.role
    return render_template(
        "staff_accounts/show.html",
        summary=summary,
        customer=summary.found.account,
        phone=readable_phone(summary.found.account.phone),
        file=file,
        most=SHOWN_AT_MOST,
        may_lock=role.includes(Role.SUPERVISOR),
        sees_trail=role.includes(Role.ADMINISTRATOR),
        devices={device.session_id: readable_device(device.device) for device in file.devices},
        members=services().members.names(),
        actors=ACTORS,
        told=detail_words,
        actions=ACTIONS,
    )


def _closed_page(summary: Summary, form: OpenForm, status: int = 200) -> ResponseReturnValue:
    account = summary.found.account
    page = render_template(
        "staff_accounts/closed.html",
        form=form,
        summary=summary,
        customer=account,
        email=hidden_email(account.email),
        phone=hidden_phone(account.phone),
        minutes=LOOK_MINUTES,
    )
    return page, status


@staff_accounts.post(f"{ACCOUNT}/open")
def open_account(account_id: int) -> ResponseReturnValue:
    form, summary = OpenForm(), _get(account_id)
    if not form.validate():
        return _closed_page(summary, form, 400)
    try:
        services().customers.open(
            AccountId(account_id), Occasion(form.occasion.data), form.note.data or "", staff_doer()
        )
    except NoSuchAccount:
        abort(404)
    return _to(account_id)


@staff_accounts.route(f"{ACCOUNT}/sign-out", methods=["GET", "POST"])
def sign_out(account_id: int) -> ResponseReturnValue:
    def do(note: str) -> str:
        ended = services().customers.end_sessions(AccountId(account_id), note, staff_doer())
        return str(
            ngettext("%(num)s device was signed out.", "%(num)s devices were signed out.", ended)
        )

    return _act(account_id, "sign_out", do)


@staff_accounts.route(f"{ACCOUNT}/lock", methods=["GET", "POST"])
def lock(account_id: int) -> ResponseReturnValue:
    def do(note: str) -> str:
        services().customers.lock(AccountId(account_id), note, staff_doer())
        return str(_("The account is locked. Its owner hears of it by mail."))

    return _act(account_id, "lock", do)


@staff_accounts.route(f"{ACCOUNT}/unlock", methods=["GET", "POST"])
def unlock(account_id: int) -> ResponseReturnValue:
    def do(note: str) -> str:
        services().customers.unlock(AccountId(account_id), note, staff_doer())
        return str(_("The owner can sign in again."))

    return _act(account_id, "unlock", do)


def _act(account_id: int, what: str, do: Callable[[str], str]) -> ResponseReturnValue:
    """One page asks for the reason, says what will happen, and does it."""
    form, summary = NoteForm(), _get(account_id)
    if summary.open_until is None:
        return _to(account_id)
    if request.method != "POST":
        return _act_page(summary, what, form)
    if not form.validate():
        return _act_page(summary, what, form, 400)
    try:
        flash(do(form.note.data))
    except NoSuchAccount:
        abort(404)
    except NotOpened:
        return _to(account_id)
    except NotAsItWas:
        form.refuse(_("This account has changed meanwhile. Look at it again."))
        return _act_page(_get(account_id), what, form, 409)
    return _to(account_id)


def _act_page(
    summary: Summary, what: str, form: NoteForm, status: int = 200
) -> ResponseReturnValue:
    page = render_template(
        "staff_accounts/act.html",
        form=form,
        what=what,
        summary=summary,
        customer=summary.found.account,
        is_locked=summary.state is not State.OPEN,
    )
    return page, status
