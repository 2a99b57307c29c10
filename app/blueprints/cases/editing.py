"""What a customer can still do to a case that was filed: change what was filled in, add documents,
answer. All of it stands in one form with a button for each, so that whichever is pressed, nothing
typed or chosen beside it is lost."""

from dataclasses import dataclass

from flask import flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts.records import Restricted
from app.blueprints.cases.blueprint import cases
from app.blueprints.cases.forms import CaseForm, take_documents, typed_answers, wanted_documents
from app.blueprints.cases.page import CASE, back_to, case_page, get_file, typed_words
from app.cases.filing import NotComplete
from app.cases.records import (
    Answers,
    CaseFile,
    CaseNumber,
    ChangedMeanwhile,
    NothingAnswered,
    NotNow,
    TooManyChanges,
)
from app.web.current import services, signed_in
from app.web.refusals import restricted

OK, BAD, CONFLICT, TOO_MANY = 200, 400, 409, 429


@dataclass(frozen=True, kw_only=True, slots=True)
class Sent:
    """What came with the form. typed: None where it came without the fields."""

    number: CaseNumber
    form: CaseForm
    file: CaseFile
    typed: Answers | None
    words: str
    version: int

    @property
    def is_changed(self) -> bool:
        return self.typed is not None and self.typed != self.file.case.answers

    def show(self, status: int) -> ResponseReturnValue:
        """The page again, with all that was typed."""
        file, typed = get_file(self.number), self.file.case.answers
        version = file.case.version
        if self.typed is not None:
            typed = self.typed
            # Typed on an older page, and not told so yet: saving it still has to be refused once.
            if self.version != self.file.case.version and status != CONFLICT:
                version = self.version
        return case_page(file, self.form, typed, status, words=self.words, version=version)


def _sent(number: str) -> Sent:
    file = get_file(number)
    return Sent(
        number=CaseNumber(number),
        form=CaseForm(),
        file=file,
        typed=typed_answers(file.case.form) if "version" in request.form else None,
        words=typed_words(),
        version=request.form.get("version", 0, type=int),
    )


@cases.post(CASE)
def change(number: str) -> ResponseReturnValue:
    sent = _sent(number)
    if not sent.form.validate():
        return sent.show(BAD)
    status = _save(sent, sent.typed or {})
    if status == OK:
        status = _add(sent)
    if sent.form.problems:
        return sent.show(status)
    flash(_("Your changes are saved."))
    return sent.show(OK) if sent.words else back_to(number)


@cases.post(f"{CASE}/documents")
def add_documents(number: str) -> ResponseReturnValue:
    sent = _sent(number)
    if not sent.form.validate():
        return sent.show(BAD)
    status = _add(sent)
    if status == OK and len(get_file(number).documents) == len(sent.file.documents):
        sent.form.refuse(_("Choose a file first."))
        status = BAD
    if sent.form.problems:
        return sent.show(status)
    flash(_("Your documents are added."))
    return sent.show(OK) if sent.words or sent.is_changed else back_to(number)


@cases.post(f"{CASE}/answer")
def answer(number: str) -> ResponseReturnValue:
    """With what was changed and chosen beside it."""
    sent = _sent(number)
    if not sent.form.validate():
        return sent.show(BAD)
    status = _save(sent, sent.typed or {}) if sent.is_changed else OK
    if status == OK:
        status = _add(sent)
    if status == OK:
        status = _answer(sent)
    if sent.form.problems:
        return sent.show(status)
    flash(_("Thank you. We go on with your request, and its deadline runs again."))
    return back_to(number)


# Each says on the form what hinders it, and returns the status to answer with.


def _save(sent: Sent, typed: Answers) -> int:
    case, form = sent.file.case, sent.form
    following, code = services().cases.following, case.summary.contract_code
    may_act = following.may_act(signed_in().account.id, code)
    invoices = services().cases.filing.find_invoices(code) if may_act else ()
    try:
        following.change(signed_in(), sent.number, typed, invoices, version=sent.version)
    except NotComplete as error:
        form.refuse_typed(case.form, error.problems)
        return BAD
    except ChangedMeanwhile:
        form.refuse(
            _("This request has changed since you opened it. Look at it below, and save again.")
        )
    except NotNow:
        form.refuse(_not_now())
    except TooManyChanges:
        form.refuse(_("You have changed this request very often. Call us to change it again."))
        return TOO_MANY
    except Restricted as error:
        form.refuse(restricted(error.until))
    return CONFLICT if form.problems else OK


def _not_now() -> str:
    told = _("This request can no longer be changed here. Call us if something in it is wrong.")
    return str(told)


def _add(sent: Sent) -> int:
    places = [place.code for place in wanted_documents(sent.file.case.form, ())]
    following = services().cases.following
    try:
        return take_documents(
            sent.form,
            places,
            lambda purpose, file, name: following.add_document(
                signed_in(), sent.number, purpose, file, name=name
            ),
        )
    except NotNow:
        sent.form.refuse(_not_now())
    except Restricted as error:
        sent.form.refuse(restricted(error.until))
    return CONFLICT


def _answer(sent: Sent) -> int:
    try:
        services().cases.following.answer(signed_in(), sent.number, note=sent.words)
    except (NotNow, ChangedMeanwhile):
        sent.form.refuse(_("This is no longer possible: the request has moved on meanwhile."))
    except Restricted as error:
        sent.form.refuse(restricted(error.until))
    except NothingAnswered:
        sent.form.refuse_field(
            "words", _("Write your answer, or add below what was asked for first.")
        )
    return CONFLICT if sent.form.problems else OK
