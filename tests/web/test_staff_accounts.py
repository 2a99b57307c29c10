"""Customers' accounts in the back office: found, opened for a reason, locked and let in again."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from app.audit.records import Action, Event
from tests.accounts import posted
from tests.conftest import MakePortal, Portal
from tests.web.client import HTML, CheckedClient, Page, words

CALLER = {"occasion": "caller", "note": ""}
WHY = {"note": "kërkesë me telefon"}


def number_of(portal: Portal, name: str) -> int:
    found = portal.services.accounts.find_account(name)
    assert found is not None
    return found.id


def address_of(portal: Portal, name: str = "Emer Mbiemer") -> str:
    return f"/staff/accounts/{number_of(portal, name)}"


def opened(portal: Portal, client: CheckedClient, name: str = "Emer Mbiemer") -> str:
    address = address_of(portal, name)
    client.post(f"{address}/open", CALLER, status=303)
    return address


def search(client: CheckedClient, typed: str) -> Page:
    return client.post("/staff/accounts", {"typed": typed})


def events(portal: Portal, action: Action) -> list[Event]:
    return [e for e in portal.services.audit.list_newest() if e.action is action]


def links(page: Page) -> list[str]:
    return [a.get("href", "") for a in page.all("a")]


# Finding


@pytest.mark.parametrize(
    "typed",
    [
        "Emer Mbiemer",
        " emer  MBIEMER ",
        "Mbiemer Emër",
        "mbiem",
        "emer.mbiemer@example.com",
        "EMER.MBIEMER@EXAMPLE",
        "+355 69 200 0000",
        "069 200 0000",
        "00355692000000",
        "AL0000000",
        " al 0000 000 ",
    ],
)
def test_an_account_is_found_however_it_is_spelled(
    portal: Portal, agent: CheckedClient, typed: str
) -> None:
    page = agent.post("/staff/accounts", {"typed": typed}, status=303)
    assert page.response.location == address_of(portal)


@pytest.mark.parametrize("typed", ["ember", "mbiemerr", "@example.com", "%", "_mer", "AL9999999"])
def test_what_fits_nothing_says_so(agent: CheckedClient, typed: str) -> None:
    assert "Nuk u gjet asgjë" in search(agent, typed).content


def test_something_must_be_typed(agent: CheckedClient) -> None:
    page = agent.post("/staff/accounts", {"typed": "  "}, status=400)
    assert page.error_of("typed") == "Shkruani çfarë kërkoni."
    page = agent.post("/staff/accounts", {"typed": "x" * 255}, status=400)
    assert page.field("typed").get("value") == "x" * 255


def test_several_stand_in_a_list_with_hidden_contacts(portal: Portal, agent: CheckedClient) -> None:
    with portal.database.write() as connection:
        connection.exec_driver_sql(
            'INSERT INTO account_contract (account_id, contract_code, linked_at, "right")'
            " SELECT id, 'AL0000000', created_at, 'view' FROM account"
            " WHERE user_name = 'Agron Hoxha'"
        )
    page = search(agent, "al0000000")
    assert [row[:4] for row in page.table()] == [
        ["Agron Hoxha", "a***@example.com", "*** 01", "4"],
        ["Emer Mbiemer", "e***@example.com", "*** 00", "1"],
    ]
    assert page.field("typed").get("value") == "al0000000"
    assert "agron.hoxha@" not in page.text and "692000001" not in page.text


def test_a_long_list_is_cut_and_says_so(portal: Portal, agent: CheckedClient) -> None:
    with portal.database.write() as connection:
        connection.exec_driver_sql(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30)"
            " INSERT INTO account (user_name, user_name_key, email, email_key, phone,"
            " password_hash, language, created_at) SELECT 'Arta ' || i, 'arta ' || i,"
            " i || '@x.al', i || '@x.al', '', '', 'sq', '2026-01-01' FROM n"
        )
    page = search(agent, "arta")
    assert len(page.table()) == 20 and "më shumë se këto 20" in page.content
    page = agent.post("/staff/accounts", {"typed": "Arta 7"}, status=303)


def test_names_of_customers_stand_in_no_address_and_no_log(
    agent: CheckedClient, capfd: pytest.CaptureFixture[str]
) -> None:
    form = next(f for f in agent.get("/staff/accounts").all("form") if f.get("role") == "search")
    assert form.get("method") == "post"
    search(agent, "Zamira Kanarini")
    assert "anarin" not in capfd.readouterr().err


# Opening


def test_before_it_is_opened_little_is_seen_and_nothing_is_done(
    portal: Portal, agent: CheckedClient, supervisor: CheckedClient
) -> None:
    page = agent.get(address_of(portal))
    assert "e***@example.com" in page.content and "*** 00" in page.content
    for hidden in ("emer.mbiemer@", "AL0000000", "200 0000"):
        assert hidden not in page.text
    for client, what in ((agent, "sign-out"), (supervisor, "lock"), (supervisor, "unlock")):
        address = f"{address_of(portal)}/{what}"
        assert client.get(address, status=303).response.location == address_of(portal)
        assert client.post(address, WHY, status=303).response.location == address_of(portal)
    assert portal.services.accounts.find_account("Emer Mbiemer")
    portal.signed_in("Emer Mbiemer")
    assert events(portal, Action.DISABLED) == []


def test_a_reason_is_wanted_and_nothing_typed_is_lost(portal: Portal, agent: CheckedClient) -> None:
    address = f"{address_of(portal)}/open"
    page = agent.post(address, {"note": "sepse po"}, status=400)
    assert page.problems == ["Zgjidhni arsyen."]
    assert page.field("note").get("value") == "sepse po"
    agent.post(address, {"occasion": "curiosity"}, status=400)
    agent.post(address, {**CALLER, "note": "x" * 151}, status=400)
    agent.post(address, {**CALLER, "csrf_token": "forged"}, status=400)
    assert events(portal, Action.ACCOUNT_OPENED) == []


def test_opened_it_shows_what_is_needed(portal: Portal, agent: CheckedClient) -> None:
    portal.signed_in("Agron Hoxha")
    address = opened(portal, agent, "Agron Hoxha")
    page = agent.get(address)
    facts = {row[0]: row[1] for row in page.table(0)}
    assert facts["Email"] == "agron.hoxha@example.com i konfirmuar"
    assert facts["Numri i Telefonit"] == "069 200 0001"
    assert facts["Gjendja"] == "e hapur" and facts["Gjuha"] == "Shqip"
    assert facts["Hyrja e fundit"] != "asnjëherë"
    assert [row[0] for row in page.table(1)] == ["AL0000001", "AL0000002", "AL0000003"]
    assert "hyri" in page.content and "u pa llogaria" in page.content
    assert "Fjalëkalimi" not in facts and "argon2" not in page.text


def test_what_delegates_see_stands_on_both_accounts(portal: Portal, agent: CheckedClient) -> None:
    ids = {n: number_of(portal, n) for n in ("Emer Mbiemer", "Agron Hoxha")}
    with portal.database.write() as connection:
        connection.execute(
            text(
                'INSERT INTO account_contract (account_id, contract_code, linked_at, "right",'
                " granted_by) VALUES (:to, 'AL0000000', '2026-01-01', 'pay', :by)"
            ),
            {"to": ids["Agron Hoxha"], "by": ids["Emer Mbiemer"]},
        )
    page = agent.get(opened(portal, agent))
    assert ["Agron Hoxha", "AL0000000", "të shohë dhe të paguajë"] in [
        row[:3] for row in page.table(2)
    ]
    page = agent.get(opened(portal, agent, "Agron Hoxha"))
    assert page.table(1)[0][1:5:2] == ["të shohë dhe të paguajë", "Emer Mbiemer"]


def test_three_hundred_contracts_are_cut_and_say_so(portal: Portal, agent: CheckedClient) -> None:
    page = agent.get(opened(portal, agent, "Elbasan Market"))
    assert len(page.table(1)) == 50 and "50 të parat nga 300" in page.content


def test_a_look_is_written_down_once_for_a_while_and_for_each_member(
    portal: Portal, agent: CheckedClient, supervisor: CheckedClient
) -> None:
    opened(portal, agent)
    agent.get(opened(portal, agent))
    supervisor.get(f"{address_of(portal)}", status=200)
    looks = events(portal, Action.ACCOUNT_OPENED)
    assert [(e.actor, e.detail, e.account_id) for e in looks] == [
        ("staff", "caller", number_of(portal, "Emer Mbiemer"))
    ]
    assert "e***@example.com" in supervisor.get(address_of(portal)).content
    opened(portal, supervisor)
    assert len(events(portal, Action.ACCOUNT_OPENED)) == 2


def test_a_look_ends(portal: Portal, agent: CheckedClient) -> None:
    address = opened(portal, agent)
    past = (datetime.now(UTC) - timedelta(minutes=31)).replace(tzinfo=None)
    with portal.database.write() as connection:
        connection.exec_driver_sql("DROP TRIGGER audit_event_no_update")
        connection.exec_driver_sql("UPDATE audit_event SET at = ?", (str(past),))
    page = agent.get(address)
    assert "emer.mbiemer@" not in page.text
    agent.post(f"{address}/sign-out", WHY, status=303)
    assert events(portal, Action.SESSIONS_ENDED) == []


def test_a_get_writes_nothing_down(portal: Portal, agent: CheckedClient) -> None:
    before = len(portal.services.audit.list_newest())
    agent.get(address_of(portal))
    agent.get("/staff/accounts")
    assert len(portal.services.audit.list_newest()) == before


def test_missing_accounts_are_not_found(portal: Portal, supervisor: CheckedClient) -> None:
    for number in ("999", "2147483648", "-1", "x"):
        supervisor.get(f"/staff/accounts/{number}", status=404)
    supervisor.post("/staff/accounts/999/open", CALLER, status=404)
    for what in ("sign-out", "lock", "unlock"):
        supervisor.get(f"/staff/accounts/999/{what}", status=404)
        supervisor.post(f"/staff/accounts/999/{what}", WHY, status=404)


# Doing


def test_sessions_are_ended_and_the_owner_hears_of_it(portal: Portal, agent: CheckedClient) -> None:
    customer, address = portal.signed_in("Emer Mbiemer"), opened(portal, agent)
    agent.get(f"{address}/sign-out")
    customer.get("/contracts")
    agent.post(f"{address}/sign-out", WHY, status=303)
    customer.get("/contracts", status=303)
    assert "U nxor nga llogaria 1 pajisje." in agent.get(address).content
    (event,) = events(portal, Action.SESSIONS_ENDED)
    assert (event.actor, event.detail) == ("staff", "1 sessions: kërkesë me telefon")
    (mail,) = posted(portal.database, "signed out by staff")
    assert mail["to"] == "emer.mbiemer@example.com"
    agent.post(f"{address}/sign-out", WHY, status=303)
    assert len(posted(portal.database, "signed out by staff")) == 1


def test_a_locked_account_is_closed_until_it_is_unlocked(
    portal: Portal, supervisor: CheckedClient
) -> None:
    customer, address = portal.signed_in("Emer Mbiemer"), opened(portal, supervisor)
    supervisor.post(f"{address}/lock", WHY, status=303)
    customer.get("/contracts", status=303)
    wrong = {"user_name": "Emer Mbiemer", "password": "Provo2024"}
    portal.client().post("/login", wrong, status=400)
    page = supervisor.get(address)
    assert "e bllokuar" in page.table(0)[0][1]
    assert f"{address}/lock" not in links(page)
    page = supervisor.post(f"{address}/lock", WHY, status=409)
    assert "ndryshoi ndërkohë" in page.problems[0]
    supervisor.post(f"{address}/unlock", WHY, status=303)
    portal.signed_in("Emer Mbiemer")
    kinds = [posted(portal.database, f"{what} by staff")[0] for what in ("locked", "unlocked")]
    assert [mail["to"] for mail in kinds] == ["emer.mbiemer@example.com"] * 2
    assert "Harruat Fjalëkalimin?" in kinds[1]["text"]
    for action in (Action.DISABLED, Action.ENABLED):
        (event,) = events(portal, action)
        assert (event.actor, event.detail) == ("staff", WHY["note"])
        assert event.staff_id and event.account_id and event.address


def test_an_account_that_its_owner_stopped_says_so(
    portal: Portal, supervisor: CheckedClient
) -> None:
    address = opened(portal, supervisor)
    with portal.database.write() as connection:
        number = number_of(portal, "Emer Mbiemer")
        now = str(datetime.now(UTC).replace(tzinfo=None))
        connection.exec_driver_sql("UPDATE account SET disabled_at = ? WHERE id = ?", (now, number))
        portal.services.audit.record(
            connection,
            Action.STOPPED,
            actor="visitor",
            account_id=number,  # type: ignore[arg-type]
        )
    assert "e bllokuar nga pronari" in supervisor.get(address).content
    assert "Sigurohuni" in supervisor.get(f"{address}/unlock").content
    supervisor.post(f"{address}/unlock", WHY, status=303)
    portal.signed_in("Emer Mbiemer")


def test_an_owner_without_tries_gets_in_after_an_unlock(make_portal: MakePortal) -> None:
    portal = make_portal(accounts={"sign_in_tries_per_account": 2})
    wrong: dict[str, Any] = {"user_name": "Emer Mbiemer", "password": "x"}
    for _ in range(3):
        portal.client().post("/login", wrong, status=400)
    portal.client().post("/login", {**wrong, "password": "Provo2024"}, status=400)
    supervisor = portal.staff("mbikeqyres")
    address = opened(portal, supervisor)
    assert "Fshi përpjekjet" in supervisor.get(f"{address}/unlock").content
    supervisor.post(f"{address}/unlock", WHY, status=303)
    portal.signed_in("Emer Mbiemer")
    assert len(events(portal, Action.TRIES_FORGOTTEN)) == 1
    assert posted(portal.database, "unlocked by staff") == []


def test_each_action_wants_a_note(portal: Portal, supervisor: CheckedClient) -> None:
    address = opened(portal, supervisor)
    for what in ("sign-out", "lock", "unlock"):
        page = supervisor.post(f"{address}/{what}", {"note": " \u200b "}, status=400)
        assert page.error_of("note").startswith("Shkruani arsyen")
        page = supervisor.post(f"{address}/{what}", {"note": "x" * 151}, status=400)
        assert page.field("note").get("value") == "x" * 151
        supervisor.post(f"{address}/{what}", {**WHY, "csrf_token": "forged"}, status=400)
    portal.signed_in("Emer Mbiemer")


def test_an_agent_neither_locks_nor_unlocks(portal: Portal, agent: CheckedClient) -> None:
    address = opened(portal, agent)
    page = agent.get(address)
    for what in ("lock", "unlock"):
        assert f"{address}/{what}" not in links(page)
        agent.get(f"{address}/{what}", status=403)
        agent.post(f"{address}/{what}", WHY, status=403)
    assert f"{address}/sign-out" in links(page)
    assert not [link for link in links(page) if "/staff/audit" in link]
    portal.signed_in("Emer Mbiemer")


def test_a_note_is_shown_as_it_was_written(portal: Portal, agent: CheckedClient) -> None:
    address = opened(portal, agent)
    agent.post(f"{address}/sign-out", {"note": "<b>E&amp;E</b>"}, status=303)
    assert "<b>E&amp;E</b>" in agent.get(address).content


def test_the_owner_finds_the_look_in_their_data_but_not_where_staff_sits(
    portal: Portal, agent: CheckedClient
) -> None:
    opened(portal, agent)
    customer = portal.signed_in("Emer Mbiemer")
    page = customer.post("/account/data", {"password": "Provo2024", "current": "Provo2024"})
    kept = json.loads(page.response.data)
    (look,) = [e for e in kept["events"] if e["what"] == "account opened by staff"]
    assert (look["by"], look["detail"], look["address"]) == ("staff", "caller", "")


def test_headings_lead_back(portal: Portal, agent: CheckedClient) -> None:
    page = agent.get(opened(portal, agent))
    assert page.heading == "Llogaria e Emer Mbiemer"
    back = [words(a) for p in page.all("p") if p.get("class") == "back" for a in p.iter(f"{HTML}a")]
    assert back == ["Llogaritë"]
