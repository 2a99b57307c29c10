"""Requests that were begun: kept over lost sessions, listed, deleted and theirs alone."""

from app.accounts.records import AccountId
from app.cases.records import DraftKey
from app.web.case_drafts import DraftToken, sign_draft
from legacy_adapters.records import ContractCode
from tests.case_form import count, documents_on, emer, value
from tests.cases import (
    CODE,
    F2,
    INVOICE,
    LIST,
    NEW,
    draft_of,
    file_of,
    form_of,
)
from tests.conftest import Portal
from tests.web.client import CheckedClient, words

__all__ = ["emer"]


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
    assert [words(b) for b in page.all("summary")] == ["Fshije"] * 3, "it asks first"


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
