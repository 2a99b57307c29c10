"""Whether a paper is genuine: for anybody who scans its code."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts.guesses import TooManyGuesses
from app.web.certificate_words import KINDS, WHY_ENDED
from app.web.current import services
from app.web.forms import clean

verify = Blueprint("verify", __name__, url_prefix="/verify")


@verify.get("")
def index() -> ResponseReturnValue:
    """Where a code is typed that cannot be scanned."""
    code = "".join((clean(request.args.get("code")) or "").split())[:40]
    if code:
        return redirect(url_for("verify.show", code=code), code=303)
    return render_template("verify/index.html")


@verify.get("/<code>")
def show(code: str) -> ResponseReturnValue:
    asker = request.remote_addr or ""
    try:
        services().guesses.refuse_if_too_many(asker)
    except TooManyGuesses:
        told = _("There were too many unknown codes from your network. Please wait a little while.")
        return render_template("verify/unknown.html", told=told), 429
    receipt = services().payments.receipts.find(code)
    if receipt is not None:
        return render_template("verify/receipt.html", receipt=receipt)
    checked = services().certificates.checking.find(code)
    if checked is not None:
        return render_template(
            "verify/certificate.html", checked=checked, kinds=KINDS, why_ended=WHY_ENDED
        )
    services().guesses.count(asker)
    told = _("We know no paper with this code. Check that it is typed as it is printed.")
    return render_template("verify/unknown.html", told=told), 404
