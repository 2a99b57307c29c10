"""The catalogues for what is written outside any request.

`_ = texts(language)` is what the collector of texts knows: `_("...")` lands in the catalogues.
"""

from collections.abc import Callable
from functools import cache
from pathlib import Path

from babel.support import Translations

TRANSLATIONS = Path(__file__).parent.parent / "translations"
LANGUAGES = ("sq", "en")
DEFAULT = "sq"


def known(language: str) -> str:
    """The language itself, or Albanian for one that the portal does not speak."""
    return language if language in LANGUAGES else DEFAULT


def texts(language: str) -> Callable[[str], str]:
    """Translates into the language: `_("%(n)s contracts") % {"n": 3}`."""
    return catalogue(known(language)).gettext


@cache
def catalogue(language: str) -> Translations:
    found = Translations.load(str(TRANSLATIONS), [language])
    assert isinstance(found, Translations)  # noqa: S101 - the compiled files are in the repository
    return found
