"""The page on which a request is filed. One form with a button for each step, so that nothing is
lost from one to the next: choosing, adding documents, sending."""

from dataclasses import dataclass
from decimal import Decimal

import structlog
from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts.records import AccountId, Restricted
from app.audit.records import Actor
from app.blueprints.cases.blueprint import cases
from app.blueprints.cases.forms import (
    CaseForm,
    take_documents,
    texts_of,
    too_many_cases,
    too_many_drafts,
    too_many_today,
    typed_answers,
    wanted_documents,
)
from app.cases.catalogue import RequestForm
from app.cases.filing import Ground, NotComplete
from app.cases.records import (
    AlreadyFiled,
    Answers,
    Attached,
    CaseNotFound,
    CaseNumber,
    Draft,
    DraftKey,
    DraftNotFound,
    Filled,
    TooManyCases,
    TooManyDrafts,
    TooManyToday,
)
from app.documents.records import DocumentGone, DocumentId
from app.web.access import ask_to_sign_in, is_signed_in
from app.web.case_drafts import DraftToken, draft_token, find_draft_token
from app.web.current import services, signed_in
from app.web.errors import log_failure
from app.web.refusals import restricted
from app.web.uploads import ACCEPT, has_files, status_of, why_not
from legacy_adapters.records import NO_MONEY, ContractCode

log = structlog.get_logger("selfcare")
SEND, ADD, KEEP, CHOOSE, REMOVE = "send", "add", "keep", "choose", "remove-"


@dataclass(frozen=True, kw_only=True)
class Page:
    """What the form's page shows. request_form: None until one is chosen; kind: chosen alone."""

    code: ContractCode
    key: DraftKey
    kind: str
    request_form: RequestForm | None
    typed: Answers
    documents: tuple[Attached, ...] = ()
    agreed: bool = False
    filed: CaseNumber | None = None
    is_kept: bool = False


@cases.get("/contracts/<code>/cases/new")
def new(code: str) -> ResponseReturnValue:
    draft = _draft_asked_for(ContractCode(code))
    catalogue = services().cases.filing.catalogue
    wanted = request.args.get("request", draft.request_code if draft else "")
    chosen = catalogue.find(wanted)
    return _show(
        Page(
            code=ContractCode(code),
            key=draft.key if draft else services().cases.drafting.new_key(),
            kind=chosen.kind if chosen else request.args.get("kind", ""),
            request_form=chosen,
            typed=draft.answers if draft else _prefilled(chosen),
            documents=draft.documents if draft else (),
            filed=_filed(ContractCode(code)),
            is_kept=draft is not None,
        ),
        CaseForm(),
    )


def _prefilled(form: RequestForm | None) -> Answers:
    """Links from other pages may name the invoice that a complaint is about."""
    invoice = request.args.get("invoice", "")[:60]
    fields = form.fields if form and invoice else ()
    return {spec.code: invoice for spec in fields if spec.type == "invoice"}


def _draft_asked_for(code: ContractCode) -> Draft | None:
    signed = request.args.get("draft", "")
    token = find_draft_token(signed) if signed else None
    account_id = signed_in().account.id
    if token is None or (token.account_id, token.code) != (account_id, code):
        return None
    return services().cases.drafting.find(account_id, code, token.key)


def _filed(code: ContractCode) -> CaseNumber | None:
    """The number that the page says was filed, if it is this account's."""
    number = CaseNumber(request.args.get("filed", "")[:20])
    if not number.isalnum():
        return None
    try:
        found = services().cases.following.get(signed_in().account.id, number)
    except CaseNotFound:
        return None
    return number if found.case.summary.contract_code == code else None


@cases.post("/contracts/<code>/cases/new")
def file(code: str) -> ResponseReturnValue:
    token = find_draft_token(request.form.get("draft", ""))
    if not is_signed_in():
        return _keep_for_later(ContractCode(code), token)
    account_id, form = signed_in().account.id, CaseForm()
    key = services().cases.drafting.new_key()
    if token and (token.account_id, token.code) == (account_id, code):
        key = token.key
    page = _posted_page(ContractCode(code), account_id, key)
    if not form.validate():
        return _show(page, form, 400)
    action = request.form.get("do", SEND)
    is_shown = page.request_form and page.request_form.code == request.form.get("request", "")
    try:
        return _do(page, form, action) if is_shown else _choose(page, form, action)
    except AlreadyFiled as error:
        return _after_filing(page.code, error.number)
    except DraftNotFound:
        abort(404)


