"""Names and groups of contracts, and the list of a business by them."""

import re

import pytest

from tests.conftest import Portal
from tests.export_pages import ask, portal, shop
from tests.web.client import CheckedClient, Page

__all__ = ["portal", "shop"]


# Names and groups


def test_names_and_groups(portal: Portal) -> None:
    client = portal.signed_in("Agron Hoxha")
    page = client.get("/contracts/names")
    assert page.heading == "Emra dhe grupe"
    client.post(
        "/contracts/names",
        {
            "name.AL0000001": "  Dyqani   12 ",
            "group.AL0000001": "Tiranë",
            "name.AL0000004": "another's",
        },
        status=303,
    )
    assert "U ruajt." in client.get("/contracts/names").text
    text = client.get("/contracts").text
    assert "Dyqani 12 ·" in text and "another" not in text
    assert "<strong>Dyqani 12</strong>" in client.get("/contracts/AL0000001/pay").text
    assert "Dyqani 12" in client.get("/contracts/manage?q=dyqani").text
    assert "Dyqani 12" in ask(client, "open-invoices.csv").response.get_data(as_text=True)
    same = {"name.AL0000001": "Dyqani 12", "group.AL0000001": "Tiranë"}
    client.post("/contracts/names", same, status=303)
    assert "Asgjë nuk ndryshoi." in client.get("/contracts/names").text


def test_a_name_that_is_too_long(portal: Portal) -> None:
    client = portal.signed_in("Agron Hoxha")
    page = client.post(
        "/contracts/names",
        {"name.AL0000001": "x" * 61, "group.AL0000001": "y" * 41, "name.AL0000002": "Zyra"},
        status=400,
    )
    assert len(page.problems) == 2 and 'value="Zyra"' in page.text
    assert client.get("/contracts").text.count("Zyra") == 0


def test_markup_in_a_name(portal: Portal) -> None:
    client = portal.signed_in("Agron Hoxha")
    nasty = "<script>alert(1)</script>\"'=1+1"
    client.post(
        "/contracts/names", {"name.AL0000001": nasty, "group.AL0000001": nasty[:40]}, status=303
    )
    for path in ("/contracts", "/contracts/names", "/contracts/manage", "/exports"):
        assert "<script>alert" not in client.get(path).text
    client.get("/contracts/AL0000001/history")
    for told in ("open-invoices.csv", "open-invoices.pdf", "open-invoices.xlsx"):
        assert ask(client, told).response.data


# The desk of a business


def give_names(client: CheckedClient) -> CheckedClient:
    client.post(
        "/contracts/names",
        {
            **{f"name.AL{n:07}": f"Dyqani {n}" for n in range(5, 25)},
            **{f"group.AL{n:07}": "Tiranë" if n % 2 else "Durrës" for n in range(5, 25)},
        },
        status=303,
    )
    return client


@pytest.fixture
def chain(shop: CheckedClient) -> CheckedClient:
    return give_names(shop)


def codes(page: Page) -> list[str]:
    return re.findall(r'href="/contracts/(AL\d{7})/pay"', page.text)


def test_filtered_and_sorted(chain: CheckedClient) -> None:
    assert codes(chain.get("/contracts?group=Durr%C3%ABs&order=code")) == [
        f"AL{n:07}" for n in range(6, 25, 2)
    ]
    assert codes(chain.get("/contracts?q=dyqani+7")) == ["AL0000007"]
    assert codes(chain.get("/contracts?q=DURRES&order=name"))[0] == "AL0000010"
    owing = codes(chain.get("/contracts?show=owing"))
    clear = codes(chain.get("/contracts?show=clear&order=code"))
    assert owing and clear and not set(owing) & set(clear)
    overdue = chain.get("/contracts?show=overdue")
    assert set(codes(overdue)) <= set(owing)
    page = chain.get("/contracts?show=owing&order=debt")
    amounts = [
        float(cell.replace("\xa0", "").replace(",", "."))
        for cell in re.findall(r'class="number" data-label="[^"]*">([\d\xa0,]+)<', page.text)
    ]
    assert len(amounts) > 5 and amounts == sorted(amounts, reverse=True)
    assert amounts != sorted(amounts)


def test_what_makes_no_sense_counts_as_not_said(chain: CheckedClient) -> None:
    for query in ("show=x", "order=x", "group=" + "x" * 500, "q=%00", "page=-1", "page=x"):
        chain.get(f"/contracts?{query}")
    page = chain.get("/contracts?group=nowhere")
    assert "Asnjë nga kontratat tuaja nuk i përgjigjet kërkimit." in page.text


def test_totals_of_a_group(chain: CheckedClient, portal: Portal) -> None:
    page = chain.get("/contracts?group=Tiran%C3%AB")
    group = [f"AL{n:07}" for n in range(5, 25, 2)]
    debts = portal.services.billing.list_debts(group)
    assert f"në {len(debts)} nga {len(group)} kontratat e gjetura" in page.text
    assert '<input type="hidden" name="contracts" value="group:Tiranë">' in page.text


def test_paying_for_a_group(paying: Portal) -> None:
    chain = give_names(paying.signed_in("Elbasan Market"))
    address = "/payments/all?group=Tiran%C3%AB"
    assert f'href="{address}"' in chain.get("/contracts?group=Tiran%C3%AB").text
    page = chain.get(address)
    group = [f"AL{n:07}" for n in range(5, 25, 2)]
    debts = paying.services.billing.list_debts(group)
    assert sorted(re.findall(r'name="contract" value="(AL\d+)"', page.text)) == sorted(debts)
    assert "Grupi: Tiranë" in page.text
    page = chain.get("/payments/all?group=nowhere")
    assert "Asgjë për të paguar në këtë grup: nowhere." in page.text
    assert "çdo faturë" not in page.text and 'href="/payments/all"' in page.text


def test_pages_keep_what_is_sought(chain: CheckedClient) -> None:
    page = chain.get("/contracts?order=code&show=clear")
    assert 'href="/contracts?show=clear&amp;order=code&amp;page=2"' in page.text
