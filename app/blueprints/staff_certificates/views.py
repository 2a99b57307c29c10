"""Debt certificates, for the utility's people: issue, refuse, take back."""

from collections.abc import Callable

import structlog
from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.certificates import rules
from app.certificates.deciding import REASON_LENGTH
from app.certificates.records import (
    ApplicationFile,
    ApplicationId,
    CertificateError,
    NotFound,
    NotNow,
    NotSigned,
    Owing,
    ReasonMissing,
    State,
)
from app.clock import today
from app.staff.records import Member, Role
from app.web.certificate_papers import APPLICATION, application_id, send_certificate
from app.web.certificate_words import FIELDS, KINDS, STATES, WHY_ENDED
from app.web.current import services
from app.web.errors import log_failure
from app.web.forms import PortalForm, clean_lines
from app.web.refusals import refuse_for_now
from app.web.staff import staff_signed_in
from legacy_adapters.errors import BillingError

log = structlog.get_logger("selfcare")
staff_certificates = Blueprint("staff_certificates", __name__, url_prefix="/staff/certificates")


@staff_certificates.get("")
def index() -> ResponseReturnValue:
    wanted = request.args.get("state", "")
    state = State(wanted) if wanted in set(State) else State.WAITING
    page = request.args.get("page", 1, type=int)
    return render_template(
        "staff_certificates/index.html",
        found=services().certificates.deciding.list_page(state, page=page),
        state=state,
        states=STATES,
        kinds=KINDS,
        today=today(),
    )


def _get(number: str) -> ApplicationFile:
    try:
        return services().certificates.deciding.get(application_id(number))
    except NotFound:
        abort(404)


@staff_certificates.get(APPLICATION)
def show(number: str) -> ResponseReturnValue:
    file = _get(number)
    log.info("application opened", staff=staff_signed_in().member.id, application=number)
    return _page(file, PortalForm())


def _page(file: ApplicationFile, form: PortalForm, status: int = 200) -> ResponseReturnValue:
    checked = None
    if file.certificate is not None:
        checked = services().certificates.checking.find(file.certificate.code)
    page = render_template(
        "staff_certificates/show.html",
        form=form,
        file=file,
        application=file.application,
        certificate=file.certificate,
        checked=checked,
        kinds=KINDS,
        names=FIELDS,
        why_ended=WHY_ENDED,
        doubtful=rules.doubtful(file.application.kind, file.typed or {}),
        reason=request.form.get("reason", "")[:REASON_LENGTH],
        longest=REASON_LENGTH,
        may_revoke=staff_signed_in().member.role.includes(Role.SUPERVISOR),
        today=today(),
    )
    return page, status


def _reason() -> str:
    return clean_lines(request.form.get("reason", ""))[:REASON_LENGTH]


@staff_certificates.post(f"{APPLICATION}/issue")
def issue(number: str) -> ResponseReturnValue:
    deciding = services().certificates.deciding
    return _step(number, lambda found, me: deciding.issue(found, by=me), _("It is issued."))


@staff_certificates.post(f"{APPLICATION}/refuse")
def refuse(number: str) -> ResponseReturnValue:
    deciding = services().certificates.deciding
    done = _("It is refused; the customer is told why.")
    return _step(number, lambda found, me: deciding.refuse(found, _reason(), by=me), done)


@staff_certificates.post(f"{APPLICATION}/revoke")
def revoke(number: str) -> ResponseReturnValue:
    deciding = services().certificates.deciding
    done = _("It is taken back: whoever checks it reads that it is not valid any more.")
    return _step(number, lambda found, me: deciding.revoke(found, _reason(), by=me), done)


def _step(
    number: str, do: Callable[[ApplicationId, Member], None], done: str
) -> ResponseReturnValue:
    file, form = _get(number), PortalForm()
    if not form.validate():
        return _page(file, form, 400)
    try:
        do(file.application.id, staff_signed_in().member)
    except (CertificateError, BillingError) as error:
        return _page(_get(number), form, _refuse(form, error))
    flash(done)
    return redirect(url_for("staff_certificates.show", number=number), code=303)


def _refuse(form: PortalForm, error: CertificateError | BillingError) -> int:
    """Says on the form what failed; returns the status to answer with."""
    match error:
        case BillingError():
            return refuse_for_now(form, error)
        case ReasonMissing():
            form.refuse(_("Write why: the customer reads it."))
            return 400
        case NotNow():
            form.refuse(_("Somebody else has decided meanwhile. Look at it below."))
        case Owing():
            form.refuse(
                _(
                    "It cannot be issued: billing says that something is owed on %(count)s of the"
                    " contracts.",
                    count=error.count,
                )
            )
        case NotSigned():
            do = "look at SELFCARE_CERTIFICATES_SIGNING_FILE and ..._KEYS"
            log_failure("certificate not issued", error, do)
            form.refuse(_("The paper cannot be made right now. Nothing was issued."))
            return 503
        case _:
            form.refuse(_("What was applied for does not fit billing’s data any more."))
    return 409


@staff_certificates.get(f"{APPLICATION}.pdf")
def paper(number: str) -> Response:
    try:
        found = services().certificates.deciding.get_paper(application_id(number))
    except NotFound:
        abort(404)
    log.info("certificate opened", staff=staff_signed_in().member.id, application=number)
    return send_certificate(found, number)
