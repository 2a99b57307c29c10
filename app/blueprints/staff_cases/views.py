"""One case: all that is known of it, and each step to its answer."""

from collections.abc import Sequence
from dataclasses import replace
from typing import BinaryIO, cast

import structlog
from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.blueprints.staff_cases.blueprint import staff_cases
from app.blueprints.staff_cases.filters import is_number
from app.blueprints.staff_cases.forms import OTHER, StepForm, Typed, typed_step
from app.cases import rules
from app.cases.handling import (
    ANSWER_LENGTH,
    NOTE_LENGTH,
    Desk,
    NoSuchMember,
    NoteMissing,
    WaitsForScan,
)
from app.cases.records import (
    CaseError,
    CaseNotFound,
    CaseNumber,
    ChangedMeanwhile,
    Event,
    NotNow,
    State,
    TooManyDocuments,
)
from app.documents.records import DocumentError, DocumentId, DocumentRefused
from app.staff.records import MemberId
from app.web.current import services
from app.web.language import language
from app.web.staff import staff_signed_in
from app.web.uploads import ACCEPT, chosen_files, send_document, status_of, too_large, why_not

log = structlog.get_logger("selfcare")
CASE = "/<string(maxlength=15):number>"
TAKE, NOBODY = "me", "nobody"


def _desk(number: str) -> Desk:
    try:
        return services().cases.handling.open_desk(CaseNumber(number))
    except CaseNotFound:
        abort(404)


@staff_cases.get(CASE)
def show(number: str) -> ResponseReturnValue:
    desk = _desk(number)
    # A page that only shows something writes nothing: who opened what stands in the log.
    log.info("case opened", staff=staff_signed_in().member.id, case=number)
    return _page(desk, StepForm())


def _page(
    desk: Desk,
    form: StepForm,
    typed: Typed | None = None,
    status: int = 200,
) -> ResponseReturnValue:
    """typed: what was posted, to stand there again. The page is of the case as it is now, and
    tells what happened since the one that was posted: sending it once more is a decision."""
    case, handling = desk.file.case, services().cases.handling
    allowed = handling.may_move_to(case.state)
    page = render_template(
        "staff_cases/show.html",
        form=form,
        desk=desk,
        file=desk.file,
        case=case,
        typed=typed or Typed(),
        newer=_newer(desk, typed),
        steps=[state for state in State if state in allowed],
        ends=[state for state in State if state in allowed and state not in rules.OPEN],
        me=staff_signed_in().member,
        days_left=handling.days_left,
        purposes={spec.code: spec.name for spec in case.form.documents},
        other=OTHER,
        accept=ACCEPT,
        most_bytes=services().settings.documents.max_bytes,
        too_large=too_large(),
        note_length=NOTE_LENGTH,
        letter_length=ANSWER_LENGTH,
    )
    return page, status


def _newer(desk: Desk, typed: Typed | None) -> Sequence[Event]:
    return desk.file.events[typed.seen :] if typed and typed.seen else ()


def _back(number: str) -> ResponseReturnValue:
    return redirect(url_for("staff_cases.show", number=number), code=303)


@staff_cases.post(f"{CASE}/step")
def step(number: str) -> ResponseReturnValue:
    form, typed = StepForm(), typed_step()
    if form.validate():
        form.check_step(typed)
        if chosen_files("document"):
            form.refuse_file()
    if form.problems:
        return _page(_desk(number), form, typed, 400)
    handling, me = services().cases.handling, staff_signed_in().member
    try:
        if typed.state is None:
            handling.note(CaseNumber(number), typed.remark, by=me)
        else:
            handling.move(
                CaseNumber(number),
                typed.step,
                version=typed.version,
                by=me,
                documents=typed.wants,
            )
    except CaseError as error:
        return _refused(number, form, typed, error)
    flash(_("Your remark is written down.") if typed.state is None else _("Done."))
    return _back(number)


