"""Makes the pictures of README.md from the running product.

python -m docs.make_pictures
"""

import tempfile
from pathlib import Path

import pypdfium2
from playwright.sync_api import Browser, Page, sync_playwright

from app.demo import STAFF_PASSWORD
from tests.components import chromium_path
from tests.documents import pdf, picture
from tests.portal_process import PortalProcess
from tests.web.client import PASSWORD

PICTURES = Path(__file__).parent / "pictures"
PHONE = {"width": 360, "height": 720}
DESK = {"width": 1120, "height": 720}


def signed_in(browser: Browser, address: str, name: str, size: dict[str, int], scheme: str) -> Page:
    page = browser.new_context(
        base_url=address, viewport=size, color_scheme=scheme, device_scale_factor=1.5
    ).new_page()
    page.goto("/login")
    page.fill("#user_name", name)
    page.fill("#password", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_url("**/contracts")
    return page


def save(page: Page, name: str) -> None:
    page.screenshot(path=PICTURES / f"{name}.png")


def make(browser: Browser, address: str) -> None:
    page = signed_in(browser, address, "Agron Hoxha", DESK, "light")
    page.goto("/contracts/AL0000002/pay")
    page.click("[data-all]")
    save(page, "pay")
    page.goto("/contracts/AL0000002/history")
    page.focus(".chart .month:nth-of-type(5)")
    save(page, "history")
    page = signed_in(browser, address, "Agron Hoxha", PHONE, "light")
    save(page, "contracts-phone")
    page.goto("/contracts/AL0000002/history")
    save(page, "history-phone")
    page = signed_in(browser, address, "Agron Hoxha", PHONE, "dark")
    page.goto("/contracts/AL0000002/pay")
    save(page, "pay-phone-dark")
    page = signed_in(browser, address, "Emer Mbiemer", DESK, "light")
    answer = page.context.request.get("/contracts/AL0000000/invoices/123456789.pdf")
    picture = pypdfium2.PdfDocument(answer.body())[0].render(scale=1.1).to_pil()
    picture.save(PICTURES / "invoice.png", optimize=True)
    page = signed_in(browser, address, "Agron Hoxha", PHONE, "light")
    pay(page, "/contracts/AL0000001/pay")
    save(page, "paid-phone")
    complain(browser, address)


def complain(browser: Browser, address: str) -> None:
    """A request as its customer sees it on a phone, and as a clerk finds it."""
    page = signed_in(browser, address, "Emer Mbiemer", PHONE, "light")
    page.goto("/contracts/AL0000000/cases/new?request=F2")
    page.select_option("#f-invoice", "123456789")
    page.check("input[value=household]")
    page.fill("#f-note", "Tarifa e faturës është e biznesit.")
    for place, name, content in (
        ("identity", "karta.jpg", picture(size=(800, 500))),
        ("invoice_copy", "fatura.pdf", pdf()),
    ):
        page.set_input_files(
            f"#d-{place}", {"name": name, "mimeType": "application/octet-stream", "buffer": content}
        )
        page.wait_for_selector(f"[data-place={place}] .files")
    page.click(".actions button[value=send]")
    page.wait_for_selector("#filed")
    page.click("#filed a")
    save(page, "request-phone")
    clerk = browser.new_context(base_url=address, viewport=DESK, device_scale_factor=1.5).new_page()
    clerk.goto("/staff/login")
    code = clerk.locator("tr", has_text="agjent").locator("td").inner_text()
    for name, value in (("name", "agjent"), ("password", STAFF_PASSWORD), ("code", code)):
        clerk.fill(f"[name={name}]", value)
    clerk.click("main button[type=submit]")
    clerk.wait_for_url("**/staff")
    clerk.goto("/staff/cases")
    clerk.click("tbody a")
    clerk.wait_for_load_state()
    save(clerk, "request-clerk")


def pay(page: Page, address: str) -> None:
    page.goto(address)
    page.click("[data-all]")
    page.click("button[value=pay]")
    page.click("form[action$='/bank'] button")
    page.click("button.approve")
    page.wait_for_url("**/payments/*")


def main() -> None:
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        portal = PortalProcess(Path(folder)).wait_until_ready()
        options = {"executable_path": chromium_path(), "args": ["--no-sandbox", "--disable-gpu"]}
        browser = playwright.chromium.launch(**options)  # type: ignore[arg-type]
        try:
            make(browser, portal.address)
        finally:
            browser.close()
            portal.stop()
    for file in sorted(PICTURES.glob("*.png")):
        print(f"{file.name}: {file.stat().st_size // 1000} kB")


if __name__ == "__main__":
    main()
