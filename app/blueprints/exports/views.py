"""Downloads: asking for one, seeing it made, downloading it."""

from flask import (
    Blueprint,
    Response,
    abort,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.blueprints.exports.forms import CONTRACT, GROUP, ExportForm
from app.exports.records import (
    ContractsChanged,
    ExportNotFound,
    FileGone,
    Note,
    NotMade,
    UnderWay,
)
from app.exports.service import Download
from app.gateways.errors import GatewayUnavailable
from app.web.current import services, signed_in, visitor
from app.web.errors import log_failure
from app.web.export_words import FORMATS, NOTES, OFFERS, ON_ITS_WAY, named_contracts, title
from app.web.forms import PortalForm, clean
from app.web.sending import send_away

exports = Blueprint("exports", __name__, url_prefix="/exports")
ONE = "/<string(length=26):reference>"
LOOK_AGAIN_SECONDS = 3  # without scripts


@exports.route("", methods=["GET", "POST"])
def index() -> ResponseReturnValue:
    form = ExportForm(named_contracts(), **_asked_for())
    if request.method != "POST" or not form.validate():
        return _page(form, 400 if form.problems else 200)
    try:
        begun = services().exports.desk.begin(
            signed_in(), form.asked(), named_contracts(), visitor()
        )
    except UnderWay as error:
        flash(_("A file of yours is being made already. Wait for it, or cancel it."))
        place = "exports.show" if error.reference else "exports.index"
        return redirect(url_for(place, reference=error.reference or None), code=303)
    except NotMade as error:
        if error.note is Note.NO_ROWS:
            form.until.errors = [NOTES[error.note]]
        else:
            form.refuse(NOTES[error.note])
        return _page(form, 429 if error.note is Note.TOO_OFTEN else 400)
    if isinstance(begun, Download):
        return _sent(begun)
    return redirect(url_for("exports.show", reference=begun), code=303)


def _asked_for() -> dict[str, str]:
    """What a link to this page has chosen already."""
    code, group = clean(request.args.get("contract")), clean(request.args.get("group"))
    if code:
        return {"contracts": CONTRACT + code}
    return {"contracts": GROUP + group} if group else {}


def _page(form: ExportForm, status: int) -> ResponseReturnValue:
    page = render_template(
        "exports/index.html",
        form=form,
        found=services().exports.desk.list_of(signed_in().account.id),
        offers=OFFERS,
        title=title,
        export_formats=FORMATS,
        keep_hours=services().settings.exports.keep_hours,
    )
    return page, status


@exports.get(ONE)
def show(reference: str) -> ResponseReturnValue:
    return _one(reference, PortalForm())


def _one(reference: str, form: PortalForm, status: int = 200) -> ResponseReturnValue:
    try:
        export = services().exports.desk.get(reference, signed_in().account.id)
    except ExportNotFound:
        abort(404)
    page = render_template(
        "exports/show.html",
        form=form,
        export=export,
        title=title,
        export_formats=FORMATS,
        notes=NOTES,
        on_its_way=ON_ITS_WAY,
        look_again=LOOK_AGAIN_SECONDS if export.state.is_under_way else None,
    )
    return page, status


@exports.post(f"{ONE}/cancel")
def cancel(reference: str) -> ResponseReturnValue:
    form = PortalForm()
    if not form.validate():
        return _one(reference, form, 400)
    services().exports.desk.cancel(reference, signed_in().account.id)
    return redirect(url_for("exports.show", reference=reference), code=303)


@exports.post(f"{ONE}/delete")
def delete(reference: str) -> ResponseReturnValue:
    form = PortalForm()
    if not form.validate():
        return _one(reference, form, 400)
    services().exports.desk.delete(reference, signed_in().account.id)
    flash(_("The file is deleted."))
    return redirect(url_for("exports.index"), code=303)


@exports.get(f"{ONE}/file")
def file(reference: str) -> ResponseReturnValue:
    form = PortalForm()
    try:
        return _sent(services().exports.desk.open(reference, signed_in()))
    except ExportNotFound:
        abort(404)
    except FileGone:
        form.refuse(_("The file is not there any more. Please have it made again."))
        return _one(reference, form, 410)
    except ContractsChanged:
        form.refuse(
            _(
                "This file tells of contracts that are no longer in your list. Please have it made"
                " again."
            )
        )
        return _one(reference, form, 403)
    except GatewayUnavailable as error:
        log_failure("an export's file cannot be read", error, "is the storage reachable?")
        form.refuse(_("The file cannot be read right now. Please try again in a few minutes."))
        return _one(reference, form, 503)


def _sent(found: Download) -> Response:
    return send_away(found.content, name=found.name, media_type=found.media_type, size=found.size)
