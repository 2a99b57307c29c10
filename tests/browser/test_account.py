"""The account's own pages, in a real browser."""

import re
from typing import Any

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser
PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True}
BEFORE, AFTER = "Provo2024", "dritare77"


def change_password(page: Any, current: str, new: str) -> None:
    page.get_by_label("Fjalëkalimi Aktual").fill(current)
    page.get_by_label("Fjalëkalimi i Ri", exact=True).fill(new)
    page.get_by_label("Konfirmo Fjalëkalimin e Ri").fill(new)
    page.get_by_label("Emri i Përdoruesit").fill("Vera Leka")
    page.get_by_role("button", name="Ruaj fjalëkalimin").click()


def test_change_the_password_on_a_phone(visit: Any, mails: Any) -> None:
    desk, phone = visit(), visit(**PHONE)
    for visitor in (desk, phone):
        visitor.sign_in("Vera Leka")
    page = phone.page
    page.get_by_role("link", name="Llogaria", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Menaxho Llogarinë")
    change_password(page, "Gabim2024", AFTER)
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page).to_have_title(re.compile("^Gabim:"))
    expect(page.get_by_label("Emri i Përdoruesit")).to_have_value("Vera Leka")
    change_password(page, BEFORE, AFTER)
    expect(page.get_by_role("status")).to_contain_text("Fjalëkalimi juaj u ndryshua.")
    mail = mails("Fjalëkalimi juaj u ndryshua")
    assert mail["To"] == "vera.leka@example.com" and "/not-me/" in str(mail.get_body(("plain",)))
    desk.page.goto("/contracts")
    expect(desk.page.get_by_role("status")).to_contain_text("seanca u mbyll")
    change_password(page, AFTER, BEFORE)  # for whoever comes after this test
    expect(page.get_by_role("status")).to_contain_text("Fjalëkalimi juaj u ndryshua.")


def test_sign_out_another_device_without_javascript(visit: Any) -> None:
    phone = visit(
        user_agent="Mozilla/5.0 (Linux; Android 10; K) Chrome/131.0.0.0 Mobile Safari/537.36",
        **PHONE,
    )
    desk = visit(java_script_enabled=False)
    for visitor in (phone, desk):
        visitor.sign_in("Vera Leka")
    page = desk.page
    page.get_by_role("link", name="Menaxho Llogarinë").click()
    page.get_by_role("link", name="Pajisjet").click()
    expect(page.get_by_role("row").filter(has_text="kjo pajisje")).to_have_count(1)
    page.get_by_role("button", name="Nxirr nga llogaria Chrome, Android").first.click()
    expect(page.get_by_role("status")).to_have_text("Pajisja u nxor nga llogaria.")
    phone.page.goto("/contracts")
    expect(phone.page.get_by_role("heading", level=1)).to_have_text("Identifikohu si klient")
    page.get_by_role("row").filter(has_text="kjo pajisje").get_by_role("button").click()
    expect(page.get_by_role("status")).to_have_text("Keni dalë nga llogaria.")


def test_download_leaves_the_page_usable(visit: Any) -> None:
    visitor = visit()
    visitor.sign_in("Vera Leka")
    page = visitor.page
    page.goto("/account/data")
    for _ in range(2):
        page.get_by_label("Fjalëkalimi Aktual").fill("Provo2024")
        with page.expect_download() as download:
            page.get_by_role("button", name="Shkarko të dhënat e mia").click()
        assert re.fullmatch(r"llogaria-\d{4}-\d\d-\d\d\.json", download.value.suggested_filename)
