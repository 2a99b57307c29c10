"""The form of a request: what it takes, what it refuses, and that nothing typed is ever lost."""

from io import BytesIO

import pytest
from sqlalchemy import text

from app.accounts.records import AccountId
from app.cases.records import DraftKey
from app.web.case_drafts import DraftToken, sign_draft
from legacy_adapters.records import ContractCode
from tests.accounts import posted
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
from tests.documents import pdf
from tests.web.client import CheckedClient, Page, words
from tests.web.test_away import Outage, outage

__all__ = ["outage"]


@pytest.fixture
def emer(portal: Portal) -> CheckedClient:
    return portal.signed_in("Emer Mbiemer")


def value(page: Page, name: str) -> str:
    """What stands in a field, a choice or a text."""
    for element in [*page.all("input"), *page.all("select"), *page.all("textarea")]:
        if element.get("name") != name:
            continue
        if element.get("type") == "radio":
            if element.get("checked") is not None:
                return str(element.get("value"))
            continue
        if str(element.tag).endswith("select"):
            chosen = [o for o in element.iter() if o.get("selected") is not None]
            return str(chosen[0].get("value")) if chosen else ""
        return (element.text or "").strip() or str(element.get("value") or "")
    return ""


def documents_on(page: Page) -> list[str]:
    """The names in the lists of documents."""
    lists = [ul for ul in page.all("ul") if ul.get("class") == "files"]
    return ["".join(li.itertext()).split()[0] for ul in lists for li in ul]


def count(portal: Portal, table: str) -> int:
    with portal.database.read() as connection:
        return int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())


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
    assert "Brenda 10 ditëve të punës" in page.content
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
        ("f-note", "x" * 4_001, "Është shumë e gjatë: jo më shumë se 4000 shkronja."),
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


def test_documents_are_added_and_removed_one_by_one(portal: Portal, emer: CheckedClient) -> None:
    page = emer.get(f"{NEW}?request=F2")
    data = {**form_of(page), **F2, "d-identity": file_of("karta.jpg"), "do": "add"}
    page = emer.post(NEW, data)
    assert documents_on(page) == ["karta.jpg"]
    assert value(page, "f-note") == F2["f-note"]
    [button] = [b for b in page.all("button") if str(b.get("value")).startswith("remove-")]
    page = emer.post(NEW, {**form_of(page), **F2, "do": button.get("value")})
    assert documents_on(page) == []
    # A second press finds nothing to remove, and says nothing.
    emer.post(NEW, {**form_of(page), **F2, "do": button.get("value")})
    emer.post(NEW, {**form_of(page), **F2, "do": "remove-99999999999999"})


def test_a_bad_document_is_refused_and_the_rest_is_kept(
    portal: Portal, emer: CheckedClient
) -> None:
    page = emer.get(f"{NEW}?request=F2")
    files = {
        "d-identity": (BytesIO(b"<svg xmlns='http://www.w3.org/2000/svg'/>"), "<b>karta</b>.jpg"),
        "d-invoice_copy": file_of("fatura.pdf"),
    }
    data = {**form_of(page), **F2, **files, "agreed": "yes", "do": "send"}
    refused = emer.post(NEW, data, status=400)
    assert len(refused.problems) == 1
    assert "&lt;b&gt;karta&lt;/b&gt;.jpg" in refused.text
    assert documents_on(refused) == ["fatura.pdf"]
    assert value(refused, "f-note") == F2["f-note"]
    assert count(portal, "service_case") == 0


def test_no_more_documents_than_allowed(make_portal: MakePortal) -> None:
    few = make_portal(documents={"max_files_per_case": 2}).signed_in("Emer Mbiemer")
    page = few.get(f"{NEW}?request=F2")
    files = [file_of(f"foto{n}.jpg") for n in range(2)]
    page = few.post(NEW, {**form_of(page), "d-other": files, "do": "add"})
    more = {**form_of(page), "d-other": file_of("foto2.jpg"), "do": "add"}
    page = few.post(NEW, more, status=400)
    assert documents_on(page) == ["foto0.jpg", "foto1.jpg"]
    assert "foto2.jpg" in page.problems[0]


