"""What one wants to hear of: for all contracts, for one, and the links that end it."""

import json
from typing import Any

import pytest

from app.accounts.records import AccountId
from app.messages.outbox import Purpose
from app.messages.records import Letter
from legacy_adapters.records import ContractCode
from tests.conftest import MakePortal, Portal
from tests.web.client import PASSWORD, CheckedClient, Page

NAME, CODE, OTHER = "Agron Hoxha", "AL0000001", "AL0000002"
PAGE = f"/contracts/{CODE}/messages"
NO_SMS = "Nuk mund të dërgojmë SMS te numrat e këtij vendi"
ASKS = 'name="action" value="code"'


@pytest.fixture
def agron(portal: Portal) -> CheckedClient:
    return portal.signed_in(NAME)


def ticked(page: Page) -> set[str]:
    boxes = [e for e in page.all("input") if e.get("name") == "preference"]
    return {str(box.get("value")) for box in boxes if box.get("checked") is not None}


def account_id(portal: Portal, name: str = NAME) -> AccountId:
    with portal.database.read() as connection:
        query = "SELECT id FROM account WHERE user_name = ?"
        return AccountId(connection.exec_driver_sql(query, (name,)).scalar_one())


def link(portal: Portal, preference: str, code: str | None = CODE, name: str = NAME) -> str:
    with portal.database.write() as connection:
        made = portal.services.preferences.make_link(
            connection, account_id(portal, name), preference, code and ContractCode(code)
        )
    return "/m/" + made.rpartition("/")[2]


def wants(agron: CheckedClient, *names: str) -> None:
    agron.post("/account/preferences", {"language": "sq", "preference": list(names)}, status=303)


def test_one_contract_follows_the_others_until_it_has_its_own(agron: CheckedClient) -> None:
    wants(agron, "invoice_by_email", "reminder_by_sms", "case_by_email")
    page = agron.get(PAGE)
    assert ticked(page) == {"invoice_by_email", "reminder_by_sms"}
    own = {"choice": "own", "preference": ["payment_by_sms", "case_by_sms", "nonsense"]}
    assert agron.post(PAGE, own, status=303).response.location == PAGE
    page = agron.get(PAGE)
    assert "u ruajt" in page.content and ticked(page) == {"payment_by_sms"}
    assert CODE in agron.get("/account/preferences").content
    assert ticked(agron.get(f"/contracts/{OTHER}/messages")) == {
        "invoice_by_email",
        "reminder_by_sms",
    }
    agron.post(PAGE, {"choice": "same", "preference": ["payment_by_sms"]}, status=303)
    assert ticked(agron.get(PAGE)) == {"invoice_by_email", "reminder_by_sms"}


def test_a_refused_choice_keeps_the_ticks(agron: CheckedClient) -> None:
    agron.get(PAGE)
    data = {"choice": "own", "preference": ["payment_by_sms"], "csrf_token": "stale"}
    page = agron.post(PAGE, data, status=400)
    assert ticked(page) == {"payment_by_sms"} and page.problems
    assert ticked(agron.get(PAGE)) == set()


def test_the_page_says_what_is_not_confirmed(portal: Portal, agron: CheckedClient) -> None:
    assert "nuk është konfirmuar" not in agron.get(PAGE).content
    with portal.database.write() as connection:
        connection.exec_driver_sql("UPDATE account SET confirmed_phone = NULL")
    for address in (PAGE, "/account/preferences"):
        assert "Numri juaj i telefonit nuk është konfirmuar" in agron.get(address).content


def test_a_link_ends_what_it_is_for_without_signing_in(
    portal: Portal, agron: CheckedClient
) -> None:
    wants(agron, "invoice_by_email", "invoice_by_sms", "reminder_by_email")
    address, stranger = link(portal, "invoice_by_email"), portal.client()
    page = stranger.get(address)
    assert "Faturë e re, me e-mail, kontrata AL0000001" in page.content
    assert ticked(agron.get(PAGE)) == {"invoice_by_email", "invoice_by_sms", "reminder_by_email"}
    page = stranger.post(address, {"what": "this"})
    assert page.heading == "Mesazhet u ndalën"
    assert ticked(agron.get(PAGE)) == {"invoice_by_sms", "reminder_by_email"}
    assert "invoice_by_email" in ticked(agron.get("/account/preferences"))
    stranger.post(address, {"what": "everything"})
    assert ticked(agron.get("/account/preferences")) == {"invoice_by_sms"}
    assert ticked(agron.get(PAGE)) == {"invoice_by_sms"}


def test_a_mail_programs_own_button(portal: Portal, agron: CheckedClient) -> None:
    """RFC 8058: a post from elsewhere, without cookies, with these very words."""
    wants(agron, "reminder_by_email")
    address = link(portal, "reminder_by_email")
    answer = portal.app.test_client().post(
        address,
        data="List-Unsubscribe=One-Click",
        content_type="application/x-www-form-urlencoded",
        headers={"Sec-Fetch-Site": "cross-site"},
    )
    assert answer.status_code == 200
    assert ticked(agron.get(PAGE)) == set()


@pytest.mark.parametrize("preference", ["case_by_email", "receipt_by_email", "case_by_sms"])
def test_what_is_of_no_contract_ends_too(
    portal: Portal, agron: CheckedClient, preference: str
) -> None:
    wants(agron, "case_by_email", "receipt_by_email", "case_by_sms", "select_all")
    portal.client().post(link(portal, preference, None), {"what": "this"})
    left = {"case_by_email", "receipt_by_email", "case_by_sms", "select_all"} - {preference}
    assert ticked(agron.get("/account/preferences")) == left


