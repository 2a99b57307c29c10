"""What cannot be paid, and whose a payment is."""

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import text

from app.formats import Formats
from app.gateways.cards.port import OrderReference
from app.payments.records import State
from config.loading import SettingsError
from legacy_adapters.demo.generator import AGRON_HOXHA
from legacy_adapters.records import ContractCode
from tests.conftest import MakePortal, Portal
from tests.paying import (
    CODE,
    NUMBER,
    PAY,
    Bank,
    begin,
    paying_portal,
    state,
)
from tests.web.client import CheckedClient

# What cannot be paid


def test_two_tabs_get_one_payment(paying: Portal, emer: CheckedClient) -> None:
    first = begin(emer, CODE, NUMBER)
    second = begin(paying.signed_in("Emer Mbiemer"), CODE, NUMBER)
    assert second == first  # led to the payment that is there


def test_another_payer_is_told_in_words(paying: Portal, emer: CheckedClient) -> None:
    with paying.database.write() as connection:
        connection.execute(
            text(
                'INSERT INTO account_contract (account_id, contract_code, linked_at, "right")'
                " SELECT id, :code, created_at, 'pay' FROM account WHERE user_name = 'Vera Leka'"
            ),
            {"code": CODE},
        )
    begin(emer, CODE, NUMBER)
    delegate = paying.signed_in("Vera Leka")
    page = delegate.get(PAY)
    assert "tani në një pagesë" in page.content
    page = delegate.post(PAY, {"action": "pay", "invoice": NUMBER}, status=400)
    assert "Tashmë në një pagesë" in page.problems[0]


@pytest.mark.parametrize(
    "invoice", ["999999999", "-1", "0", "", "1e400", "NaN", "' OR 1=1", "\0", "9" * 3000]
)
def test_invoices_that_are_not_open_are_refused(
    paying: Portal, emer: CheckedClient, invoice: str
) -> None:
    page = emer.post(PAY, {"action": "pay", "invoice": [invoice]}, status=400)
    assert page.problems
    assert not paying.services.payments.ordering.list_page(1).orders


def test_amounts_of_the_browser_never_count(paying: Portal, emer: CheckedClient) -> None:
    form = {
        "action": "pay",
        "invoice": NUMBER,
        "amount": "1.00",
        "total": "0",
        "currency": "EUR",
        "outstanding": "-556",
        "account_id": "2",
        "state": "paid",
    }
    page = emer.post(PAY, form, status=303)
    order = paying.services.payments.ordering.get(page.response.location.rpartition("/")[2]).order
    assert (str(order.amount), order.currency, order.state) == ("556.00", "ALL", State.OPEN)


def test_what_was_paid_at_a_shop_meanwhile_is_not_paid_again(
    paying: Portal, emer: CheckedClient, billing_file: Path
) -> None:
    address = begin(emer, CODE, NUMBER)
    with sqlite3.connect(billing_file) as connection:
        connection.execute("UPDATE FATURE SET STATUS = 'P' WHERE FAT_NR = ?", (NUMBER,))
    page = emer.post(f"{address}/bank", {}, status=409)
    assert "ndryshuar ndërkohë" in page.problems[0]
    assert state(paying, address) is State.CANCELLED


def test_interest_grown_meanwhile_means_choosing_again(
    paying: Portal, emer: CheckedClient, billing_file: Path
) -> None:
    address = begin(emer, CODE, NUMBER)
    with sqlite3.connect(billing_file) as connection:
        connection.execute("UPDATE FATURE SET KAMATE = 1.5 WHERE FAT_NR = ?", (NUMBER,))
    emer.post(f"{address}/bank", {}, status=409)
    again = emer.post(f"{address}/again", {}, status=303).response.location
    assert "557,50 lekë" in emer.get(again).content


def test_a_credit_cannot_be_paid(paying: Portal, emer: CheckedClient, billing_file: Path) -> None:
    with sqlite3.connect(billing_file) as connection:
        connection.execute("UPDATE FATURE SET VL_PAGUAR = 600 WHERE FAT_NR = ?", (NUMBER,))
    page = emer.get(PAY)
    assert not [box for box in page.all("input") if box.get("name") == "invoice"]
    assert "Paguajeni deri" not in page.content and "kaloi më" not in page.content
    assert "Asgjë për të paguar" in page.content
    assert not [button for button in page.all("button") if button.get("value") == "pay"]
    assert "Në favorin tuaj" in emer.get("/contracts").content
    assert "çdo faturë" in emer.get("/payments/all").content
    page = emer.post(PAY, {"action": "pay", "invoice": NUMBER}, status=400)
    assert "Nuk ka detyrim" in page.problems[0]


