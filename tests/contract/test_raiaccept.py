"""RaiAccept: how it is signed in to, what is sent, and where customers may be taken."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest

from app.gateways.cards.port import ALL, CardGateway, Forged, Verdict
from app.gateways.cards.raiaccept.orders import is_payment_page
from app.gateways.cards.raiaccept.tokens import (
    FAILED_PAUSE_SECONDS,
    REFUSED_PAUSE_SECONDS,
    Tokens,
)
from app.gateways.errors import GatewayUnavailable, Refused
from app.gateways.http import HttpDoor
from config.cards import RaiacceptSettings
from tests.banks.raiaccept import PASSWORD, USER, RaiacceptBank, raiaccept_bank
from tests.banks.twins import a_checkout, new_reference, open_one, raiaccept_at


@pytest.fixture
def bank() -> Iterator[RaiacceptBank]:
    with raiaccept_bank() as bank:
        yield bank


@pytest.fixture
def gateway(bank: RaiacceptBank) -> CardGateway:
    return raiaccept_at(bank.address)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tokens(bank: RaiacceptBank, clock: Clock) -> Tokens:
    return Tokens(HttpDoor(5), bank.address, USER, PASSWORD, clock)


def soon() -> float:
    return time.monotonic() + 5


# Signing in


def test_one_login_serves_many_questions(bank: RaiacceptBank, gateway: CardGateway) -> None:
    for _ in range(5):
        handover = gateway.begin(a_checkout())
        gateway.ask(new_reference(), "D-unknown")
    assert handover.bank_reference and bank.logins == 1


def test_one_login_at_a_time(bank: RaiacceptBank, gateway: CardGateway) -> None:
    bank.login_takes = 0.2
    with ThreadPoolExecutor(12) as pool:
        told = list(pool.map(lambda _: gateway.ask(new_reference(), "D-1").verdict, range(24)))
    assert set(told) == {Verdict.ABSENT} and bank.logins == 1


def test_a_token_is_used_as_long_as_it_is_good(
    bank: RaiacceptBank, tokens: Tokens, clock: Clock
) -> None:
    assert tokens.get(soon()) == "token-1"
    clock.now += 280
    assert tokens.get(soon()) == "token-1"
    clock.now += 10
    assert tokens.get(soon()) == "token-2"
    bank.lives = 60
    clock.now += 299
    assert tokens.get(soon()) == "token-3"
    clock.now += 50
    assert tokens.get(soon()) == "token-4" and bank.logins == 4


def test_a_token_that_died_early_is_made_anew_once(
    bank: RaiacceptBank, gateway: CardGateway
) -> None:
    gateway.begin(a_checkout())
    bank.token = "another process signed in"
    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(lambda _: gateway.ask(new_reference(), "D-1").verdict, range(8)))
    assert set(told) == {Verdict.ABSENT} and bank.logins == 2


def test_a_bank_that_takes_no_token_is_not_signed_in_to_again_and_again(
    bank: RaiacceptBank, gateway: CardGateway
) -> None:
    bank.accepts_tokens = False
    for _ in range(6):
        with pytest.raises(GatewayUnavailable):
            gateway.ask(new_reference(), "D-1")
    assert bank.logins == 2


@pytest.mark.parametrize("status", [400, 401, 403, 429])
def test_a_refused_login_is_not_tried_again_for_long(
    bank: RaiacceptBank, tokens: Tokens, clock: Clock, status: int
) -> None:
    bank.login_status = status
    for _ in range(5):
        with pytest.raises(GatewayUnavailable, match=f"does not let us in: {status}"):
            tokens.get(soon())
    clock.now += REFUSED_PAUSE_SECONDS - 1
    with pytest.raises(GatewayUnavailable, match="not tried again yet"):
        tokens.get(soon())
    assert bank.logins == 1
    clock.now += 2
    bank.login_status = 200
    assert tokens.get(soon()) == "token-2"


def test_a_wrong_password_is_tried_once(bank: RaiacceptBank) -> None:
    stranger = raiaccept_at(bank.address, password="another")
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda _: _problem(stranger), range(16)))
    assert all("does not let us in: 401" in told for told in results) and bank.logins == 1


def _problem(gateway: CardGateway) -> str:
    with pytest.raises(GatewayUnavailable) as caught:
        gateway.begin(a_checkout())
    return str(caught.value)


def test_a_login_that_failed_otherwise_is_tried_again_soon(
    bank: RaiacceptBank, tokens: Tokens, clock: Clock
) -> None:
    bank.login_status = 500
    for _ in range(3):
        with pytest.raises(GatewayUnavailable, match="gives no token: 500"):
            tokens.get(soon())
    assert bank.logins == 1
    clock.now += FAILED_PAUSE_SECONDS + 1
    bank.login_status = 200
    assert tokens.get(soon()) == "token-2"


def test_waiting_for_anothers_login_ends(bank: RaiacceptBank) -> None:
    bank.login_takes = 1.5
    gateway = raiaccept_at(bank.address, seconds=0.6)
    before = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda _: _problem(gateway), range(8)))
    assert time.monotonic() - before < 1.5 and len(results) == 8


# Orders


def test_the_order(bank: RaiacceptBank, gateway: CardGateway) -> None:
    checkout = a_checkout(payer_name="Arbër Gjoni-Çela Ђ", amount=Decimal("556.05"))
    handover = gateway.begin(checkout)
    order = bank.orders[handover.bank_reference]
    assert order["invoice"] == {
        "merchantOrderReference": checkout.reference,
        "amount": 556.05,
        "currency": ALL,
        "description": f"Order {checkout.reference}",
        "items": [
            {"description": f"Order {checkout.reference}", "numberOfItems": 1, "price": 556.05}
        ],
    }
    assert order["consumer"] == {
        "firstName": "Arber",
        "lastName": "Gjoni-Cela",
        "email": "arber@customer.example",
        "mobilePhone": "+355691234567",
    }
    assert handover.fields == {}
    assert handover.address == f"{bank.address}/page/{handover.bank_reference}?session=1"


@pytest.mark.parametrize("amount", ["0.01", "0.10", "99999999.99", "1234567.10", "0.29"])
def test_amounts_stay_what_they_are(bank: RaiacceptBank, gateway: CardGateway, amount: str) -> None:
    checkout = a_checkout(amount=Decimal(amount))
    handover = gateway.begin(checkout)
    assert gateway.ask(checkout.reference, handover.bank_reference).amount == Decimal(amount)


@pytest.mark.parametrize(
    ("state", "verdict"),
    [
        ("DRAFT", Verdict.ABSENT),
        ("CHECKOUT", Verdict.PENDING),
        ("PAID", Verdict.CAPTURED),
        ("PARTIALLY_REFUNDED", Verdict.CAPTURED),
        ("FULLY_REFUNDED", Verdict.REVERSED),
        ("FAILED", Verdict.DECLINED),
        ("CANCELED", Verdict.DECLINED),
        ("ABANDONED", Verdict.DECLINED),
        ("SOMETHING_NEW", Verdict.PENDING),
        ("paid", Verdict.PENDING),
    ],
)
def test_states(bank: RaiacceptBank, gateway: CardGateway, state: str, verdict: Verdict) -> None:
    checkout = a_checkout()
    handover = gateway.begin(checkout)
    bank.states[handover.bank_reference] = state
    report = gateway.ask(checkout.reference, handover.bank_reference)
    assert (report.verdict, report.code) == (verdict, state)


def test_anothers_order_is_not_taken_for_ours(bank: RaiacceptBank, gateway: CardGateway) -> None:
    handover = gateway.begin(a_checkout())
    bank.states[handover.bank_reference] = "PAID"
    with pytest.raises(GatewayUnavailable, match="another order"):
        gateway.ask(new_reference(), handover.bank_reference)


@pytest.mark.parametrize("id", ["", "../token", "a/b", "a?b", "a b", "ë", "x" * 151])
def test_an_id_that_is_none_asks_nobody(bank: RaiacceptBank, gateway: CardGateway, id: str) -> None:
    assert gateway.ask(new_reference(), id).verdict is Verdict.ABSENT
    assert bank.logins == 0


def test_an_order_that_the_bank_refuses(bank: RaiacceptBank, gateway: CardGateway) -> None:
    checkout = a_checkout()
    handover = gateway.begin(checkout)
    bank.states[handover.bank_reference] = "PAID"
    with pytest.raises(Refused, match="400"):
        gateway.begin(a_checkout(bank_reference=handover.bank_reference))


def test_a_webhook_proves_nothing(bank: RaiacceptBank, gateway: CardGateway) -> None:
    checkout = a_checkout()
    handover = gateway.begin(checkout)
    notice = gateway.read_notice({}, bank.webhook(handover.bank_reference))
    assert (notice.reference, notice.report) == (checkout.reference, None)
    named = {"merchantOrderReference": checkout.reference}
    for fields, body in ((named, b""), ({}, json.dumps({"invoice": named}).encode())):
        assert gateway.read_notice(fields, body).reference == checkout.reference
    with pytest.raises(Forged):
        gateway.read_notice({"merchantOrderReference": new_reference()}, json.dumps(named).encode())


# Where customers may be taken


@pytest.mark.parametrize(
    "address",
    [
        "https://raiaccept.com/x",
        "https://payment.raiaccept.com/pay?a=1#b",
        "https://PAYMENT.RaiAccept.com:443/pay",
    ],
)
def test_the_banks_own_pages(address: str) -> None:
    assert is_payment_page(address, "raiaccept.com")


@pytest.mark.parametrize(
    "address",
    [
        "",
        "/pay",
        "//payment.raiaccept.com/pay",
        "http://payment.raiaccept.com/pay",
        "https://raiaccept.com.thief.example/pay",
        "https://evilraiaccept.com/pay",
        "https://thief.example/raiaccept.com",
        "https://thief.example#.raiaccept.com",
        "https://thief.example\\.raiaccept.com/",
        "https://payment.raiaccept.com@thief.example/",
        "https://user:word@payment.raiaccept.com/",
        "https://thief.example:443\\@payment.raiaccept.com/",
        "https://payment.raiaccept.com\r\nX: y/",
        "https://payment.raiaccept.com/ x",
        "https://payment.raiaccept.com:99999/",
        "https://[raiaccept.com]/",
        "javascript:alert(1)//payment.raiaccept.com",
        "ftp://payment.raiaccept.com/",
    ],
)
def test_pages_of_nobody_we_know(bank: RaiacceptBank, gateway: CardGateway, address: str) -> None:
    assert not is_payment_page(address, "raiaccept.com")
    bank.page = address or "/"
    with pytest.raises(GatewayUnavailable, match="not on its host"):
        gateway.begin(a_checkout())


def test_settings() -> None:
    own = {"user": USER, "password": PASSWORD}
    gateway = open_one(raiaccept=RaiacceptSettings(**own))
    assert gateway.form_target == "https://raiaccept.com https://*.raiaccept.com"
    for changes, told in (
        ({"password": ""}, "is not set, but user is"),
        ({"api_url": "http://trapi.raiaccept.com"}, "must be https"),
        ({"auth_url": "https://a@auth.raiaccept.com"}, "is not an address"),
        ({"payment_host": "https://raiaccept.com"}, "is not a host's name"),
        ({"payment_host": ""}, "is not set"),
        ({"payment_host": "*"}, "is not a host's name"),
    ):
        with pytest.raises(ValueError, match=told):
            RaiacceptSettings(**{**own, **changes})
