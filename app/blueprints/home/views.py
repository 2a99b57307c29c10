"""The public pages: the start, the policies, the choice of language."""

from pathlib import Path

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from markdown_it import MarkdownIt
from markupsafe import Markup

from app.web.access import local_address
from app.web.current import has_session_cookie, services
from app.web.language import LANGUAGES, language, remember
from config.settings import ROOT

home = Blueprint("home", __name__)
CONTENT = ROOT / "config" / "content"
POLICIES = ("privacy", "terms", "refunds")
_markdown = MarkdownIt("commonmark", {"html": False})


@home.get("/")
def index() -> ResponseReturnValue:
    if has_session_cookie() and current_user.is_authenticated:
        return redirect(url_for("contracts.index"), code=303)
    return render_template("home/index.html")


@home.get(f"/<any({','.join(POLICIES)}):name>")
def policy(name: str) -> ResponseReturnValue:
    title, body = _read_policy(CONTENT / language() / f"{name}.md")
    return render_template("home/policy.html", title=title, body=body)


def _read_policy(file: Path) -> tuple[str, Markup]:
    """The file's first line is its title (`# ...`); raw HTML in it stays text."""
    title, _, body = file.read_text(encoding="utf-8").partition("\n")
    return title.removeprefix("#").strip(), Markup(_markdown.render(body))  # noqa: S704


@home.get("/language/<code>", endpoint="language")
def choose_language(code: str) -> ResponseReturnValue:
    if code not in LANGUAGES:
        abort(404)
    response = redirect(local_address(request.args.get("next")) or url_for("home.index"), code=303)
    remember(response, code, https=services().settings.web.https)
    return response
