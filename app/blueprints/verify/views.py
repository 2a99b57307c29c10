"""Whether a paper is genuine: for anybody who scans its code."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts.guesses import TooManyGuesses
from app.codes import plain_code
from app.web.certificate_words import KINDS, WHY_ENDED
from app.web.current import services
from app.web.forms import clean

verify = Blueprint("verify", __name__, url_prefix="/verify")
LONGEST = 200  # characters typed: a whole address has room


@verify.get("")
def index() -> ResponseReturnValue:
    """Where a code is typed that cannot be scanned, or the address that is printed with it."""
    typed = (clean(request.args.get("code")) or "")[:LONGEST]
    if not typed:
        return _page()
    code = plain_code(typed.partition("?")[0].rstrip("/").rpartition("/")[2])
    if not code:
        return _unknown(typed)
    return redirect(url_for("verify.show", code=code), code=303)


def _page(told: str = "", typed: str = "") -> str:
    """told: what is wrong with what was typed."""
    return render_template("verify/index.html", told=told, typed=typed, longest=LONGEST)


def _unknown(typed: str) -> ResponseReturnValue:
    told = _("We know no paper with this code. Check that it is typed as it is printed.")
    return _page(told, typed), 404


@verify.get("/<code>")
def show(code: str) -> ResponseReturnValue:
    asker, typed = request.remote_addr or "", (clean(code) or "")[:LONGEST]
    try:
        services().guesses.refuse_if_too_many(asker)
    except TooManyGuesses:
        told = _("There were too many unknown codes from your network. Please wait a little while.")
        return _page(told, typed), 429
    receipt = services().payments.receipts.find(code)
    if receipt is not None:
        return render_template("verify/receipt.html", receipt=receipt)
    checked = services().certificates.checking.find(code)
    if checked is not None:
        return render_template(
            "verify/certificate.html", checked=checked, kinds=KINDS, why_ended=WHY_ENDED
        )
    services().guesses.count(asker)
    return _unknown(typed)