def test_a_credit_shortens_no_payment(paying: Portal, billing_file: Path) -> None:
    """Of one contract's three invoices one is a credit."""
    with sqlite3.connect(billing_file) as connection:
        connection.executescript(
            f"""
            UPDATE FATURE SET VL_PAGUAR = VL_NETO + VL_TVSH + TKS_TV + KAMATE + 1000
            WHERE FAT_ID = (SELECT MIN(FAT_ID) FROM FATURE JOIN KONTRATE USING (KTR_ID)
                            WHERE KTR_KOD = '{AGRON_HOXHA.codes[1]}' AND STATUS = 'H');
            """
        )
    agron = paying.signed_in("Agron Hoxha")
    owed = paying.services.contracts.list_owing([ContractCode(c) for c in AGRON_HOXHA.codes])
    assert owed.payable == owed.total + 1000
    page = agron.get("/payments/all")
    assert "një tepricë prej 1000,00 mbetet siç është" in page.content
    shown = [element.text for element in page.all("output")]
    boxes = [str(box.get("value")) for box in page.all("input") if box.get("name") == "contract"]
    address = agron.post("/payments/all", {"contract": boxes}, status=303).response.location
    order = paying.services.payments.ordering.get(OrderReference(address.rpartition("/")[2])).order
    assert shown == [Formats("sq").money(order.amount)] == [Formats("sq").money(owed.payable)]


def test_limits_are_told_in_words(make_portal: MakePortal, bank: Bank) -> None:
    portal = paying_portal(make_portal, bank.address, payments={"most_amount": "500"})
    emer = portal.signed_in("Emer Mbiemer")
    page = emer.post(PAY, {"action": "pay", "invoice": NUMBER}, status=400)
    assert "500,00 lekë" in page.problems[0]


def test_payments_begun_too_often(make_portal: MakePortal, bank: Bank) -> None:
    portal = paying_portal(make_portal, bank.address, payments={"orders_per_hour": 2})
    emer = portal.signed_in("Emer Mbiemer")
    for _ in range(2):
        emer.post(f"{begin(emer, CODE, NUMBER)}/cancel", {}, status=303)
    page = emer.post(PAY, {"action": "pay", "invoice": NUMBER}, status=400)
    assert "brenda një ore" in page.problems[0]


# Whose it is


def test_anothers_payment_shows_amount_and_state_only(paying: Portal, emer: CheckedClient) -> None:
    address = begin(emer, CODE, NUMBER)
    other = paying.signed_in("Vera Leka")
    page = other.get(address)
    for private in ("MBIEMER", CODE, NUMBER):
        assert private not in page.text
    for action in ("bank", "cancel", "ask", "again"):
        other.post(f"{address}/{action}", {}, status=404)
    assert state(paying, address) is State.OPEN
    assert "Nuk keni paguar" in other.get("/payments").content
    assert address in emer.get("/payments").text


def test_a_payment_that_is_not_there(paying: Portal, emer: CheckedClient) -> None:
    missing = f"/payments/{'A' * 26}"
    emer.get(missing, status=404)
    for action in ("bank", "cancel", "ask", "again"):
        emer.post(f"{missing}/{action}", {}, status=404)


def test_acting_on_a_payment_wants_the_forms_token(paying: Portal, emer: CheckedClient) -> None:
    address = begin(emer, CODE, NUMBER)
    for action in ("bank", "cancel", "ask", "again"):
        emer.post(f"{address}/{action}", {"csrf_token": "forged"}, status=400)
    assert state(paying, address) is State.OPEN


# Settings that would lose money


def test_taking_money_without_a_way_to_billing_is_refused(make_portal: MakePortal) -> None:
    with pytest.raises(SettingsError, match="SELFCARE_POSTING_URL"):
        paying_portal(make_portal, "http://127.0.0.1:9", posting={"url": ""})


def test_the_play_bank_is_for_the_demo_only(make_portal: MakePortal) -> None:
    with pytest.raises(SettingsError, match="for the demo only"):
        paying_portal(make_portal, "http://127.0.0.1:9", portal={"demo": False})


@pytest.mark.parametrize(
    ("billing", "address"),
    [
        ({}, "http://10.0.0.7:8000/sandbox-bank"),  # another's billing
        ({"url": ""}, "http://10.0.0.8:8000/sandbox-bank"),  # another's bank
    ],
)
def test_the_play_bank_is_asked_in_the_clear_beside_its_demo_only(
    make_portal: MakePortal, billing: dict[str, object], address: str
) -> None:
    own = {"portal": {"host": "10.0.0.7"}}
    paying_portal(make_portal, "http://10.0.0.7:8000/sandbox-bank", billing={"url": ""}, **own)
    more = {"billing": billing} if billing else {}
    with pytest.raises(SettingsError, match=r"SELFCARE_SANDBOX_ADDRESS .* must be https"):
        paying_portal(make_portal, address, **more, **own)


# Billing away


def test_paying_is_closed_while_billing_is_away(
    paying: Portal, emer: CheckedClient, billing_file: Path
) -> None:
    address = begin(emer, CODE, NUMBER)
    billing_file.rename(billing_file.with_suffix(".away"))
    page = emer.post(f"{address}/bank", {}, status=503)
    assert "Asgjë nuk mund të paguhet" in page.problems[0]
    assert state(paying, address) is State.OPEN
