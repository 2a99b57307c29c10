"""Debt certificates: who gets one, and what hinders it."""

import re

import pytest

from app.identity import Shape, nid_shape
from tests.certificate_desk import (
    BUSINESS,
    FREE,
    HOUSEHOLD,
    LIST,
    MARKET,
    NEW,
    NIPT,
    OWING,
    Desk,
    applied,
    code_on,
    desk,
    mails,
    page_problems,
    paper_of,
    rows,
    words_of,
)
from tests.conftest import MakePortal

__all__ = ["desk"]


def test_who_owes_nothing_gets_it_at_once(desk: Desk) -> None:
    page = applied(desk.agron)
    paper = paper_of(desk.agron, page)
    words = words_of(paper)
    for told in ("VD000000001", "AGRON HOXHA", FREE, "J12345678N", "Petrit", "MOSTËR"):
        assert told in words, told
    shown = desk.agron.get(page.response.location)
    assert "u lëshua" in shown.content and "Vlen tani" in shown.content
    assert "J12345678N" not in shown.content and "J••••••••N" in shown.content
    [listed] = desk.agron.get(LIST).table()
    assert listed[0] == "VD000000001" and listed[2:4] == ["Familjar", FREE]
    assert "I lëshuar" in listed[4]
    told = mails(desk.portal)[-1]
    assert "VD" not in told["subject"] and "Hoxha" not in told["subject"]
    stranger = desk.portal.client()
    checked = stranger.get(f"/verify/{code_on(paper)}")
    assert checked.heading == "Ky vërtetim debie është i vërtetë dhe vlen"
    assert "AGRON HOXHA" in checked.content and "J12345678N" not in checked.text
    assert "Petrit" not in checked.text and FREE not in checked.text


def test_an_empty_list_leads_to_the_form(desk: Desk) -> None:
    page = desk.agron.get(LIST)
    assert NEW in [a.get("href") for a in page.all("a")]
    contracts = desk.agron.get("/contracts")
    assert NEW in [a.get("href") for a in contracts.all("a")]


def test_who_owes_reads_what_and_how_to_pay(desk: Desk) -> None:
    page = applied(desk.agron, 409, contract=OWING)
    assert "Ka detyrime" in page.content and "lekë" in page.content
    assert f"/contracts/{OWING}/pay" in [a.get("href") for a in page.all("a")]
    assert page.field("father").get("value") == "Petrit"
    assert rows(desk.portal, "SELECT * FROM debt_application") == []
    assert mails(desk.portal) == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"first_name": ""}, "first_name"),
        ({"surname": "Hoxhaj"}, "surname"),
        ({"first_name": "Vera", "surname": "Leka", "contract": FREE}, "surname"),
        ({"contract": "AL0000004"}, "contract"),
        ({"contract": "NONE0000"}, "contract"),
        ({"contract": "' OR 1=1 --"}, "contract"),
        ({"id_number": "12345"}, "id_number"),
        ({"father": "x" * 200}, "father"),
    ],
    ids=str,
)
def test_what_does_not_hold_is_said_beside_its_field(
    desk: Desk, changes: dict[str, str], field: str
) -> None:
    page = applied(desk.agron, 400, **changes)
    assert [one for one, _message in page_problems(page)] == [field]
    typed = {**HOUSEHOLD, **changes}
    assert page.field("surname").get("value") == typed["surname"]
    assert rows(desk.portal, "SELECT * FROM debt_application") == []


def test_the_forms_own_example_is_none_of_them(desk: Desk) -> None:
    [example] = set(re.findall(r"[A-T]\d{8}[A-Z]", desk.agron.get(NEW).text))
    assert nid_shape(example) is Shape.RIGHT


def test_a_doubtful_number_is_a_warning(desk: Desk) -> None:
    page = applied(desk.agron, id_number="j 12345678 a")
    shown = desk.agron.get(page.response.location)
    assert "e pazakontë" in shown.content
    assert "J12345678A" in words_of(paper_of(desk.agron, page))


