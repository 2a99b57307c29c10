"""Menaxho Llogarinë: e-mail and phone."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.audit.records import Action, Actor
from app.clock import HOME, now
from app.formats import Formats
from tests.conftest import Portal
from tests.profiles import (
    EMAIL,
    NAME,
    NEW,
    account,
    change_email,
    change_phone,
    is_signed_in,
    mailed,
    rows,
    write,
)
from tests.web.client import PASSWORD, CheckedClient

CANCEL = 'name="action" value="cancel"'
FORMATS = Formats("sq")


@pytest.fixture
def client(portal: Portal) -> CheckedClient:
    return portal.signed_in(NAME)


# E-mail


def test_email_is_changed_from_the_link_to_the_notice(
    portal: Portal, client: CheckedClient
) -> None:
    with portal.database.write() as connection:
        connection.exec_driver_sql("UPDATE account SET email_confirmed_at = NULL")
    page = client.get("/account/contact")
    assert f"{EMAIL} ende i pakonfirmuar" in page.content
    change_email(client, "Agron@Example.org")
    page = client.get("/account/contact")
    assert "Agron@example.org pret që ta hapni lidhjen" in page.content
    assert account(portal)["email"] == EMAIL
    to, link = mailed(portal, "confirm e-mail")
    assert to == "Agron@example.org"

    stranger = portal.client()  # the link is opened where the mail is read
    assert "Agron@example.org" in stranger.get(link).content
    assert account(portal)["email"] == EMAIL, "looking changes nothing"
    page = stranger.post(link, {}, status=303)
    assert page.response.location == "/login"
    assert "Agron@example.org u konfirmua." in stranger.get("/login").content
    assert "Agron@example.org i konfirmuar" in client.get("/account/contact").content
    stranger.get(link, status=404)
    stranger.post(link, {}, status=404)
    portal.client().sign_in("agron@example.org")

    told, _ = mailed(portal, "e-mail changed")
    assert told == EMAIL, "the address before is told"


def test_not_me_restores_the_address_and_locks(portal: Portal, client: CheckedClient) -> None:
    change_email(client, "thief@example.org")
    client.post(mailed(portal, "confirm e-mail")[1], {}, status=303)
    _, not_me = mailed(portal, "e-mail changed")
    page = portal.client().post(not_me, {})
    assert page.heading == "Llogaria juaj është e bllokuar"
    assert account(portal)["email"] == EMAIL
    assert not is_signed_in(client)
    portal.client().post("/login", {"user_name": NAME, "password": PASSWORD}, status=400)


def test_confirming_while_signed_in_leads_back(portal: Portal, client: CheckedClient) -> None:
    client.post("/account/contact", {"action": "again"}, status=303)
    to, link = mailed(portal, "confirm e-mail")
    assert to == EMAIL
    page = client.post(link, {}, status=303)
    assert page.response.location == "/account/contact"
    page = client.get("/account/contact")
    assert f"{EMAIL} i konfirmuar" in page.content
    assert "Dërgo përsëri lidhjen" not in page.content


def test_link_again_goes_to_the_address_that_waits(portal: Portal, client: CheckedClient) -> None:
    change_email(client, "new@example.org")
    _, first = mailed(portal, "confirm e-mail")
    client.post("/account/contact", {"action": "again"}, status=303)
    to, second = mailed(portal, "confirm e-mail")
    assert to == "new@example.org"
    portal.client().get(first, status=404)
    portal.client().get(second)


def test_what_waits_is_shown_with_its_end_and_cancelled(
    portal: Portal, client: CheckedClient
) -> None:
    assert CANCEL not in client.get("/account/contact").text
    change_email(client, "new@example.org")
    _, link = mailed(portal, "confirm e-mail")
    [waiting] = rows(portal, "SELECT * FROM email_change")
    page = client.get("/account/contact")
    until = datetime.fromisoformat(waiting["expires_at"]).replace(tzinfo=UTC)
    assert FORMATS.moment(until) in page.content and CANCEL in page.text
    forged = client.http.post("/account/contact", data={"action": "cancel", "csrf_token": "x"})
    assert forged.status_code == 400 and rows(portal, "SELECT * FROM email_change")

    client.post("/account/contact", {"action": "cancel"}, status=303)
    page = client.get("/account/contact")
    assert "new@example.org" not in page.content and CANCEL not in page.text
    told = portal.services.audit.list_newest()[0]
    assert (told.action, told.actor) == (Action.EMAIL_CHANGE_CANCELLED, Actor.CUSTOMER)
    assert account(portal)["email"] == EMAIL
    stranger = portal.client()
    gone, other = stranger.get(link, status=404), stranger.get("/not-me/nonsense", status=404)
    assert len(gone.content) > len(other.content), "it says what ends such a link"
    stranger.post(link, {}, status=404)
    assert account(portal)["email"] == EMAIL


def test_cancelling_what_is_there_no_more_changes_nothing(
    portal: Portal, client: CheckedClient
) -> None:
    with portal.database.write() as connection:
        connection.exec_driver_sql("UPDATE account SET email_confirmed_at = NULL")
    client.post("/account/contact", {"action": "again"}, status=303)
    _, link = mailed(portal, "confirm e-mail")
    client.post("/account/contact", {"action": "cancel"}, status=303)
    assert portal.services.audit.list_newest()[0].action is not Action.EMAIL_CHANGE_CANCELLED
    portal.client().get(link)  # the link to the account's own address still confirms it


def test_links_a_day_are_counted_and_said_so(client: CheckedClient) -> None:
    for _ in range(10):
        client.post("/account/contact", {"action": "again"}, status=303)
    page = client.post("/account/contact", {"action": "again"}, status=429)
    assert "provoni përsëri nesër" in page.problems[0]
    page = change_email(client, "new@example.org", status=429)
    assert "provoni përsëri nesër" in page.problems[0]
    assert page.field("email").get("value") == "new@example.org"


def test_an_address_taken_meanwhile_is_told_in_words(portal: Portal, client: CheckedClient) -> None:
    change_email(client, "vera.leka@example.com")  # asking tells nobody who has an account
    _, link = mailed(portal, "confirm e-mail")
    page = client.post(link, {}, status=400)
    assert "Këtë adresë e ka ndërkohë një llogari tjetër" in page.problems[0]
    assert account(portal)["email"] == EMAIL


@pytest.mark.parametrize(
    "typed",
    [
        "new@example.org\r\nBcc: victim@example.org",
        "new@example.org\nSubject: hello",
        "new@example.org, other@example.org",
        "Agron <new@example.org>",
        "аgron.hoxha@example.com",  # a Cyrillic а
        "agron.hoxha@exаmple.com",
        "new\x00 @example.org",
        "new@example",
        "@example.org",
    ],
)
def test_what_is_no_address_is_refused_in_words_and_kept(
    portal: Portal, client: CheckedClient, typed: str
) -> None:
    page = change_email(client, typed, status=400)
    assert "Kjo nuk është adresë e-maili." in page.error_of("email")
    kept = str(page.field("email").get("value"))
    assert kept and kept in typed.translate({ord(c): None for c in "\r\n\x00\u202e"})
    assert not rows(portal, "SELECT * FROM email_change")
    assert not [r for r in rows(portal, "SELECT * FROM message") if r["kind"] == "confirm e-mail"]


def test_huge_address_is_refused(client: CheckedClient) -> None:
    page = change_email(client, "a" * 10_000 + "@example.org", status=400)
    assert page.error_of("email") == "Jo më shumë se 254 karaktere."


def test_invisible_characters_of_a_copied_address_do_not_get_in(
    portal: Portal, client: CheckedClient
) -> None:
    change_email(client, "\u200enew\x00\u202e@example.org\u200b ")
    assert mailed(portal, "confirm e-mail")[0] == "new@example.org"


def test_wrong_password_stands_beside_its_own_field(client: CheckedClient) -> None:
    page = change_email(client, "new@example.org", status=400, email_password="Gabim2024")
    assert page.error_of("email_password") == "Ky nuk është fjalëkalimi juaj aktual."
    assert page.error_of("phone_password") == ""
    assert page.field("email").get("value") == "new@example.org"
    assert not page.field("email_password").get("value")
    page = change_phone(client, "069 111 2233", status=400, phone_password="Gabim2024")
    assert page.error_of("phone_password") == "Ky nuk është fjalëkalimi juaj aktual."
    assert page.field("phone").get("value") == "069 111 2233"


# Phone


@pytest.mark.parametrize(
    "typed",
    [
        *("0691112233", "069 111 2233", "069-111-2233", "069/1112233", "(069) 111 22 33"),
        *("+355691112233", "+355 69 111 2233", "00355691112233", "+355 (0) 69 111 2233"),
        *(" 69 111 2233 ", "069\u00a0111\u20092233", "069.111.2233", "\u202d0691112233\u202c"),
    ],
)
def test_one_phone_however_it_is_written(portal: Portal, client: CheckedClient, typed: str) -> None:
    change_phone(client, typed)
    assert account(portal)["phone"] == "+355691112233"
    content = client.get("/account/contact").content
    assert "*** 33" in content and "111" not in content


@pytest.mark.parametrize("typed", ["069", "nuk kam", "+355 4 000", "069 111 2233\r\n; x"])
def test_what_is_no_phone_is_refused_in_words(client: CheckedClient, typed: str) -> None:
    page = change_phone(client, typed, status=400)
    assert "nuk është numër telefoni i vlefshëm" in page.error_of("phone")
    assert page.field("phone").get("value")


def test_new_phone_is_told_with_a_way_back(portal: Portal, client: CheckedClient) -> None:
    before = account(portal)["phone"]
    change_phone(client, "069 111 2233")
    to, not_me = mailed(portal, "phone changed")
    assert to == EMAIL
    portal.client().post(not_me, {})
    assert account(portal)["phone"] == before


# For a while after a recovery


def restrict(portal: Portal) -> None:
    write(portal, "UPDATE account SET restricted_until = ?", str(now() + timedelta(hours=24)))


def test_restricted_after_a_recovery(portal: Portal) -> None:
    lost = {"user_name": NAME, "email": EMAIL, "phone": "069 200 0001"}
    page = portal.client().post("/forgot-password", lost)
    password = next(e for e in page.all("code") if e.get("id") == "temporary-password").text
    client = portal.client()
    client.sign_in(NAME, str(password))
    client.get("/account", status=303)  # nothing opens before a new password
    client.post("/account/new-password", {"new": NEW, "again": NEW}, status=303)
    page = client.get("/account/contact")
    until = portal.services.profiles.restricted_until(
        portal.services.accounts.find_signed_in(token_of(client))  # type: ignore[arg-type]
    )
    assert until is not None
    assert f"mund të ndryshohen përsëri nga {until.astimezone(HOME):%d.%m.}" in page.content
    assert "u krijua së fundi një fjalëkalim i ri" in page.content
    assert not [e for e in page.all("input") if e.get("name") in {"email", "phone"}]
    page = change_email(client, "thief@example.org", status=403, email_password=NEW)
    assert "mund të ndryshohen përsëri" in page.content
    change_phone(client, "069 111 2233", status=403, phone_password=NEW)
    assert account(portal)["phone"] == "+355692000001"


def token_of(client: CheckedClient) -> Any:
    with client.http.session_transaction() as session:
        return session["_user_id"]


def test_restricted_meanwhile(portal: Portal, client: CheckedClient) -> None:
    assert client.get("/account/contact").field("email") is not None
    restrict(portal)
    page = change_email(client, "new@example.org", status=403)
    assert "mund të ndryshohen përsëri nga" in page.content
    assert not rows(portal, "SELECT * FROM email_change")
