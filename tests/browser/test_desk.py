"""A clerk's pages in a real browser: what lies where, at several widths."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.test_cases import files, send_f2, staff_page
from tests.documents import pdf

__all__ = ["files"]
pytestmark = pytest.mark.browser
LONG = "kontrata_e_nenshkruar_Agron_Hoxha_2026.pdf"


def test_no_document_lies_under_the_panel_beside_it(visit: Any, files: Path) -> None:
    visitor = visit(viewport={"width": 1280, "height": 800})
    visitor.sign_in("Emer Mbiemer")
    number = send_f2(visitor.page, files)
    clerk = staff_page(visit, "agjent")
    clerk.goto(f"/staff/cases/{number}")
    (files / LONG).write_bytes(pdf("Kontrata"))
    clerk.get_by_label("Skedari").set_input_files(files / LONG)
    clerk.get_by_role("button", name="Shtoje").click()
    expect(clerk.get_by_role("link", name=LONG)).to_be_visible()
    for width in (1024, 1280, 1920):
        clerk.set_viewport_size({"width": width, "height": 800})
        beside = clerk.locator(".desk > form").bounding_box()
        for cell in clerk.locator("table.dense :is(th, td)").all():
            box = cell.bounding_box()
            assert box["x"] + box["width"] <= beside["x"], (width, cell.inner_text())
    clerk.set_viewport_size({"width": 360, "height": 740})
    assert clerk.evaluate("document.documentElement.scrollWidth") <= 360


def test_the_menu_stands_still_from_page_to_page(visit: Any) -> None:
    page = staff_page(visit, "administrator")
    sections = ("cases", "certificates", "accounts", "payments", "messages", "content", "members")
    for width in (1280, 1920):
        page.set_viewport_size({"width": width, "height": 800})
        places = set()
        for section in (*sections, "audit", "sessions"):
            page.goto(f"/staff/{section}")
            menu, head = page.locator(".staff-nav"), page.locator("main h1")
            places.add((menu.bounding_box()["x"], head.bounding_box()["x"]))
        assert len(places) == 1, places
