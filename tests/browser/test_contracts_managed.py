"""Menaxho Kontratat on a phone, with JavaScript and without."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser
PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True}


def heading(page: Page) -> Any:
    return page.get_by_role("heading", level=1)


def row(page: Page, code: str) -> Any:
    return page.locator("tbody tr").filter(has_text=code)


@pytest.mark.parametrize("script", [True, False])
def test_the_manuals_way_to_add_and_remove(visit: Any, mails: Any, script: bool) -> None:
    visitor = visit(java_script_enabled=script, **PHONE)
    visitor.sign_in("Emer Mbiemer")
    page = visitor.page
    page.get_by_role("link", name="Menaxho Kontratat").click()
    expect(heading(page)).to_have_text("Menaxho Kontratat")
    expect(page.get_by_role("link", name=re.compile("^Hiq"))).to_have_count(0)
    expect(page.locator("main")).to_contain_text("Kontrata e vetme e një llogarie")
    expect(page.get_by_label("Emri dhe Mbiemri")).to_be_hidden()
    page.get_by_text("Shto një kontratë të re").click()
    page.get_by_label("Emri dhe Mbiemri").fill("Vera Tjetër")
    page.get_by_label("Numri i Kontratës").fill("al0000004")
    page.get_by_role("button", name="Shto kontratën").click()
    expect(page.get_by_role("alert")).to_contain_text("nuk mund të shtojmë kontratë")
    if script:
        expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_label("Numri i Kontratës")).to_have_value("al0000004")
    page.get_by_label("Emri dhe Mbiemri").fill("Leka Vera")
    page.get_by_role("button", name="Shto kontratën").click()
    expect(page.get_by_role("status")).to_contain_text("AL0000004")
    # Who holds it already hears of it.
    mail = mails("Një kontratë e juaja u shtua në një llogari tjetër")
    assert "AL0000004" in str(mail.get_body(("plain",)))
    expect(page.get_by_label("Emri dhe Mbiemri")).to_be_hidden()
    row(page, "AL0000004").get_by_role("link", name="Hiq AL0000004").click()
    expect(heading(page)).to_have_text("Hiq një kontratë")
    page.get_by_role("link", name="Mbaje").click()
    page.get_by_role("link", name="Hiq AL0000004").click()
    page.get_by_role("button", name="Hiq kontratën").click()
    expect(page.get_by_role("status")).to_contain_text("AL0000004")
    expect(page.locator("tbody tr")).to_have_count(1)


def test_inviting_on_a_phone(visit: Any) -> None:
    visitor = visit(**PHONE)
    visitor.sign_in("Agron Hoxha")
    page = visitor.page
    page.goto("/contracts/manage")
    page.get_by_role("link", name="Delegatët (0) AL0000003").click()
    page.get_by_label("Email").fill("agron.hoxha@example.com")
    page.get_by_label("T’i shohë të gjitha këto dhe të paguajë").check()
    page.get_by_role("button", name="Dërgo ftesën").click()
    page.get_by_role("link", name="Kjo është adresa juaj.").click()
    expect(page.get_by_label("Email")).to_be_focused()
    expect(page.get_by_label("T’i shohë të gjitha këto dhe të paguajë")).to_be_checked()
    page.get_by_label("Email").fill("an.address.longer.than.a.phone.is.wide@department.example.org")
    page.get_by_role("button", name="Dërgo ftesën").click()
    expect(page.get_by_role("status")).to_contain_text("Ftesa u nis te")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.get_by_role("button", name=re.compile("^Tërhiqe")).click()
    expect(page.get_by_role("status")).to_have_text("Ftesa nuk vlen më.")
    expect(page.locator("tbody")).to_have_count(0)


@pytest.mark.parametrize("width", [360, 1280])
def test_a_long_name_without_a_space_pushes_no_page_apart(visit: Any, width: int) -> None:
    visitor = visit(viewport={"width": width, "height": 740})
    visitor.sign_in("Agron Hoxha")
    page = visitor.page

    def call(name: str, group: str) -> None:
        page.goto("/contracts/names")
        page.get_by_label("Emri juaj për AL0000002").fill(name)
        page.get_by_label("Grupi i AL0000002").fill(group)
        page.get_by_role("button", name="Ruaj").first.click()

    call("W" * 60, "M" * 40)
    for address in (
        *("/contracts", "/contracts/manage", "/payments/all", "/contracts/AL0000002/pay"),
        *("/contracts/AL0000002/history", "/contracts/AL0000002/cases/new", "/faq?q=" + "x" * 99),
    ):
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, address
    call("", "")
