"""Remembers, in a signed cookie, which accounts have signed in from this browser.

It opens nothing. Whoever carries it has a budget of tries of their own, so that strangers who
guess an account's password from many networks do not use up its owner's.
"""

import secrets
from hashlib import sha256

from flask import current_app
from itsdangerous import BadSignature, URLSafeTimedSerializer
from werkzeug.wrappers import Response

from app.accounts.records import AccountId, Welcome
from app.staff.records import MemberId, StaffWelcome
from app.web.cookies import read_cookie, set_cookie

COOKIE, STAFF_COOKIE = "known_device", "known_staff_device"
SECONDS = 400 * 86_400  # the longest that browsers keep a cookie
ACCOUNTS = 5  # of a family's phone, or of a counter's computer


def known_accounts() -> dict[AccountId, str]:
    """Account -> the random word that it was given in this browser."""
    return {AccountId(number): word for number, word in _known(COOKIE).items()}


def known_members() -> dict[MemberId, str]:
    """The same for the utility's own people."""
    return {MemberId(number): word for number, word in _known(STAFF_COOKIE).items()}


def remember_account(response: Response, welcome: Welcome, *, https: bool) -> None:
    _remember(response, COOKIE, welcome.account.id, welcome.fingerprint, https=https)


def remember_member(response: Response, welcome: StaffWelcome, *, https: bool) -> None:
    _remember(response, STAFF_COOKIE, welcome.member.id, welcome.fingerprint, https=https)


def _known(cookie: str) -> dict[int, str]:
    sealed = read_cookie(cookie)
    if not sealed or len(sealed) > 1_000:  # noqa: PLR2004
        return {}
    try:
        pairs = _serializer(cookie).loads(sealed, max_age=SECONDS)
        return {int(number): str(word) for number, word in pairs}
    except (BadSignature, TypeError, ValueError):
        return {}


def _remember(
    response: Response, cookie: str, number: int, fingerprint: str, *, https: bool
) -> None:
    """The newest last; the oldest goes."""
    known = _known(cookie)
    before = known.pop(number, "")
    is_same = before.endswith(f".{fingerprint}")
    word = before if is_same else f"{secrets.token_hex(8)}.{fingerprint}"
    pairs = [*known.items(), (number, word)][-ACCOUNTS:]
    sealed = str(_serializer(cookie).dumps(pairs))
    set_cookie(response, cookie, sealed, seconds=SECONDS, https=https)


def _serializer(cookie: str) -> URLSafeTimedSerializer:
    keys = [*current_app.config["SECRET_KEY_FALLBACKS"], current_app.secret_key]  # newest last
    return URLSafeTimedSerializer(keys, salt=cookie, signer_kwargs={"digest_method": sha256})
