"""A case on paper, for the utility's people: the same papers as its customer gets."""

from flask import Blueprint, abort
from flask.typing import ResponseReturnValue

from app.cases.records import CaseFile, CaseNotFound, CaseNumber
from app.web.case_papers import send_answer_letter, send_case_file
from app.web.current import services

staff_case_papers = Blueprint(
    "staff_case_papers", __name__, url_prefix="/staff/cases/<string(maxlength=15):number>"
)


@staff_case_papers.get("/file.pdf")
def paper(number: str) -> ResponseReturnValue:
    return send_case_file(_get(number))


@staff_case_papers.get("/answer.pdf")
def answer_letter(number: str) -> ResponseReturnValue:
    return send_answer_letter(_get(number).case)


def _get(number: str) -> CaseFile:
    try:
        return services().cases.handling.get(CaseNumber(number))
    except CaseNotFound:
        abort(404)
