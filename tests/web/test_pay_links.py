"""Paying for several contracts at once, and by a link without an account."""

from pathlib import Path

import pytest
from sqlalchemy import text

from app.formats import Formats
from app.payments.records import State
from legacy_adapters.records import ContractCode
from tests.conftest import Portal
from tests.paying import (
    CODE,
    NUMBER,
    PAY,
    RETURN,
    Bank,
    begin,
    staged,
    state,
    to_the_bank,
)
from tests.web.client import CheckedClient

# Several contracts


def test_several_contracts_in_one_payment(paying: Portal, bank: Bank, billing_file: Path) -> None:
    agron = paying.signed_in("Agron Hoxha")
    page = agron.get("/payments/all")
    boxes = [str(b.get("value")) for b in page.all("input") if b.get("name") == "contract"]
    assert len(boxes) == 2
    answer = agron.post("/payments/all", {"contract": boxes}, status=303)
    address = answer.response.location
    reference = to_the_bank(agron, bank, address)
    agron.http.post(RETURN, data=bank.decide(reference, "approve"))
    paying.services.payments.booking.work()
    rows = staged(billing_file)
    assert {row[0] for row in rows} == set(boxes)
    order = paying.services.payments.ordering.get(reference).order
    assert sum(float(row[2]) for row in rows) == pytest.approx(float(order.amount))


def test_anothers_contract_among_them_is_left_out(paying: Portal) -> None:
    agron = paying.signed_in("Agron Hoxha")
    page = agron.post("/payments/all", {"contract": [CODE]}, status=400)
    assert "Zgjidhni të paktën" in page.problems[0]


def test_what_is_in_a_payment_is_not_offered_again(paying: Portal) -> None:
    agron = paying.signed_in("Agron Hoxha")
    page = agron.get("/payments/all")
    first, second = [str(b.get("value")) for b in page.all("input") if b.get("name") == "contract"]
    agron.post("/payments/all", {"contract": [first]}, status=303)
    page = agron.get("/payments/all")
    assert [b.get("value") for b in page.all("input") if b.get("name") == "contract"] == [second]
    owing = paying.services.contracts.list_owing([ContractCode(c) for c in (first, second)])
    left = {one.code: one.debt.payable for one in owing.contracts}[ContractCode(second)]
    assert [element.text for element in page.all("output")] == [Formats("sq").money(left)]
    assert "nga të cilat" in agron.get("/contracts").content
    page = agron.post("/payments/all", {"contract": [first]}, status=400)
    assert "është paguar, ose është tashmë në një pagesë" in page.problems[0]
    agron.post("/payments/all", {"contract": [second]}, status=303)
    page = agron.get("/payments/all")
    assert not page.all("output")
    assert not [b for b in page.all("input") if b.get("name") == "contract"]


# Payment links


def test_a_link_shows_little_and_pays(paying: Portal, bank: Bank) -> None:
    emer = paying.signed_in("Emer Mbiemer")
    emer.post(f"/contracts/{CODE}/pay-links", {}, status=303)
    page = emer.get(f"/contracts/{CODE}/pay-links")
    url = next("".join(p.itertext()) for p in page.all("p") if p.get("class") == "address code")
    path = "/p/" + url.rpartition("/p/")[2]
    stranger = paying.client()
    offer = stranger.get(path)
    assert "556,00 lekë" in offer.content and "E*** M***" in offer.content
    for private in ("MBIEMER", CODE, NUMBER):
        assert private not in offer.text
    address = stranger.post(path, {}, status=303).response.location
    reference = to_the_bank(stranger, bank, address)
    answer = stranger.http.post(RETURN, data=bank.decide(reference, "approve"))
    assert answer.location == address
    page = stranger.get(address)
    assert page.heading == "Faleminderit, u pagua"
    for private in ("MBIEMER", CODE, NUMBER):
        assert private not in page.text
    assert "pagesa në përpunim" in stranger.get(path).content


