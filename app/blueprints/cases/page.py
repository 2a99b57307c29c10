"""The page of one case, as its customer sees it and as each of its forms gives it back."""

from typing import Any

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts.records import AccountId
from app.blueprints.cases.forms import CaseForm, texts_of, wanted_documents
from app.cases import rules
from app.cases.following import documents_asked_for
from app.cases.records import Answers, By, CaseFile, CaseNotFound, CaseNumber, State
from app.web.current import services, signed_in
from app.web.forms import clean_lines
from app.web.uploads import ACCEPT

CASE = "/cases/<string(maxlength=15):number>"
WORDS_AT_MOST = 2_000


def me() -> AccountId:
    return signed_in().account.id


def get_file(number: str) -> CaseFile:
    try:
        return services().cases.following.get(me(), CaseNumber(number))
    except CaseNotFound:
        abort(404)


def back_to(number: str) -> ResponseReturnValue:
    return redirect(url_for("cases.show", number=number), code=303)


def typed_words() -> str:
    return clean_lines(request.form.get("words", ""))[:WORDS_AT_MOST]


def case_page(
    file: CaseFile, form: CaseForm, typed: Answers, status: int = 200, **more: Any
) -> ResponseReturnValue:
    """typed: what stands in the fields; more: words, what stands in the answer; version, of the
    case that typed was made from."""
    case, following = file.case, services().cases.following
    may_act = following.may_act(me(), case.summary.contract_code)
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
        wanted=wanted_documents(case.form, file.documents, documents_asked_for(file)),
        invoices=invoices,
        accept=ACCEPT,
        words_at_most=WORDS_AT_MOST,
        **texts_of(**{"version": case.version, **more}),
    )
    return page, status
