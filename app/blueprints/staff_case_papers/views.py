"""A case on paper, for the utility's people: the same papers as its customer gets."""

import structlog
from flask import Blueprint, abort
from flask.typing import ResponseReturnValue

from app.cases.records import CaseFile, CaseNotFound, CaseNumber
from app.web.case_papers import send_answer_letter, send_case_file
from app.web.current import services
from app.web.staff import staff_signed_in

log = structlog.get_logger("selfcare")

staff_case_papers = Blueprint(
    "staff_case_papers", __name__, url_prefix="/staff/cases/<string(maxlength=15):number>"
)


@staff_case_papers.get("/file.pdf")
def paper(number: str) -> ResponseReturnValue:
    return send_case_file(_get(number, "file"))


@staff_case_papers.get("/answer.pdf")
def answer_letter(number: str) -> ResponseReturnValue:
    return send_answer_letter(_get(number, "answer").case)


def _get(number: str, paper: str) -> CaseFile:
    try:
        found = services().cases.handling.get(CaseNumber(number))
    except CaseNotFound:
        abort(404)
    log.info("paper of a case opened", staff=staff_signed_in().member.id, case=number, paper=paper)
    return found
