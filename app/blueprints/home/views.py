"""The public pages: the start, the policies, the choice of language."""

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from app.content.markdown import render, split_title
from app.content.records import TextMissing, TextName
from app.web.access import local_address
from app.web.current import has_session_cookie, services
from app.web.language import LANGUAGES, language, remember

home = Blueprint("home", __name__)
POLICIES = (TextName.PRIVACY, TextName.TERMS, TextName.REFUNDS)


@home.get("/")
def index() -> ResponseReturnValue:
    if has_session_cookie() and current_user.is_authenticated:
        return redirect(url_for("contracts.index"), code=303)
    return render_template("home/index.html")


@home.get(f"/<any({','.join(POLICIES)}):name>")
def policy(name: str) -> ResponseReturnValue:
    try:
        shown = services().content.show(TextName(name), language())
    except TextMissing:
        abort(404)
    title, body = split_title(shown.body)
    return render_template(
        "home/policy.html", title=title, body=render(body, request.script_root), shown=shown
    )


@home.get("/language/<code>", endpoint="language")
def choose_language(code: str) -> ResponseReturnValue:
    if code not in LANGUAGES:
        abort(404)
    response = redirect(local_address(request.args.get("next")) or url_for("home.index"), code=303)
    remember(response, code, https=services().settings.web.https)
    return response
