"""Menaxho Llogarinë."""

import json
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest

from app.clock import now, today
from tests.conftest import MakePortal, Portal
from tests.web.client import PASSWORD, CheckedClient, Page

NAME = "Agron Hoxha"
EMAIL = "agron.hoxha@example.com"
NEW = "dritare77"
CHANGE = {"current": PASSWORD, "new": NEW, "again": NEW, "user_name": NAME}


@pytest.fixture
def client(portal: Portal) -> CheckedClient:
    return portal.signed_in(NAME)


def rows(portal: Portal, query: str) -> list[Any]:
    with portal.database.read() as connection:
        return list(connection.exec_driver_sql(query).mappings())


def write(portal: Portal, statement: str, *values: Any) -> None:
    with portal.database.write() as connection:
        connection.exec_driver_sql(statement, values)


def mailed(portal: Portal, kind: str) -> tuple[str, str]:
    """(to whom, the path of its link) of the newest mail of this kind."""
    found = [
        row for row in rows(portal, "SELECT * FROM message ORDER BY id") if row["kind"] == kind
    ]
    blocks = json.loads(found[-1]["body"])["blocks"]
    address = next(block["address"] for block in blocks if block["kind"] == "link")
    return found[-1]["recipient"], urlsplit(address).path


def account(portal: Portal, name: str = NAME) -> Any:
    return next(row for row in rows(portal, "SELECT * FROM account") if row["user_name"] == name)


def restrict(portal: Portal) -> None:
    write(portal, "UPDATE account SET restricted_until = ?", str(now() + timedelta(hours=24)))


def is_signed_in(client: CheckedClient) -> bool:
    return client.fetch("/account").status_code == 200


def change_email(client: CheckedClient, email: str, status: int = 303, **more: str) -> Page:
    data = {"action": "email", "email": email, "email_password": PASSWORD, **more}
    return client.post("/account/contact", data, status=status)


def change_phone(client: CheckedClient, phone: str, status: int = 303, **more: str) -> Page:
    data = {"action": "phone", "phone": phone, "phone_password": PASSWORD, **more}
    return client.post("/account/contact", data, status=status)


# Password


def test_the_manuals_labels_and_words(client: CheckedClient) -> None:
    page = client.get("/account")
    assert page.heading == "Menaxho Llogarinë"
    for text in (
        *("Fjalëkalimi Aktual", "Fjalëkalimi i Ri", "Konfirmo Fjalëkalimin e Ri"),
        *("Emri i Përdoruesit", "NDRYSHO FJALËKALIMIN", NAME),
    ):
        assert text in page.content


def test_every_page_leads_here(client: CheckedClient) -> None:
    link = next(a for a in client.get("/contracts").all("a") if a.get("href") == "/account")
    assert "Menaxho Llogarinë" in "".join(link.itertext())


def test_password_changes_and_only_this_session_stays(
    portal: Portal, client: CheckedClient
) -> None:
    other, neighbour = portal.signed_in(NAME), portal.signed_in("Vera Leka")
    copied = portal.client()
    copied.http.set_cookie("selfcare_session", client.http.get_cookie("selfcare_session").value)  # type: ignore[union-attr]
    assert is_signed_in(other) and is_signed_in(copied)
    page = client.post("/account", CHANGE, status=303)
    assert page.response.location == "/account"
    assert "Fjalëkalimi juaj u ndryshua." in client.get("/account").content
    assert not is_signed_in(other)
    assert not is_signed_in(copied), "the session's token is a new one"
    assert is_signed_in(neighbour)
    portal.client().post("/login", {"user_name": NAME, "password": PASSWORD}, status=400)
    portal.client().sign_in(NAME, NEW)
    assert mailed(portal, "password changed")[0] == EMAIL


