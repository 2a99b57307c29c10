"""The test bank in a real browser: small, dark, by keyboard, with and without scripts."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from playwright.sync_api import Browser

from app.gateways.cards.port import Verdict
from tests.banks.server import Asked, Reply, sandbox_bank, serving
from tests.banks.twins import SECRET, SandboxTwin, a_checkout
from tests.browser.conftest import Visitor
from tests.browser.test_accessibility import findings

pytestmark = pytest.mark.browser


class Shop:
    """Where the browser comes back to; another origin than the bank's."""

    def __init__(self) -> None:
        self.heard: list[tuple[dict[str, str], str | None]] = []
        self.address = ""

    def answer(self, asked: Asked) -> Reply:
        if asked.path == "/back":
            fields = dict(parse_qsl(asked.body.decode(), keep_blank_values=True))
            self.heard.append((fields, asked.headers.get("Origin")))
            return 200, "text/html", b"<!doctype html><title>shop</title><h1>shop</h1>"
        return 200, "text/plain", b"OK"


@pytest.fixture
def shop() -> Iterator[Shop]:
    shop = Shop()
    with serving(shop.answer) as address:
        shop.address = address.replace("127.0.0.1", "localhost")
        yield shop


@pytest.fixture
def twin(tmp_path: Path) -> Iterator[SandboxTwin]:
    with sandbox_bank(tmp_path / "bank.sqlite3", SECRET) as (address, _):
        yield SandboxTwin(address)


@pytest.fixture
def arrive(browser: Browser, twin: SandboxTwin, shop: Shop) -> Iterator[Any]:
    """Opens an order's page as the shop's form does."""
    visitors: list[Visitor] = []

    def make(language: str = "sq", **options: Any) -> tuple[Visitor, str]:
        visitor = Visitor(browser, twin.address, **options)
        visitors.append(visitor)
        back = f"{shop.address}/back"
        checkout = a_checkout(return_url=back, callback_url=f"{shop.address}/", language=language)
        handover = twin.gateway.begin(checkout)
        visitor.context.request.post(handover.address, form=dict(handover.fields))
        visitor.page.goto(f"/order/{checkout.reference}")
        return visitor, checkout.reference

    yield make
    for visitor in visitors:
        visitor.context.close()
        assert visitor.complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["sq", "en"])
def test_readable_on_a_small_screen(arrive: Any, scheme: str, language: str) -> None:
    visitor, _ = arrive(language, color_scheme=scheme, viewport={"width": 360, "height": 640})
    page = visitor.page
    found = findings(page)
    page.click("summary")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    for button in page.query_selector_all("button, summary, input"):
        box = button.bounding_box()
        assert box and box["height"] >= 44
    found += findings(page)
    page.click("button[value=approve_silently]")
    page.wait_for_url("**/back")
    found += findings(page)
    page.goto("/")
    found += findings(page)
    page.goto("/order/unknown")
    assert found + findings(page) == []


def test_the_browser_goes_back_by_itself(arrive: Any, twin: SandboxTwin, shop: Shop) -> None:
    visitor, reference = arrive()
    visitor.page.click("button[value=approve]")
    visitor.page.wait_for_url(f"{shop.address}/back")
    [(fields, origin)] = shop.heard
    assert origin == twin.address
    notice = twin.gateway.read_notice(fields)
    assert notice.reference == reference
    assert notice.report and notice.report.verdict is Verdict.CAPTURED


def test_without_scripts_and_by_keyboard_alone(arrive: Any, twin: SandboxTwin, shop: Shop) -> None:
    visitor, _ = arrive(java_script_enabled=False)
    page = visitor.page
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # the second button: decline
    page.wait_for_url("**/back")
    assert shop.heard == []
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{shop.address}/back")
    report = twin.gateway.read_notice(shop.heard[0][0]).report
    assert report and report.verdict is Verdict.DECLINED
