"""A payment from the sign-in to the history, in a real browser before ./run's own demo."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from app.clock import today
from config.addresses import is_loopback, own_address
from tests.browser.conftest import Visitor, flask, go_to_the_bank
from tests.browser.test_accessibility import findings
from tests.components import need
from tests.paying import CODE, NUMBER
from tests.portal_process import PortalProcess

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_the_manuals_customer_pays(browser: Browser, demo: PortalProcess, script: bool) -> None:
    visitor = Visitor(browser, demo.address, java_script_enabled=script, locale="sq")
    page = visitor.page
    visitor.sign_in("Emer Mbiemer")
    page.get_by_role("link", name=re.compile("Shfaq")).click()
    page.get_by_label(f"Paguaj faturën {NUMBER}").check()
    page.get_by_role("button", name="PAGUAJ").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Kontrolloni dhe paguani")
    expect(page.locator(".owed")).to_have_text("556,00\u00a0lekë")
    page.get_by_role("button", name="Paguaj te banka").click()
    if not script:
        page.get_by_role("button", name="Vazhdo te banka").click()
    page.wait_for_url("**/sandbox-bank/**")
    page.get_by_role("button", name="Aprovo pagesën").click()
    if not script:
        page.get_by_role("button", name="Kthehu te dyqani").click()
    page.wait_for_url("**/payments/*")
    expect(page.get_by_role("heading", level=1)).to_have_text("Faleminderit, u pagua")

    if script:
        assert findings(page) == []
        page.set_viewport_size({"width": 360, "height": 700})
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
    receipt = page.get_by_role("link", name=re.compile("PDF")).get_attribute("href")
    answer = visitor.context.request.get(str(receipt))
    assert answer.ok and answer.body().startswith(b"%PDF-")
    page.goto(f"/contracts/{CODE}/pay")
    expect(page.locator("main")).to_contain_text("pagesa në përpunim")

    flask(demo, "payments", "poll")  # it may be in billing's table already
    told = flask(demo, "billing", "demo-post")
    assert "1" in told
    flask(demo, "payments", "poll")
    page.goto(f"/contracts/{CODE}/pay")
    expect(page.locator("main")).to_contain_text("çdo faturë e kësaj kontrate është e paguar")
    page.goto(f"/contracts/{CODE}/history")
    row = page.locator("section[aria-labelledby=payments] tbody tr").first
    expect(row).to_contain_text("556,00")
    expect(row).to_contain_text("KARTË")
    expect(row).to_contain_text("PORTALI")
    told = flask(demo, "payments", "reconcile", "--since", f"{today():%Y-%m-%d}")
    assert "differences: 0" in told
    visitor.context.close()
    assert visitor.complaints == []


def test_the_demo_is_shown_to_the_network(browser: Browser, tmp_path: Path) -> None:
    """Another machine's way: all the demo's addresses are of the network, the play bank's too."""
    here = own_address()
    need(not is_loopback(here), "a network")
    portal = PortalProcess(tmp_path / "data", SELFCARE_HOST="0.0.0.0").wait_until_ready()
    try:
        address = f"http://{here}:{portal.port}"
        visitor = Visitor(browser, address, locale="sq")
        page = visitor.page
        go_to_the_bank(visitor)
        page.wait_for_url(f"{address}/sandbox-bank/**")
        page.get_by_role("button", name="Aprovo pagesën").click()
        page.wait_for_url(f"{address}/payments/*")
        expect(page.get_by_role("heading", level=1)).to_have_text("Faleminderit, u pagua")
        visitor.context.close()
    finally:
        portal.stop()
    assert f"For others in its network, and in links: {address}/" in portal.output