@pytest.mark.parametrize("wrong", [{"current": "Gabim2024"}, {"user_name": "Vera Leka"}])
def test_one_message_for_a_wrong_password_and_a_wrong_name(
    client: CheckedClient, wrong: dict[str, str]
) -> None:
    page = client.post("/account", {**CHANGE, **wrong}, status=400)
    assert page.problems == [
        "Fjalëkalimi aktual ose emri i përdoruesit nuk është i saktë. Kontrollojini të dy."
    ]
    assert page.field("user_name").get("value") == {**CHANGE, **wrong}["user_name"]
    for name in ("current", "new", "again"):
        assert not page.field(name).get("value")
    assert is_signed_in(client)


def test_user_name_may_be_written_as_people_write(client: CheckedClient) -> None:
    client.post("/account", {**CHANGE, "user_name": " agron  HOXHA"}, status=303)


@pytest.mark.parametrize(
    ("field", "typed", "message"),
    [
        ("current", "", "Shkruani fjalëkalimin aktual."),
        ("new", "", "Zgjidhni një fjalëkalim të ri."),
        ("new", "ab1", "të paktën 6 karaktere"),
        ("new", "a1" * 65, "jo më shumë se 128 karaktere"),
        ("new", "a1" * 5000, "Jo më shumë se 512 karaktere."),
        ("new", "AgronHoxha1", "ndër të parët"),
        ("new", PASSWORD, "Këtë fjalëkalim e keni tashmë."),
        ("again", "tjetër99", "Dy fjalëkalimet nuk janë njësoj."),
        ("user_name", "", "Shkruani emrin e përdoruesit."),
        ("user_name", "A" * 10_000, "Jo më shumë se 254 karaktere."),
    ],
)
def test_wrong_field_is_named(
    portal: Portal, client: CheckedClient, field: str, typed: str, message: str
) -> None:
    before = account(portal)["password_hash"]
    page = client.post("/account", {**CHANGE, field: typed}, status=400)
    assert message in page.error_of(field)
    assert account(portal)["password_hash"] == before


def test_guessing_the_password_in_an_open_session_ends(make_portal: MakePortal) -> None:
    portal = make_portal(accounts={"sign_in_tries_per_account": 3})
    client = portal.signed_in(NAME)
    for address, data in (
        ("/account", {**CHANGE, "current": "Gabim2024"}),
        ("/account/contact", {"action": "email", "email": "a@b.al", "email_password": "Gabim1"}),
        ("/account/close", {"password": "Gabim2024", "sure": "y"}),
    ):
        client.post(address, data, status=400)
    page = client.post("/account", CHANGE, status=429)
    assert "tepër shumë përpjekje" in page.problems[0]
    assert page.field("user_name").get("value") == NAME
    page = change_email(client, "new@example.com", status=429)
    assert page.field("email").get("value") == "new@example.com"
    page = client.post("/account/close", {"password": PASSWORD, "sure": "y"}, status=429)
    assert page.field("sure").get("checked") is not None
    assert account(portal)


def test_changing_the_password_ends_a_strangers_change_of_email(
    portal: Portal, client: CheckedClient
) -> None:
    change_email(client, "stranger@example.org")
    _, link = mailed(portal, "confirm e-mail")
    client.post("/account", CHANGE, status=303)
    portal.client().get(link, status=404)
    assert "stranger@example.org" not in client.get("/account/contact").content


# E-mail


def test_email_is_changed_from_the_link_to_the_notice(
    portal: Portal, client: CheckedClient
) -> None:
    with portal.database.write() as connection:
        connection.exec_driver_sql("UPDATE account SET email_confirmed_at = NULL")
    page = client.get("/account/contact")
    assert f"{EMAIL} ende e pakonfirmuar" in page.content
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
    assert "Agron@example.org e konfirmuar" in client.get("/account/contact").content
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
    assert f"{EMAIL} e konfirmuar" in page.content
    assert "Dërgo përsëri lidhjen" not in page.content


