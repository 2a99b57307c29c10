"""The list of contracts and what stands on one."""

from typing import NoReturn

import pytest

from legacy_adapters.errors import (
    BillingBusy,
    BillingDataError,
    BillingError,
    BillingHangs,
    BillingOutOfTime,
    BillingPaused,
    BillingSlow,
    BillingUnavailable,
    MappingError,
)
from legacy_adapters.records import ContractCode
from tests.conftest import Portal


def test_one_contract_is_a_card_with_its_debt(portal: Portal) -> None:
    page = portal.signed_in("Emer Mbiemer").get("/contracts")
    assert "AL0000000" in page.content
    assert "556,00 lekë" in page.content
    assert "Afati kaloi më 29.02.2024" in page.content
    assert "Kërko Kontratën" not in page.content


def test_three_contracts_have_a_search_and_a_total(portal: Portal) -> None:
    page = portal.signed_in("Agron Hoxha").get("/contracts")
    assert "detyrim në 2 nga 3 kontrata" in page.content
    assert "Asgjë për të paguar" in page.content
    assert page.field("q").get("type") == "search"


def test_many_contracts_are_a_paged_table(portal: Portal) -> None:
    client = portal.signed_in("Elbasan Market")
    first, last = client.get("/contracts"), client.get("/contracts?page=12")
    assert len(first.table()) == 25
    assert "Faqja 1 nga 12" in first.content
    assert "Faqja 12 nga 12" in last.content
    assert {row[0] for row in first.table()}.isdisjoint(row[0] for row in last.table())


def test_what_owes_longest_comes_first(portal: Portal) -> None:
    rows = portal.signed_in("Elbasan Market").get("/contracts").table()
    assert all("Afati kaloi" in row[2] for row in rows[:20])


def test_search_finds_part_of_a_number(portal: Portal) -> None:
    page = portal.signed_in("Elbasan Market").get("/contracts?q=al00+0012")
    assert {row[0] for row in page.table()} == {f"AL000012{n}" for n in range(10)}
    assert page.field("q").get("value") == "al00 0012"


def test_search_without_result_says_so(portal: Portal) -> None:
    page = portal.signed_in("Elbasan Market").get("/contracts?q=%25_zzz")
    assert "Asnjë nga kontratat tuaja nuk i përgjigjet kërkimit." in page.content


def test_search_does_not_find_others_contracts(portal: Portal) -> None:
    page = portal.signed_in("Agron Hoxha").get("/contracts?q=AL0000000")
    assert "AL0000000</" not in page.text


def test_odd_page_numbers_show_a_page(portal: Portal) -> None:
    client = portal.signed_in("Elbasan Market")
    for page in ("0", "-3", "99999999999999999999", "abc", ""):
        assert client.get(f"/contracts?page={page}").table()


def test_a_contract_that_billing_lost_is_shown_as_such(portal: Portal) -> None:
    with portal.database.write() as connection:
        connection.exec_driver_sql(
            "INSERT INTO account_contract (account_id, contract_code, linked_at)"
            " SELECT id, 'AL7777777', created_at FROM account"
            " WHERE user_name = 'Vera Leka'"
        )
    client = portal.signed_in("Vera Leka")
    assert "Sistemi i faturimit nuk e ka më këtë kontratë" in client.get("/contracts").content
    client.get("/contracts/AL7777777/pay", status=404)


def test_info_shows_what_the_manual_prints(portal: Portal) -> None:
    page = portal.signed_in("Emer Mbiemer").get("/contracts/AL0000000/info")
    assert page.table() == [
        ["Kodi i kontratës", "AL0000000"],
        ["Rajoni", "TIRANA"],
        ["Instanca", "TIRANA"],
        ["Emri i abonentit", "EMER MBIEMER"],
        ["Data e lidhjes së kontratës", "22.07.2023"],
        ["Adresa", "BULEVARDI GJERGJ FISHTA"],
        ["Numri i Telefonit", "–"],
        ["Emri i zonës", "AL1"],
        ["Kategoria", "FAMILJARE"],
        ["Faza", "1"],
        ["Fuqia e lidhur (kW)", "5,00"],
        ["Fuqia e kontraktuar (kW)", "5,00"],
    ]


def test_contract_address_leads_to_its_first_tab(portal: Portal) -> None:
    page = portal.signed_in("Emer Mbiemer").get("/contracts/AL0000000", status=303)
    assert page.response.location == "/contracts/AL0000000/pay"


@pytest.mark.parametrize("error", [BillingUnavailable, BillingDataError, MappingError])
def test_debts_are_told_where_who_holds_the_contracts_is_not(
    portal: Portal, monkeypatch: pytest.MonkeyPatch, error: type[BillingError]
) -> None:
    """As where one table is locked or gone: both are asked for at once, then each alone."""
    codes = [ContractCode("AL0000001"), ContractCode("AL0000002")]
    contracts = portal.services.contracts
    before = contracts.list_owing(codes)

    def fail(*_codes: object) -> NoReturn:
        raise error("of the contracts alone")

    for question in ("list_contracts_and_debts", "list_contracts"):
        monkeypatch.setattr(portal.services.billing, question, fail)
    owing = contracts.list_owing(codes)
    assert owing.total == before.total > 0 and owing.as_of is None


@pytest.mark.parametrize(
    "error", [BillingPaused, BillingBusy, BillingHangs, BillingOutOfTime, BillingSlow]
)
def test_who_has_no_answer_at_all_is_asked_once(
    portal: Portal, monkeypatch: pytest.MonkeyPatch, error: type[BillingError]
) -> None:
    asked = []

    def fail(*_codes: object) -> NoReturn:
        asked.append(error)
        raise error("not now")

    codes = [ContractCode("AL0000001")]
    portal.services.contracts.list_owing(codes)
    portal.services.last_known.flush()
    for question in ("list_contracts_and_debts", "list_debts", "list_contracts"):
        monkeypatch.setattr(portal.services.billing, question, fail)
    assert portal.services.contracts.list_owing(codes).as_of
    assert portal.services.contracts.list_page(codes).as_of
    assert len(asked) == 2
