"""RaiAccept, the payment page of Raiffeisen: its notices prove nothing, so it is always asked."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from app.gateways.cards.port import (
    Checkout,
    Forged,
    Handover,
    NoList,
    Notice,
    OrderReference,
    Report,
    Verdict,
)
from app.gateways.cards.raiaccept.orders import (
    REFERENCE_FIELD,
    as_order,
    is_order_id,
    is_payment_page,
    read_order,
)
from app.gateways.cards.raiaccept.tokens import Tokens
from app.gateways.cards.values import find_reference, read_json, text_in
from app.gateways.errors import GatewayUnavailable, Refused
from app.gateways.http import Answer, HttpDoor
from config.addresses import is_loopback, is_numeric
from config.cards import RaiacceptSettings

UNAUTHORIZED, NOT_FOUND = 401, 404
NOT_SUCH_AN_ORDER = frozenset({400, 409, 410, 422})


class RaiacceptCards:
    name = "raiaccept"
    callback_answer = "OK"

    def __init__(self, settings: RaiacceptSettings) -> None:
        self._settings = settings
        self._door = HttpDoor(settings.seconds)
        password = settings.password.get_secret_value()
        self._tokens = Tokens(self._door, settings.auth_url, settings.user, password)
        self.form_target = _sources(settings.payment_host)

    def begin(self, checkout: Checkout) -> Handover:
        """Two questions: the order, and a way to its page. If the second fails, the first is
        made anew next time; nobody can pay an order whose page was never given out."""
        if checkout.amount <= 0:
            raise Refused("the bank takes amounts above 0")
        until = self._door.deadline()
        order = as_order(checkout)
        bank_reference = checkout.bank_reference
        if not is_order_id(bank_reference):
            made = _accepted(self._ask("POST", "/orders", until, order))
            bank_reference = text_in(made, "orderIdentification")
            if not is_order_id(bank_reference):
                raise GatewayUnavailable("the bank gives its order no id")
        path = f"/orders/{bank_reference}/checkout"
        page = text_in(_accepted(self._ask("POST", path, until, order)), "paymentRedirectURL")
        if not is_payment_page(page, self._settings.payment_host):
            raise GatewayUnavailable("the bank's page is not on its host (payment_host)")
        return Handover(address=page, bank_reference=bank_reference)

    def read_notice(self, fields: Mapping[str, str], body: bytes = b"") -> Notice:
        found = read_json(body) if body else {}
        named = {
            fields.get(REFERENCE_FIELD, ""),
            text_in(found, "order", "invoice", REFERENCE_FIELD),
            text_in(found, "invoice", REFERENCE_FIELD),
            text_in(found, REFERENCE_FIELD),
        } - {""}
        reference = find_reference(named.pop()) if len(named) == 1 else None
        if reference is None:
            raise Forged("it names no order of ours")
        return Notice(reference=reference, report=None)

    def ask(self, reference: OrderReference, bank_reference: str = "") -> Report:
        if not is_order_id(bank_reference):
            return Report(reference=reference, verdict=Verdict.ABSENT)
        answer = self._ask("GET", f"/orders/{bank_reference}", self._door.deadline())
        if answer.status == NOT_FOUND:
            return Report(reference=reference, verdict=Verdict.ABSENT)
        return read_order(_told(answer), reference)

    def list_captures(self, since: datetime, until: datetime) -> Sequence[Report]:
        raise NoList

    def _ask(
        self, method: str, path: str, until: float, order: Mapping[str, Any] | None = None
    ) -> Answer:
        token = self._tokens.get(until)
        answer = self._ask_with(token, method, path, until, order)
        if answer.status == UNAUTHORIZED:
            token = self._tokens.get(until, refused=token)
            answer = self._ask_with(token, method, path, until, order)
        if answer.status == UNAUTHORIZED:
            self._tokens.give_up(token)
        return answer

    def _ask_with(
        self, token: str, method: str, path: str, until: float, order: Mapping[str, Any] | None
    ) -> Answer:
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        body = b""
        if order is not None:
            headers["Content-Type"] = "application/json"
            body = json.dumps(order).encode("ascii")
        url = f"{self._settings.api_url}{path}"
        return self._door.ask(method, url, body=body, headers=headers, until=until)


def _accepted(answer: Answer) -> dict[str, Any]:
    if answer.status in NOT_SUCH_AN_ORDER:
        raise Refused(f"the bank does not accept the order: {answer.status}")
    return _told(answer)


def _told(answer: Answer) -> dict[str, Any]:
    if not answer.is_ok:
        raise GatewayUnavailable(f"the bank answers {answer.status}")
    return read_json(answer.body)


def _sources(host: str) -> str:
    if is_loopback(host):
        return f"http://{host}:* https://{host}:*"
    return f"https://{host}" if is_numeric(host) else f"https://{host} https://*.{host}"
