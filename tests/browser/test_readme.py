"""What README says one may try in the demo."""

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from config.settings import ROOT

pytestmark = pytest.mark.browser
COMPLAINT = (
    r"""open a contract's "(.+?)", choose "(.+?)" and an invoice, and press (\w+)""".replace(
        " ", r"\s+"
    )
)


def test_a_complaint_is_filed_as_readme_says(visit: Any) -> None:
    found = re.search(COMPLAINT, (ROOT / "README.md").read_text(encoding="utf-8"))
    assert found is not None
    section, request, button = found.groups()
    visitor = visit()
    visitor.sign_in("Emer Mbiemer")
    page = visitor.page
    page.goto("/contracts/AL0000000")
    page.get_by_role("link", name=section).click()
    page.get_by_label("Kërkesa", exact=True).select_option(label=request)
    page.get_by_label("Fatura", exact=True).select_option(index=1)
    page.get_by_role("button", name=button).click()
    expect(page.locator("#filed")).to_contain_text("Numri i saj është")