def test_a_link_of_nobody(portal: Portal) -> None:
    client = portal.client()
    for token in ("x", "A" * 26, "%00", "a/b"):
        assert client.fetch(f"/m/{token}").status_code == 404
    assert portal.app.test_client().post("/m/x").status_code == 404


def test_every_letter_that_can_be_ended_says_how(portal: Portal) -> None:
    letter = Letter(subject="Test", blocks=())
    with portal.database.write() as connection:
        portal.services.cases.filing._shared.telling.mail(
            connection, account_id(portal), "case", lambda _, _l: letter, Purpose(kind="case")
        )
    with portal.database.read() as connection:
        body = connection.exec_driver_sql("SELECT body FROM message").scalar_one()
    address = json.loads(body)["switch_off"]
    page = portal.client().get("/m/" + address.rpartition("/")[2])
    assert "Të reja mbi një kërkesë" in page.content or "kërkes" in page.content


def test_delegates_choose_for_themselves(portal: Portal, agron: CheckedClient) -> None:
    with portal.database.write() as connection:
        connection.exec_driver_sql(
            'INSERT INTO account_contract (account_id, contract_code, linked_at, "right",'
            " granted_by) VALUES (?, ?, '2026-01-01', 'view', ?)",
            (account_id(portal, "Vera Leka"), CODE, account_id(portal)),
        )
    vera = portal.signed_in("Vera Leka")
    vera.post(PAGE, {"choice": "own", "preference": ["invoice_by_email"]}, status=303)
    assert ticked(vera.get(PAGE)) == {"invoice_by_email"}
    assert ticked(agron.get(PAGE)) == set()


# The phone


def sms(portal: Portal) -> list[Any]:
    with portal.database.read() as connection:
        query = "SELECT recipient, body FROM message WHERE channel = 'sms' ORDER BY id"
        return list(connection.exec_driver_sql(query))


def unconfirm(portal: Portal) -> None:
    with portal.database.write() as connection:
        connection.exec_driver_sql("UPDATE account SET confirmed_phone = NULL")


def test_the_phone_is_confirmed_by_a_code(portal: Portal, agron: CheckedClient) -> None:
    assert 'action="code"' not in agron.get("/account/contact").text
    unconfirm(portal)
    assert agron.get("/account/phone", status=303).response.location == "/account/contact"
    page = agron.post("/account/contact", {"action": "code"}, status=303)
    assert page.response.location == "/account/phone"
    page = agron.get("/account/phone")
    assert "*** 01" in page.content
    ((to, text),) = sms(portal)
    code = "".join(c for c in text.partition(".")[0] if c.isdigit())
    page = agron.post("/account/phone", {"code": "000"}, status=400)
    assert page.problems and "Ky kod nuk vlen" in page.content
    agron.post("/account/phone", {"code": ""}, status=400)
    page = agron.post("/account/phone", {"code": f" {code[:3]} {code[3:]} "}, status=303)
    assert page.response.location == "/account/contact"
    assert "u konfirmua" in agron.get("/account/contact").content
    assert to == "+355692000001"


def test_codes_run_out(portal: Portal, agron: CheckedClient) -> None:
    unconfirm(portal)
    for _ in range(5):
        agron.post("/account/contact", {"action": "code"}, status=303)
    page = agron.post("/account/contact", {"action": "code"}, status=429)
    assert "Sot u dërguan shumë kode" in page.content
    assert len(sms(portal)) == 5


def test_no_code_to_another_country(portal: Portal, agron: CheckedClient) -> None:
    unconfirm(portal)
    with portal.database.write() as connection:
        connection.exec_driver_sql("UPDATE account SET phone = '+8811234567890'")
    page = agron.post("/account/contact", {"action": "code"}, status=400)
    assert NO_SMS in page.problems[0]


def test_no_code_is_offered_to_another_country(portal: Portal, agron: CheckedClient) -> None:
    unconfirm(portal)
    page = agron.get("/account/contact")
    assert "+355" in page.hint_of("phone")
    assert ASKS in page.text and NO_SMS not in page.content
    data = {"action": "phone", "phone": "+39 320 123 4567", "phone_password": PASSWORD}
    agron.post("/account/contact", data, status=303)
    page = agron.get("/account/contact")
    assert NO_SMS in page.content and ASKS not in page.text
    assert "i pakonfirmuar" not in page.content, "nothing waits for being done"
    for path in ("/account/preferences", PAGE):
        page = agron.get(path)
        assert [e for e in page.all("div") if e.get("role") == "note"]
        assert "Numri juaj i telefonit nuk" not in page.content
        assert "Konfirmoje" not in page.content, "there is nothing to confirm"


def test_who_gets_no_sms_is_not_told_to_ask_by_sms(make_portal: MakePortal) -> None:
    portal = make_portal(phones={"secret": "k" * 16, "short_code": "5055"})
    agron = portal.signed_in(NAME)
    assert "5055" in agron.get("/account/preferences").content
    with portal.database.write() as connection:
        connection.exec_driver_sql("UPDATE account SET phone = '+393201234567'")
    assert "5055" not in agron.get("/account/preferences").content


def test_sms_to_anywhere_are_not_spoken_of(make_portal: MakePortal) -> None:
    portal = make_portal(phones={"countries": ["+"]})
    assert "+" not in portal.client().get("/register").hint_of("phone")
    unconfirm(portal)
    agron = portal.signed_in(NAME)
    with portal.database.write() as connection:
        connection.exec_driver_sql("UPDATE account SET phone = '+393201234567'")
    page = agron.get("/account/contact")
    assert NO_SMS not in page.content and ASKS in page.text


def test_registering_tells_where_sms_go(portal: Portal) -> None:
    page = portal.client().get("/register")
    assert "+355" in page.hint_of("phone")
