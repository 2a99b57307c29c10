"""Questions, and the texts' editor, in a real browser."""

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.test_accessibility import findings
from tests.browser.test_staff import DESK, PHONE, fill

pytestmark = pytest.mark.browser
WRONG = "# Termat\n\n[x](javascript:alert(1))\n"


@pytest.mark.parametrize("options", [PHONE, DESK], ids=["phone", "desk"])
def test_a_question_is_found_without_javascript(visit: Any, options: dict[str, Any]) -> None:
    page = visit(java_script_enabled=False, **options).page
    page.goto("/")
    page.get_by_role("link", name="Ndihmë").click()
    page.get_by_label("Kërkoni te pyetjet").fill("cmimi i energjise")
    page.get_by_role("button", name="Kërko").click()
    expect(page.get_by_role("status")).to_have_text("U gjet 1 pyetje")
    expect(page.locator("mark").first).to_be_visible()
    page.get_by_role("link", name="Kontratë biznesi").click()
    expect(page.locator("details[open]")).to_contain_text("kategoria e kontratës")
    expect(page.locator("details[open]")).not_to_contain_text("8,5 lekë")
    page.get_by_role("link", name="Faqja e kësaj përgjigjeje").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sa kushton energjia elektrike?")
    page.get_by_role("link", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("What does electricity cost?")
    width = page.locator("html").evaluate("e => e.scrollWidth") if options is DESK else 0
    assert width <= options["viewport"]["width"]


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_pages_fit(visit: Any, size: dict[str, Any]) -> None:
    page = visit(**size).page
    for address in ("/faq", "/faq?q=fatura", "/faq?q=krokodil", "/faq/tariffs", "/"):
        page.goto(address)
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= size["viewport"]["width"], address


def test_an_address_of_an_answer_opens_it(visit: Any) -> None:
    page = visit(**PHONE).page
    page.goto("/faq#q-receipt")
    expect(page.locator("#q-receipt")).to_be_visible()
    expect(page.locator("#q-register")).not_to_be_visible()


def test_the_editor_is_accessible_and_fits(visit: Any) -> None:
    """One sign-in for all four ways of looking: each takes a code."""
    first = visit()
    fill(first.page, "administrator")
    first.page.get_by_role("button", name="Hyr").click()
    first.page.wait_for_url("**/staff")
    found, state = [], first.context.storage_state()
    for scheme in ("light", "dark"):
        for size in (PHONE, DESK):
            page = visit(color_scheme=scheme, storage_state=state, **size).page
            for look in (a_list, an_editor, a_preview, flaws, a_conflict, a_history, a_version):
                look(page)
                found += findings(page)
                width = page.evaluate("document.documentElement.scrollWidth")
                assert width <= size["viewport"]["width"], look.__name__
    assert found == []


def a_list(page: Any) -> None:
    page.goto("/staff/content")


def an_editor(page: Any) -> None:
    page.goto("/staff/content/faq/sq")
    page.get_by_text("Si shkruhet").click()


def a_preview(page: Any) -> None:
    page.get_by_role("button", name="Shih paraprakisht").click()
    expect(page.get_by_role("heading", name="Pamja paraprake")).to_be_focused()


def flaws(page: Any) -> None:
    page.goto("/staff/content/terms/sq")
    page.get_by_label("Teksti").fill(WRONG)
    page.get_by_role("button", name="Ruaj").click()
    expect(page.get_by_role("alert")).to_contain_text("Rreshti 3")


def a_conflict(page: Any) -> None:
    page.goto("/staff/content/terms/sq")
    other = page.context.new_page()
    other.goto("/staff/content/terms/sq")
    for tab, text in ((other, "një"), (page, "dy")):
        tab.get_by_label("Teksti").fill(f"# Termat\n\n{text}\n")
        tab.get_by_role("button", name="Ruaj").click()
    other.close()
    expect(page.get_by_role("alert")).to_contain_text("Dikush tjetër")
    expect(page.get_by_label("Teksti")).to_have_value("# Termat\n\ndy\n")
    page.get_by_text("Lexoni të gjithë tekstin").click()


def a_history(page: Any) -> None:
    page.get_by_role("button", name="Ruaj").click()
    expect(page.get_by_role("status")).to_contain_text("U ruajt")
    page.get_by_role("link", name="Historiku").click()
    page.wait_for_url("**/versions")


def a_version(page: Any) -> None:
    page.get_by_role("link", name="Teksti fillestar").click()
    page.get_by_text("Si është shkruar").click()
    page.get_by_role("button", name="Rikthe").click()
    expect(page.get_by_role("status")).to_contain_text("U rikthye")
    page.go_back()
