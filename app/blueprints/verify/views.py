"""Whether a paper is genuine: for anybody who scans its code."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.payments.receipts import TooManyGuesses
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
    try:
        receipt = services().payments.receipts.find(code, request.remote_addr or "")
    except TooManyGuesses:
        told = _("There were too many unknown codes from your network. Please wait a little while.")
        return render_template("verify/unknown.html", told=told), 429
    if receipt is None:
        told = _("We know no paper with this code. Check that it is typed as it is printed.")
        return render_template("verify/unknown.html", told=told), 404
    return render_template("verify/receipt.html", receipt=receipt)
