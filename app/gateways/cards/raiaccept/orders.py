"""RaiAccept's orders: what is sent, and what is read of them."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from app.gateways.cards.port import Checkout, OrderReference, Report, Verdict
from app.gateways.cards.values import code, find_amount, phone, plain, text_in
from app.gateways.errors import GatewayUnavailable
from config.addresses import is_loopback

REFERENCE_FIELD = "merchantOrderReference"
MOST_LETTERS = 127
VERDICTS = {
    "DRAFT": Verdict.ABSENT,
    "CHECKOUT": Verdict.PENDING,
    # A part that the utility gave back is its own affair: the order stays paid.
    **dict.fromkeys(("PAID", "PARTIALLY_REFUNDED"), Verdict.CAPTURED),
    **dict.fromkeys(("FAILED", "CANCELED", "ABANDONED"), Verdict.DECLINED),
    "FULLY_REFUNDED": Verdict.REVERSED,
}


def as_order(checkout: Checkout) -> dict[str, Any]:
    first, _, last = plain(checkout.payer_name, MOST_LETTERS).partition(" ")
    description = f"Order {checkout.reference}"
    # A float of two decimals is written with the same two.
    amount = float(checkout.amount)
    back = _with_reference(checkout.return_url, checkout.reference)
    return {
        "paymentMethodPreference": "CARD",
        "invoice": {
            "merchantOrderReference": checkout.reference,
            "amount": amount,
            "currency": checkout.currency,
            "description": description,
            "items": [{"description": description, "numberOfItems": 1, "price": amount}],
        },
        "consumer": {
            "firstName": first,
            "lastName": last.strip(),
            "email": plain(checkout.payer_email, MOST_LETTERS),
            "mobilePhone": phone(checkout.payer_phone),
        },
        "urls": {
            "successUrl": back,
            "failUrl": back,
            "cancelUrl": back,
            "notificationUrl": checkout.callback_url,
        },
    }


def _with_reference(address: str, reference: str) -> str:
    """The bank sends the browser back with nothing of its own."""
    separator = "&" if urlsplit(address).query else "?"
    return f"{address}{separator}{urlencode({REFERENCE_FIELD: reference})}"


def is_order_id(text: str) -> bool:
    return bool(re.fullmatch(r"[A-Za-z0-9_-]{1,100}", text))


def is_payment_page(address: str, host: str) -> bool:
    """Whether it is on that host or one below, and over https if it is not this machine's."""
    try:
        parts = urlsplit(address)
        found, _ = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return False
    is_clean = bool(re.fullmatch(r"[!-~]+", address)) and not set(address) & set('\\"<>`')
    is_there = found == host or found.endswith(f".{host}")
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(found))
    return is_clean and is_there and is_safe and parts.username is None


def read_order(found: Mapping[str, Any], reference: OrderReference) -> Report:
    """Raises: GatewayUnavailable."""
    status = text_in(found, "status")
    if not status:
        raise GatewayUnavailable("the bank does not tell of the order")
    if text_in(found, "invoice", REFERENCE_FIELD) != reference:
        raise GatewayUnavailable("the bank tells of another order")
    return Report(
        reference=reference,
        verdict=VERDICTS.get(status, Verdict.PENDING),
        amount=find_amount(text_in(found, "invoice", "amount")),
        currency=code(text_in(found, "invoice", "currency")),
        code=code(status),
    )
