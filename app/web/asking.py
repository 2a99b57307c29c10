"""Tells billing's adapter who asks, and how long this page may wait: for billing, and for a portal
database that does not answer."""

import hmac
from functools import lru_cache

from flask import Flask, current_app, request

from app.accounts.records import AccountId
from app.database.waiting import PAGE_SECONDS, begin_waiting, stop_waiting
from legacy_adapters.asking import begin_asking, name_customer, stop_asking


def init_asking(app: Flask, *, page_seconds: float) -> None:
    def begin() -> None:
        begin_asking(request.endpoint or "", seconds=page_seconds)
        begin_waiting(PAGE_SECONDS)

    def stop(_error: BaseException | None) -> None:
        stop_asking()
        stop_waiting()

    app.before_request(begin)
    app.teardown_request(stop)


def ask_for(account: AccountId) -> None:
    name_customer(_mark(str(current_app.secret_key), account))


@lru_cache(2_000)
def _mark(secret_key: str, account: AccountId) -> str:
    """The DBA sees the same mark for the same customer, and cannot tell who it is."""
    return hmac.digest(secret_key.encode(), str(account).encode(), "sha256").hex()[:16]
