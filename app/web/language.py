"""Which language a browser reads, and remembering it."""

from flask import request
from werkzeug.wrappers import Response

LANGUAGES = {"sq": "Shqip", "en": "English"}
DEFAULT = "sq"
COOKIE = "language"
YEAR = 31_536_000


def language() -> str:
    """Albanian unless this browser chose otherwise."""
    chosen = request.cookies.get(COOKIE, "")
    return chosen if chosen in LANGUAGES else DEFAULT


def has_chosen() -> bool:
    return COOKIE in request.cookies


def remember(response: Response, code: str, *, https: bool) -> None:
    response.set_cookie(COOKIE, code, max_age=YEAR, secure=https, httponly=True, samesite="Lax")
