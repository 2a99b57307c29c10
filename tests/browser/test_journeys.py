"""What customers come for, in a real browser."""

import io
import re
from typing import Any

import pypdfium2
import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser
PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True}


def test_register_and_see_the_contract(visit: Any) -> None:
    page = visit(**PHONE).page
    page.goto("/")
    page.get_by_role("link", name="Regjistrohu").last.click()
    page.get_by_role("button", name="Regjistrohu").click()
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page).to_have_title(re.compile("^Gabim:"))
    page.get_by_role("link", name="Shkruani numrin e telefonit.").click()
    expect(page.get_by_label("Numri i Telefonit")).to_be_focused()
    page.get_by_label("Kodi i Klientit").fill("al0000004")
    page.get_by_label("Përdoruesi").fill("Leka Vera")
    page.get_by_label("Fjalëkalimi", exact=True).fill("dritare77")
    page.get_by_label("Numri i Telefonit").fill("0692345678")
    page.get_by_label("Email").fill("vera.leka@example.org")
    page.get_by_role("button", name="Regjistrohu").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Kontratat")
    expect(page.get_by_role("status")).to_contain_text("Leka Vera")
    expect(page.get_by_text("AL0000004").first).to_be_visible()


def test_total_follows_the_ticks(visit: Any) -> None:
    visitor = visit()
    visitor.sign_in("Emer Mbiemer")
    page = visitor.page
    page.get_by_role("link", name=re.compile("Shfaq")).click()
    total = page.locator("[data-total]")
    expect(total).to_have_text("0,00\u00a0lekë")
    page.get_by_label("Paguaj faturën 123456789").check()
    expect(total).to_have_text("556,00\u00a0lekë")
    page.get_by_role("button", name="Zgjidh të gjitha").click()
    expect(total).to_have_text("0,00\u00a0lekë")
    expect(page.get_by_role("button", name="Llogarit totalin")).to_be_hidden()
    page.get_by_label("Paguaj faturën 123456789").check()
    page.get_by_role("button", name="PAGUAJ").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Kontrolloni dhe paguani")
    expect(page.get_by_role("main")).to_contain_text("556,00\u00a0lekë")
    page.get_by_role("button", name="Anulo pagesën").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Pagesa u anulua")


def test_script_and_server_write_the_same_total(visit: Any) -> None:
    totals = []
    for options in ({}, {"java_script_enabled": False}):
        visitor = visit(**options)
        visitor.sign_in("Elbasan Market")
        page = visitor.page
        page.locator("tbody tr").first.get_by_role("link").click()
        for box in page.locator("input[name=invoice]").all():
            box.check()
        if options:
            page.get_by_role("button", name="Llogarit totalin").click()
        totals.append(page.locator("[data-total]").text_content())
    assert totals[0] == totals[1]
    assert "\u00a0" in totals[0].split("\u00a0lek")[0]  # five digits are grouped


def test_whole_way_without_javascript(visit: Any) -> None:
    visitor = visit(java_script_enabled=False, **PHONE)
    visitor.sign_in("Agron Hoxha")
    page = visitor.page
    page.get_by_label("Kërko Kontratën").fill("0002")
    page.get_by_role("button", name="Kërko").click()
    expect(page.locator("main")).not_to_contain_text("AL0000001")
    page.get_by_role("link", name="Shfaq AL0000002").click()
    page.get_by_role("button", name="Zgjidh të gjitha").click()
    expect(page.locator("input[name=invoice]:checked")).to_have_count(3)
    page.get_by_role("button", name="PAGUAJ").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Kontrolloni dhe paguani")
    page.get_by_role("button", name="Anulo pagesën").click()
    page.get_by_role("link", name="Kontrata AL0000002").click()
    page.get_by_role("link", name="Historiku i Faturave dhe Pagesave").click()
    page.get_by_text("Konsumi si tabelë").click()
    expect(page.locator("details table tbody tr")).to_have_count(12)


