"""The form of a request: its fields come from the catalogue."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO, cast

from flask import request
from flask_babel import gettext as _

from app.cases.catalogue import DocumentSpec, RequestForm
from app.cases.fields import Problem
from app.cases.filing import NOTE_LENGTH, NotComplete
from app.cases.records import NOTE, Attached, TooManyDocuments, TooManyFiles
from app.documents.records import DocumentError, DocumentRefused
from app.web.case_words import problem_words
from app.web.current import formats, services
from app.web.forms import PortalForm, clean_lines
from app.web.language import language
from app.web.uploads import chosen_files, most_together, status_of, too_large, why_not

FIELD, FILES = "f-", "d-"  # what the names of fields and of documents begin with
OTHER = "other"  # documents that belong to none of the form's
LONGEST_POSTED = 20_000  # characters of one field that are looked at


class CaseForm(PortalForm):
    """Fields of the catalogue have no WTForms fields: their problems are told here."""

    def __init__(self) -> None:
        super().__init__()
        self.by_field: dict[str, str] = {}  # id of the field -> what is wrong
        self._names: dict[str, str] = {}

    @property
    def problems(self) -> list[tuple[str, str]]:
        """The summary names the fields; beside them, by_field need not."""
        named = [
            (one, f"{self._names[one]}: {message}" if self._names[one] else message)
            for one, message in self.by_field.items()
        ]
        return super().problems + named

    def refuse_field(self, field_id: str, message: str, *, name: str = "") -> None:
        """The first thing that is wrong with a field."""
        self.by_field.setdefault(field_id, message)
        self._names.setdefault(field_id, name)

    def refuse_typed(self, form: RequestForm, problems: Mapping[str, Problem]) -> None:
        specs = {spec.code: spec for spec in form.fields}
        for code, problem in problems.items():
            words = problem_words(problem, specs.get(code), longest=NOTE_LENGTH)
            name = specs[code].name.in_language(language()) if code in specs else _("Notes")
            self.refuse_field(field_id(code), words, name=name)

    def refuse_incomplete(self, form: RequestForm, error: NotComplete) -> None:
        self.refuse_typed(form, error.problems)
        names = {spec.code: spec.name.in_language(language()) for spec in form.documents}
        for code in error.documents:
            told = _("Please add this document.")
            self.refuse_field(document_id(code), told, name=names[code])
        for name in error.infected:
            self.refuse(_("There is a virus in %(name)s. Remove it, please.", name=name))
        if error.undisputed is not None:
            self.refuse_field(
                "agreed",
                _(
                    "%(amount)s are overdue beside what you complain about. Pay it first, or tick"
                    " that there is an agreement.",
                    amount=formats().money(error.undisputed),
                ),
            )


def field_id(code: str) -> str:
    return f"{FIELD}{code}"


def document_id(code: str) -> str:
    return f"{FILES}{code}"


def typed_answers(form: RequestForm) -> dict[str, str]:
    """What was posted for the form's own fields and the note; all else is not looked at."""
    codes = [*(spec.code for spec in form.fields), NOTE]
    found = {code: request.form.get(field_id(code), "")[:LONGEST_POSTED] for code in codes}
    return {code: clean_lines(value) for code, value in found.items() if value.strip()}


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """One place for documents on the page, with what is there already. asked: since when the
    utility waits for it."""

    code: str
    name: str
    help: str
    required: bool
    there: Sequence[Attached]
    asked: datetime | None = None

    @property
    def is_needed(self) -> bool:
        return self.required or self.asked is not None

    @property
    def is_there(self) -> bool:
        """What was there before it was asked for is not what was meant."""
        return any(self.asked is None or one.at >= self.asked for one in self.there)

    @property
    def id(self) -> str:
        return document_id(self.code)


def wanted_documents(
    form: RequestForm,
    documents: Sequence[Attached],
    asked: Mapping[str, datetime] | None = None,
) -> list[Wanted]:
    """What was asked for stands first."""
    asked = asked or {}
    known = {spec.code for spec in form.documents}
    specs = sorted(form.documents, key=lambda spec: spec.code not in asked)
    places = [_wanted(spec, documents, asked.get(spec.code)) for spec in specs]
    others = [one for one in documents if one.purpose not in known]
    places.append(
        Wanted(code=OTHER, name=_("Anything else"), help="", required=False, there=others)
    )
    return places


def _wanted(spec: DocumentSpec, documents: Sequence[Attached], asked: datetime | None) -> Wanted:
    return Wanted(
        code=spec.code,
        name=spec.name.in_language(language()),
        help=spec.help.in_language(language()) if spec.help else "",
        required=spec.required,
        there=[one for one in documents if one.purpose == spec.code],
        asked=asked,
    )


def take_documents(
    form: CaseForm,
    purposes: Sequence[str],
    take: Callable[[str, BinaryIO, str], object],
) -> int:
    """Takes what came with a form; what cannot be taken is said beside its place. take: is given
    purpose, content and name of each. Returns the status to answer with, 200 where all is well."""
    files = [(p, file) for p in purposes for file in chosen_files(document_id(p))]
    if len(files) > services().cases.drafting.most_documents:
        # Each costs a process of its own, also where it is refused.
        form.refuse_field(document_id(files[0][0]), _too_many_documents())
        return 400
    status = 200
    for purpose, file in files:
        name = (file.filename or "")[:80]
        try:
            take(purpose, cast(BinaryIO, file.stream), file.filename or "")
        except TooManyDocuments:
            form.refuse_field(document_id(purpose), f"{name}: {_too_many_documents()}")
            return 400
        except TooManyFiles:
            form.refuse_field(document_id(purpose), f"{name}: {_too_many_files()}")
            return 429
        except DocumentRefused as error:
            form.refuse_field(document_id(purpose), f"{name}: {why_not(error)}")
            status = 400
        except DocumentError as error:  # of us, not of the file: the next would fare no better
            form.refuse_field(document_id(purpose), f"{name}: {why_not(error)}")
            return status_of(error)
    return status


def _too_many_documents() -> str:
    most = services().cases.drafting.most_documents
    return str(_("A request takes at most %(most)s documents.", most=most))


def _too_many_files() -> str:
    most = services().settings.cases.files_per_day
    return str(_("You can send %(most)s files a day. Please go on tomorrow.", most=most))


def too_many_drafts() -> str:
    most = services().settings.cases.drafts_per_account
    told = _(
        "You have begun %(most)s requests. Send or delete some of them, and begin this one then.",
        most=most,
    )
    return str(told)


def too_many_today() -> str:
    most = services().settings.cases.filed_per_day
    told = _(
        "You can file %(most)s requests within a day. This one is kept: please send it tomorrow,"
        " or call us if it is urgent.",
        most=most,
    )
    return str(told)


def too_many_cases() -> str:
    most = services().settings.cases.open_per_account
    told = _(
        "You have %(most)s requests open, and cannot file more until some are answered. Call us if"
        " it is urgent.",
        most=most,
    )
    return str(told)


def texts_of(**more: Any) -> dict[str, Any]:
    """What the templates of a form work with."""
    return {
        "field_id": field_id,
        "document_id": document_id,
        "note_length": NOTE_LENGTH,
        "words": "",
        "limits": services().settings.documents,
        "together": most_together(services().settings.documents),
        "too_large": too_large(),
        **more,
    }