def test_another_accounts_application_is_not_found(desk: Desk) -> None:
    address = applied(desk.agron).response.location
    vera = desk.portal.signed_in("Vera Leka")
    for one in (address, f"{address}.pdf", f"{LIST}/VD999999999", f"{LIST}/VD00000000x"):
        assert vera.fetch(one).status_code == 404
    assert vera.get(LIST).all("table") == []


def test_a_form_files_once(desk: Desk) -> None:
    key = str(desk.agron.get(NEW).field("key").get("value"))
    first = desk.agron.post(NEW, {"key": key, **HOUSEHOLD}, status=303)
    again = desk.agron.post(NEW, {"key": key, **HOUSEHOLD}, status=303)
    assert first.response.location == again.response.location
    assert len(rows(desk.portal, "SELECT id FROM debt_certificate")) == 1
    vera = desk.portal.signed_in("Vera Leka")
    other = {**HOUSEHOLD, "first_name": "Vera", "surname": "Leka", "contract": "AL0000004"}
    desk.billing("UPDATE FATURE SET STATUS = 'P'")
    vera.post(NEW, {"key": key, **other}, status=404)
    vera.post(NEW, {"key": "made up", **other}, status=303)


def test_so_many_a_day(make_portal: MakePortal) -> None:
    client = make_portal(certificates={"applications_per_day": 1}).signed_in("Agron Hoxha")
    applied(client, 409, contract=OWING)
    refused = applied(client, 429)
    assert refused.field("father").get("value") == "Petrit"


def test_a_freshly_recovered_account_gets_none(desk: Desk) -> None:
    with desk.portal.database.write() as connection:
        connection.exec_driver_sql("UPDATE account SET restricted_until = '2999-01-01 00:00:00'")
    assert applied(desk.agron, 400).problems


def test_a_delegate_gets_none(desk: Desk) -> None:
    with desk.portal.database.write() as connection:
        connection.exec_driver_sql(
            "UPDATE account_contract SET right = 'pay' WHERE contract_code = 'AL0000003'"
        )
    assert page_problems(applied(desk.agron, 400))[0][0] == "contract"


# Businesses


def test_a_business_covers_all_contracts_of_its_nipt(desk: Desk) -> None:
    market = desk.portal.signed_in("Elbasan Market")
    owing = applied(market, 409, BUSINESS, **MARKET)
    assert "kontrata të tjera" in owing.content
    desk.billing("UPDATE FATURE SET STATUS = 'P'")
    page = applied(market, address=BUSINESS, **MARKET)
    words = words_of(paper_of(market, page))
    assert "AL0000005" in words and "AL0000304" in words and NIPT in words
    code = code_on(paper_of(market, page))
    assert "300" in desk.portal.client().get(f"/verify/{code}").content
    # One of them owes again: that ends it.
    desk.billing("UPDATE FATURE SET STATUS = 'H', VL_PAGUAR = 0 WHERE KTR_ID = 300")
    checked = desk.portal.client().get(f"/verify/{code}")
    assert checked.heading == "Ky vërtetim debie nuk vlen më" and "ka detyrime" in checked.content


def test_another_nipt_than_billings(desk: Desk) -> None:
    market = desk.portal.signed_in("Elbasan Market")
    for nipt in ("L12345679T", "K00000000A"):
        page = applied(market, 400, BUSINESS, **{**MARKET, "nipt": nipt})
        assert [one for one, _ in page_problems(page)] == ["nipt"]
    # A household's contract has no NIPT at all.
    page = applied(desk.agron, 400, BUSINESS, **{**MARKET, "contract": FREE})
    assert [one for one, _ in page_problems(page)] == ["nipt"]


def test_too_many_contracts_of_one_nipt(desk: Desk) -> None:
    portal = desk.made(certificates={"contracts_at_most": 10})
    page = applied(portal.signed_in("Elbasan Market"), 400, BUSINESS, **MARKET)
    assert [one for one, _ in page_problems(page)] == ["nipt"]


def test_for_a_public_procurement(desk: Desk) -> None:
    desk.billing("UPDATE FATURE SET STATUS = 'P'")
    market = desk.portal.signed_in("Elbasan Market")
    page = applied(market, address=f"{NEW}?kind=procurement", **MARKET)
    assert "Për prokurim publik" in words_of(paper_of(market, page))
