"""The shipped answers call what is on the screen as the screen does."""

import re

import pytest

from app import catalogues
from app.content.records import LANGUAGES
from app.web.language import LANGUAGES as PAGES
from config.settings import ROOT


def test_texts_come_in_the_languages_of_the_pages() -> None:
    assert tuple(PAGES) == LANGUAGES


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_stands_in_bold_stands_on_the_screen(language: str) -> None:
    texts = set(PAGES.values())
    for message in catalogues.read(language):
        forms = message.string if isinstance(message.string, tuple | list) else [message.string]
        texts.update(str(form) for form in forms)
    body = (ROOT / f"config/content/{language}/faq.md").read_text(encoding="utf-8")
    named = set(re.findall(r"\*\*(.+?)\*\*", body))
    assert len(named) > 30
    assert named - texts == set()
