"""Debt certificates in the staff's hands, and what must not get out of them."""

import json
from typing import Any

import pytest
from structlog.testing import capture_logs

from app.certificates.records import ApplicationId, NotNow
from app.gateways.signing.port import SigningFailed
from tests.certificate_desk import (
    BUSINESS,
    HOUSEHOLD,
    LIST,
    MARKET,
    NEW,
    STAFF,
    Desk,
    applied,
    code_on,
    desk,
    mails,
    paper_of,
    rows,
    waiting,
    words_of,
)
from tests.conftest import Portal
from tests.web.client import CheckedClient

__all__ = ["desk", "waiting"]


def test_staff_issue_what_waits(waiting: tuple[Desk, Portal, CheckedClient]) -> None:
    desk, portal, agent = waiting
    [row] = agent.get("/staff/certificates").table()
    assert row[0] == "VD000000001" and row[3] == "AGRON HOXHA"
    page = agent.get(STAFF)
    assert "J12345678N" in page.content
    agent.post(f"{STAFF}/issue", {}, status=303)
    assert "Vlen tani" in agent.get(STAFF).content
    agent.post(f"{STAFF}/issue", {}, status=409)
    agent.post(f"{STAFF}/refuse", {"reason": "vonë"}, status=409)
    told = [(m["subject"], m["blocks"][0]["text"]) for m in mails(portal)]
    assert [subject for subject, _ in told] == [
        "E morëm aplikimin tuaj",
        "Vërtetimi juaj i debisë u lëshua",
    ]
    actions = [r.action for r in rows(portal, "SELECT action FROM audit_event ORDER BY id")]
    assert actions.count("certificate issued") == 1
    assert b"%PDF" in desk.agron.fetch(f"{LIST}/VD000000001.pdf").data
    assert b"%PDF" in agent.fetch(f"{STAFF}.pdf").data


def test_staff_issue_nothing_to_who_owes(waiting: tuple[Desk, Portal, CheckedClient]) -> None:
    desk, portal, agent = waiting
    desk.billing("UPDATE FATURE SET STATUS = 'H', VL_PAGUAR = 0 WHERE KTR_ID = 3")
    page = agent.post(f"{STAFF}/issue", {}, status=409)
    assert "ka detyrime" in page.problems[0]
    assert rows(portal, "SELECT * FROM debt_certificate") == []


def test_staff_refuse_with_a_reason(waiting: tuple[Desk, Portal, CheckedClient]) -> None:
    desk, portal, agent = waiting
    assert agent.post(f"{STAFF}/refuse", {"reason": "  "}, status=400).problems
    agent.post(f"{STAFF}/refuse", {"reason": "Numri ID nuk lexohet."}, status=303)
    page = desk.agron.get(f"{LIST}/VD000000001")
    assert "Refuzuar" in page.content and "Numri ID nuk lexohet." in page.content
    assert "Numri ID nuk lexohet." in json.dumps(mails(portal)[-1], ensure_ascii=False)


def test_supervisors_take_one_back(desk: Desk) -> None:
    code = code_on(paper_of(desk.agron, applied(desk.agron)))
    agent, supervisor = desk.portal.staff("agjent"), desk.portal.staff("mbikeqyres")
    agent.post(f"{STAFF}/revoke", {"reason": "x"}, status=403)
    assert "/revoke" not in agent.get(STAFF).text
    supervisor.post(f"{STAFF}/revoke", {"reason": "Lexim i gabuar."}, status=303)
    assert "u tërhoq" in desk.portal.client().get(f"/verify/{code}").content
    supervisor.post(f"{STAFF}/revoke", {"reason": "sërish"}, status=409)
    assert "Lexim i gabuar." in desk.agron.get(f"{LIST}/VD000000001").content


