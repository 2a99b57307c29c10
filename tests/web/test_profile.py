"""Menaxho Llogarinë: the password, the preferences, and forged requests to any of its pages."""

import json

import pytest

from tests.conftest import MakePortal, Portal
from tests.profiles import (
    CHANGE,
    EMAIL,
    NAME,
    NEW,
    account,
    change_email,
    change_phone,
    is_signed_in,
    mailed,
    rows,
)
from tests.web.client import PASSWORD, CheckedClient, Page


@pytest.fixture
def client(portal: Portal) -> CheckedClient:
    return portal.signed_in(NAME)


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