def _refused(number: str, form: StepForm, typed: Typed, error: CaseError) -> ResponseReturnValue:
    """The page again with all that was typed, and what hinders it in words."""
    if isinstance(error, CaseNotFound):
        abort(404)
    desk = _desk(number)
    match error:
        case NoteMissing():
            documents = desk.file.case.form.documents
            form.refuse_missing_note(
                typed, [spec.name.in_language(language()) for spec in documents]
            )
            return _page(desk, form, typed, 400)
        case WaitsForScan():
            form.refuse_field(
                "to",
                _(
                    "A document still waits to be checked for viruses, and nobody has read it."
                    " The request can be ended as soon as it is checked."
                ),
            )
        case NoSuchMember():
            form.refuse_field(
                "member", _("This colleague cannot be given requests. Choose another one.")
            )
            return _page(desk, form, typed, 400)
        case NotNow() if not _newer(desk, typed):
            form.refuse_field("to", _("This is not possible with the status that the request has."))
        case _:
            form.refuse(
                _(
                    "Nothing was saved: somebody else has changed this request since you opened"
                    " it. What you typed is still below. Read what happened, then send it again if"
                    " it still holds."
                )
            )
    return _page(desk, form, typed, 409)


@staff_cases.post(f"{CASE}/assign")
def assign(number: str) -> ResponseReturnValue:
    form, typed = StepForm(), typed_step()
    me = staff_signed_in().member
    chosen = TAKE if request.form.get("take") else typed.member
    if form.validate() and chosen not in (TAKE, NOBODY) and not is_number(chosen):
        form.refuse_field("member", _("Choose who shall have it."))
    if chosen_files("document"):
        form.refuse_file()
    if form.problems:
        return _page(_desk(number), form, typed, 400)
    to = None if chosen == NOBODY else me.id if chosen == TAKE else MemberId(int(chosen))
    try:
        name = services().cases.handling.assign(
            CaseNumber(number), to, version=typed.version, by=me
        )
    except CaseError as error:
        return _refused(number, form, typed, error)
    flash(_("%(name)s has it now.", name=name) if name else _("Nobody has it now."))
    return _go_on(number, typed)


def _go_on(number: str, typed: Typed) -> ResponseReturnValue:
    """What was typed beside what is done now stays there."""
    if not typed.is_begun:
        return _back(number)
    return _page(_desk(number), StepForm(), replace(typed, member=""))


@staff_cases.post(f"{CASE}/documents")
def add_document(number: str) -> ResponseReturnValue:
    form, typed, files = StepForm(), typed_step(), chosen_files("document")
    if form.validate() and not files:
        form.refuse_field("document", _("Choose a file first."))
    if form.problems:
        return _page(_desk(number), form, typed, 400)
    status = _add(number, form, files[0].stream, files[0].filename or "")
    if form.problems:
        return _page(_desk(number), form, typed, status)
    flash(_("The document is added. The customer sees it, and is told by mail."))
    return _go_on(number, typed)


def _add(number: str, form: StepForm, stream: object, name: str) -> int:
    """The status to answer with where it was refused."""
    handling = services().cases.handling
    try:
        handling.add_document(
            CaseNumber(number), cast(BinaryIO, stream), name=name, by=staff_signed_in().member
        )
    except CaseNotFound:
        abort(404)
    except (NotNow, ChangedMeanwhile):
        form.refuse_field("document", _("The request has ended: nothing can be added to it."))
        return 409
    except TooManyDocuments:
        most = handling.most_documents
        form.refuse_field("document", _("There are %(most)s documents of ours already.", most=most))
        return 400
    except (DocumentRefused, DocumentError) as error:
        form.refuse_field("document", why_not(error))
        return status_of(error)
    return 200


@staff_cases.get(f"{CASE}/documents/<int(max=2147483647):document_id>")
def document(number: str, document_id: int) -> ResponseReturnValue:
    try:
        found = services().cases.handling.get_document(CaseNumber(number), DocumentId(document_id))
    except CaseNotFound:
        abort(404)
    response = send_document(services().documents, found)
    log.info(
        "document of a case opened",
        staff=staff_signed_in().member.id,
        case=number,
        document=document_id,
    )
    return response
