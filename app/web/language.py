"""Which language a browser reads, and remembering it."""

from werkzeug.wrappers import Response

from app.web.cookies import read_cookie, set_cookie

LANGUAGES = {"sq": "Shqip", "en": "English"}
DEFAULT = "sq"
COOKIE = "language"
YEAR = 31_536_000


def language() -> str:
    """Albanian unless this browser chose otherwise."""
    chosen = read_cookie(COOKIE) or ""
    return chosen if chosen in LANGUAGES else DEFAULT


def has_chosen() -> bool:
    return read_cookie(COOKIE) is not None


def remember(response: Response, code: str, *, https: bool) -> None:
    set_cookie(response, COOKIE, code, seconds=YEAR, https=https)
