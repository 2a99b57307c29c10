"""A browser's own description, in words its owner knows."""

from app.web.forms import clean

LONGEST = 60
# The first mark that is found tells: most browsers also claim to be those further down.
BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Opera", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("YaBrowser/", "Yandex"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Macintosh", "Mac"),
    ("Linux", "Linux"),
)


def readable_device(user_agent: str) -> str:
    """`Chrome, Android`; what is not known as it describes itself, at most 60 characters; ""
    when it says nothing."""
    plain = clean(user_agent) or ""
    browser, system = _first(BROWSERS, plain), _first(SYSTEMS, plain)
    if browser:
        return f"{browser}, {system}" if system else browser
    return plain if len(plain) <= LONGEST else f"{plain[: LONGEST - 1].rstrip()}…"


def _first(marks: tuple[tuple[str, str], ...], text: str) -> str:
    return next((name for mark, name in marks if mark in text), "")
