"""What one account can make the portal do: bounded, said in words, and nothing typed is lost."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from sqlalchemy import text

from app.accounts.records import AccountId
from app.cases.following import CHANGES_AT_MOST
from app.cases.records import CaseNumber, DraftKey, DraftNotFound, State, TooManyDocuments
from app.documents.records import Document
from tests.case_form import count, documents_on, value
from tests.cases import F2, LIST, NEW, draft_of, file_f2, file_of, form_of, send_f2
from tests.conftest import MakePortal, Portal
from tests.documents import pdf
from tests.web.client import CheckedClient, Page
from tests.web.test_cases_followed import move, version_of


@pytest.fixture
def emer(portal: Portal) -> CheckedClient:
    return portal.signed_in("Emer Mbiemer")


def sql(portal: Portal, statement: str) -> list[Any]:
    with portal.database.write() as connection:
        result = connection.execute(text(statement))
        return list(result) if result.returns_rows else []


def kept(client: CheckedClient, status: int = 200, **more: Any) -> Page:
    page = client.get(f"{NEW}?request=F2")
    return client.post(NEW, {**form_of(page), **F2, "do": "keep", **more}, status=status)


# How much


def test_filing_and_withdrawing_comes_to_an_end(make_portal: MakePortal) -> None:
    portal = make_portal(cases={"filed_per_day": 2})
    client = portal.signed_in("Emer Mbiemer")
    for _ in range(2):
        client.post(f"/cases/{file_f2(client)}/withdraw", {}, status=303)
    refused = send_f2(client, status=429)
    assert "2 kërkesa në ditë" in refused.problems[0]
    assert value(refused, "f-note") == F2["f-note"]
    assert documents_on(refused) == ["karta.jpg", "fatura.pdf"]
    sql(portal, "UPDATE service_case SET filed_at = '2020-01-01 00:00:00.000000'")
    data = {**form_of(refused), **F2, "agreed": "yes", "do": "send"}
    client.post(NEW, data, status=303)


def test_so_many_begun_and_no_more(make_portal: MakePortal) -> None:
    portal = make_portal(cases={"drafts_per_account": 2})
    client = portal.signed_in("Emer Mbiemer")
    last = [kept(client) for _ in range(2)][-1]
    refused = kept(client, status=429)
    assert "2 kërkesa" in refused.problems[0]
    assert value(refused, "f-note") == F2["f-note"]
    other = {**form_of(refused), **F2, "request": "F1", "do": "choose"}
    assert client.post(NEW, other, status=429).problems == refused.problems
    assert count(portal, "case_draft") == 2
    again = {**form_of(last), **F2, "f-note": "ndryshe", "do": "keep"}
    assert value(client.post(NEW, again), "f-note") == "ndryshe"


def test_files_of_a_day_are_counted_also_those_refused(make_portal: MakePortal) -> None:
    portal = make_portal(cases={"files_per_day": 3})
    client = portal.signed_in("Emer Mbiemer")
    number = file_f2(client)
    bad = {"d-other": (BytesIO(b"MZ"), "x.pdf")}
    client.post(f"/cases/{number}/documents", bad, status=400)
    good = {"d-other": file_of("x.pdf")}
    refused = client.post(f"/cases/{number}/documents", good, status=429)
    assert "3 skedarë në ditë" in refused.problems[0]
    page, more = kept(client), {"d-other": file_of("x.pdf")}
    refused = client.post(NEW, {**form_of(page), **F2, **more, "do": "add"}, status=429)
    assert value(refused, "f-note") == F2["f-note"]
    with portal.database.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM document")).scalar_one() == 2


def test_changes_come_to_an_end(portal: Portal, emer: CheckedClient) -> None:
    number = file_f2(emer)
    sql(
        portal,
        "INSERT INTO case_event (case_id, at, what, by_whom, state, note, remark)"
        " WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
        f" WHERE i < {CHANGES_AT_MOST - 1})"
        " SELECT 1, '2026-01-01 00:00:00.000000', 'changed', 'customer', 'waiting', '', '' FROM n",
    )
    for note, status in (("e fundit", 303), ("tepër", 429)):
        version = version_of(emer.get(f"/cases/{number}"))
        page = emer.post(
            f"/cases/{number}", {"version": version, **F2, "f-note": note}, status=status
        )
    assert "shumë herë" in page.problems[0]
    assert value(page, "f-note") == "tepër"


def test_nothing_is_no_answer(portal: Portal, emer: CheckedClient) -> None:
    number = file_f2(emer)
    move(portal, number, State.WAITING_INFORMATION, "Na duhet kontrata.")
    refused = emer.post(f"/cases/{number}/answer", {"words": " "}, status=409)
    assert "Shkruani përgjigjen" in refused.problems[0]
    emer.post(f"/cases/{number}/documents", {"d-other": file_of("x.pdf")}, status=303)
    emer.post(f"/cases/{number}/answer", {}, status=303)
    move(portal, number, State.WAITING_INFORMATION, "Edhe fatura.")
    emer.post(f"/cases/{number}/answer", {}, status=409)


# At the same moment


def add(portal: Portal, account_id: AccountId, key: DraftKey) -> Document:
    drafting = portal.services.cases.drafting
    return drafting.add_document(account_id, key, "other", BytesIO(pdf()), name="a.pdf")


def meanwhile(portal: Portal, monkeypatch: pytest.MonkeyPatch, do: Callable[[], object]) -> None:
    """do: while the next file is looked into."""
    documents = portal.services.documents
    take = documents.take

    def slow(*args: Any, **more: Any) -> Document:
        monkeypatch.setattr(documents, "take", take)
        taken = take(*args, **more)
        do()
        return taken

    monkeypatch.setattr(documents, "take", slow)


@pytest.fixture
def draft(portal: Portal, emer: CheckedClient) -> tuple[AccountId, DraftKey]:
    kept(emer)
    [row] = sql(portal, "SELECT account_id, key FROM case_draft")
    return AccountId(row.account_id), DraftKey(row.key)


def test_two_files_at_once_do_not_pass_the_limit(
    portal: Portal, draft: tuple[AccountId, DraftKey], monkeypatch: pytest.MonkeyPatch
) -> None:
    most = portal.services.cases.drafting.most_documents
    for _ in range(most - 1):
        add(portal, *draft)
    meanwhile(portal, monkeypatch, lambda: add(portal, *draft))
    with pytest.raises(TooManyDocuments):
        add(portal, *draft)
    assert count(portal, "case_draft_document") == most
    assert count(portal, "document") == most, "what was too much is gone"


def test_a_draft_deleted_while_its_file_is_looked_into(
    portal: Portal,
    emer: CheckedClient,
    draft: tuple[AccountId, DraftKey],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    discard = portal.services.cases.drafting.discard
    meanwhile(portal, monkeypatch, lambda: discard(*draft))
    with pytest.raises(DraftNotFound):
        add(portal, *draft)
    assert count(portal, "document") == 0
    page = kept(emer)
    [row] = sql(portal, "SELECT account_id, key FROM case_draft")
    meanwhile(portal, monkeypatch, lambda: discard(AccountId(row.account_id), DraftKey(row.key)))
    data = {**form_of(page), **F2, "d-other": file_of("x.pdf"), "do": "add"}
    emer.post(NEW, data, status=404)


def test_a_case_that_moved_while_its_file_was_looked_into(
    portal: Portal, emer: CheckedClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = file_f2(emer)
    meanwhile(portal, monkeypatch, lambda: move(portal, number, State.IN_PROGRESS))
    emer.post(f"/cases/{number}/documents", {"d-other": file_of("x.pdf")}, status=409)
    assert count(portal, "document") == 2
    file = portal.services.cases.handling.get(CaseNumber(number))
    assert len(file.documents) == 2


def test_a_document_that_ran_out_is_asked_for_again(portal: Portal, emer: CheckedClient) -> None:
    page = emer.get(f"{NEW}?request=F2")
    documents = {"d-identity": file_of("karta.jpg"), "d-invoice_copy": file_of("fatura.pdf")}
    page = emer.post(NEW, {**form_of(page), **F2, **documents, "do": "keep"})
    sql(portal, "UPDATE document SET expires_at = '2020-01-01 00:00:00.000000' WHERE id = 1")
    refused = emer.post(NEW, {**form_of(page), **F2, "agreed": "yes", "do": "send"}, status=400)
    assert "Zgjidheni sërish" in refused.problems[0]
    assert value(refused, "f-note") == F2["f-note"]


def test_documents_are_held_as_long_as_their_draft(portal: Portal, emer: CheckedClient) -> None:
    page = emer.get(f"{NEW}?request=F2")
    data = {"d-identity": file_of("karta.jpg")}
    page = emer.post(NEW, {**form_of(page), **F2, **data, "do": "keep"})
    sql(portal, "UPDATE document SET expires_at = '2999-01-01 00:00:00.000000'")
    emer.post(NEW, {**form_of(page), **F2, "do": "keep"})
    [row] = sql(portal, "SELECT expires_at FROM document")
    assert not str(row.expires_at).startswith("2999"), "counted anew from now"


# With the token of a form whose session is over


def stranger_posts(portal: Portal, token: str, **more: Any) -> None:
    data = {"draft": token, "shown": "F2", "request": "F2", **F2, **more, "do": "send"}
    portal.client().post(NEW, data, status=303)


@pytest.mark.parametrize(
    "ended_by",
    [
        lambda portal, emer: emer.post("/logout", {}, status=303),
        lambda portal, emer: sql(portal, "UPDATE account SET disabled_at = '2026-01-01 00:00:00'"),
        lambda portal, emer: sql(portal, "DELETE FROM account_contract"),
        lambda portal, emer: sql(portal, "UPDATE account_contract SET right = 'pay'"),
        lambda portal, emer: sql(portal, "DELETE FROM account"),
    ],
    ids=["signed out", "locked", "contract given up", "a delegate by now", "account closed"],
)
@pytest.mark.parametrize("is_begun", [False, True])
def test_a_token_is_worth_nothing_once_its_session_was_ended(
    portal: Portal, emer: CheckedClient, ended_by: Callable[..., object], is_begun: bool
) -> None:
    token = draft_of(kept(emer) if is_begun else emer.get(f"{NEW}?request=F2"))
    ended_by(portal, emer)
    before = sql(portal, "SELECT key, answers FROM case_draft")
    stranger_posts(portal, token, **{"f-note": "e huaj", "d-identity": file_of("karta.jpg")})
    assert sql(portal, "SELECT key, answers FROM case_draft") == before
    assert count(portal, "document") == 0


def test_a_draft_deleted_stays_deleted_once_signed_out(portal: Portal, emer: CheckedClient) -> None:
    token = draft_of(kept(emer))
    listed = emer.get(LIST)
    [discard] = [f.get("action") for f in listed.all("form") if "/drafts/" in str(f.get("action"))]
    emer.post(str(discard), {}, status=303)
    emer.post("/logout", {}, status=303)
    stranger_posts(portal, token)
    assert count(portal, "case_draft") == 0


def test_what_comes_signed_out_is_not_told_as_the_customers(
    portal: Portal, emer: CheckedClient
) -> None:
    token = draft_of(emer.get(f"{NEW}?request=F2"))
    stranger_posts(portal, token, **{"d-identity": file_of("karta.jpg")})
    assert count(portal, "case_draft") == count(portal, "document") == 1
    [row] = sql(portal, "SELECT actor FROM audit_event WHERE action = 'document taken'")
    assert row.actor == "visitor"


# Addresses


@pytest.mark.parametrize(
    "address",
    ["/contracts/%00/cases", "/cases/F2%00", "/cases/F2000000001/documents/%00"],
)
def test_no_address_holds_what_no_database_takes(emer: CheckedClient, address: str) -> None:
    emer.get(address, status=404)


def test_nonsense_in_the_forms_address_is_passed_over(emer: CheckedClient) -> None:
    page = emer.get(f"{NEW}?request=%00&kind=%00&filed=F2%00&draft=%00&invoice=%00")
    assert page.heading == emer.get(NEW).heading