def test_search_among_three_hundred(visit: Any) -> None:
    visitor = visit()
    visitor.sign_in("Elbasan Market")
    page = visitor.page
    expect(page.locator("tbody tr")).to_have_count(25)
    page.get_by_role("link", name="Tjetra").click()
    expect(page.get_by_text("Faqja 2 nga 12")).to_be_visible()
    page.get_by_label("Kërko Kontratën").fill("al0000300")
    page.keyboard.press("Enter")
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody tr")).to_contain_text("AL0000300")
    page.get_by_label("Kërko Kontratën").fill("zzz")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Shfaq të gjitha kontratat").click()
    expect(page.locator("tbody tr")).to_have_count(25)


def test_history_shows_the_manuals_rows_and_opens_the_invoice(visit: Any) -> None:
    visitor = visit()
    visitor.sign_in("Emer Mbiemer")
    page = visitor.page
    page.goto("/contracts/AL0000000/history")
    rows = page.locator("#invoices tbody tr")
    expect(rows).to_have_count(12)
    expect(rows.first).to_contain_text("556,00")
    expect(rows.nth(5)).to_contain_text("2756,20")
    expect(page.get_by_role("table", name="Historiku i Pagesave").locator("tbody tr")).to_have_count(12)  # fmt: skip  # noqa: E501
    link = rows.first.get_by_role("link", name=re.compile("Shfaq"))
    answer = visitor.context.request.get(str(link.get_attribute("href")))
    assert answer.headers["content-type"] == "application/pdf"
    text = pypdfium2.PdfDocument(io.BytesIO(answer.body()))[0].get_textpage().get_text_bounded()
    assert "123456789" in text and "556,00" in text


def test_chart_speaks_to_the_keyboard(visit: Any) -> None:
    visitor = visit()
    visitor.sign_in("Agron Hoxha")
    page = visitor.page
    page.goto("/contracts/AL0000001/history")
    month = page.locator(".chart .month").nth(3)
    month.focus()
    expect(month.locator(".told")).to_be_visible()
    expect(month).to_have_accessible_name(re.compile(r"\d+ kWh"))


def test_changing_the_language_stays_on_the_page(visit: Any) -> None:
    visitor = visit()
    visitor.sign_in("Emer Mbiemer")
    page = visitor.page
    page.goto("/contracts/AL0000000/info")
    page.get_by_role("link", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("About the contract")
    expect(page).to_have_url(re.compile("/contracts/AL0000000/info$"))
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("status")).to_have_text("You are signed out.")


def test_back_after_signing_out_shows_nothing(visit: Any) -> None:
    visitor = visit()
    visitor.sign_in("Emer Mbiemer")
    page = visitor.page
    page.goto("/contracts/AL0000000/pay")
    page.get_by_role("button", name="Dil").click()
    expect(page.get_by_role("status")).to_have_text("Keni dalë nga llogaria.")
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("Identifikohu si klient")


def test_a_form_sent_twice_is_sent_once_and_usable_again(visit: Any) -> None:
    visitor = visit()
    page = visitor.page
    posts: list[str] = []
    page.on("request", lambda r: posts.append(r.url) if r.method == "POST" else None)
    page.goto("/login")
    page.fill("#user_name", "Emer Mbiemer")
    page.fill("#password", "Gabim2024")
    page.locator("main button[type=submit]").dblclick()
    expect(page.get_by_role("alert")).to_be_visible()
    assert len(posts) == 1
    page.fill("#password", "Provo2024")
    page.click("main button[type=submit]")
    page.wait_for_url("**/contracts")


def test_pages_print_without_navigation(visit: Any) -> None:
    visitor = visit(color_scheme="dark")
    visitor.sign_in("Emer Mbiemer")
    page = visitor.page
    page.emulate_media(media="print")
    page.goto("/contracts/AL0000000/history")
    expect(page.locator(".tabs")).to_be_hidden()
    expect(page.locator(".site-nav")).to_be_hidden()
    expect(page.locator("#invoices")).to_be_visible()
    assert page.locator("body").evaluate("e => getComputedStyle(e).backgroundColor") == "rgb(255, 255, 255)"  # fmt: skip  # noqa: E501


