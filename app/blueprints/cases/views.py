"""Requests and complaints: until they can be filed here, a page that says so. A utility
that does not want to announce them hides the tabs."""

from flask import Blueprint, abort, render_template
from flask.typing import ResponseReturnValue

from app.web.current import services

cases = Blueprint("cases", __name__, url_prefix="/contracts/<code>/cases")


@cases.get("/new")
def new(code: str) -> ResponseReturnValue:
    return _coming(code, "new")


@cases.get("")
def index(code: str) -> ResponseReturnValue:
    return _coming(code, "list")


def _coming(code: str, tab: str) -> str:
    if not services().settings.features.case_tabs:
        abort(404)
    return render_template("cases/coming.html", code=code, tab=tab)