def test_so_many_files_at_once_are_not_even_looked_into(
    portal: Portal, emer: CheckedClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[object] = []
    monkeypatch.setattr(portal.services.documents, "take", lambda *file, **_of: looked.append(file))
    page = emer.get(f"{NEW}?request=F2")
    files = [(BytesIO(b"%PDF-broken"), f"{n}.pdf") for n in range(40)]
    data = {**form_of(page), **F2, "d-other": files, "do": "add"}
    refused = emer.post(NEW, data, status=400)
    assert len(refused.problems) == 1 and value(refused, "f-note") == F2["f-note"]
    emer.http.delete_cookie("selfcare_session")
    again = {
        **data,
        "csrf_token": "x",
        "d-other": [(BytesIO(b"%PDF-"), "a.pdf") for _ in range(40)],
    }
    emer.post(NEW, again, status=303)
    assert looked == []


def test_too_large_a_request_is_refused_in_words(make_portal: MakePortal) -> None:
    small = make_portal(documents={"max_request_bytes": 60_000, "max_bytes": 50_000})
    client = small.signed_in("Emer Mbiemer")
    page = client.get(f"{NEW}?request=F2")
    huge = {**form_of(page), "d-other": (BytesIO(b"x" * 70_000), "e madhe.pdf"), "do": "add"}
    refused = client.post(NEW, huge, 413, headers={"Referer": f"http://localhost{NEW}?request=F2"})
    assert "Kjo është tepër e madhe" in refused.heading
    links = [a.get("href") for a in refused.all("a")]
    assert f"{NEW}?request=F2" in links, links


def test_a_form_that_is_sent_again_adds_its_files_once(emer: CheckedClient) -> None:
    page = emer.get(f"{NEW}?request=F2")
    content = pdf()
    for _ in range(2):
        again = {
            "d-identity": file_of("karta.jpg"),
            "d-invoice_copy": (BytesIO(content), "fatura.pdf"),
        }
        page = emer.post(NEW, {**form_of(page), **F2, **again, "do": "add"})
    assert documents_on(page) == ["karta.jpg", "fatura.pdf"]


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


def test_a_file_chosen_beside_another_request_is_looked_into(emer: CheckedClient) -> None:
    page = emer.get(f"{NEW}?request=F2")
    bad = {**F2, "request": "M1", "d-identity": (BytesIO(b"MZ"), "x.pdf"), "do": "choose"}
    refused = emer.post(NEW, {**form_of(page), **bad}, status=400)
    assert "x.pdf" in refused.problems[0] and value(refused, "f-note") == F2["f-note"]


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


# Lost sessions


def test_a_lost_session_loses_nothing(portal: Portal, emer: CheckedClient) -> None:
    page = emer.get(f"{NEW}?request=F2")
    data = {**form_of(page), **F2, "d-identity": file_of("karta.jpg"), "do": "send"}
    emer.http.delete_cookie("selfcare_session")
    led = emer.post(NEW, {"csrf_token": "whatever", **data}, status=303)
    assert "/login?next=" in led.response.location
    login = led.response.location
    led = emer.post(login, {"user_name": "Emer Mbiemer", "password": "Provo2024"}, status=303)
    page = emer.get(led.response.location)
    assert value(page, "f-note") == F2["f-note"]
    assert value(page, "f-invoice") == INVOICE
    assert documents_on(page) == ["karta.jpg"]
    assert "u ruajt" in page.content


def test_only_a_token_of_ours_keeps_anything(portal: Portal, emer: CheckedClient) -> None:
    page = emer.get(f"{NEW}?request=F2")
    stranger = portal.client()
    signed, _, signature = draft_of(page).rpartition(".")
    # Its first letter: the last one's lowest bits say nothing, and are not looked at.
    forged = f"{signed}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}"
    for draft in ("", "nonsense", forged, "x" * 1_000):
        data = {**form_of(page), **F2, "draft": draft, "do": "send"}
        led = stranger.post(NEW, data, status=303)
        assert led.response.location == f"/login?next={NEW}"
    assert count(portal, "case_draft") == 0


def test_a_draft_belongs_to_its_account_and_contract(portal: Portal, emer: CheckedClient) -> None:
    page = emer.get(f"{NEW}?request=F2")
    kept = emer.post(NEW, {**form_of(page), **F2, "do": "keep"})
    token = draft_of(kept)
    vera = portal.signed_in("Vera Leka")
    hers = "/contracts/AL0000004/cases/new"
    assert value(vera.get(f"{hers}?request=F2&draft={token}"), "f-note") == ""
    vera.post(hers, {**form_of(page), **F2, "draft": token, "f-note": "e Verës", "do": "keep"})
    assert value(emer.get(f"{NEW}?draft={token}"), "f-note") == F2["f-note"]
    forged = DraftToken(
        account_id=AccountId(1), session_id=1, code=ContractCode(CODE), key=DraftKey("A" * 26)
    )
    with portal.app.test_request_context():
        signed = sign_draft(forged)
    assert value(vera.get(f"{hers}?draft={signed}"), "request") == ""


def test_what_was_begun_stands_in_the_list_until_it_is_deleted(
    portal: Portal, emer: CheckedClient
) -> None:
    page = emer.get(f"{NEW}?request=F2")
    emer.post(
        NEW, {**form_of(page), **F2, "d-identity": file_of("karta.jpg"), "do": "keep"}, status=200
    )
    listed = emer.get(LIST)
    assert "F2-Tarifim i gabuar" in listed.content
    assert f"Fatura: {INVOICE}; Tarifa që duhej zbatuar: Familjar; {F2['f-note']} (1" in (
        listed.content
    )
    [go_on] = [a.get("href") for a in listed.all("a") if "draft=" in str(a.get("href"))]
    assert value(emer.get(str(go_on)), "f-note") == F2["f-note"]
    [discard] = [f.get("action") for f in listed.all("form") if "/drafts/" in str(f.get("action"))]
    emer.post(str(discard), {}, status=303)
    assert "F2-Tarifim i gabuar" not in emer.get(LIST).content
    emer.post(str(discard), {}, status=404)
    assert count(portal, "case_draft") == 0
    portal.services.documents.sweep(lambda: False)
    assert count(portal, "document") == 0


def test_requests_that_were_begun_can_be_told_apart(emer: CheckedClient) -> None:
    for more in ({}, {"f-note": "Në dhjetor u faturova dy herë. " * 9}, {"f-note": " "}):
        page = emer.get(f"{NEW}?request=F2")
        empty = dict.fromkeys(F2, "")
        emer.post(NEW, {**form_of(page), **((more and {**empty, **more}) or F2), "do": "keep"})
    page = emer.get(LIST)
    told = [words(p) for p in page.all("p") if "begun" in str(p.get("class"))]
    assert len(set(told)) == 3 and max(map(len, told)) <= 160
    assert [words(b) for b in page.all("summary")] == ["Fshijeni"] * 3, "it asks first"


def test_numbers_of_a_draft_may_be_none(emer: CheckedClient) -> None:
    """They stand in the list as they were typed."""
    page = emer.get(f"{NEW}?request=M1")
    names = [str(e.get("name")) for e in page.all("input")]
    typed = {name: "shumë & <b>" for name in names if name.startswith("f-")}
    assert typed
    emer.post(NEW, {**form_of(page, "M1"), **typed, "do": "keep"})
    assert "shumë & <b>" in emer.get(LIST).content


def test_a_changed_mind_keeps_what_both_requests_ask(emer: CheckedClient) -> None:
    page = emer.get(f"{NEW}?request=F2")
    data = {**form_of(page), **F2, "request": "F1", "do": "choose"}
    led = emer.post(NEW, data, status=303)
    page = emer.get(led.response.location)
    assert value(page, "request") == "F1"
    assert value(page, "f-note") == F2["f-note"]
    assert value(page, "f-invoice") == INVOICE


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
