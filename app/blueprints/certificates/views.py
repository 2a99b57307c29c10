"""Debt certificates, as customers apply for them and get them."""

from collections.abc import Mapping

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts.records import AccountId, Restricted, Right
from app.blueprints.certificates.forms import FORMS, ApplicationForm
from app.certificates import rules
from app.certificates.records import (
    AlreadyFiled,
    ApplicationId,
    Kind,
    NotFound,
    Owing,
    State,
    TooManyApplications,
    Wrong,
)
from app.web.certificate_papers import APPLICATION, application_id, send_certificate
from app.web.certificate_words import KINDS, WHY_ENDED
from app.web.current import services, signed_in
from app.web.refusals import refuse_for_now
from legacy_adapters.errors import BillingError
from legacy_adapters.records import ContractCode

certificates = Blueprint("certificates", __name__, url_prefix="/debt-certificates")


def _me() -> AccountId:
    return signed_in().account.id


@certificates.get("")
def index() -> ResponseReturnValue:
    page = request.args.get("page", 1, type=int)
    found = services().certificates.applying.list_page(_me(), page=page)
    return render_template("certificates/index.html", found=found, kinds=KINDS)


def _kind() -> Kind:
    wanted = request.args.get("kind", "")
    return Kind(wanted) if wanted in set(Kind) else Kind.HOUSEHOLD


@certificates.route("/new", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    form = FORMS[_kind()]()
    if request.method != "POST":
        if form["contract"].data is None:
            form["contract"].data = request.args.get("contract", "")[:20]
        return _page(form)
    if not form.validate():
        return _page(form, 400)
    try:
        filed = services().certificates.applying.apply(signed_in(), form.typed())
    except AlreadyFiled as error:
        filed = error.application_id
    except NotFound:
        abort(404)
    except Owing as error:
        return _page(form, 409, owing=error)
    except (Wrong, TooManyApplications, Restricted, BillingError) as error:
        return _page(form, _refuse(form, error))
    _tell(filed, form)
    return redirect(url_for("certificates.show", number=_number(filed)), code=303)


def _refuse(form: ApplicationForm, error: Exception) -> int:
    """Says on the form what failed; returns the status to answer with."""
    if isinstance(error, Wrong):
        form.refuse_wrong(error)
        return 400
    if isinstance(error, TooManyApplications):
        most = services().settings.certificates.applications_per_day
        form.refuse(_("You can apply %(most)s times a day. Please go on tomorrow.", most=most))
        return 429
    return refuse_for_now(form, error)


def _tell(filed: ApplicationId, form: ApplicationForm) -> None:
    application = services().certificates.applying.get(_me(), filed).application
    if application.state is State.ISSUED:
        flash(_("Your certificate is issued."))
    else:
        flash(_("We have received your application."))
    if rules.doubtful(form.kind, form.typed().typed):
        flash(
            _(
                "The last letter of the number you wrote is unusual. Check it on the paper: if it"
                " is wrong, apply again."
            )
        )


def _number(filed: ApplicationId) -> str:
    return services().certificates.applying.get(_me(), filed).application.number


def _rights(owing: Owing | None) -> Mapping[ContractCode, Right]:
    """Over those of the contracts that owe: others of the same NIPT may be in no account."""
    if owing is None:
        return {}
    links = services().ownership.list_links(_me())
    owed = {statement.contract.code for statement in owing.statements}
    return {link.contract_code: link.right for link in links if link.contract_code in owed}


def _page(
    form: ApplicationForm, status: int = 200, *, owing: Owing | None = None
) -> ResponseReturnValue:
    key = request.form.get("key") or services().certificates.applying.new_key()
    page = render_template(
        "certificates/new.html",
        form=form,
        fields=[form[name] for name in (*rules.fields_of(form.kind), rules.CONTRACT)],
        kinds=KINDS,
        key=key[:26],
        owing=owing,
        rights=_rights(owing),
        days=services().settings.certificates.deadline_days,
        is_automatic=services().settings.certificates.automatic,
    )
    return page, status


@certificates.get(APPLICATION)
def show(number: str) -> ResponseReturnValue:
    try:
        file = services().certificates.applying.get(_me(), application_id(number))
    except NotFound:
        abort(404)
    checked = None
    if file.certificate is not None:
        checked = services().certificates.checking.find(file.certificate.code)
    return render_template(
        "certificates/show.html",
        file=file,
        application=file.application,
        certificate=file.certificate,
        checked=checked,
        kinds=KINDS,
        masked=rules.masked,
        why_ended=WHY_ENDED,
    )


@certificates.get(f"{APPLICATION}.pdf")
def paper(number: str) -> Response:
    try:
        found = services().certificates.applying.get_paper(_me(), application_id(number))
    except NotFound:
        abort(404)
    return send_certificate(found, number)
