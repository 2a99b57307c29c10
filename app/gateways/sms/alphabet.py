"""The SMS alphabet (GSM 03.38), and how to write what it lacks."""

import unicodedata

_BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_TWICE = frozenset("^{}\\[~]|€")  # each takes two places of a text's 160
GSM = frozenset(_BASIC) | GSM_TWICE

_INSTEAD = {
    **dict.fromkeys("‘’‚‛′`´", "'"),
    **dict.fromkeys("“”„″«»", '"'),
    **dict.fromkeys("‐‑‒–—−", "-"),
    "…": "...",
    "•": "-",
}


def fits(text: str) -> bool:
    """Otherwise a part of it holds 70 characters instead of 160."""
    return GSM.issuperset(text)


def transliterated(text: str) -> str:
    """ë as e, curly quotes as straight ones; what has no likeness stays."""
    return "".join(_closest(letter) for letter in unicodedata.normalize("NFC", text))


def _closest(letter: str) -> str:
    if letter in GSM:
        return letter
    if letter.isspace():
        return " "
    if letter in _INSTEAD:
        return _INSTEAD[letter]
    taken_apart = unicodedata.normalize("NFKD", letter)
    plain = "".join(part for part in taken_apart if not unicodedata.combining(part))
    return plain if plain and fits(plain) else letter
