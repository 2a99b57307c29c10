"""What every template may use."""

from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from babel.support import NullTranslations, Translations
from flask import Flask, g, request, url_for
from flask_login import current_user
from flask_wtf.csrf import generate_csrf
from jinja2 import StrictUndefined

from app.database.engine import DatabaseUnavailable
from app.web import theme
from app.web.access import here
from app.web.current import formats, has_session_cookie
from app.web.headers import csp_nonce
from app.web.language import LANGUAGES, language
from config.settings import Settings

TRANSLATIONS = Path(__file__).parent.parent / "translations"
STATIC = Path(__file__).parent.parent / "static"


def init_pages(app: Flask, settings: Settings) -> None:
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(
        utility=settings.utility,
        is_demo=settings.portal.demo,
        features=settings.features,
        languages=LANGUAGES,
        static_url=static_url,
        theme_url=theme_url,
        csp_nonce=csp_nonce,
        csrf_token=generate_csrf,
        signed_in_account=signed_in_account,
        this_address=this_address,
    )
    # The same catalogues as Flask-Babel's, without its way through several proxies per text.
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        lambda text: texts().gettext(text),
        lambda one, many, number: texts().ngettext(one, many, number),
        newstyle=True,
    )
    app.context_processor(lambda: {"formats": formats(), "language": language()})


@cache
def _catalogue(language: str) -> NullTranslations:
    return Translations.load(str(TRANSLATIONS), [language])


def texts() -> NullTranslations:
    return _catalogue(formats().language)


@cache
def _fingerprint(name: str) -> str:
    return sha256((STATIC / name).read_bytes()).hexdigest()[:12]


def static_url(name: str) -> str:
    """The address of a static file, with its content's fingerprint: it never goes stale."""
    return url_for("static", filename=name, v=_fingerprint(name))


def theme_url(utility: Any) -> str:
    return url_for("system.theme", v=theme.fingerprint(utility))


def signed_in_account() -> Any:
    """The account to show in the page's head, or None; asks the database only if it must."""
    if g.get("plain_page") or not g.access.needs_account or not has_session_cookie():
        return None
    try:
        return current_user.signed_in.account if current_user.is_authenticated else None
    except DatabaseUnavailable:
        g.plain_page = True  # an error page must not fail over who is signed in
        return None


def this_address() -> str | None:
    """Where to come back to after changing the language: None for what can only be posted."""
    methods = request.url_rule.methods if request.url_rule else None
    return None if methods and "GET" not in methods else here()
