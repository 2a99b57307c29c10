"""The names under which cookies travel, and what each of them is set with."""

from flask import current_app, request
from werkzeug.wrappers import Response

# Browsers take a cookie of such a name only over https, for this host alone and all its paths:
# neither a neighbour below the same domain nor somebody in an open network can plant one.
HOST_ONLY = "__Host-"


def cookie_name(name: str, *, https: bool) -> str:
    return f"{HOST_ONLY}{name}" if https else name


def read_cookie(name: str) -> str | None:
    is_https = bool(current_app.config["SESSION_COOKIE_SECURE"])
    name, cookies = cookie_name(name, https=is_https), request.cookies
    if name not in cookies:  # .get() would raise an error and catch it
        return None
    return cookies[name]


def set_cookie(response: Response, name: str, value: str, *, seconds: int, https: bool) -> None:
    response.set_cookie(
        cookie_name(name, https=https),
        value,
        max_age=seconds,
        path="/",
        secure=https,
        httponly=True,
        samesite="Lax",
    )
