"""The token in a request's form. It tells whose draft the form is, so that what was typed and
uploaded is kept even when the session has ended meanwhile: with it one can write into this one
draft, and read nothing."""

from dataclasses import dataclass

from flask import current_app
from itsdangerous import BadData, URLSafeTimedSerializer

from app.accounts.records import AccountId
from app.cases.records import DraftKey
from app.web.current import services
from legacy_adapters.records import ContractCode

DAY = 86_400
LONGEST = 400


@dataclass(frozen=True, kw_only=True, slots=True)
class DraftToken:
    account_id: AccountId
    code: ContractCode
    key: DraftKey


def sign_draft(token: DraftToken) -> str:
    return _serializer().dumps([token.account_id, token.code, token.key])


def find_draft_token(signed: str) -> DraftToken | None:
    """None for what was not made here, or too long ago."""
    if len(signed) > LONGEST:
        return None
    days = services().settings.cases.draft_days
    try:
        account_id, code, key = _serializer().loads(signed, max_age=days * DAY)
    except (BadData, ValueError, TypeError):
        return None
    return DraftToken(account_id=AccountId(account_id), code=ContractCode(code), key=DraftKey(key))


def _serializer() -> URLSafeTimedSerializer:
    fallbacks = current_app.config.get("SECRET_KEY_FALLBACKS") or []
    keys = [*fallbacks, str(current_app.secret_key)]
    return URLSafeTimedSerializer(keys, salt="case draft")
