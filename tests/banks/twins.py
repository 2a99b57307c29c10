"""Each gateway beside the bank it speaks to, behind one face for tests."""

import json
import secrets
from base64 import b32encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

import requests

from app.gateways.cards import open_cards
from app.gateways.cards.port import ALL, CardGateway, Checkout, Handover, OrderReference
from config.cards import NestpaySettings, RaiacceptSettings, SandboxSettings
from tests.banks import nestpay, raiaccept
from tests.banks.server import open_page, sandbox_bank

SECRET = "shared by the portal and its test bank"
RETURN, CALLBACK = "http://127.0.0.1:9/pay/return", "http://127.0.0.1:9/pay/callback"
SECONDS = 5.0


def new_reference() -> OrderReference:
    return OrderReference(b32encode(secrets.token_bytes(20)).decode()[:26])


def a_checkout(**changes: object) -> Checkout:
    own: dict[str, object] = {
        "reference": new_reference(),
        "amount": Decimal("2756.20"),
        "currency": ALL,
        "language": "sq",
        "return_url": RETURN,
        "callback_url": CALLBACK,
        "payer_name": "Arbër Çela | \\ i Ri",
        "payer_email": "arber@customer.example",
        "payer_phone": "+355 69 123 4567",
    }
    return Checkout(**{**own, **changes})


@dataclass(frozen=True)
class Returned:
    """What comes back, and how it would be posted."""

    fields: Mapping[str, str]
    body: bytes = b""


def open_one(
    *,
    nestpay: NestpaySettings | None = None,
    raiaccept: RaiacceptSettings | None = None,
    sandbox: SandboxSettings | None = None,
) -> CardGateway:
    given = {"nestpay": nestpay, "raiaccept": raiaccept, "sandbox": sandbox}
    [name] = [name for name, settings in given.items() if settings]
    return open_cards(
        name,
        nestpay=nestpay or NestpaySettings(),
        raiaccept=raiaccept or RaiacceptSettings(),
        sandbox=sandbox or SandboxSettings(),
    )


def sandbox_at(address: str, seconds: float = SECONDS) -> CardGateway:
    return open_one(sandbox=SandboxSettings(address=address, secret=SECRET, seconds=seconds))


def nestpay_at(address: str, seconds: float = SECONDS, **changes: object) -> CardGateway:
    own: dict[str, object] = {
        "client_id": nestpay.CLIENT,
        "store_key": nestpay.KEY,
        "gate_url": f"{address}/fim/est3Dgate",
        "api_url": f"{address}/fim/api",
        "api_user": nestpay.USER,
        "api_password": nestpay.PASSWORD,
        "seconds": seconds,
    }
    return open_one(nestpay=NestpaySettings(**{**own, **changes}))


def raiaccept_at(address: str, seconds: float = SECONDS, **changes: object) -> CardGateway:
    own: dict[str, object] = {
        "user": raiaccept.USER,
        "password": raiaccept.PASSWORD,
        "auth_url": address,
        "api_url": address,
        "payment_host": "127.0.0.1",
        "seconds": seconds,
    }
    return open_one(raiaccept=RaiacceptSettings(**{**own, **changes}))


AT = {"sandbox": sandbox_at, "nestpay": nestpay_at, "raiaccept": raiaccept_at}


class SandboxTwin:
    signs = True

    def __init__(self, address: str) -> None:
        self.address, self.gateway = address, sandbox_at(address)

    def pay(self, handover: Handover, what: str) -> Returned:
        assert open_page(handover).status_code == 200
        if what == "pending":
            what = "approve_late"
        asked = {"reference": handover.fields["reference"], "what": what}
        return Returned(self.decide(asked)["back"]["fields"])

    def decide(self, asked: dict[str, str]) -> dict[str, dict[str, dict[str, str]]]:
        answer = requests.post(f"{self.address}/decide", data=json.dumps(asked), timeout=20)
        assert answer.status_code == 200, answer.text
        found: dict[str, dict[str, dict[str, str]]] = answer.json()
        return found

    def captures(self) -> list[dict[str, str]]:
        found: list[dict[str, str]] = requests.get(f"{self.address}/captures", timeout=20).json()[
            "captures"
        ]
        return found


class NestpayTwin:
    signs = True

    def __init__(self, bank: nestpay.NestpayBank) -> None:
        self.bank, self.gateway = bank, nestpay_at(bank.address)

    def pay(self, handover: Handover, what: str) -> Returned:
        assert open_page(handover).status_code == 200
        return Returned(self.bank.decide(handover.fields["oid"], what))


class RaiacceptTwin:
    signs = False

    def __init__(self, bank: raiaccept.RaiacceptBank) -> None:
        self.bank, self.gateway = bank, raiaccept_at(bank.address)

    def pay(self, handover: Handover, what: str) -> Returned:
        assert open_page(handover).status_code == 200
        state = {"approve": "PAID", "decline": "FAILED", "pending": "CHECKOUT"}[what]
        self.bank.states[handover.bank_reference] = state
        back = self.bank.orders[handover.bank_reference]["urls"]["successUrl"]
        return Returned(dict(parse_qsl(urlsplit(back).query)))


Twin = SandboxTwin | NestpayTwin | RaiacceptTwin


@contextmanager
def twin_of(name: str, folder: Path) -> Iterator[Twin]:
    if name == "sandbox":
        with sandbox_bank(folder / "bank.sqlite3", SECRET) as (address, _):
            yield SandboxTwin(address)
    elif name == "nestpay":
        with nestpay.nestpay_bank() as bank:
            yield NestpayTwin(bank)
    else:
        with raiaccept.raiaccept_bank() as bank:
            yield RaiacceptTwin(bank)


def posted(returned: Returned) -> bytes:
    return urlencode(dict(returned.fields)).encode()