def _posted_page(code: ContractCode, account_id: AccountId, key: DraftKey) -> Page:
    """As the browser sent it, with the documents that are kept already."""
    shown = services().cases.filing.catalogue.find(request.form.get("shown", ""))
    draft = services().cases.drafting.find(account_id, code, key)
    return Page(
        code=code,
        key=key,
        kind=request.form.get("kind", ""),
        request_form=shown,
        typed=typed_answers(shown) if shown else (draft.answers if draft else {}),
        documents=draft.documents if draft else (),
        agreed=request.form.get("agreed") == "yes",
        is_kept=draft is not None,
    )


def _choose(page: Page, form: CaseForm, action: str) -> ResponseReturnValue:
    """Another request than the page showed, or none any more, after another kind was chosen. What
    was typed goes along: many fields are the same. Raises: AlreadyFiled, DraftNotFound."""
    chosen = services().cases.filing.catalogue.find(request.form.get("request", ""))
    if chosen is None and action == SEND:
        form.refuse_field("request", _("Choose what your request is about."))
    status, draft, kept_as = 400 if form.problems else 200, None, chosen or page.request_form
    if kept_as and (page.typed or page.documents or page.is_kept or has_files()):
        status = _keep_all(page, form, kept_as) or status
        draft = draft_token(page.code, page.key)
    if chosen is None or form.problems:
        return _show(_with_documents(page), form, status)
    address = url_for("cases.new", code=page.code, request=chosen.code, draft=draft)
    return redirect(address, code=303)


def _keep_all(page: Page, form: CaseForm, kept_as: RequestForm) -> int:
    """What was typed and chosen. Returns the status to answer with where something could not be
    kept, else 0. Raises: AlreadyFiled, DraftNotFound."""
    try:
        _keep(page, kept_as)
    except TooManyDrafts:
        form.refuse(too_many_drafts())
        return 429
    status = _add_documents(page.request_form or kept_as, form, signed_in().account.id, page.key)
    return status if status != 200 else 0  # noqa: PLR2004


def _do(page: Page, form: CaseForm, action: str) -> ResponseReturnValue:
    """Raises: AlreadyFiled, DraftNotFound."""
    chosen = page.request_form
    if chosen is None:
        raise DraftNotFound
    try:
        _keep(page, chosen)
    except TooManyDrafts:
        form.refuse(too_many_drafts())
        return _show(page, form, 429)
    if action.startswith(REMOVE):
        _remove(action.removeprefix(REMOVE), page.key)
    status = _add_documents(chosen, form, signed_in().account.id, page.key)
    if action != SEND or form.problems:
        return _show(_with_documents(page), form, status)
    return _send(page, form, chosen)


def _keep(page: Page, form: RequestForm) -> None:
    filled = Filled(key=page.key, code=page.code, form=form, typed=page.typed)
    services().cases.drafting.keep(signed_in().account.id, filled)


def _with_documents(page: Page) -> Page:
    draft = services().cases.drafting.find(signed_in().account.id, page.code, page.key)
    return Page(
        code=page.code,
        key=page.key,
        kind=page.kind,
        request_form=page.request_form,
        typed=page.typed,
        documents=draft.documents if draft else (),
        agreed=page.agreed,
        is_kept=draft is not None,
    )


def _remove(number: str, key: DraftKey) -> None:
    if number.isascii() and number.isdigit() and len(number) < 10:  # noqa: PLR2004
        account_id = signed_in().account.id
        services().cases.drafting.remove_document(account_id, key, DocumentId(int(number)))


