"""The back office in a real browser, in the demo: its sign-in page shows the codes."""

from typing import Any

import pytest
from playwright.sync_api import expect

from app.demo import STAFF_PASSWORD
from tests.browser.test_accessibility import findings

pytestmark = pytest.mark.browser
PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True}
DESK = {"viewport": {"width": 1280, "height": 800}}


def fill(page: Any, name: str) -> None:
    """The code is on the page, but for the seconds in which none is left."""
    row = page.get_by_role("row", name=name)
    for _ in range(40):
        page.goto("/staff/login")
        code = row.get_by_role("cell").inner_text()
        if code.isdigit():
            break
        page.wait_for_timeout(1_000)
    page.get_by_label("Emri i përdoruesit").fill(name)
    page.get_by_label("Fjalëkalimi", exact=True).fill(STAFF_PASSWORD)
    page.get_by_label("Kodi me gjashtë shifra").fill(code)


@pytest.mark.parametrize("options", [PHONE, DESK], ids=["phone", "desk"])
def test_sign_in_beside_a_customer_and_out_again(visit: Any, options: dict[str, Any]) -> None:
    visitor = visit(**options)
    visitor.sign_in("Emer Mbiemer")
    page = visitor.page
    page.goto("/staff")
    expect(page.get_by_role("heading", level=1)).to_have_text("Hyrja e stafit")
    page.get_by_role("button", name="Hyr").click()
    expect(page.get_by_role("alert")).to_be_focused()
    fill(page, "agjent")
    page.get_by_role("button", name="Hyr").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Mirë se erdhët, agjent")
    assert page.evaluate("document.documentElement.scrollWidth") <= options["viewport"]["width"]
    names = {cookie["name"] for cookie in visitor.context.cookies()}
    assert names - {"language"} == {
        *("selfcare_session", "known_device", "selfcare_staff", "known_staff_device"),
    }
    page.get_by_role("link", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Welcome, agjent")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("status")).to_have_text("You are signed out.")
    page.goto("/contracts")
    expect(page.get_by_role("main")).to_contain_text("AL0000000")


def test_without_javascript(visit: Any) -> None:
    page = visit(java_script_enabled=False, **PHONE).page
    fill(page, "mbikeqyres")
    page.get_by_role("button", name="Hyr").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Mirë se erdhët, mbikeqyres")
    page.get_by_role("link", name="mbikeqyres").click()
    page.get_by_role("button", name="Ruaj fjalëkalimin").click()
    expect(page.get_by_role("alert")).to_contain_text("Shkruani kodin.")


def test_pages_are_accessible(visit: Any) -> None:
    """One sign-in for all four ways of looking: each takes a code."""
    first = visit()
    fill(first.page, "administrator")
    first.page.get_by_role("button", name="Hyr").click()
    first.page.wait_for_url("**/staff")
    found, state = [], first.context.storage_state()
    for scheme in ("light", "dark"):
        for size in (PHONE, DESK):
            stranger = visit(color_scheme=scheme, **size).page
            stranger.goto("/staff/login")
            found += findings(stranger)
            stranger.get_by_role("button", name="Hyr").click()
            found += findings(stranger)
            page = visit(color_scheme=scheme, storage_state=state, **size).page
            for address in ("/staff", "/staff/password", "/staff/nowhere"):
                page.goto(address)
                expect(page.get_by_role("button", name="Dil")).to_be_visible()
                found += findings(page)
            page.goto("/staff/password")
            page.get_by_role("button", name="Ruaj fjalëkalimin").click()
            found += findings(page)
    assert found == []
