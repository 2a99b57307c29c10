"""A test bank, and the portal's end of what it tells, for tests."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
import requests

from app.gateways.cards.port import Checkout, Handover, Notice
from tests.banks.server import Asked, Reply, open_page, sandbox_bank, serving
from tests.banks.twins import SECRET, SandboxTwin, a_checkout


@pytest.fixture
def twin(tmp_path: Path) -> Iterator[SandboxTwin]:
    with sandbox_bank(tmp_path / "bank.sqlite3", SECRET) as (address, _):
        yield SandboxTwin(address)


@dataclass
class Shop:
    """The portal's end of callbacks."""

    address: str = ""
    status: int = 200
    answer_body: bytes = b"OK\n"
    heard: list[dict[str, str]] = field(default_factory=list)
    at: list[float] = field(default_factory=list)

    def answer(self, asked: Asked) -> Reply:
        self.at.append(time.monotonic())
        self.heard.append(dict(parse_qsl(asked.body.decode(), keep_blank_values=True)))
        return self.status, "text/plain", self.answer_body


@pytest.fixture
def shop() -> Iterator[Shop]:
    shop = Shop()
    with serving(shop.answer) as shop.address:
        yield shop


def until(condition: Callable[[], object], seconds: float = 15) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it does not happen"
        time.sleep(0.02)


def ordered(twin: SandboxTwin, shop: Shop) -> tuple[Checkout, Handover]:
    checkout = a_checkout(callback_url=f"{shop.address}/callback", return_url=f"{shop.address}/r")
    handover = twin.gateway.begin(checkout)
    assert open_page(handover).status_code == 200
    return checkout, handover


def decided(twin: SandboxTwin, checkout: Checkout, what: str, **more: str) -> Notice | None:
    """What the browser brings back."""
    told = twin.decide({"reference": checkout.reference, "what": what, **more})
    return twin.gateway.read_notice(told["back"]["fields"]) if told["back"] else None


def callbacks(twin: SandboxTwin) -> list[dict[str, object]]:
    found: list[dict[str, object]] = requests.get(f"{twin.address}/callbacks", timeout=9).json()[
        "callbacks"
    ]
    return found


def all_sent(twin: SandboxTwin) -> bool:
    return all(letter["state"] == "delivered" for letter in callbacks(twin))
