"""Makes the web application: a short list of named steps."""

import os
import secrets
import sys
from datetime import timedelta
from functools import partial
from typing import Any

import structlog
from flask import Flask
from flask_babel import Babel
from werkzeug.middleware.proxy_fix import ProxyFix

from app.blueprints import register_blueprints
from app.commands import register_commands
from app.database.engine import DatabaseError
from app.demo import refuse_demo_users
from app.opening import refuse_demo_names
from app.processes import keep_private
from app.services import Services
from app.web.access import init_access
from app.web.asking import init_asking
from app.web.cookies import cookie_name
from app.web.errors import init_errors
from app.web.headers import init_headers
from app.web.hosts import let_probes_in
from app.web.language import DEFAULT, language
from app.web.logs import init_logs
from app.web.origin import init_origin
from app.web.pages import TRANSLATIONS, init_pages
from app.web.uploads import PortalRequest
from app.wiring import wire
from config.demo import demo_values
from config.loading import SettingsError, Values, load_settings
from config.settings import Settings
from legacy_adapters.errors import MappingError

# Commands sign nothing; `flask run`, which would, gets a key that nobody can know.
COMMAND = {"portal": {"secret_key": secrets.token_hex(32)}}
UNUSABLE = 3  # gunicorn takes this exit code for "do not try again"
CHECK_BILLING = (
    "Check SELFCARE_BILLING_URL and SELFCARE_BILLING_MAPPING, or the address in"
    " SELFCARE_POSTING_URL; see docs/mapping.md."
)


def create_app() -> Flask:
    """The application from the settings in force; stops with words where they are no good.

    All pass here but ./run: web servers, the job process and what an operator types.
    """
    keep_private()
    try:
        services = _prepare(for_command=_is_command())
        app = make_app(services.settings, services)
    except (SettingsError, DatabaseError) as error:
        print(f"The portal cannot start:\n{error}", file=sys.stderr, flush=True)  # noqa: T201
        raise SystemExit(UNUSABLE) from None
    app.extensions["selfcare_as_web"] = partial(_prepare, for_command=False)  # to be tried
    return app


def _prepare(*, for_command: bool) -> Services:
    """Raises: SettingsError, DatabaseError."""
    settings = load_settings(COMMAND if for_command else None)
    if for_command and settings.uses_demo_billing:
        settings = load_settings({**COMMAND, **_demo_of_command(settings)})
    if not for_command:
        refuse_demo_names(settings)
    try:
        services = wire(settings, for_command=for_command)
    except MappingError as error:
        raise SettingsError(f"{error}\n{CHECK_BILLING}") from error
    refuse_demo_users(services)
    services.database.close()  # no connection may be inherited by web processes forked later
    return services


def _is_command() -> bool:
    """Set by `flask` before it loads the application."""
    return os.environ.get("FLASK_RUN_FROM_CLI") == "true"


def _demo_of_command(found: Settings) -> Values:
    """What is typed beside ./run's demo knows its play bank."""
    values = demo_values(found)
    return {**values, "portal": {**COMMAND["portal"], **values["portal"]}}


class PortalApp(Flask):
    request_class = PortalRequest

    def ensure_sync(self, func: Any) -> Any:
        """Flask would look nine times for each page whether a function is `async`. None is."""
        return func


def make_app(settings: Settings, services: Services) -> Flask:
    init_logs(settings.log)
    app = PortalApp(__name__)
    # A doubled slash is not ours; correcting it would put the Host header into an address.
    app.url_map.merge_slashes = False
    configure(app, settings)
    app.extensions["selfcare"] = services
    Babel(
        app,
        locale_selector=language,
        default_locale=DEFAULT,
        default_translation_directories=str(TRANSLATIONS),
        default_timezone="Europe/Tirane",
    )
    init_headers(app, https=settings.web.https)  # first, so that its word is the last
    init_asking(app, page_seconds=settings.billing.page_seconds)
    init_access(app, settings)
    init_origin(app)  # after it: what refuses shows a page, and pages look at who is signed in
    init_pages(app, settings)
    init_errors(app)
    register_blueprints(app)
    register_commands(app)
    for name in settings.unknown_variables:
        structlog.get_logger("selfcare").warning("this variable is not a setting", variable=name)
    return app


def configure(app: Flask, settings: Settings) -> None:
    web, portal = settings.web, settings.portal
    app.config.update(
        SECRET_KEY=portal.secret_key.get_secret_value(),
        SECRET_KEY_FALLBACKS=[key.get_secret_value() for key in portal.secret_key_fallbacks],
        SESSION_COOKIE_NAME=cookie_name("selfcare_session", https=web.https),
        SESSION_COOKIE_SECURE=web.https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_REFRESH_EACH_REQUEST=False,
        PERMANENT_SESSION_LIFETIME=timedelta(hours=settings.accounts.session_absolute_hours),
        MAX_CONTENT_LENGTH=web.max_body_bytes,
        MAX_FORM_MEMORY_SIZE=web.max_body_bytes,
        MAX_FORM_PARTS=2_000,
        TRUSTED_HOSTS=web.trusted_hosts or None,
        WTF_I18N_ENABLED=False,  # every message is ours, in the catalogues
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session it belongs to
    )
    if web.trusted_hosts:
        name = web.trusted_hosts[0].removeprefix(".")
        app.wsgi_app = let_probes_in(app.wsgi_app, name)  # type: ignore[assignment, method-assign]
    if web.proxy_hops:
        hops = web.proxy_hops
        prefix = hops if web.proxy_sets_prefix else 0
        proxied = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops, x_prefix=prefix)
        app.wsgi_app = proxied  # type: ignore[method-assign]
