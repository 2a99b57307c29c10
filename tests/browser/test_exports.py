"""Files to take away, in real browsers: asked for, seen being made, left, found again, opened."""

import csv
import re
from io import StringIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_accessibility import findings
from tests.components import opened_in_office

pytestmark = pytest.mark.browser
PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True}
DESK = {"viewport": {"width": 1280, "height": 800}}
WAIT = 60_000


def save(page: Page, folder: Path) -> Path:
    with page.expect_download() as coming:
        page.get_by_role("link", name="Shkarko", exact=False).first.click()
    file = folder / coming.value.suggested_filename
    coming.value.save_as(file)
    return file


def of_two_months(page: Page, kind: str) -> None:
    """Some six hundred invoices: that takes a while."""
    page.goto("/exports")
    until = page.input_value("#until")
    year, month, _day = (int(part) for part in until.split("-"))
    before = f"{year if month > 1 else year - 1}-{month - 1 if month > 1 else 12:02}-01"
    page.fill("#since", before)
    page.locator(f"button[value='documents.{kind}']").click()
    page.wait_for_url(re.compile(r"/exports/[A-Z2-7]{26}$"))


def test_all_open_invoices_of_a_market(visit: Any, mails: Any, tmp_path: Path) -> None:
    """Asked for in one press; it opens in LibreOffice, with the figures of the page."""
    visitor = visit(**DESK)
    visitor.sign_in("Elbasan Market")
    page = visitor.page
    told = page.locator(".totals .figure").inner_text()
    page.locator("button[value='open-invoices.xlsx']").click()
    page.wait_for_url(re.compile(r"/exports/[A-Z2-7]{26}$"))
    expect(page.get_by_role("heading", level=1)).to_have_text(
        "Skedari juaj është gati", timeout=WAIT
    )
    assert findings(page) == []
    file = save(page, tmp_path)
    content = opened_in_office(file, "csv:Text - txt - csv (StarCalc):59,34,76", tmp_path).decode()
    rows = list(csv.DictReader(StringIO(content), delimiter=";"))
    assert len(rows) > 100
    owed = sum(round(float(row["Total Debie (lek)"].replace(",", "")) * 100) for row in rows)
    digits = re.sub(r"[^0-9]", "", told)
    assert str(owed) == digits
    mail = mails("Skedari juaj është gati")
    body = mail.get_body(("plain",)).get_content()
    assert page.url.rpartition("/")[2] in body


def test_left_and_found_again(visit: Any, tmp_path: Path) -> None:
    visitor = visit(**PHONE)
    visitor.sign_in("Elbasan Market")
    page = visitor.page
    of_two_months(page, "zip")
    bar = page.get_by_role("progressbar")
    expect(bar).to_have_attribute("max", re.compile(r"\d{3}"), timeout=WAIT)
    expect(page.locator(".progress")).to_contain_text(re.compile(r"[1-9]\d* nga \d{3} fatura"))
    assert findings(page) == []
    page.goto("/contracts")  # something else, meanwhile
    page.get_by_role("link", name="Shkarkime").click()
    link = page.get_by_role("link", name=re.compile("Shkarko faturat-si-dokumente")).first
    while not link.is_visible():
        page.wait_for_timeout(500)
        page.reload()
    archive = ZipFile(save(page, tmp_path))
    assert archive.testzip() is None and len(archive.namelist()) > 500
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_without_scripts_it_goes_on_by_itself(visit: Any) -> None:
    page = visit(java_script_enabled=False, **PHONE)
    page.sign_in("Elbasan Market")
    of_two_months(page.page, "pdf")
    expect(page.page.get_by_role("heading", level=1)).to_have_text(
        "Skedari juaj është gati", timeout=WAIT
    )


def test_given_up(visit: Any) -> None:
    visitor = visit(**DESK)
    visitor.sign_in("Elbasan Market")
    page = visitor.page
    of_two_months(page, "zip")
    page.get_by_role("button", name="Anulo").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Skedari u anulua")
    page.get_by_role("button", name="Fshije").click()
    expect(page.get_by_role("status").first).to_have_text("Skedari u fshi.")


def test_names_groups_and_a_payment_for_one(visit: Any) -> None:
    visitor = visit(**DESK)
    visitor.sign_in("Elbasan Market")
    page = visitor.page
    page.goto("/contracts/manage")
    page.get_by_role("link", name="Emra dhe grupe").click()
    for number in (16, 17, 18):
        page.get_by_label(f"Emri juaj për AL{number:07}").fill(f"Dyqani {number}")
        page.get_by_label(f"Grupi i AL{number:07}").fill("Elbasan")
    assert findings(page) == []
    page.get_by_role("button", name="Ruaj", exact=True).click()
    page.goto("/contracts")
    page.get_by_label("Grupi").select_option("Elbasan")
    page.get_by_label("Renditja").select_option("sipas emrit që u keni vënë")
    page.get_by_role("button", name="Shfaq").click()
    expect(page.locator("tbody tr")).to_have_count(3)
    expect(page.locator("tbody tr").first).to_contain_text("Dyqani 16")
    expect(page.locator(".found")).to_contain_text("nga 3 kontratat e gjetura")
    assert findings(page) == []
    page.get_by_role("link", name="Paguaj për disa njëherësh").click()
    expect(page.locator("input[name=contract]")).to_have_count(3)
    total = page.locator("[data-total]").inner_text()
    page.locator("input[name=contract]").first.uncheck()
    assert page.locator("[data-total]").inner_text() != total
    page.get_by_role("button", name="PAGUAJ").click()
    page.wait_for_url("**/payments/*")
    page.get_by_role("button", name="Anulo pagesën").click()
