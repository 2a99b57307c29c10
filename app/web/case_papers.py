"""A case's papers as they are given out, to customers and staff alike."""

from flask import Response, abort
from flask_babel import gettext as _

from app.cases.answer_letter import answered_at, render_answer
from app.cases.paper import Words, render_case_file
from app.cases.records import Case, CaseFile
from app.clock import now
from app.web.case_words import BY, WHAT, answer_words
from app.web.current import formats, services


def send_case_file(file: CaseFile) -> Response:
    settings = services().settings
    content = render_case_file(
        file,
        printed_at=now(),
        words=Words(
            answer=answer_words, what=lambda what: str(WHAT[what]), by=lambda by: str(BY[by])
        ),
        utility=settings.utility,
        is_sample=settings.portal.demo,
        formats=formats(),
        translate=_,
    )
    return _send(content, _("request-%(number)s", number=file.case.number))


def send_answer_letter(case: Case) -> Response:
    """404 where there is no answer."""
    answered = answered_at(case) or abort(404)
    settings = services().settings
    content = render_answer(
        case,
        answered,
        utility=settings.utility,
        is_sample=settings.portal.demo,
        formats=formats(),
        translate=_,
    )
    return _send(content, _("answer-%(number)s", number=case.number))


def _send(content: bytes, name: str) -> Response:
    """name: of a number that the portal made itself, capitals and digits."""
    return Response(
        content,
        mimetype="application/pdf",
        headers={"Content-Disposition": f'inline; filename="{name}.pdf"'},
    )
