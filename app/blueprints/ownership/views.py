"""Menaxho Kontratat: which contracts an account has, adding one and giving one up."""

from flask import Blueprint, abort, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts.records import (
    AlreadyLinked,
    Claim,
    ClaimRefused,
    CodeSent,
    LastContract,
    Link,
    LinkToken,
    NotYours,
    Restricted,
    TooBusy,
    TooManyTries,
)
from app.accounts.rules import normal_contract_code
from app.blueprints.ownership.forms import AddForm
from app.web.current import services, signed_in, visitor
from app.web.forms import PortalForm, clean
from app.web.proofs import CodeForm, wrong_code
from app.web.refusals import refuse_for_now, too_busy
from legacy_adapters.errors import BillingError
from legacy_adapters.records import ContractCode

ownership = Blueprint("ownership", __name__, url_prefix="/contracts")


@ownership.get("/manage")
def manage() -> ResponseReturnValue:
    return _manage_page(AddForm())


def _manage_page(form: AddForm, *, is_open: bool = False) -> str:
    links = services().ownership.list_links(signed_in().account.id)
    page = services().contracts.name_page(
        [link.contract_code for link in links],
        search=(clean(request.args.get("q")) or "")[:40],
        page=request.args.get("page", 1, type=int),
        labels={link.contract_code: link.label for link in links},
    )
    return render_template(
        "ownership/manage.html",
        form=form,
        found=page,
        links={link.contract_code: link for link in links},
        restricted_until=services().ownership.find_restriction(signed_in()),
        is_open=is_open or not links,
    )


# Adding


@ownership.route("/manage/add", methods=["GET", "POST"])
def add() -> ResponseReturnValue:
    form = AddForm()
    if request.method != "POST":
        return _manage_page(form, is_open=True)
    if not form.validate():
        return _manage_page(form, is_open=True), 400
    try:
        done = services().ownership.add(signed_in(), _claim(form), visitor())
    except (
        *(AlreadyLinked, ClaimRefused, Restricted),
        *(TooManyTries, TooBusy, BillingError),
    ) as error:
        status = _refuse(form, error)
        return _manage_page(form, is_open=True), status
    if isinstance(done, CodeSent):
        session["adding"] = done.token
        return redirect(url_for("ownership.add_code"), code=303)
    return _added(done)


def _claim(form: AddForm) -> Claim:
    code = normal_contract_code(form.contract_code.data)
    if code is None:
        raise ValueError("the form was not validated")
    name = " ".join(form.holder_name.data.split())
    return Claim(contract_code=code, name=name, proof=form.proof)


def _refuse(form: AddForm, error: Exception) -> int:
    """Says on the form what failed; returns the status to answer with."""
    if isinstance(error, Restricted):
        return 403  # the page says why, and until when, instead of the form
    if isinstance(error, AlreadyLinked):
        form.refuse(_("This contract is in your account already."))
        return 400
    if isinstance(error, ClaimRefused):
        form.refuse(
            _(
                "We could not add a contract with these data. Check that all of them are as on"
                " your invoice. After several tries, wait a quarter of an hour."
            )
        )
        return 400
    return refuse_for_now(form, error)


@ownership.route("/manage/code", methods=["GET", "POST"])
def add_code() -> ResponseReturnValue:
    """Where the proof is a code sent to the phone that billing has."""
    token = session.get("adding")
    if not token:
        return redirect(url_for("ownership.add"), code=303)
    form = CodeForm()
    if request.method != "POST":
        return _code_page(form)
    if not form.validate():
        return _code_page(form), 400
    try:
        code = services().ownership.finish_adding(
            signed_in(), LinkToken(token), form.digits, visitor()
        )
    except Restricted:
        return redirect(url_for("ownership.add"), code=303)
    except (ClaimRefused, TooBusy) as error:
        is_wrong = isinstance(error, ClaimRefused)
        form.refuse(wrong_code() if is_wrong else too_busy())
        return _code_page(form), 400 if is_wrong else 503
    del session["adding"]
    return _added(code)


def _code_page(form: CodeForm) -> str:
    return render_template("accounts/code.html", form=form, back=url_for("ownership.add"))


def _added(code: ContractCode) -> ResponseReturnValue:
    flash(_("Contract %(code)s is in your account now.", code=code))
    return redirect(url_for("ownership.manage"), code=303)


# Giving one up


@ownership.route("/<code>/remove", methods=["GET", "POST"])
def remove(code: str) -> ResponseReturnValue:
    form = PortalForm()
    if request.method != "POST":
        return _remove_page(form, code)
    if not form.validate():
        return _remove_page(form, code), 400
    try:
        services().ownership.remove(signed_in(), ContractCode(code), visitor())
    except NotYours:
        abort(404)
    except LastContract:
        return _remove_page(form, code), 400
    except Restricted as error:
        status = refuse_for_now(form, error)
        return _remove_page(form, code), status
    flash(_("Contract %(code)s is no longer in your account.", code=code))
    return redirect(url_for("ownership.manage"), code=303)


def _remove_page(form: PortalForm, code: str) -> str:
    links = services().ownership.list_links(signed_in().account.id)
    link = _find(links, code) or abort(404)
    return render_template(
        "ownership/remove.html", form=form, code=code, link=link, is_last=len(links) == 1
    )


def _find(links: list[Link], code: str) -> Link | None:
    return next((link for link in links if link.contract_code == code), None)
