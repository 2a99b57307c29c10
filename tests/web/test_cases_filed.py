"""The form of a request: what it takes, what it refuses, and that nothing typed is ever lost."""

import pytest
from sqlalchemy import text

from tests.accounts import posted
from tests.case_form import count, documents_on, emer, value
from tests.cases import (
    CODE,
    F2,
    INVOICE,
    LIST,
    NEW,
    PAID_INVOICE,
    draft_of,
    file_f2,
    file_of,
    form_of,
    number_of,
    send_f2,
)
from tests.conftest import MakePortal, Portal
from tests.web.client import CheckedClient
from tests.web.test_away import Outage, outage

__all__ = ["emer", "outage"]


def test_the_kinds_and_the_requests_of_each(emer: CheckedClient) -> None:
    page = emer.get(NEW)
    kinds = next(s for s in page.all("select") if s.get("name") == "kind")
    assert [o.text for o in kinds][1:] == [
        "Ankesë për Faturim",
        "Ndryshim i të Dhënave të Kontratës",
        "Ankesa për Pagesa dhe Kreditime",
        "Cilësi Shërbimi",
        "Ankesa lidhur me Matësin",
    ]
    assert "EMER MBIEMER" in page.content and CODE in page.content
    only = emer.get(f"{NEW}?kind=meter")
    requests = next(s for s in only.all("select") if s.get("name") == "request")
    codes = [o.get("value") for o in requests.iter() if o.get("value")]
    assert codes and all(code.startswith("M") for code in codes)


def test_a_request_shows_its_fields_documents_and_deadline(emer: CheckedClient) -> None:
    page = emer.get(f"{NEW}?request=F2")
    assert value(page, "request") == "F2"
    assert "Brenda 10 ditësh pune" in page.content
    names = {e.get("name") for e in [*page.all("input"), *page.all("select")]}
    assert {"f-invoice", "f-tariff", "d-identity", "d-invoice_copy"} <= names
    assert "f-reading" not in names


def test_choosing_without_script(emer: CheckedClient) -> None:
    page = emer.get(NEW)
    chosen = {**form_of(page, ""), "request": "F2", "do": "choose"}
    led = emer.post(NEW, chosen, status=303)
    assert led.response.location == f"{NEW}?request=F2"


def test_nothing_chosen_is_said_beside_the_choice(emer: CheckedClient) -> None:
    page = emer.get(NEW)
    refused = emer.post(NEW, {**form_of(page, ""), "do": "send"}, status=400)
    assert refused.problems == ["Zgjidhni se për çfarë është kërkesa juaj."]


def test_a_complaint_is_filed(portal: Portal, emer: CheckedClient) -> None:
    number = file_f2(emer)
    assert number == "F2000000001"
    page = emer.get(f"{NEW}?filed={number}")
    assert number in page.content
    form = page.text.index("data-case")
    assert page.text.index(f">{number}<", form) < page.text.index('value="send"', form)
    [row] = emer.get(LIST).table()
    assert row[0] == number
    assert row[2:5] == ["Ankesë për Faturim", "F2-Tarifim i gabuar", "Në Pritje"]
    assert "përgjigje deri më" in row[5] and "edhe 10 ditë pune" in row[5]
    details = emer.get(f"/cases/{number}")
    assert value(details, "f-invoice") == INVOICE
    assert value(details, "f-tariff") == "household"
    assert value(details, "f-note") == "Jam klient familjar."
    assert documents_on(details) == ["karta.jpg", "fatura.pdf"]
    [mail] = posted(portal.database, "case")
    assert number in mail["text"]
    assert not any(word in mail["subject"] for word in (number, CODE, "Emer", "F2"))
    assert count(portal, "case_draft") == 0


def test_each_request_counts_by_itself(emer: CheckedClient) -> None:
    assert [file_f2(emer), file_f2(emer)] == ["F2000000001", "F2000000002"]
    page = emer.get(f"{NEW}?request=F3")
    fields = {"f-month": "", "do": "send"}
    refused = emer.post(NEW, {**form_of(page, "F3"), **fields}, status=400)
    assert refused.problems