def test_link_again_goes_to_the_address_that_waits(portal: Portal, client: CheckedClient) -> None:
    change_email(client, "new@example.org")
    _, first = mailed(portal, "confirm e-mail")
    client.post("/account/contact", {"action": "again"}, status=303)
    to, second = mailed(portal, "confirm e-mail")
    assert to == "new@example.org"
    portal.client().get(first, status=404)
    portal.client().get(second)


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
    assert f"mund të ndryshohen përsëri nga {until:%d.%m.}" in page.content
    assert "u bë së fundi një fjalëkalim i ri" in page.content
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


# Preferences


def ticked(page: Page) -> set[str | None]:
    boxes = [e for e in page.all("input") if e.get("name") == "preference"]
    return {box.get("value") for box in boxes if box.get("checked") is not None}


def test_preferences_are_kept(portal: Portal, client: CheckedClient) -> None:
    assert ticked(client.get("/account/preferences")) == {"case_by_email", "receipt_by_email"}
    chosen = {"invoice_by_email", "reminder_by_sms", "receipt_by_email"}
    data = {"language": "sq", "preference": [*chosen, "nonsense", "x" * 10_000]}
    client.post("/account/preferences", data, status=303)
    page = client.get("/account/preferences")
    assert "Preferencat tuaja u ruajtën." in page.content
    assert ticked(page) == chosen
    assert json.loads(account(portal)["preferences"]) == sorted(chosen)
    client.post("/account/preferences", {"language": "sq"}, status=303)
    assert ticked(client.get("/account/preferences")) == set()


def test_language_of_the_account_and_of_the_browser(portal: Portal, client: CheckedClient) -> None:
    client.post("/account/preferences", {"language": "en"}, status=303)
    client.language = "en"
    page = client.get("/account/preferences")
    assert page.heading == "Manage account"
    assert "Your preferences are saved." in page.content
    assert account(portal)["language"] == "en"
    change_phone(client, "069 111 2233")
    subject = json.loads(rows(portal, "SELECT * FROM message ORDER BY id")[-1]["body"])["subject"]
    assert subject == "Your phone number was changed"


@pytest.mark.parametrize("data", [{"language": "xx"}, {}, {"language": "sq", "csrf_token": "old"}])
def test_a_refused_form_of_preferences_keeps_the_ticks(
    client: CheckedClient, data: dict[str, str]
) -> None:
    page = client.post("/account/preferences", {**data, "preference": "case_by_sms"}, status=400)
    assert page.problems
    assert ticked(page) == {"case_by_sms"}
    assert ticked(client.get("/account/preferences")) == {"case_by_email", "receipt_by_email"}


def test_who_pays_everything_finds_it_ticked(client: CheckedClient) -> None:
    def chosen(page: Page) -> list[bool]:
        boxes = [e for e in page.all("input") if e.get("name") == "invoice"]
        return [box.get("checked") is not None for box in boxes]

    address = "/contracts/AL0000002/pay"
    assert chosen(client.get(address)) == [False] * 3
    client.post("/account/preferences", {"language": "sq", "preference": "select_all"}, status=303)
    assert chosen(client.get(address)) == [True] * 3
    untick = client.post(address, {"action": "total"})
    assert chosen(untick) == [False] * 3, "what was unticked stays so"


# Devices


def test_devices_are_shown_and_one_is_signed_out(portal: Portal, client: CheckedClient) -> None:
    phone = portal.client()
    agent = "Mozilla/5.0 (Linux; Android 10; K) Chrome/131.0.0.0 Mobile Safari/537.36"
    phone.http.environ_base.update(HTTP_USER_AGENT=agent, REMOTE_ADDR="192.0.2.77")
    phone.sign_in(NAME)
    page = client.get("/account/devices")
    mine, other = page.table()
    assert "kjo pajisje" in mine[0] and "kjo pajisje" not in other[0]
    assert (other[0], other[1]) == ("Chrome, Android", "192.0.2.77")
    form = [e.get("action") for e in page.all("form") if "/devices/" in e.get("action", "")]
    client.post(str(form[1]), {}, status=303)
    assert "Pajisja u nxor nga llogaria." in client.get("/account/devices").content
    assert not is_signed_in(phone) and is_signed_in(client)
    client.post(str(form[1]), {}, status=404)  # it is gone