def _add_documents(
    chosen: RequestForm,
    form: CaseForm,
    account_id: AccountId,
    key: DraftKey,
    *,
    actor: Actor = Actor.CUSTOMER,
) -> int:
    """Takes what came with the form; what cannot be taken is said beside its place. Returns the
    status to answer with, 200 where all is well."""
    drafting = services().cases.drafting
    return take_documents(
        form,
        [place.code for place in wanted_documents(chosen, ())],
        lambda purpose, file, name: drafting.add_document(
            account_id, key, purpose, file, name=name, actor=actor
        ),
    )


def _send(page: Page, form: CaseForm, chosen: RequestForm) -> ResponseReturnValue:
    """Raises: AlreadyFiled, DraftNotFound."""
    filled = Filled(key=page.key, code=page.code, form=chosen, typed=page.typed)
    ground = services().cases.filing.ground(page.code, chosen)
    status = 400
    try:
        number = services().cases.filing.file(signed_in(), filled, ground, agreed=page.agreed)
        return _after_filing(page.code, number)
    except NotComplete as error:
        form.refuse_incomplete(chosen, error)
    except TooManyCases:
        form.refuse(too_many_cases())
        status = 429
    except TooManyToday:
        form.refuse(too_many_today())
        status = 429
    except DocumentGone as error:
        form.refuse(why_not(error))
        status = status_of(error)
    except Restricted as error:
        form.refuse(restricted(error.until))
    return _show(_with_documents(page), form, status, ground)


def _after_filing(code: ContractCode, number: CaseNumber) -> ResponseReturnValue:
    return redirect(url_for("cases.new", code=code, filed=number, _anchor="filed"), code=303)


def _keep_for_later(code: ContractCode, token: DraftToken | None) -> ResponseReturnValue:
    """The session has ended while somebody filled the form in: what came is kept in the draft
    that the page belonged to, and found again after signing in."""
    form = services().cases.filing.catalogue.find(request.form.get("shown", ""))
    if token is None or form is None or token.code != code:
        return ask_to_sign_in()
    filled = Filled(key=token.key, code=code, form=form, typed=typed_answers(form))
    drafting = services().cases.drafting
    try:
        drafting.keep(token.account_id, filled, ended_session=token.session_id)
        _add_documents(form, CaseForm(), token.account_id, token.key, actor=Actor.VISITOR)
    except (AlreadyFiled, DraftNotFound, TooManyDrafts) as error:
        log_failure("a request could not be kept for later", error, "nothing: it is there or gone")
        return ask_to_sign_in()
    log.info("a request was kept while signed out", account=token.account_id)
    back = url_for("cases.new", code=code, draft=request.form.get("draft", ""))
    return ask_to_sign_in(back)


@cases.post("/contracts/<code>/cases/drafts/<key>/discard")
def discard(code: str, key: str) -> ResponseReturnValue:
    form = CaseForm()
    if form.validate():
        try:
            services().cases.drafting.discard(signed_in().account.id, DraftKey(key))
        except DraftNotFound:
            abort(404)
        flash(_("The request that you had begun is deleted."))
    return redirect(url_for("cases.index", code=code), code=303)


def _undisputed(chosen: RequestForm | None, ground: Ground, typed: Answers) -> Decimal:
    """What is disputed is known once an invoice is chosen: until then nothing stands beside it."""
    if chosen is None:
        return NO_MONEY
    invoices = [typed.get(spec.code) for spec in chosen.fields if spec.type == "invoice"]
    if invoices and not any(invoices):
        return NO_MONEY
    return services().cases.filing.undisputed(chosen, ground, typed)


def _show(
    page: Page, form: CaseForm, status: int = 200, ground: Ground | None = None
) -> ResponseReturnValue:
    chosen = page.request_form
    found = ground or services().cases.filing.ground(page.code, chosen)
    catalogue = services().cases.filing.catalogue
    content = render_template(
        "cases/new.html",
        code=page.code,
        form=form,
        page=page,
        chosen=chosen,
        ground=found,
        catalogue=catalogue,
        undisputed=_undisputed(chosen, found, page.typed),
        wanted=wanted_documents(chosen, page.documents) if chosen else [],
        draft=draft_token(page.code, page.key),
        accept=ACCEPT,
        **texts_of(),
    )
    return content, status
