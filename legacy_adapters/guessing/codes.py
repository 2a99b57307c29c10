"""What short codes may mean, by their letters alone: always for a person to check."""

import re
import unicodedata

from legacy_adapters.guessing.vocabulary import WORDS_OF_LINE, WORDS_OF_STATUS, YES_FOR_NO

OTHERWISE = {"status": "open", "kind": "other"}
WORDS = {"status": WORDS_OF_STATUS, "kind": WORDS_OF_LINE}


def words(field: str, codes: list[str]) -> dict[str, str]:
    """Code -> one of the field's words."""
    return {code: _word(field, code) for code in codes}


def _word(field: str, code: str) -> str:
    plain = _plain(code)
    for word, known in WORDS[field].items():
        if any(_is(plain, pattern) for pattern in known.split()):
            return word
    return OTHERWISE[field]


def _is(code: str, pattern: str) -> bool:
    return code.startswith(pattern[:-1]) if pattern.endswith("*") else code == pattern


def _plain(code: str) -> str:
    letters = unicodedata.normalize("NFKD", code.upper())
    return re.sub(r"[^A-Z0-9]", "", letters)


def gone(codes: list[str]) -> list[str]:
    """Of a flag such as DELETED: the codes of rows that are. Nothing when it is no flag."""
    if not codes or len(codes) > 2:  # noqa: PLR2004
        return []
    found = {_plain(code) for code in codes}
    for no, all_yes in YES_FOR_NO.items():
        for yes in all_yes:
            if found <= {no, yes}:
                return [code for code in codes if _plain(code) == yes] or list(all_yes)
    return []


def of_flag(concept: str, codes: list[str]) -> dict[str, str]:
    """The map of a flag that says paid, or cancelled. Nothing when it is no flag."""
    yes = gone(codes)
    both = dict.fromkeys([*codes, *yes])
    return {code: concept if code in yes else OTHERWISE["status"] for code in both}
