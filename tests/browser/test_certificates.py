"""A debt certificate in real browsers: from the form to the paper, and checked by a stranger."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from playwright.sync_api import expect

from app.clock import today
from tests.browser.test_accessibility import findings
from tests.browser.test_staff import fill
from tests.portal_process import PortalProcess

pytestmark = pytest.mark.browser
PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True}
DESK = {"viewport": {"width": 1280, "height": 800}}
FREE, CONTRACT_ID, NUMBER = "AL0000003", 3, "987654321"


@pytest.fixture
def billing(portal_process: PortalProcess) -> Iterator[Path]:
    file = portal_process.data_dir / "demo-billing.sqlite3"
    yield file
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("DELETE FROM FATURE WHERE FAT_NR = ?", (NUMBER,))
        connection.commit()


def issue_invoice(file: Path) -> None:
    """The utility issues the next one; it is paid at once."""
    with closing(sqlite3.connect(file)) as connection:
        connection.row_factory = sqlite3.Row
        query = "SELECT * FROM FATURE WHERE KTR_ID = ? ORDER BY DT_LESHIM DESC LIMIT 1"
        row = dict(connection.execute(query, (CONTRACT_ID,)).fetchone())
        row |= {"FAT_ID": 98_765_432, "FAT_NR": NUMBER}
        row["DT_LESHIM"] = today().isoformat()
        names, marks = ", ".join(row), ", ".join("?" * len(row))
        connection.execute(f"INSERT INTO FATURE ({names}) VALUES ({marks})", tuple(row.values()))
        connection.commit()


def apply(page: Any) -> None:
    page.get_by_label("Emri", exact=True).fill("Agron")
    page.get_by_label("Mbiemër").fill("Hoxha")
    page.get_by_label("Atësi").fill("Petrit")
    page.get_by_label("Numri ID").fill("J12345678N")
    page.get_by_label("Numri i Kontratës").fill(FREE)
    page.get_by_role("button", name="Vazhdo").click()


def test_from_the_form_to_a_strangers_check(visit: Any, billing: Path) -> None:
    visitor = visit(**PHONE)
    visitor.sign_in("Agron Hoxha")
    page = visitor.page
    page.get_by_role("link", name="Vërtetim Debie").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Vërtetim Debie")
    page.get_by_role("button", name="Vazhdo").click()
    expect(page.get_by_role("alert")).to_be_focused()
    apply(page)
    expect(page.get_by_role("status").first).to_contain_text("u lëshua")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    address = page.get_by_role("link", name="Hap vërtetimin").get_attribute("href")
    paper = visitor.context.request.get(address).body()
    words = pypdfium2.PdfDocument(paper)[0].get_textpage().get_text_range()
    [code] = re.findall(r"/verify/([A-Z2-7]{26})", "".join(words.split()))
    stranger = visit(**DESK).page
    stranger.goto("/verify")
    stranger.get_by_role("textbox").fill(code.lower())
    stranger.get_by_role("button", name=re.compile("Kontroll")).click()
    heading = stranger.get_by_role("heading", level=1)
    expect(heading).to_have_text("Ky vërtetim debie është i vërtetë dhe vlen")
    expect(stranger.get_by_role("main")).to_contain_text("AGRON HOXHA")
    expect(stranger.get_by_role("main")).not_to_contain_text("J12345678N")
    issue_invoice(billing)
    stranger.reload()
    expect(heading).to_have_text("Ky vërtetim debie nuk vlen më")
    expect(stranger.get_by_role("main")).to_contain_text("u lëshua fatura tjetër")


def test_without_javascript(visit: Any, billing: Path) -> None:
    visitor = visit(java_script_enabled=False, **PHONE)
    visitor.sign_in("Agron Hoxha")
    visitor.page.goto("/debt-certificates/new?contract=AL0000003")
    apply(visitor.page)
    expect(visitor.page.get_by_role("main")).to_contain_text("Vlen tani")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_are_accessible(visit: Any, billing: Path, scheme: str) -> None:
    visitor = visit(color_scheme=scheme, **PHONE)
    visitor.sign_in("Agron Hoxha")
    page = visitor.page
    for address in (
        "/debt-certificates",
        "/debt-certificates/new",
        "/debt-certificates/new?kind=business",
    ):
        page.goto(address)
        assert findings(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.goto("/debt-certificates/new")
    apply(page)
    assert findings(page) == []
    staff = visit(color_scheme=scheme, **DESK).page
    fill(staff, "mbikeqyres")
    staff.get_by_role("button", name="Hyr").click()
    staff.wait_for_url("**/staff")
    staff.goto("/staff/certificates?state=issued")
    assert findings(staff) == []
    staff.get_by_role("link", name=re.compile("VD")).first.click()
    staff.wait_for_url(lambda url: "state=issued" not in url)
    assert findings(staff) == []
