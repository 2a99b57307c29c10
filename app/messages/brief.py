"""As much as one SMS holds."""

from collections.abc import Sequence

from app.gateways.sms.alphabet import GSM_TWICE, transliterated

ONE_SMS = 160


def joined(core: str, *more: str, most: int = ONE_SMS) -> str:
    """The core and as much of the rest as one SMS holds beside it, the first before the others."""
    text = core
    for one in more:
        longer = f"{text} {one}"
        if one and length(longer) <= most:
            text = longer
    return text


def fitting(*ways: Sequence[str]) -> str:
    """The first of these that one SMS holds; the last one, if none does."""
    for parts in ways:
        text = " ".join(part for part in parts if part)
        if length(text) <= ONE_SMS:
            break
    return text


def listed(text: str, each: Sequence[str], most: int = ONE_SMS) -> str:
    """The text and as many of these as fit, in their order."""
    for place, one in enumerate(each):
        longer = f"{text}{', ' if place else ' '}{one}"
        is_last = place == len(each) - 1
        if length(longer) > most - (0 if is_last else len(" ...")):
            return f"{text} ..."
        text = longer
    return text


def cut(text: str, most: int = ONE_SMS) -> str:
    """As much of it as one SMS holds."""
    if length(text) <= most:
        return text
    while length(text) > most - 3:
        text = text[:-1]
    return f"{text.rstrip()}..."


def length(text: str) -> int:
    """As the SMS alphabet counts it, where a few characters take two places."""
    plain = transliterated(text)
    return len(plain) + sum(letter in GSM_TWICE for letter in plain)