def test_what_is_missing_is_said_and_what_is_there_is_kept(emer: CheckedClient) -> None:
    page = emer.get(f"{NEW}?request=F2")
    typed = {"f-note": "Kërkoj llogaritje të re.", "f-tariff": "business"}
    data = {**form_of(page), **typed, "d-identity": file_of("karta.jpg"), "do": "send"}
    refused = emer.post(NEW, data, status=400)
    assert [p.partition(":")[0] for p in refused.problems][:2] == ["Fatura", "Kopje e faturës"]
    assert "marrëveshje" in refused.problems[2]
    assert value(refused, "f-note") == typed["f-note"]
    assert value(refused, "f-tariff") == "business"
    assert documents_on(refused) == ["karta.jpg"]
    # The rest goes with the second try, in the same draft.
    data = {**form_of(refused), **F2, "d-invoice_copy": file_of("fatura.pdf"), "agreed": "yes"}
    number = number_of(emer.post(NEW, {**data, "do": "send"}, status=303))
    assert documents_on(emer.get(f"/cases/{number}")) == ["karta.jpg", "fatura.pdf"]


@pytest.mark.parametrize(
    ("field", "typed", "told"),
    [
        ("f-invoice", "999999999", "Zgjidhni një nga faturat e kësaj kontrate."),
        ("f-tariff", "free", "Zgjidhni njërën nga këto."),
        ("f-note", "x" * 4_001, "Është shumë e gjatë: jo më shumë se 4000 karaktere."),
    ],
)
def test_bad_values_are_refused_beside_their_field(
    emer: CheckedClient, field: str, typed: str, told: str
) -> None:
    refused = send_f2(emer, status=400, **{field: typed})
    assert [p for p in refused.problems if p.endswith(told)]
    assert told in refused.text
    if field != "f-tariff":
        assert value(refused, field) == typed


def test_another_kind_keeps_what_was_typed(portal: Portal, emer: CheckedClient) -> None:
    """The script empties the choice of a request of another kind; the fields stay."""
    page = emer.get(f"{NEW}?request=F2")
    requests = next(s for s in page.all("select") if s.get("name") == "request")
    assert {"F2", "M1"} <= {str(o.get("value")) for o in requests.iter()}, "none is left out"
    typed = {**F2, "kind": "meter", "request": "", "d-identity": file_of("karta.jpg")}
    page = emer.post(NEW, {**form_of(page), **typed, "do": "choose"})
    assert value(page, "f-note") == F2["f-note"] and documents_on(page) == ["karta.jpg"]
    assert value(emer.get(f"{NEW}?draft={draft_of(page)}"), "f-note") == F2["f-note"]
    led = emer.post(NEW, {**form_of(page), **F2, "request": "M1", "do": "choose"}, status=303)
    page = emer.get(led.response.location)
    assert value(page, "request") == "M1" and value(page, "f-note") == F2["f-note"]
    assert "karta.jpg" in documents_on(page)


def test_sending_twice_files_once(portal: Portal, emer: CheckedClient) -> None:
    page = emer.get(f"{NEW}?request=F2")
    data = {**form_of(page), **F2, "agreed": "yes", "do": "send"}
    first = {"d-identity": file_of("karta.jpg"), "d-invoice_copy": file_of("fatura.pdf")}
    number = number_of(emer.post(NEW, {**data, **first}, status=303))
    again = emer.post(NEW, data, status=303)
    assert number_of(again) == number
    assert count(portal, "service_case") == 1


# Debt


def test_undisputed_debt_wants_an_agreement(portal: Portal, emer: CheckedClient) -> None:
    another = {"f-invoice": PAID_INVOICE}
    refused = send_f2(emer, status=400, agreed="", **another)
    assert len(refused.problems) == 1 and "marrëveshje" in refused.problems[0]
    number = number_of(send_f2(emer, **another))
    with portal.database.read() as connection:
        row = connection.execute(text("SELECT number, debt, debt_amount FROM service_case")).one()
    assert row.number == number and row.debt == "agreed" and row.debt_amount > 0


def test_only_the_invoice_of_the_form_is_disputed(emer: CheckedClient) -> None:
    """Whatever number stands in somebody's own words."""
    words = {"f-invoice": PAID_INVOICE, "f-note": INVOICE, "agreed": ""}
    assert "marrëveshje" in send_f2(emer, status=400, **words).problems[0]


