"""A customer's cases: the list, the details, the history, and what can still be done."""

from typing import Any

from flask import abort, flash, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts.records import Restricted
from app.blueprints.cases.blueprint import cases
from app.blueprints.cases.forms import CaseForm, too_many_cases
from app.blueprints.cases.page import CASE, back_to, case_page, get_file, me, typed_words
from app.cases.records import (
    CaseNotFound,
    CaseNumber,
    ChangedMeanwhile,
    NotNow,
    TooManyCases,
)
from app.documents.records import DocumentId
from app.web.case_drafts import draft_token
from app.web.current import services, signed_in
from app.web.refusals import restricted
from app.web.uploads import send_document
from legacy_adapters.records import ContractCode


@cases.get("/contracts/<code>/cases")
def index(code: str) -> ResponseReturnValue:
    following = services().cases.following
    contract = ContractCode(code)
    page = request.args.get("page", 1, type=int)
    drafts = services().cases.drafting.list_of(me(), contract)
    catalogue = services().cases.filing.catalogue
    return render_template(
        "cases/index.html",
        code=code,
        form=CaseForm(),
        found=following.list_page(me(), contract, page=page),
        days_left=following.days_left,
        drafts=[
            (
                draft,
                catalogue.requests[draft.request_code],
                draft_token(contract, draft.key),
            )
            for draft in drafts
        ],
    )


@cases.get(CASE)
def show(number: str) -> ResponseReturnValue:
    file = get_file(number)
    return case_page(file, CaseForm(), file.case.answers)


@cases.get(f"{CASE}/history")
def history(number: str) -> ResponseReturnValue:
    file = get_file(number)
    days_left = services().cases.following.days_left(file.case.summary)
    return render_template("cases/history.html", file=file, case=file.case, days_left=days_left)


@cases.get(f"{CASE}/documents/<int(max=2147483647):document_id>")
def document(number: str, document_id: int) -> ResponseReturnValue:
    try:
        found = services().cases.following.get_document(
            me(), CaseNumber(number), DocumentId(document_id)
        )
    except CaseNotFound:
        abort(404)
    return send_document(services().documents, found)


# Steps


def _step(number: str, done: str, do: Any, *, needs_words: str = "") -> ResponseReturnValue:
    """needs_words: what to say where none were typed."""
    file, form = get_file(number), CaseForm()
    words = typed_words()
    if not form.validate():
        return case_page(file, form, file.case.answers, 400, words=words)
    if needs_words and not words:
        form.refuse_field("words", needs_words)
        return case_page(file, form, file.case.answers, 400)
    try:
        do(signed_in(), CaseNumber(number), note=words)
    except (NotNow, ChangedMeanwhile):
        form.refuse(_("This is no longer possible: the request has moved on meanwhile."))
    except Restricted as error:
        form.refuse(restricted(error.until))
    except TooManyCases:
        form.refuse(too_many_cases())
    if form.problems:
        return case_page(get_file(number), form, file.case.answers, 409, words=words)
    flash(done)
    return back_to(number)


@cases.post(f"{CASE}/withdraw")
def withdraw(number: str) -> ResponseReturnValue:
    done = _("Your request is withdrawn.")
    return _step(number, done, services().cases.following.withdraw)


@cases.post(f"{CASE}/reopen")
def reopen(number: str) -> ResponseReturnValue:
    return _step(
        number,
        _("Your request is open again, with a new deadline."),
        services().cases.following.reopen,
        needs_words=_("Write why you want it looked at again."),
    )
