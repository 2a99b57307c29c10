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
from app.web.cookies import read_cookie, set_cookie

COOKIE = "known_device"
SECONDS = 400 * 86_400  # the longest that browsers keep a cookie
ACCOUNTS = 5  # of a family's phone


def known_accounts() -> dict[AccountId, str]:
    """Account -> the random word that it was given in this browser."""
    sealed = read_cookie(COOKIE)
    if not sealed or len(sealed) > 1_000:  # noqa: PLR2004
        return {}
    try:
        pairs = _serializer().loads(sealed, max_age=SECONDS)
        return {AccountId(int(account)): str(word) for account, word in pairs}
    except (BadSignature, TypeError, ValueError):
        return {}


def remember_account(response: Response, welcome: Welcome, *, https: bool) -> None:
    """The newest last; the oldest goes."""
    known, account_id = known_accounts(), welcome.account.id
    before = known.pop(account_id, "")
    is_same = before.endswith(f".{welcome.fingerprint}")
    word = before if is_same else f"{secrets.token_hex(8)}.{welcome.fingerprint}"
    pairs = [*known.items(), (account_id, word)][-ACCOUNTS:]
    sealed = str(_serializer().dumps(pairs))
    set_cookie(response, COOKIE, sealed, seconds=SECONDS, https=https)


def _serializer() -> URLSafeTimedSerializer:
    keys = [*current_app.config["SECRET_KEY_FALLBACKS"], current_app.secret_key]  # newest last
    return URLSafeTimedSerializer(keys, salt=COOKIE, signer_kwargs={"digest_method": sha256})