def test_a_phone_has_help_and_buttons_of_one_line(visit: Any) -> None:
    visitor = visit(viewport={"width": 360, "height": 740})
    visitor.sign_in("Agron Hoxha")
    page = visitor.page
    expect(page.get_by_role("link", name="Ndihmë")).to_be_visible()
    page.goto("/contracts/AL0000002/pay")
    both = page.locator(".pay-bar .actions button:visible").all()
    assert [button.bounding_box()["height"] < 50 for button in both] == [True, True]


def test_answers_print_and_what_can_only_be_clicked_does_not(visit: Any) -> None:
    visitor = visit()
    page = visitor.page
    page.emulate_media(media="print")
    page.goto("/faq")
    expect(page.get_by_role("heading", name="Si hyj në llogari?")).to_be_visible()
    answer = page.locator("details:not([open]) .answer").first
    assert answer.evaluate("e => e.checkVisibility({contentVisibilityAuto: true})")
    page.emulate_media(media="screen")
    visitor.sign_in("Elbasan Market")
    expect(page.locator("form.filter")).to_be_visible()
    page.emulate_media(media="print")
    expect(page.locator("form.filter")).to_be_hidden()
    expect(page.locator(".page-links")).to_be_hidden()
    expect(page.locator("td").get_by_text("Shfaq").first).to_be_hidden()
    page.goto("/payments/all")
    expect(page.locator("th").get_by_text("Paguaj")).to_be_hidden()


@pytest.mark.parametrize("width", [320, 360, 768, 1024, 1280])
def test_no_page_is_wider_than_its_window(visit: Any, width: int) -> None:
    visitor = visit(viewport={"width": width, "height": 800})
    visitor.sign_in("Agron Hoxha")
    for address in (
        *("/privacy", "/contracts", "/contracts/AL0000002/pay", "/contracts/AL0000002/history"),
        *("/contracts/AL0000002/info", "/contracts/AL0000002/cases/new", "/contracts/manage"),
        *("/contracts/AL0000002/remove", "/contracts/AL0000002/delegates"),
        *("/account", "/account/contact", "/account/preferences", "/account/devices"),
        *("/account/data", "/account/close"),
    ):
        visitor.page.goto(address)
        inner = visitor.page.evaluate("document.documentElement.scrollWidth")
        assert inner <= width, address


def test_a_password_is_shown_on_request_and_can_be_pasted(visit: Any) -> None:
    visitor = visit()
    page = visitor.page
    page.goto("/login")
    field = page.locator("#password")
    page.fill("#user_name", "Provo2024")
    page.locator("#user_name").press("Control+a")
    page.locator("#user_name").press("Control+x")
    field.press("Control+v")
    expect(field).to_have_value("Provo2024")
    expect(field).to_have_attribute("type", "password")
    page.get_by_label("Shfaq çfarë shkruaj").check()
    expect(field).to_have_attribute("type", "text")
    page.get_by_label("Shfaq çfarë shkruaj").uncheck()
    expect(field).to_have_attribute("type", "password")
    page.get_by_label("Shfaq çfarë shkruaj").check()
    page.fill("#user_name", "Emer Mbiemer")
    page.evaluate(
        "document.querySelector('main form').addEventListener('submit', () => {"
        " sessionStorage.sentAs = document.querySelector('#password').type; })"
    )
    page.click("main button[type=submit]")
    page.wait_for_url("**/contracts")
    assert page.evaluate("sessionStorage.sentAs") == "password"


def test_without_javascript_no_tick_is_offered(visit: Any) -> None:
    page = visit(java_script_enabled=False).page
    page.goto("/login")
    expect(page.get_by_label("Shfaq çfarë shkruaj")).to_be_hidden()


def test_nothing_is_kept_in_the_browser_but_cookies(visit: Any) -> None:
    visitor = visit()
    visitor.sign_in("Emer Mbiemer")
    kept = visitor.page.evaluate(
        "async () => [localStorage.length, sessionStorage.length,"
        " (await indexedDB.databases()).length, document.cookie,"
        " (await navigator.serviceWorker.getRegistrations()).length]"
    )
    assert kept == [0, 0, 0, "", 0]
    names = {cookie["name"] for cookie in visitor.context.cookies()}
    assert names <= {"selfcare_session", "known_device", "language"}
