"""What holds for names, codes and passwords: no database, no web."""

import re
import secrets
import unicodedata
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib import import_module
from ipaddress import IPv6Address, ip_address

from app.accounts.records import PasswordProblem
from config.accounts import AccountSettings
from legacy_adapters.records import ContractCode

LEGAL_FORMS = (["shpk"], ["sh", "p", "k"], ["sh", "pk"], ["sha"], ["sh", "a"])
CODE_LENGTH = 20
UNMISTAKABLE = "abcdefghjkmnpqrstuvwxyz23456789"
TEMPORARY_LENGTH = 12
CODE_DIGITS = 6


def normal_contract_code(typed: str) -> ContractCode | None:
    """The code as billing spells it, or None when no contract can have it."""
    code = "".join(typed.split()).upper()
    if code.isascii() and code.isalnum() and len(code) <= CODE_LENGTH:
        return ContractCode(code)
    return None


def name_key(name: str) -> str:
    """What makes a name the same: letters and digits without case, diacritics and spacing."""
    folded = unicodedata.normalize("NFKD", name).casefold()
    letters = unicodedata.normalize("NFKD", folded)
    plain = "".join(c if c.isalnum() else " " for c in letters if not unicodedata.combining(c))
    return " ".join(plain.split())


def email_key(email: str) -> str:
    return email.strip().casefold()


def names_match(typed: str, subscriber: str) -> bool:
    """The same words in any order; a company's legal form may be left out."""
    one, other = _words(typed), _words(subscriber)
    return bool(one) and one == other


def _words(name: str) -> list[str]:
    words = name_key(name).split()
    for form in LEGAL_FORMS:
        if words[-len(form) :] == form and len(words) > len(form):
            return sorted(words[: -len(form)])
    return sorted(words)


def numbered_name(name: str, number: int) -> str:
    return name if number == 1 else f"{name} {number}"


def free_name(wanted: str, taken: set[str]) -> str:
    """The name itself, or with the first number that makes it one of its own."""
    number = 1
    while name_key(numbered_name(wanted, number)) in taken:
        number += 1
    return numbered_name(wanted, number)


def password_problem(
    password: str, settings: AccountSettings, *, known_words: tuple[str, ...] = ()
) -> PasswordProblem | None:
    """The first thing wrong with a new password; known_words are the person's own data."""
    if len(password) < settings.password_min_length:
        return PasswordProblem.TOO_SHORT
    if len(password) > settings.password_max_length:
        return PasswordProblem.TOO_LONG
    if settings.password_letters_and_digits and not (
        re.search(r"[^\W\d_]", password) and re.search(r"\d", password)
    ):
        return PasswordProblem.NEEDS_LETTER_AND_DIGIT
    if is_common(password, known_words):
        return PasswordProblem.TOO_COMMON
    return None


def is_common(password: str, known_words: tuple[str, ...]) -> bool:
    plain = "".join(password.casefold().split())
    # With a digit or two added, one's own name is still the first guess.
    letters = plain.strip("0123456789")
    own = {"".join(word.casefold().split()) for word in known_words}
    return plain in _common_passwords() or plain in own or letters in own


@cache
def _common_passwords() -> frozenset[str]:
    # Only here: 12 MB, and most processes never see a password being chosen.
    lists = import_module("zxcvbn.frequency_lists").FREQUENCY_LISTS
    return frozenset(lists["passwords"])


def temporary_password() -> str:
    """Letters and digits that nobody takes for each other; 59 bits."""
    while True:
        made = "".join(secrets.choice(UNMISTAKABLE) for _ in range(TEMPORARY_LENGTH))
        if any(c.isdigit() for c in made) and any(c.isalpha() for c in made):
            return made


def one_time_code() -> str:
    return "".join(secrets.choice("0123456789") for _ in range(CODE_DIGITS))


def site_of(address: str) -> str:
    """Who has one IPv6 /64 often has the whole /48; for IPv4 the same as network_of."""
    network = network_of(address)
    return network[:14] if ":" in network else network


def network_of(address: str) -> str:
    """What tries are counted by: one IPv4 address, or the /64 that one IPv6 user has."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return parsed.exploded[:19]
    return str(parsed)


def since_when(chosen: frozenset[str], before: Mapping[str, str], today: date) -> dict[str, str]:
    """Since which day each choice is on: one that stays keeps its day."""
    return {name: before.get(name, today.isoformat()) for name in sorted(chosen)}
