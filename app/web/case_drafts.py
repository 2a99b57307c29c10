"""The token in a request's form. It tells whose draft the form is, so that what was typed and
uploaded is kept even when the session has run out meanwhile: with it one can write into this one
draft, and read nothing. It is worth nothing once somebody has ended the session that it was made
in."""

from dataclasses import dataclass

from flask import current_app
from itsdangerous import BadData, URLSafeTimedSerializer

from app.accounts.records import AccountId
from app.cases.records import DraftKey
from app.web.current import services, signed_in
from legacy_adapters.records import ContractCode

DAY = 86_400
LONGEST = 400


@dataclass(frozen=True, kw_only=True, slots=True)
class DraftToken:
    account_id: AccountId
    session_id: int
    code: ContractCode
    key: DraftKey


def draft_token(code: ContractCode, key: DraftKey) -> str:
    """For a page of whoever is signed in."""
    me = signed_in()
    return sign_draft(
        DraftToken(account_id=me.account.id, session_id=me.session_id, code=code, key=key)
    )


def sign_draft(token: DraftToken) -> str:
    return _serializer().dumps([token.account_id, token.session_id, token.code, token.key])


def find_draft_token(signed: str) -> DraftToken | None:
    """None for what was not made here, or too long ago."""
    if len(signed) > LONGEST:
        return None
    days = services().settings.cases.draft_days
    try:
        account_id, session_id, code, key = _serializer().loads(signed, max_age=days * DAY)
    except (BadData, ValueError, TypeError):
        return None
    return DraftToken(
        account_id=AccountId(account_id),
        session_id=int(session_id),
        code=ContractCode(code),
        key=DraftKey(key),
    )


def _serializer() -> URLSafeTimedSerializer:
    fallbacks = current_app.config.get("SECRET_KEY_FALLBACKS") or []
    keys = [*fallbacks, str(current_app.secret_key)]
    return URLSafeTimedSerializer(keys, salt="case draft")
