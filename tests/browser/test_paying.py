"""A payment from the sign-in to the history, in a real browser before ./run's own demo."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from app.clock import today
from config.settings import ROOT
from tests.browser.conftest import Visitor
from tests.browser.test_accessibility import findings
from tests.portal_process import PortalProcess

pytestmark = pytest.mark.browser
CODE, NUMBER = "AL0000000", "123456789"


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[PortalProcess]:
    """One of its own: paying changes what others look at."""
    portal = PortalProcess(tmp_path / "data")
    yield portal.wait_until_ready()
    portal.stop()


def flask(demo: PortalProcess, *words: str) -> str:
    """What an operator types beside it."""
    own = {"SELFCARE_DATA_DIR": str(demo.data_dir), "SELFCARE_PORT": str(demo.port)}
    done = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "wsgi", *words],
        cwd=ROOT,
        env={**os.environ, **own},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


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
    page.get_by_role("button", name="Paguani te banka").click()
    if not script:
        page.get_by_role("button", name="Vazhdoni te banka").click()
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


def test_a_stranger_with_the_address_on_a_phone(browser: Browser, demo: PortalProcess) -> None:
    """Who pays by a link: the offer, the bank, the outcome, the receipt's check."""
    address = flask(demo, "payments", "link", CODE).strip()
    visitor = Visitor(browser, demo.address, viewport={"width": 360, "height": 700}, locale="sq")
    page = visitor.page
    page.goto(address)
    expect(page.locator("main")).to_contain_text("E*** M***")
    assert findings(page) == []
    page.get_by_role("button", name="PAGUAJ").click()
    page.get_by_role("button", name="Paguani te banka").click()
    page.wait_for_url("**/sandbox-bank/**")
    page.get_by_role("button", name="Aprovo pagesën").click()
    page.wait_for_url("**/payments/*")
    expect(page.get_by_role("heading", level=1)).to_have_text("Faleminderit, u pagua")
    assert findings(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
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
    visitor.sign_in("Emer Mbiemer")
    page.goto(f"/contracts/{CODE}/pay")
    page.get_by_label(f"Paguaj faturën {NUMBER}").check()
    page.get_by_role("button", name="PAGUAJ").click()
    page.get_by_role("button", name="Paguani te banka").click()
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