def test_two_who_issue_at_the_same_moment_issue_one(
    waiting: tuple[Desk, Portal, CheckedClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    _desk, portal, _agent = waiting
    deciding, me = portal.services.certificates.deciding, portal.services.members.get("agjent")
    sign = deciding._issuing._paper

    def slow(*args: Any) -> bytes:
        monkeypatch.undo()
        deciding.issue(ApplicationId(1), by=me)
        return sign(*args)

    monkeypatch.setattr(deciding._issuing, "_paper", slow)
    with pytest.raises(NotNow):
        deciding.issue(ApplicationId(1), by=me)
    assert len(rows(portal, "SELECT id FROM debt_certificate")) == 1


# Safety


def test_a_signature_that_fails_issues_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    issuing = desk.portal.services.certificates.applying._issuing

    class Broken:
        def sign(self, *_args: Any, **_more: Any) -> bytes:
            raise SigningFailed("the card was pulled out")

    object.__setattr__(issuing._shared, "signer", Broken())
    with capture_logs() as logs:
        page = applied(desk.agron)
    [line] = [log for log in logs if log["log_level"] == "error"]
    assert line["application"] == "VD000000001" and "pulled out" in line["reason"]
    assert "Në pritje" in desk.agron.get(page.response.location).content
    assert rows(desk.portal, "SELECT * FROM debt_certificate") == []
    agent = desk.portal.staff("agjent")
    assert "asgjë nuk u lëshua" in agent.post(f"{STAFF}/issue", {}, status=503).problems[0].lower()


def test_what_cannot_be_read_any_more_is_not_issued(desk: Desk) -> None:
    keys = ["MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="]
    portal = desk.made(certificates={"keys": keys, "automatic": False})
    applied(portal.signed_in("Agron Hoxha"))
    other = desk.made(database={"url": portal.services.settings.database_url})
    agent = other.staff("agjent")
    assert "mungon çelësi" in agent.get(STAFF).content
    agent.post(f"{STAFF}/issue", {}, status=503)
    assert rows(portal, "SELECT * FROM debt_certificate") == []


def test_what_others_contracts_owe_is_not_told(desk: Desk) -> None:
    """Of the same business, but in nobody's account, or in another's."""
    desk.billing("UPDATE FATURE SET STATUS = 'P' WHERE KTR_ID BETWEEN 5 AND 20")
    with desk.portal.database.write() as connection:
        connection.exec_driver_sql(
            "DELETE FROM account_contract WHERE contract_code BETWEEN 'AL0000006' AND 'AL0000999'"
        )
    market = desk.portal.signed_in("Elbasan Market")
    page = applied(market, 409, BUSINESS, **MARKET)
    assert "Nuk janë në llogarinë tuaj" in page.content
    assert "AL0000031" not in page.text and "Faturë" not in page.content


def test_numbers_are_unreadable_at_rest_with_a_key_and_in_no_log(desk: Desk) -> None:
    keys = ["MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="]
    portal = desk.made(certificates={"keys": keys, "automatic": False})
    agron = portal.signed_in("Agron Hoxha")
    with capture_logs() as logs:
        applied(agron)
        portal.staff("agjent").get(STAFF)
    [row] = rows(portal, "SELECT typed FROM debt_application")
    assert b"J12345678N" not in row.typed and b"Petrit" not in row.typed
    told = repr(logs) + repr(rows(portal, "SELECT * FROM audit_event")) + repr(mails(portal))
    assert "J12345678N" not in told and "Petrit" not in told
    portal.staff("agjent").post(f"{STAFF}/issue", {}, status=303)
    [row] = rows(portal, "SELECT paper FROM debt_certificate")
    assert b"%PDF" not in row.paper
    assert b"%PDF" in agron.fetch(f"{LIST}/VD000000001.pdf").data
    assert "J12345678N" in portal.staff("agjent").get(STAFF).content


def test_markup_is_shown_as_it_was_typed(desk: Desk) -> None:
    hostile = "<script>alert(1)</script> {{ 7*7 }}"
    page = applied(desk.agron, father=hostile)
    assert hostile in words_of(paper_of(desk.agron, page))
    assert "<script>alert" not in desk.portal.staff("agjent").get(STAFF).text


def test_it_outlives_the_account_and_stands_in_its_data(desk: Desk) -> None:
    code = code_on(paper_of(desk.agron, applied(desk.agron)))
    account = desk.portal.services.accounts.find_account("Agron Hoxha")
    assert account is not None
    [told] = desk.portal.services.certificates.applying.download(account.id)
    assert told["typed"] == HOUSEHOLD and told["code"] == code
    with desk.portal.database.write() as connection:
        connection.exec_driver_sql("DELETE FROM account WHERE user_name_key = 'agron hoxha'")
    assert desk.portal.client().get(f"/verify/{code}").heading.endswith("dhe vlen")


def test_forged_posts_do_nothing(waiting: tuple[Desk, Portal, CheckedClient]) -> None:
    desk, portal, agent = waiting
    supervisor = portal.staff("mbikeqyres")
    for client, address in (
        (desk.agron, NEW),
        *((agent, f"{STAFF}/{step}") for step in ("issue", "refuse")),
        (supervisor, f"{STAFF}/revoke"),
    ):
        data = {**HOUSEHOLD, "reason": "x"}
        for token in ({}, {"csrf_token": "forged"}):
            assert client.http.post(address, data={**data, **token}).status_code == 400
    states = rows(portal, "SELECT state FROM debt_application")
    assert [row.state for row in states] == ["waiting"]


def test_not_without_signing_in(portal: Portal) -> None:
    for address in (NEW, LIST, f"{LIST}/VD000000001"):
        assert "/login" in portal.client().get(address, status=303).response.location