def test_own_device_is_signing_out(client: CheckedClient) -> None:
    page = client.get("/account/devices")
    form = next(e.get("action") for e in page.all("form") if "/devices/" in e.get("action", ""))
    assert client.post(str(form), {}, status=303).response.location == "/login"
    assert "Keni dalë nga llogaria." in client.get("/login").content
    assert not is_signed_in(client)


def test_all_others_are_signed_out(portal: Portal, client: CheckedClient) -> None:
    others = [portal.signed_in(NAME) for _ in range(3)]
    neighbour = portal.signed_in("Vera Leka")
    client.post("/account/devices/sign-out-others", {}, status=303)
    assert not any(is_signed_in(other) for other in others)
    assert is_signed_in(client) and is_signed_in(neighbour)
    assert "Nxirr të gjitha të tjerat" not in client.get("/account/devices").content


def test_devices_of_another_account_cannot_be_ended(portal: Portal, client: CheckedClient) -> None:
    vera = portal.signed_in("Vera Leka")
    for row in rows(portal, "SELECT id FROM account_session WHERE account_id = 4"):
        client.post(f"/account/devices/{row['id']}/sign-out", {}, status=404)
    for number in ("0", "99999", "2147483648", "9" * 40):
        client.post(f"/account/devices/{number}/sign-out", {}, status=404)
    assert is_signed_in(vera)


def test_a_hostile_browser_name_is_only_text(portal: Portal, client: CheckedClient) -> None:
    other = portal.client()
    other.http.environ_base.update(HTTP_USER_AGENT="<script>alert(1)</script>\u202e" + "x" * 500)
    other.sign_in(NAME)
    page = client.get("/account/devices")
    assert "<script>alert(1)" not in page.text
    assert page.table()[1][0].startswith("<script>alert(1)</script>x")
    assert len(page.table()[1][0]) <= 60


# Data and the end


def test_download_has_everything_and_nothing_of_others(
    portal: Portal, client: CheckedClient
) -> None:
    portal.signed_in("Vera Leka")
    change_phone(client, "069 111 2233")
    change_email(client, "new@example.org")
    response = client.post("/account/data", {"password": PASSWORD}).response
    assert response.mimetype == "application/json"
    day = today().isoformat()
    assert response.headers["Content-Disposition"] == f'attachment; filename="llogaria-{day}.json"'
    assert response.headers["Cache-Control"] == "no-store"
    text = response.get_data().decode("utf-8")
    kept = json.loads(text)
    assert text.startswith('{\n  "made_at"')
    assert kept["account"]["user_name"] == NAME
    assert kept["account"]["phone"] == "+355691112233"
    assert kept["account"]["email_waiting_for_confirmation"] == "new@example.org"
    codes = ["AL0000001", "AL0000002", "AL0000003"]
    assert [link["code"] for link in kept["contracts"]] == codes
    assert len(kept["signed_in_devices"]) == 1
    assert {m["about"] for m in kept["messages"]} >= {"phone changed", "confirm e-mail"}
    done = [event["what"] for event in kept["events"]]
    assert done[0] == "data downloaded" and "signed in" in done and "phone changed" in done
    mine = account(portal)
    assert mine["password_hash"] not in text and "$argon2" not in text and "hash" not in text
    assert "Vera" not in text and "AL0000004" not in text and "not-me" not in text


def test_download_leaves_out_whoever_had_the_number_before(portal: Portal) -> None:
    """SQLite gives the number of the newest account again once that is closed."""
    write(
        portal,
        "INSERT INTO audit_event (at, actor, action, account_id, address, detail)"
        " VALUES ('2001-01-01 00:00:00', 'customer', 'closed', 2, '198.51.100.9', '')",
    )
    page = portal.signed_in(NAME).post("/account/data", {"password": PASSWORD})
    text = page.response.get_data().decode()
    assert NAME in text
    assert "198.51.100.9" not in text


