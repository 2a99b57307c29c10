"""axe finds nothing serious on any page, light and dark, on a phone and on a desk."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

pytestmark = pytest.mark.browser

STRANGERS = (
    *("/", "/login", "/register", "/privacy", "/nowhere", "/verify", "/verify/X", "/p/X"),
    *("/faq", "/faq?q=fatura", "/faq?q=krokodil&for=business", "/faq/tariffs", "/faq/nowhere"),
)
CUSTOMERS = (
    "/contracts",
    "/contracts/AL0000002/pay",
    "/contracts/AL0000003/pay",
    "/contracts/AL0000002/history",
    "/contracts/AL0000002/info",
    "/contracts/AL0000002/cases",
    "/contracts/AL0000002/pay-links",
    "/contracts/AL0000002/messages",
    "/payments",
    "/payments/all",
    "/contracts/manage",
    "/contracts/manage/add",
    "/contracts/names",
    "/exports",
    "/contracts/AL0000002/remove",
    "/contracts/AL0000002/delegates",
    "/account",
    "/account/contact",
    "/account/preferences",
    "/account/devices",
    "/account/data",
    "/account/close",
)


def findings(page: Any) -> list[str]:
    page.wait_for_load_state()  # a click may have led to a page that has no document yet
    violations = Axe().run(page).response["violations"]
    return [
        f"{page.url} {v['id']} ({v['impact']}): {[n['html'][:120] for n in v['nodes']]}"
        for v in violations
        if v["impact"] in {"serious", "critical", "moderate"}
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_pages_are_accessible(visit: Any, scheme: str, width: int) -> None:
    visitor = visit(color_scheme=scheme, viewport={"width": width, "height": 800})
    page, found = visitor.page, []
    for address in STRANGERS:
        page.goto(address)
        found += findings(page)
    page.goto("/register")
    page.click("main button[type=submit]")
    found += findings(page)
    visitor.sign_in("Agron Hoxha")
    for address in CUSTOMERS:
        page.goto(address)
        found += findings(page)
    page.goto("/account/close")
    page.click("main button[type=submit]")
    found += findings(page)
    page.goto("/contracts/AL0000002/pay")
    page.click("button[value=pay]")
    found += findings(page)
    page.click("[data-all]")
    page.click("button[value=pay]")
    page.wait_for_url("**/payments/*")
    found += findings(page)
    page.goto("/contracts/AL0000002/pay")  # all of it is in a payment now
    found += findings(page)
    page.go_back()
    page.click("form[action$=cancel] button")
    page.wait_for_selector(".state.none")
    found += findings(page)
    page.goto("/payments")
    found += findings(page)
    business = visit(color_scheme=scheme, viewport={"width": width, "height": 800})
    business.sign_in("Elbasan Market")
    found += findings(business.page)
    for address in ("/contracts?show=owing", "/contracts?q=nothing", "/exports?contract=X"):
        business.page.goto(address)
        found += findings(business.page)
    assert found == []


def test_axe_does_find_what_is_wrong(visit: Any) -> None:
    page = visit().page
    page.goto("/login")
    page.evaluate("document.querySelector('label').remove()")
    assert findings(page)
