"""Payments by a link on a phone, and at a bank that answers late, in a real browser."""

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import Visitor, flask, go_to_the_bank
from tests.browser.test_accessibility import findings
from tests.paying import CODE
from tests.portal_process import PortalProcess

pytestmark = pytest.mark.browser


def test_a_stranger_with_the_address_on_a_phone(browser: Browser, demo: PortalProcess) -> None:
    """Who pays by a link: the offer, the bank, the outcome, the receipt's check."""
    address = flask(demo, "payments", "link", CODE).strip()
    visitor = Visitor(browser, demo.address, viewport={"width": 360, "height": 700}, locale="sq")
    page = visitor.page
    page.goto(address)
    expect(page.locator("main")).to_contain_text("E*** M***")
    assert findings(page) == []
    page.get_by_role("button", name="PAGUAJ").click()
    page.get_by_role("button", name="Paguaj te banka").click()
    page.wait_for_url("**/sandbox-bank/**")
    page.get_by_role("button", name="Aprovo pagesën").click()
    page.wait_for_url("**/payments/*")
    expect(page.get_by_role("heading", level=1)).to_have_text("Faleminderit, u pagua")
    assert findings(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    receipt = page.locator("a[href$='/receipt.pdf']").get_attribute("href")
    answer = visitor.context.request.get(str(receipt))
    assert (answer.status, answer.body()[:5]) == (200, b"%PDF-")
    page.locator("a[href^='/verify/']").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Kjo dëftesë është e vërtetë")
    assert findings(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    visitor.context.close()
    assert visitor.complaints == []


def test_the_page_finds_out_by_itself(browser: Browser, demo: PortalProcess) -> None:
    """The bank answers late: the payer's page is there first, says so, and changes by itself."""
    visitor = Visitor(browser, demo.address, locale="sq")
    page = visitor.page
    go_to_the_bank(visitor)
    page.wait_for_url("**/sandbox-bank/**")
    page.locator("summary").click()
    page.locator("input[name=seconds]").fill("4")
    page.locator("button[value=approve_late]").click()
    page.wait_for_url("**/payments/*")
    expect(page.get_by_role("heading", level=1)).to_have_text("Pagesa është te banka")
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_have_text("Faleminderit, u pagua", timeout=40_000)
    visitor.context.close()
    assert visitor.complaints == []
