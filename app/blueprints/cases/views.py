"""A customer's cases: the list, the details, the history, and what can still be done."""

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts.records import AccountId, Restricted
from app.blueprints.cases.blueprint import cases
from app.blueprints.cases.forms import (
    CaseForm,
    take_documents,
    texts_of,
    too_many_cases,
    typed_answers,
    wanted_documents,
)
from app.cases import rules
from app.cases.filing import NotComplete
from app.cases.records import (
    Answers,
    By,
    CaseFile,
    CaseNotFound,
    CaseNumber,
    ChangedMeanwhile,
    NothingAnswered,
    NotNow,
    State,
    TooManyCases,
    TooManyChanges,
)
from app.documents.records import DocumentId
from app.web.case_drafts import draft_token
from app.web.current import services, signed_in
from app.web.forms import clean_lines
from app.web.refusals import restricted
from app.web.uploads import ACCEPT, send_document
from legacy_adapters.records import ContractCode

CASE = "/cases/<string(maxlength=15):number>"
WORDS_AT_MOST = 2_000


def _me() -> AccountId:
    return signed_in().account.id


def _get(number: str) -> CaseFile:
    try:
        return services().cases.following.get(_me(), CaseNumber(number))
    except CaseNotFound:
        abort(404)


@cases.get("/contracts/<code>/cases")
def index(code: str) -> ResponseReturnValue:
    following = services().cases.following
    contract = ContractCode(code)
    page = request.args.get("page", 1, type=int)
    drafts = services().cases.drafting.list_of(_me(), contract)
    catalogue = services().cases.filing.catalogue
    return render_template(
        "cases/index.html",
        code=code,
        form=CaseForm(),
        found=following.list_page(_me(), contract, page=page),
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
    file = _get(number)
    return _page(file, CaseForm(), file.case.answers)


def _page(
    file: CaseFile, form: CaseForm, typed: Answers, status: int = 200, **more: Any
) -> ResponseReturnValue:
    case, following = file.case, services().cases.following
    may_act = following.may_act(_me(), case.summary.contract_code)
    is_editable = may_act and case.state in rules.EDITABLE
    invoices = None
    if is_editable and case.form.has_field("invoice"):
        invoices = services().cases.filing.find_invoices(case.summary.contract_code)
    page = render_template(
        "cases/show.html",
        form=form,
        file=file,
        case=case,
        chosen=case.form,
        typed=typed,
        days_left=following.days_left(case.summary),
        is_editable=is_editable,
        may_act=may_act,
        can_withdraw=may_act and State.WITHDRAWN in rules.may_follow(case.state, By.CUSTOMER),
        reopen_until=following.reopen_until(case) if may_act else None,
        wanted=wanted_documents(case.form, file.documents),
        invoices=invoices,
        accept=ACCEPT,
        limits=services().settings.documents,
        words_at_most=WORDS_AT_MOST,
        **texts_of(**more),
    )
    return page, status


@cases.post(CASE)
def change(number: str) -> ResponseReturnValue:
    file, form = _get(number), CaseForm()
    typed = typed_answers(file.case.form)
    if not form.validate():
        return _page(file, form, typed, 400)
    case, status = file.case, 409
    code = case.summary.contract_code
    may_act = services().cases.following.may_act(_me(), code)
    invoices = services().cases.filing.find_invoices(code) if may_act else ()
    version = request.form.get("version", 0, type=int)
    try:
        services().cases.following.change(
            signed_in(), CaseNumber(number), typed, invoices, version=version
        )
        flash(_("Your changes are saved."))
        return _back(number)
    except NotComplete as error:
        form.refuse_typed(case.form, error.problems)
        status = 400
    except ChangedMeanwhile:
        form.refuse(
            _("This request has changed since you opened it. Look at it below, and save again.")
        )
    except NotNow:
        form.refuse(_not_now())
    except TooManyChanges:
        form.refuse(_("You have changed this request very often. Call us to change it again."))
        status = 429
    except Restricted as error:
        form.refuse(restricted(error.until))
    return _page(_get(number), form, typed, status)


def _not_now() -> str:
    told = _("This request can no longer be changed here. Call us if something in it is wrong.")
    return str(told)


def _back(number: str) -> ResponseReturnValue:
    return redirect(url_for("cases.show", number=number), code=303)


@cases.get(f"{CASE}/history")
def history(number: str) -> ResponseReturnValue:
    file = _get(number)
    days_left = services().cases.following.days_left(file.case.summary)
    return render_template("cases/history.html", file=file, case=file.case, days_left=days_left)


@cases.post(f"{CASE}/documents")
def add_documents(number: str) -> ResponseReturnValue:
    file, form = _get(number), CaseForm()
    if not form.validate():
        return _page(file, form, file.case.answers, 400)
    places = [place.code for place in wanted_documents(file.case.form, ())]
    following = services().cases.following
    try:
        status = take_documents(
            form,
            places,
            lambda purpose, sent, name: following.add_document(
                signed_in(), CaseNumber(number), purpose, sent, name=name
            ),
        )
    except NotNow:
        form.refuse(_not_now())
        status = 409
    except Restricted as error:
        form.refuse(restricted(error.until))
        status = 409
    if status == 200 and len(_get(number).documents) == len(file.documents):  # noqa: PLR2004
        form.refuse(_("Choose a file first."))
        status = 400
    if form.problems:
        return _page(_get(number), form, file.case.answers, status)
    flash(_("Your documents are added."))
    return _back(number)


@cases.get(f"{CASE}/documents/<int(max=2147483647):document_id>")
def document(number: str, document_id: int) -> ResponseReturnValue:
    try:
        found = services().cases.following.get_document(
            _me(), CaseNumber(number), DocumentId(document_id)
        )
    except CaseNotFound:
        abort(404)
    return send_document(services().documents, found)


# Steps


def _words() -> str:
    return clean_lines(request.form.get("words", ""))[:WORDS_AT_MOST]


def _step(number: str, done: str, do: Any, *, needs_words: str = "") -> ResponseReturnValue:
    """needs_words: what to say where none were typed."""
    file, form = _get(number), CaseForm()
    words = _words()
    if not form.validate():
        return _page(file, form, file.case.answers, 400, words=words)
    if needs_words and not words:
        form.refuse_field("words", needs_words)
        return _page(file, form, file.case.answers, 400)
    try:
        do(signed_in(), CaseNumber(number), note=words)
    except (NotNow, ChangedMeanwhile):
        form.refuse(_("This is no longer possible: the request has moved on meanwhile."))
    except Restricted as error:
        form.refuse(restricted(error.until))
    except NothingAnswered:
        form.refuse_field("words", _("Write your answer, or add below what was asked for first."))
    except TooManyCases:
        form.refuse(too_many_cases())
    if form.problems:
        return _page(_get(number), form, file.case.answers, 409, words=words)
    flash(done)
    return _back(number)


@cases.post(f"{CASE}/answer")
def answer(number: str) -> ResponseReturnValue:
    done = _("Thank you. We go on with your request, and its deadline runs again.")
    return _step(number, done, services().cases.following.answer)


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
