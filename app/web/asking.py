"""Tells billing's adapter who asks, and how long this page may wait."""

import hmac
from functools import lru_cache

from flask import Flask, current_app, request

from app.accounts.records import AccountId
from legacy_adapters.asking import begin_asking, name_customer, stop_asking


def init_asking(app: Flask, *, page_seconds: float) -> None:
    app.before_request(lambda: begin_asking(request.endpoint or "", seconds=page_seconds))
    app.teardown_request(lambda _error: stop_asking())


def ask_for(account: AccountId) -> None:
    name_customer(_mark(str(current_app.secret_key), account))


@lru_cache(2_000)
def _mark(secret_key: str, account: AccountId) -> str:
    """The DBA sees the same mark for the same customer, and cannot tell who it is."""
    return hmac.digest(secret_key.encode(), str(account).encode(), "sha256").hex()[:16]
