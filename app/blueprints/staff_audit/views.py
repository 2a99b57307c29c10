"""The audit trail, for administrators."""

from collections.abc import Iterator
from itertools import islice

from flask import Blueprint, Response, render_template, request, stream_with_context
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.audit.records import Event
from app.audit.service import EXPORT_AT_MOST
from app.blueprints.staff_audit.filters import Asked, asked, place, written
from app.clock import HOME, today
from app.spreadsheets import Column, csv_pieces
from app.staff.records import MemberId
from app.web.audit_words import ACTIONS, ACTORS
from app.web.current import services
from app.web.detail_words import detail_words
from app.web.forms import PortalForm
from app.web.language import language
from app.web.staff import staff_doer

staff_audit = Blueprint("staff_audit", __name__, url_prefix="/staff/audit")
ROWS_AT_ONCE = 500


@staff_audit.get("")
def index() -> ResponseReturnValue:
    return _page(asked(request.args), PortalForm())


def _page(found: Asked, form: PortalForm, status: int = 200) -> ResponseReturnValue:
    leaf = None
    if not found.errors:
        newer, older = place(request.args.get("newer")), place(request.args.get("older"))
        leaf = services().audit.leaf(found.wanted, older=older, newer=newer)
    page = render_template(
        "staff_audit/index.html",
        form=form,
        found=found,
        leaf=leaf,
        members=services().members.names(),
        actors=ACTORS,
        actions=sorted(ACTIONS.items(), key=lambda item: str(item[1])),
        in_words=ACTIONS,
        told=detail_words,
        written=written,
        most=EXPORT_AT_MOST,
    )
    return page, 400 if found.errors else status


@staff_audit.post("/export")
def export() -> ResponseReturnValue:
    form, found = PortalForm(), asked(request.form)
    if not form.validate() or found.errors:
        return _page(found, form, 400)
    by = staff_doer()
    events = services().audit.export(
        found.wanted, by=by.member.id, address=by.address, detail=found.in_short()
    )
    head = [
        *(_("When"), _("Who"), _("What"), _("Code"), _("Account no."), _("Contract")),
        *(_("Staff member"), _("About the member"), _("Network address"), _("Details")),
        _("Details as recorded"),
    ]
    names = services().members.names()
    words = {str(code): str(word) for code, word in (*ACTORS.items(), *ACTIONS.items())}
    columns = [Column(title=title) for title in head]
    # Details are put into words while they are sent, which wants the request's language.
    pieces = stream_with_context(csv_pieces(columns, _batches(events, words, names), language()))
    response = Response(pieces, mimetype="text/csv")
    name = f"audit-{today().isoformat()}.csv"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _batches(
    events: Iterator[Event], words: dict[str, str], names: dict[MemberId, str]
) -> Iterator[list[list[str]]]:
    rows = (_row(event, words, names) for event in events)
    while batch := list(islice(rows, ROWS_AT_ONCE)):
        yield batch


def _row(event: Event, words: dict[str, str], names: dict[MemberId, str]) -> list[str]:
    return [
        event.at.astimezone(HOME).isoformat(sep=" ", timespec="seconds"),
        words.get(event.actor, event.actor),
        words.get(event.action, event.action),
        event.action,
        _number(event.account_id),
        event.contract_code or "",
        _name(event.staff_id, names),
        _name(event.about_staff_id, names),
        event.address,
        detail_words(event.detail),
        event.detail,
    ]


def _number(number: int | None) -> str:
    return "" if number is None else str(number)


def _name(number: int | None, names: dict[MemberId, str]) -> str:
    return "" if number is None else names.get(MemberId(number), str(number))
