"""Words that are sealed together with whose they are."""

import pytest
from pydantic import SecretStr

from app.sealing import LOST, WordSealer

KEY = SecretStr("MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=")
TYPED = {"note": "Ngjyra e sahatit është e kuqe.", "phone": ""}


@pytest.mark.parametrize("keys", [[], [KEY]])
def test_what_is_closed_is_opened_for_its_owner_alone(keys: list[SecretStr]) -> None:
    seal = WordSealer(keys, "answers")
    kept = seal.close("mine", TYPED)
    assert seal.open("mine", kept) == TYPED
    assert seal.open("another's", kept) is None
    assert (b"sahatit" in kept) == (not keys)


def test_without_its_key_nothing_is_opened() -> None:
    kept = WordSealer([KEY], "answers").close("mine", TYPED)
    assert WordSealer([], "answers").open("mine", kept) is None
    assert WordSealer([SecretStr("A" * 43 + "=")], "answers").open("mine", kept) is None


def test_texts() -> None:
    clear, sealed = WordSealer([], "answers"), WordSealer([KEY], "answers")
    assert clear.close_text("mine", "fjalë") == "fjalë"
    assert sealed.close_text("mine", "") == ""
    kept = sealed.close_text("mine", "fjalë")
    assert "fjal" not in kept
    assert sealed.open_text("mine", kept) == "fjalë"
    assert sealed.open_text("another's", kept) == clear.open_text("mine", kept) == LOST
    assert sealed.open_text("mine", "written before there was a key").startswith("written")
