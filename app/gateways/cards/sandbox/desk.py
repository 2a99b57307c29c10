"""What the test bank does with orders, whoever asks: its page, the portal or a test."""

import secrets
import time
from base64 import b32encode
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

from app.gateways.cards.port import Verdict
from app.gateways.cards.sandbox import signing
from app.gateways.cards.sandbox.endings import ENDINGS, Ending
from app.gateways.cards.sandbox.ledger import CAPTURED, OPEN, Ledger, Order, new_transaction_id
from app.gateways.cards.values import find_amount, find_reference
from config.addresses import find_web_address

LANGUAGES = ("sq", "en")
MOST_SECONDS = 3600.0
CURRENCY_LETTERS = 3


class BadOrder(Exception):
    """It is not taken. The message is why, in English, for who builds a shop."""


class Desk:
    def __init__(self, ledger: Ledger, secret: str) -> None:
        self._ledger, self._secret = ledger, secret

    def take(self, fields: Mapping[str, str]) -> Order:
        """The signed order, or the same one if it came before. Raises: BadOrder."""
        order = _read(fields, is_signed=signing.is_signed(signing.ORDER, fields, self._secret))
        found = self._ledger.add(order)
        if (found.amount, found.currency) != (order.amount, order.currency):
            raise BadOrder("an order of that number is there, over another amount")
        return found

    def find(self, reference: str) -> Order | None:
        return self._ledger.find(reference)

    def decide(self, order: Order, ending: str, *, seconds: float, other: str = "") -> Order:
        """seconds: how late, or when it is reversed, for the endings that need it; other: the
        order that `wrong_order` names, "" for one that does not exist."""
        chosen, now = ENDINGS[ending], time.time()
        later = now + min(max(seconds, 0.0), MOST_SECONDS)
        is_paid = chosen.verdict is Verdict.CAPTURED
        decided = replace(
            order,
            state=CAPTURED if is_paid else chosen.verdict.value,
            ending=ending,
            other=other or _unknown_reference(),
            transaction_id=new_transaction_id() if is_paid else "",
            decided_at=now,
            told_from=later if chosen.is_late else now,
            reversed_at=later if chosen.is_reversed else 0.0,
        )
        letters = [
            (
                later if callback.is_late else now + callback.after,
                self._notice(decided, chosen, callback.verdict),
            )
            for callback in chosen.callbacks
        ]
        return self._ledger.decide(decided, letters)

    def way_back(self, order: Order) -> dict[str, str]:
        """What the browser takes to the shop; empty where it does not go back."""
        ending = ENDINGS.get(order.ending)
        if ending is None or not ending.comes_back:
            return {}
        return self._notice(order, ending, verdict_of(order))

    def report(self, reference: str) -> dict[str, str]:
        order = self._ledger.find(reference)
        if order is None:
            return {"reference": reference, "verdict": Verdict.ABSENT.value}
        return _told(order, verdict_of(order))

    def captures(self, since: datetime, until: datetime) -> list[dict[str, str]]:
        """Captured or given back in that time, as far as the bank tells of it already."""
        first, last, now = since.timestamp(), until.timestamp(), time.time()
        return [
            _told(order, verdict_of(order))
            for order in self._ledger.captured()
            if any(
                first <= moment < last and moment <= now
                for moment in (order.told_from, order.reversed_at)
                if moment
            )
        ]

    def books(self) -> list[dict[str, str]]:
        """Every capture there is, told or not."""
        return [_told(order, _booked(order)) for order in self._ledger.captured()]

    def _notice(self, order: Order, ending: Ending, verdict: Verdict) -> dict[str, str]:
        fields = {**_told(order, verdict), "nonce": secrets.token_hex(8)}
        match ending.flaw:
            case "amount":
                fields["amount"] = f"{Decimal(order.amount) + 1:.2f}"
            case "currency":
                fields["currency"] = "EUR"
            case "order":
                fields["reference"] = order.other
        secret = secrets.token_hex() if ending.flaw == "signature" else self._secret
        return signing.sign(signing.NOTICE, fields, secret)


def verdict_of(order: Order) -> Verdict:
    """What the bank says of it now."""
    if order.state == OPEN:
        return Verdict.ABSENT
    if time.time() < order.told_from:
        return Verdict.PENDING
    return _booked(order)


def _booked(order: Order) -> Verdict:
    if order.state == CAPTURED and 0 < order.reversed_at <= time.time():
        return Verdict.REVERSED
    return Verdict(order.state)


def _told(order: Order, verdict: Verdict) -> dict[str, str]:
    is_known = verdict in {Verdict.CAPTURED, Verdict.REVERSED}
    at = datetime.fromtimestamp(order.decided_at, UTC).isoformat() if is_known else ""
    declined = ENDINGS[order.ending].code if verdict is Verdict.DECLINED and order.ending else ""
    return {
        "reference": order.reference,
        "verdict": verdict.value,
        "amount": order.amount,
        "currency": order.currency,
        "transaction": order.transaction_id if is_known else "",
        "at": at,
        "code": "00" if is_known else declined,
    }


def _read(fields: Mapping[str, str], *, is_signed: bool) -> Order:
    """Raises: BadOrder."""
    if not is_signed:
        raise BadOrder("the order's signature is wrong")
    order = Order(
        reference=fields.get("reference", ""),
        amount=fields.get("amount", ""),
        currency=fields.get("currency", ""),
        language=fields.get("language", LANGUAGES[0]),
        return_url=fields.get("return_url", ""),
        callback_url=fields.get("callback_url", ""),
    )
    wrong = [
        name
        for name, is_right in (
            ("reference", find_reference(order.reference)),
            ("amount", find_amount(order.amount)),
            ("currency", order.currency.isalpha() and len(order.currency) == CURRENCY_LETTERS),
            ("language", order.language in LANGUAGES),
            ("return_url", find_web_address(order.return_url)),
            ("callback_url", find_web_address(order.callback_url)),
        )
        if not is_right
    ]
    if wrong:
        raise BadOrder(f"the order's {', '.join(wrong)} cannot be")
    return order


def _unknown_reference() -> str:
    return b32encode(secrets.token_bytes(20)).decode("ascii")[:26]
