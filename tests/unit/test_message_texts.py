"""Texts for what is written outside any request."""

from app.messages.texts import LANGUAGES, texts
from app.web.language import DEFAULT
from app.web.language import LANGUAGES as OF_PAGES


def test_texts_come_in_the_language_asked_for() -> None:
    assert texts("en")("Sign in as a customer") == "Sign in as a customer"
    assert texts("sq")("Sign in as a customer") == "Identifikohu si klient"


def test_unknown_language_is_albanian() -> None:
    for language in ("", "xx", "../en", "SQ"):
        assert texts(language)("Sign in as a customer") == "Identifikohu si klient"


def test_letters_are_written_in_the_languages_of_the_pages() -> None:
    assert set(LANGUAGES) == set(OF_PAGES) and texts("?") == texts(DEFAULT)
