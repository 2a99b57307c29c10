"""A case on paper, for its customer: the whole file, and the answer as a letter."""

from flask import abort
from flask.typing import ResponseReturnValue

from app.blueprints.cases.blueprint import cases
from app.cases.records import CaseFile, CaseNotFound, CaseNumber
from app.web.case_papers import send_answer_letter, send_case_file
from app.web.current import services, signed_in

CASE = "/cases/<string(maxlength=15):number>"


@cases.get(f"{CASE}/file.pdf")
def paper(number: str) -> ResponseReturnValue:
    return send_case_file(_get(number))


@cases.get(f"{CASE}/answer.pdf")
def answer_letter(number: str) -> ResponseReturnValue:
    return send_answer_letter(_get(number).case)


def _get(number: str) -> CaseFile:
    try:
        return services().cases.following.get(signed_in().account.id, CaseNumber(number))
    except CaseNotFound:
        abort(404)
