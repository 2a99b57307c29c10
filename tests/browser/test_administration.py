"""Administration in a real browser: by keyboard, and what axe says of each page."""

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.test_accessibility import findings
from tests.browser.test_staff import DESK, PHONE, fill

pytestmark = pytest.mark.browser
PAGES = (
    "/staff",
    "/staff/sessions",
    "/staff/accounts",
    "/staff/accounts/1",
    "/staff/accounts/2",
    "/staff/accounts/1/sign-out",
    "/staff/accounts/1/lock",
    "/staff/accounts/1/unlock",
    "/staff/members",
    "/staff/members/1",
    "/staff/members/3",
    "/staff/members/new",
    "/staff/members/1/reset",
    "/staff/members/1/role",
    "/staff/audit",
    "/staff/audit?since=2026-99-99&account=x",
)
TABLES = ("/staff/accounts/1", "/staff/members", "/staff/audit")


def test_by_keyboard_and_accessible(visit: Any) -> None:
    """One sign-in for all: each takes a code."""
    first = visit(**DESK)
    page = first.page
    fill(page, "administrator")
    page.keyboard.press("Enter")
    page.wait_for_url("**/staff")
    page.goto("/staff/accounts")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("emer mbiem")
    page.keyboard.press("Enter")
    page.wait_for_url("**/staff/accounts/1")
    page.get_by_role("button", name="Hap llogarinë").click()
    expect(page.get_by_role("alert")).to_be_focused()
    found = findings(page)
    page.get_by_label("Klienti telefonon").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_contain_text("emer.mbiemer@example.com")
    with page.expect_download() as taken:
        page.goto("/staff/audit?account=1")
        page.get_by_role("button", name="Shkarko").click()
    assert "u pa llogaria" in taken.value.path().read_text(encoding="utf-8")
    state = first.context.storage_state()
    for scheme, size, addresses in (
        ("light", PHONE, PAGES),
        ("dark", DESK, PAGES),
        ("dark", PHONE, TABLES),
        ("light", DESK, TABLES),
    ):
        page = visit(color_scheme=scheme, storage_state=state, **size).page
        for address in addresses:
            page.goto(address)
            expect(page.get_by_role("button", name="Dil", exact=True)).to_be_visible()
            width = page.evaluate("document.documentElement.scrollWidth")
            assert width <= size["viewport"]["width"], address
            found += findings(page)
    assert found == []
