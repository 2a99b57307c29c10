"""Questions that customers ask, with their answers: all of them, one, and those that are found."""

from typing import Any

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from app.content import faq as questions
from app.content.markdown import render
from app.content.records import Audience, Shown, TextMissing, TextName
from app.content.search import LONGEST_QUERY, highlight, search
from app.web.current import services
from app.web.forms import clean
from app.web.language import language

faq = Blueprint("faq", __name__, url_prefix="/faq")


@faq.get("")
def index() -> ResponseReturnValue:
    shown, audience = _shown(), _audience()
    query = (clean(request.args.get("q")) or "")[:LONGEST_QUERY]
    if not query:
        return _all_page(shown, audience)
    return render_template(
        "faq/found.html",
        **_common(shown, audience, query),
        found=search(shown.body, query, shown.key.language, audience),
        marked=lambda text: highlight(text, query, shown.key.language),
    )


@faq.get("/<slug>")
def show(slug: str) -> ResponseReturnValue:
    """A question that staff has taken out since is no dead end."""
    shown, audience = _shown(), _audience()
    found = questions.read(shown.body)[0].find(slug)
    if found is None:
        return _all_page(shown, audience, is_gone=True), 404
    topic, question = found
    return render_template(
        "faq/show.html",
        **_common(shown, audience),
        topic=topic,
        question=question,
        # Who follows a link gets an answer, whatever kind of contract was chosen before.
        answers=question.answers_for(audience) or question.answers,
    )


def _shown() -> Shown:
    try:
        return services().content.show(TextName.FAQ, language())
    except TextMissing:
        abort(404)


def _audience() -> Audience | None:
    wanted = request.args.get("for", "")
    return Audience(wanted) if wanted in set(Audience) else None


def _all_page(shown: Shown, audience: Audience | None, *, is_gone: bool = False) -> str:
    return render_template("faq/index.html", **_common(shown, audience), is_gone=is_gone)


def _common(shown: Shown, audience: Audience | None, query: str = "") -> dict[str, Any]:
    return {
        "shown": shown,
        "audience": audience,
        "faq": questions.read(shown.body)[0].only(audience),
        "query": query,
        "longest": LONGEST_QUERY,
        "rendered": _rendered,
    }


def _rendered(source: str) -> Markup:
    return render(source, request.script_root)
