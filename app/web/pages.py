"""What every template may use."""

from collections.abc import Callable
from functools import cache, partial
from hashlib import sha256
from pathlib import Path
from typing import Any

from babel.support import Translations
from flask import Flask, g, request
from flask.templating import Environment
from flask_login import current_user
from jinja2 import StrictUndefined
from werkzeug.local import LocalProxy

from app.database.engine import DatabaseUnavailable
from app.formats import Formats
from app.web import case_words, theme
from app.web.access import here
from app.web.addresses import in_address, in_query
from app.web.current import FORMATS, has_session_cookie, may, own_label
from app.web.forms import csrf_token
from app.web.headers import csp_nonce
from app.web.language import LANGUAGES, language
from app.web.staff import own_demo_code, staff_in_head
from app.web.staff_sections import open_sections
from app.web.templates import PageEnvironment, PageEnvironments
from config.settings import Settings

TRANSLATIONS = Path(__file__).parent.parent / "translations"
STATIC = Path(__file__).parent.parent / "static"


def init_pages(app: Flask, settings: Settings) -> None:
    app.jinja_options = {"undefined": StrictUndefined, "trim_blocks": True, "lstrip_blocks": True}
    by_language = {name: _environment(app, settings, name) for name in LANGUAGES}
    app.jinja_env = PageEnvironments(app, lambda: by_language[language()])
    app.url_defaults(_fingerprints(settings))
    app.context_processor(lambda: {"script_root": request.script_root})


def _environment(app: Flask, settings: Settings, language: str) -> Environment:
    """One language's: its texts, its formats as filters, and what every template may ask."""
    texts = Translations.load(str(TRANSLATIONS), [language])
    app.jinja_environment = partial(  # type: ignore[assignment]
        PageEnvironment, translate=texts.gettext, plain_filters=_plain_filters(FORMATS[language])
    )
    environment = app.create_jinja_environment()
    environment.add_extension("jinja2.ext.i18n")
    environment.install_gettext_callables(  # type: ignore[attr-defined]
        texts.gettext, texts.ngettext, newstyle=True
    )
    environment.filters.update(in_address=in_address, in_query=in_query)
    environment.globals.update(
        language=language,
        utility=settings.utility,
        is_demo=settings.portal.demo,
        languages=LANGUAGES,
        csp_nonce=csp_nonce,
        csrf_token=csrf_token,
        signed_in_account=signed_in_account,
        staff_in_head=staff_in_head,
        own_demo_code=own_demo_code,
        open_sections=open_sections,
        may=may,
        own_label=own_label,
        this_address=this_address,
        awake_seconds=_awake_seconds(settings.accounts.session_idle_minutes),
        staff_awake_seconds=_awake_seconds(settings.staff.session_idle_minutes),
        # Pages have its value; parts that are imported are made once for all requests.
        script_root=LocalProxy(lambda: request.script_root),
        **case_words.IN_TEMPLATES,
    )
    return environment


def _awake_seconds(idle_minutes: int) -> int:
    """How often a page tells that somebody types: no oftener than sessions note it."""
    return min(300, idle_minutes * 60 // 5)


def _plain_filters(formats: Formats) -> dict[str, Callable[..., str]]:
    return {
        "amount": formats.amount,
        "money": formats.money,
        "number": formats.number,
        "rounded": formats.rounded,
        "power": formats.power,
        "date": formats.date,
        "period": formats.period,
        "month_name": formats.month_name,
        "moment": formats.moment,
        "day": formats.day,
        "size": formats.size,
    }


def _fingerprints(settings: Settings) -> Callable[[str, dict[str, Any]], None]:
    """Addresses of files tell their content's fingerprint: they never go stale."""

    @cache
    def of_file(name: str) -> str:
        return sha256((STATIC / name).read_bytes()).hexdigest()[:12]

    def add(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == "static":
            values.setdefault("v", of_file(values["filename"]))
        elif endpoint == "system.theme":
            values.setdefault("v", theme.fingerprint(settings.utility))

    return add


def signed_in_account() -> Any:
    """The account to show in the page's head, or None; asks the database only if it must."""
    if g.get("plain_page") or not g.access.needs_account or not has_session_cookie():
        return None
    try:
        user = current_user._get_current_object()
        return user.signed_in.account if user.is_authenticated else None
    except DatabaseUnavailable:
        g.plain_page = True  # an error page must not fail over who is signed in
        return None


def this_address() -> str | None:
    """Where to come back to after changing the language: None for what can only be posted."""
    methods = request.url_rule.methods if request.url_rule else None
    return None if methods and "GET" not in methods else here()