def test_nothing_stands_beside_what_nobody_has_disputed_yet(emer: CheckedClient) -> None:
    page = emer.get(f"{NEW}?request=F2")
    assert "kanë kaluar afatin" not in page.content
    data = {**form_of(page), **F2, "do": "keep"}
    assert "kanë kaluar afatin" not in emer.post(NEW, data).content
    data["f-invoice"] = PAID_INVOICE
    assert "kanë kaluar afatin" in emer.post(NEW, data).content


def test_what_is_disputed_is_no_hindrance(portal: Portal, emer: CheckedClient) -> None:
    number_of(send_f2(emer, agreed=""))
    with portal.database.read() as connection:
        assert connection.execute(text("SELECT debt FROM service_case")).scalar_one() == "none"


def test_billing_away_keeps_nobody_from_complaining(outage: Outage) -> None:
    client = outage.portal.signed_in("Emer Mbiemer")
    with outage.begin():
        page = client.get(f"{NEW}?request=F2")
        assert "nuk përgjigjet" in page.content
        number = file_f2(client)
    with outage.portal.database.read() as connection:
        row = connection.execute(text("SELECT debt, holder FROM service_case")).one()
    assert row.debt == "unknown"
    assert number in client.get(LIST).content


# Who may


def test_anothers_contract_is_not_there(portal: Portal, emer: CheckedClient) -> None:
    page = emer.get(f"{NEW}?request=F2")
    emer.get("/contracts/AL0000004/cases/new", status=404)
    emer.post("/contracts/AL0000004/cases/new", {**form_of(page), **F2, "do": "send"}, status=404)
    assert count(portal, "service_case") == count(portal, "case_draft") == 0


def test_the_filed_number_shown_must_be_ones_own(portal: Portal, emer: CheckedClient) -> None:
    number = file_f2(emer)
    vera = portal.signed_in("Vera Leka")
    assert number not in vera.get(f"/contracts/AL0000004/cases/new?filed={number}").content
    assert "X1<b>" not in emer.get(f"{NEW}?filed=X1<b>").content


def test_a_freshly_recovered_account_changes_no_contract(portal: Portal) -> None:
    with portal.database.write() as connection:
        connection.exec_driver_sql("UPDATE account SET restricted_until = '2999-01-01 00:00:00'")
    emer = portal.signed_in("Emer Mbiemer")
    page = emer.get(f"{NEW}?request=D3")
    refused = emer.post(NEW, {**form_of(page, "D3"), "do": "send"}, status=400)
    assert refused.problems
    assert file_f2(emer)  # a complaint can always be filed


def test_so_many_open_and_no_more(make_portal: MakePortal) -> None:
    client = make_portal(cases={"open_per_account": 1}).signed_in("Emer Mbiemer")
    file_f2(client)
    refused = send_f2(client, status=429)
    assert len(refused.problems) == 1
    assert value(refused, "f-note") == F2["f-note"]


def test_unknown_fields_are_left_out(portal: Portal, emer: CheckedClient) -> None:
    page = send_f2(emer, **{"f-state": "done", "f-account_id": "1", "state": "done"})
    number = number_of(page)
    file = portal.services.cases.handling.get(number)  # type: ignore[arg-type]
    assert set(file.case.answers) == {"invoice", "tariff", "note"}
    assert file.case.state == "waiting"


def test_markup_is_shown_as_it_was_typed(portal: Portal, emer: CheckedClient) -> None:
    hostile = "<script>alert(1)</script>\n{{ 7*7 }} ' \" &"
    number = number_of(send_f2(emer, **{"f-note": hostile}))
    page = emer.get(f"/cases/{number}")
    assert "<script>alert" not in page.text
    assert value(page, "f-note") == hostile


def test_answers_are_unreadable_at_rest_with_a_key(make_portal: MakePortal) -> None:
    keys = ["MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="]
    portal = make_portal(cases={"keys": keys})
    client = portal.signed_in("Emer Mbiemer")
    number = file_f2(client)
    with portal.database.read() as connection:
        kept = connection.execute(text("SELECT answers FROM service_case")).scalar_one()
    assert b"familjar" not in kept
    assert value(client.get(f"/cases/{number}"), "f-note") == F2["f-note"]