def test_a_link_tells_what_its_sum_is_made_of(paying: Portal) -> None:
    agron = paying.signed_in("Agron Hoxha")
    agron.post("/contracts/AL0000002/pay-links", {}, status=303)
    page = agron.get("/contracts/AL0000002/pay-links")
    url = next("".join(p.itertext()) for p in page.all("p") if p.get("class") == "address code")
    offer = paying.client().get("/p/" + url.rpartition("/p/")[2])
    statement = paying.services.billing.get_statement(ContractCode("AL0000002"))
    amounts = [Formats("sq").amount(i.outstanding) for i in reversed(statement.open_invoices)]
    assert len(amounts) == 3 and [row[2] for row in offer.table()] == amounts
    for invoice in statement.open_invoices:
        assert invoice.number not in offer.text


def test_a_link_is_shown_once_and_loading_anew_makes_no_other(paying: Portal) -> None:
    agron = paying.signed_in("Agron Hoxha")
    path = "/contracts/AL0000001/pay-links"
    made = agron.post(path, {}, status=303)
    assert made.response.location == path and "/p/" not in made.text
    assert "/p/" not in agron.get("/contracts/AL0000002/pay").text
    shown = agron.get(path)
    agron.post(path, {}, status=303)
    page = agron.get(path)
    assert "/p/" in shown.text and "/p/" in page.text and "/p/" not in agron.get(path).text
    assert len({row[0] for row in page.table()}) == len(page.table()) == 2


def test_links_end(paying: Portal) -> None:
    links = paying.services.payments.links
    emer = paying.signed_in("Emer Mbiemer")
    emer.post(f"/contracts/{CODE}/pay-links", {}, status=303)
    [link] = links.list_of(CODE)  # type: ignore[arg-type]
    token = links.make_for(CODE, made_by=None).rpartition("/")[2]  # type: ignore[arg-type]
    stranger = paying.client()
    stranger.get(f"/p/{token}")
    emer.post(f"/contracts/{CODE}/pay-links", {"revoke": str(link.id)}, status=303)
    stranger.get(f"/p/{token}")
    links.revoke(CODE, by=None)  # type: ignore[arg-type]
    gone = stranger.get(f"/p/{token}", status=404)
    nonsense = stranger.get(f"/p/{'A' * 26}", status=404)
    assert gone.content == nonsense.content


@pytest.mark.parametrize("number", ["9" * 30, "-1", "", "x"])
def test_only_a_link_that_is_there_can_be_revoked(
    paying: Portal, emer: CheckedClient, number: str
) -> None:
    path = f"/contracts/{CODE}/pay-links"
    emer.post(path, {}, status=303)
    emer.post(path, {"revoke": number}, status=303)
    assert len(paying.services.payments.links.list_of(ContractCode(CODE))) == 1


def test_revoking_a_link_frees_what_it_held(paying: Portal) -> None:
    links = paying.services.payments.links
    path = "/p/" + links.make_for(CODE, made_by=None).rpartition("/")[2]  # type: ignore[arg-type]
    address = paying.client().post(path, {}, status=303).response.location
    emer = paying.signed_in("Emer Mbiemer")
    assert "tani në një pagesë" in emer.get(PAY).content
    [link] = links.list_of(CODE)  # type: ignore[arg-type]
    emer.post(f"/contracts/{CODE}/pay-links", {"revoke": str(link.id)}, status=303)
    assert state(paying, address) is State.CANCELLED
    begin(emer, CODE, NUMBER)


def test_a_delegates_link_ends_with_the_right(paying: Portal) -> None:
    emer = paying.signed_in("Emer Mbiemer")
    links = paying.services.payments.links
    with paying.database.read() as connection:
        account = connection.execute(
            text("SELECT id FROM account WHERE user_name = 'Vera Leka'")
        ).scalar_one()
    token = links.make_for(CODE, made_by=account).rpartition("/")[2]  # type: ignore[arg-type]
    paying.client().get(f"/p/{token}", status=404)
    emer.get(f"/contracts/{CODE}/pay-links")
