"""What holds for members' names, passwords and codes: no database, no web."""

import hmac
import re
import secrets
import unicodedata
from datetime import datetime

import pyotp

from app.accounts.records import PasswordProblem
from app.accounts.rules import UNMISTAKABLE, is_common

STEP_SECONDS = 30
LONGEST_PASSWORD = 128
LONGEST_NAME, LONGEST_FULL_NAME = 40, 120
NAME = re.compile(r"\w[\w.-]+")
FIRST_PASSWORD_WORDS, WORD_LENGTH = 4, 5


def normal_name(typed: str) -> str | None:
    """The name as it is kept, or None when nobody can be called so."""
    name = unicodedata.normalize("NFKC", typed).strip()
    return name if NAME.fullmatch(name) and len(name) <= LONGEST_NAME else None


def name_key(name: str) -> str:
    """What makes a name the same: whatever its case."""
    return unicodedata.normalize("NFKC", name).strip().casefold()


def password_problem(
    password: str, shortest: int, *, known_words: tuple[str, ...] = ()
) -> PasswordProblem | None:
    """The first thing wrong with a new password: its length counts, not of what it is made."""
    if len(password) < shortest:
        return PasswordProblem.TOO_SHORT
    if len(password) > LONGEST_PASSWORD:
        return PasswordProblem.TOO_LONG
    plain = "".join(password.casefold().split())
    if is_common(password, known_words) or _is_repeated(plain) or _is_own(plain, known_words):
        return PasswordProblem.TOO_COMMON
    return None


def _is_repeated(plain: str) -> bool:
    """`passwordpassword` is long, and as easy to guess as half of it."""
    return 0 < (plain + plain).find(plain, 1) < len(plain)


def _is_own(plain: str, known_words: tuple[str, ...]) -> bool:
    """Little more than one's own words: `energjia-demo-2024` is the first guess."""
    rest = plain
    for word in known_words:
        for part in re.split(r"\W+", word.casefold()):
            rest = rest.replace(part, "") if part else rest
    return rest != plain and not any(c.isalpha() for c in rest)


def first_password() -> str:
    """Letters and digits that nobody takes for each other, in groups; 99 bits."""
    return "-".join(
        "".join(secrets.choice(UNMISTAKABLE) for _ in range(WORD_LENGTH))
        for _ in range(FIRST_PASSWORD_WORDS)
    )


def new_secret() -> str:
    """Of a second factor: 160 bits, in base32."""
    return pyotp.random_base32()


def factor_address(secret: str, name: str, issuer: str) -> str:
    """What an authenticator app reads as a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=issuer)


def step_of(moment: datetime) -> int:
    return int(moment.timestamp()) // STEP_SECONDS


def code_of(secret: str, step: int) -> str:
    """The six digits that an authenticator app shows in this step."""
    return pyotp.TOTP(secret).generate_otp(step)


def find_step(secret: str, code: str, now: datetime, *, after: int) -> int | None:
    """The step whose code this is: now, or one step off, as clocks are; None for a wrong code,
    and for one of a step that was used before."""
    here, typed = step_of(now), code.encode()
    steps = (here - 1, here, here + 1)
    right = [s for s in steps if hmac.compare_digest(code_of(secret, s).encode(), typed)]
    return max((step for step in right if step > after), default=None)
