"""The response headers that keep pages safe."""

import os
from typing import Any

from flask import Flask, Response, g, request, session

from app.web.access import MACHINE

YEAR = 31_536_000
RETRY_LATER = {429: 300, 503: 30}  # seconds


def csp_nonce() -> str:
    nonce: str | None = g.get("csp_nonce")
    if nonce is None:
        nonce = g.csp_nonce = os.urandom(16).hex()
    return nonce


ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
OF_RESPONSE = "selfcare.headers"  # in a request's environ: what its response leaves with, too
HTTPS = {"Strict-Transport-Security": f"max-age={YEAR}; includeSubDomains"}


def init_headers(app: Flask, *, https: bool) -> None:
    always = ALWAYS | HTTPS if https else ALWAYS
    app.after_request(_add_headers)
    app.wsgi_app = _with_headers(app.wsgi_app, list(always.items()))  # type: ignore[method-assign]


def _with_headers(answer: Any, always: list[tuple[str, str]]) -> Any:
    """Adds ours where a response leaves: before, it looks at each of its headers several times."""

    def answer_with_headers(environ: Any, start_response: Any) -> Any:
        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            return start_response(status, headers + environ.pop(OF_RESPONSE, []) + always, exc_info)

        return answer(environ, start)

    return answer_with_headers


def _add_headers(response: Response) -> Response:
    headers, endpoint, status = response.headers, request.endpoint, response.status_code
    there = {name.lower() for name, _value in headers}
    ours = {"Content-Security-Policy": _policy(response)}
    if endpoint == "static" and "v" in request.args and status == 200:  # noqa: PLR2004
        ours["Cache-Control"] = f"public, max-age={YEAR}, immutable"
    elif "cache-control" not in there or _is_private():
        ours["Cache-Control"] = "no-store"
    if status in RETRY_LATER and "retry-after" not in there:
        ours["Retry-After"] = str(RETRY_LATER[status])
    if g.get("access") is MACHINE:
        session.accessed = False  # the same for everybody: no `Vary: Cookie`
    if endpoint not in PUBLIC_PAGES:
        ours["X-Robots-Tag"] = "noindex, nofollow"
    for name in [name for name in ours if name.lower() in there]:
        del headers[name]
    request.environ[OF_RESPONSE] = list(ours.items())
    return response


PUBLIC_PAGES = frozenset(
    {
        *("home.index", "home.policy", "faq.index", "faq.show"),
        *("accounts.login", "accounts.register", "recovery.forgot"),
    }
)


def _is_private() -> bool:
    # Both are there only if this request asked who is signed in.
    user = g.get("_login_user")
    if g.get("staff") is not None:
        return True
    return user is not None and bool(user.is_authenticated)


def _policy(response: Response) -> str:
    kind = response.mimetype
    if kind == "text/html":
        return (
            "default-src 'none'; base-uri 'none'; connect-src 'self'; font-src 'self';"
            f" form-action 'self'{_form_target()}; frame-ancestors 'none'; img-src 'self' data:;"
            f" manifest-src 'self'; script-src 'nonce-{csp_nonce()}'; style-src 'self'"
        )
    if kind == "application/pdf" and not _is_to_be_saved(response):
        # Chromium's own viewer needs its styles, and refuses to start in a sandbox.
        return (
            "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; style-src 'unsafe-inline'"
        )
    return "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; sandbox"


def _is_to_be_saved(response: Response) -> bool:
    return response.headers.get("Content-Disposition", "").startswith("attachment")


def _form_target() -> str:
    """The bank's origin, on pages whose forms lead there."""
    target = g.get("form_target")
    return f" {target}" if target else ""