def test_closing_deletes_and_ends_delegates(portal: Portal, client: CheckedClient) -> None:
    vera = portal.signed_in("Vera Leka")
    write(
        portal,
        "INSERT INTO account_contract (account_id, contract_code, linked_at, right, granted_by)"
        " VALUES (?, 'AL0000002', '2026-01-01 00:00:00', 'view', ?)",
        account(portal, "Vera Leka")["id"],
        account(portal)["id"],
    )
    vera.get("/contracts/AL0000002/pay")
    client.get("/account/close")
    page = client.post("/account/close", {"password": PASSWORD, "sure": "y"}, status=303)
    assert page.response.location == "/"
    assert "Llogaria juaj u mbyll" in client.get("/").content
    assert not is_signed_in(client)
    portal.client().post("/login", {"user_name": NAME, "password": PASSWORD}, status=400)
    vera.get("/contracts/AL0000002/pay", status=404)
    vera.get("/contracts/AL0000004/pay")
    assert NAME not in {row["user_name"] for row in rows(portal, "SELECT * FROM account")}
    assert [r for r in rows(portal, "SELECT * FROM message") if r["recipient"] == EMAIL] == [
        row for row in rows(portal, "SELECT * FROM message") if row["kind"] == "closed"
    ]


@pytest.mark.parametrize(
    ("data", "field", "message"),
    [
        ({"password": "Gabim2024", "sure": "y"}, "password", "Ky nuk është fjalëkalimi"),
        ({"password": "", "sure": "y"}, "password", "Shkruani fjalëkalimin aktual."),
        ({"password": PASSWORD}, "sure", "Shënoni që dëshironi ta mbyllni llogarinë."),
        ({"password": PASSWORD, "sure": "false"}, "sure", "Shënoni që dëshironi"),
    ],
)
def test_closing_wants_the_password_and_a_tick(
    portal: Portal, client: CheckedClient, data: dict[str, str], field: str, message: str
) -> None:
    page = client.post("/account/close", data, status=400)
    assert message in page.error_of(field)
    assert account(portal)
    assert is_signed_in(client)


# Forged requests


@pytest.mark.parametrize(
    ("address", "data"),
    [
        ("/account", CHANGE),
        ("/account/contact", {"action": "again"}),
        ("/account/contact", {"action": "email", "email": "a@b.al", "email_password": PASSWORD}),
        (
            "/account/contact",
            {"action": "phone", "phone": "0691112233", "phone_password": PASSWORD},
        ),
        ("/account/preferences", {"language": "en"}),
        ("/account/devices/1/sign-out", {}),
        ("/account/devices/sign-out-others", {}),
        ("/account/data", {"password": PASSWORD}),
        ("/account/close", {"password": PASSWORD, "sure": "y"}),
    ],
)
def test_a_forged_request_changes_nothing(
    portal: Portal, client: CheckedClient, address: str, data: dict[str, str]
) -> None:
    other, before = portal.signed_in(NAME), account(portal)
    messages = len(rows(portal, "SELECT * FROM message"))
    page = client.post(address, {**data, "csrf_token": "forged"}, status=400)
    assert "qëndroi hapur" in page.problems[0]
    assert account(portal) == before
    assert len(rows(portal, "SELECT * FROM message")) == messages
    assert is_signed_in(other) and is_signed_in(client)


def test_a_forged_confirmation_changes_nothing(portal: Portal, client: CheckedClient) -> None:
    change_email(client, "new@example.org")
    _, link = mailed(portal, "confirm e-mail")
    page = portal.client().post(link, {"csrf_token": "forged"}, status=400)
    assert page.problems
    assert account(portal)["email"] == EMAIL
