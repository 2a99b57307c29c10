"""Paying for several contracts at once, and by a link without an account."""

from pathlib import Path

import pypdfium2
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


def pay_by_link(portal: Portal, client: CheckedClient, bank: Bank, code: str) -> str:
    """The address of a payment that this browser began and paid by a link."""
    link = portal.services.payments.links.make_for(ContractCode(code), made_by=None)
    address: str = client.post("/p/" + link.rpartition("/")[2], {}, status=303).response.location
    client.get(f"{address}/receipt.pdf", status=404)  # nothing is paid yet
    reference = to_the_bank(client, bank, address)
    assert client.http.post(RETURN, data=bank.decide(reference, "approve")).location == address
    return address


def read(client: CheckedClient, address: str) -> str:
    pdf = client.fetch(f"{address}/receipt.pdf")
    assert (pdf.status_code, pdf.mimetype) == (200, "application/pdf")
    assert pdf.headers["Cache-Control"] == "no-store"
    pages = pypdfium2.PdfDocument(pdf.data)
    text = " ".join(page.get_textpage().get_text_bounded() for page in pages)
    return " ".join(text.replace("\u00a0", " ").split())


def test_who_paid_by_a_link_takes_a_receipt_that_tells_no_more(paying: Portal, bank: Bank) -> None:
    payer = paying.client()
    address = pay_by_link(paying, payer, bank, CODE)
    assert f'href="{address}/receipt.pdf"' in payer.get(address).text
    told = read(payer, address)
    order = paying.services.payments.ordering.get(address.rpartition("/")[2]).order
    for shown in ("556,00 lekë", "E*** M***", order.reference, f"/verify/{order.receipt_code}"):
        assert shown in told
    for private in ("MBIEMER", CODE, NUMBER, "1/2024", order.transaction):
        assert private not in told


def test_months_stand_on_a_receipt_where_the_link_named_them(paying: Portal, bank: Bank) -> None:
    code = ContractCode("AL0000002")
    statement = paying.services.billing.get_statement(code)
    payer, formats = paying.client(), Formats("sq")
    told = read(payer, pay_by_link(paying, payer, bank, code))
    assert len(statement.open_invoices) == 3
    for invoice in statement.open_invoices:
        assert formats.period(invoice.period) in told
        assert formats.amount(invoice.outstanding) in told
        assert invoice.number not in told
    assert code not in told and "HOXHA" not in told


def test_no_other_browser_gets_the_receipt_of_a_link(paying: Portal, bank: Bank) -> None:
    payer = paying.client()
    address = pay_by_link(paying, payer, bank, CODE)
    for other in (paying.client(), paying.signed_in("Emer Mbiemer"), paying.signed_in("Vera Leka")):
        page = other.get(address)
        assert page.heading == "Faleminderit, u pagua" and "receipt.pdf" not in page.text
        other.get(f"{address}/receipt.pdf", status=404)
    elsewhere = pay_by_link(paying, payer, bank, "AL0000002")
    for mine in (address, elsewhere):
        assert payer.fetch(f"{mine}/receipt.pdf").status_code == 200


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
