"""Harruat Fjalëkalimin?, the new password, and the link that stops it."""

import re

import pytest

from app.accounts.records import Visitor
from tests.accounts import posted
from tests.conftest import MakePortal, Portal
from tests.web.client import PASSWORD, Page

GOOD = {
    "user_name": "Agron Hoxha",
    "email": "agron.hoxha@example.com",
    "phone": "069 200 0001",
}
REFUSED = "Me këto të dhëna nuk mund të krijojmë fjalëkalim të ri."
CHOSEN = {"new": "dritare77", "again": "dritare77"}


def ask(portal: Portal, status: int = 200, **changes: str) -> Page:
    return portal.client().post("/forgot-password", {**GOOD, **changes}, status=status)


def shown(page: Page) -> str:
    found = re.search(r'id="temporary-password">(\w+)<', page.text)
    assert found is not None
    return found[1]


def path_of(link: str) -> str:
    return "/" + link.split("/", 3)[3]


def test_the_new_password_appears_above_the_button(portal: Portal) -> None:
    page = ask(portal)
    password = shown(page)
    assert page.text.index(password) < page.text.index("Merr Fjalëkalimin")
    assert page.field("email").get("value") == GOOD["email"]
    assert page.response.headers["Cache-Control"] == "no-store"


def test_signing_in_with_it_asks_for_a_new_one_before_anything_else(portal: Portal) -> None:
    client = portal.client()
    done = client.post("/login", {"user_name": "Agron Hoxha", "password": shown(ask(portal))}, 303)
    assert done.response.location == "/account/new-password"
    for address in ("/contracts", "/contracts/AL0000001/pay", "/login"):
        page = client.http.get(address, follow_redirects=True)
        assert page.request.path == "/account/new-password", address
    wrong = client.post("/account/new-password", {**CHOSEN, "again": "tjeter88"}, status=400)
    assert wrong.error_of("again") == "Dy fjalëkalimet nuk janë njësoj."
    client.post("/account/new-password", CHOSEN, status=303)
    assert "Fjalëkalimi i ri hyri në fuqi" in client.get("/contracts").content
    client.get("/account/new-password", status=404)
    portal.client().sign_in("Agron Hoxha", CHOSEN["new"])
    portal.client().post("/login", {"user_name": "Agron Hoxha", "password": PASSWORD}, status=400)


def test_signing_in_with_it_speaks_the_accounts_language(portal: Portal) -> None:
    password = shown(ask(portal))
    with portal.database.write() as connection:
        connection.exec_driver_sql("UPDATE account SET language = 'en'")
    client = portal.client()
    client.post("/login", {"user_name": "Agron Hoxha", "password": password}, 303)
    client.language = "en"
    assert client.get("/account/new-password").heading == "Choose a new password"


def test_who_came_in_by_it_may_still_sign_out(portal: Portal) -> None:
    client = portal.client()
    client.post("/login", {"user_name": "Agron Hoxha", "password": shown(ask(portal))}, 303)
    client.post("/logout", {}, status=303)
    client.get("/contracts", status=303)


@pytest.mark.parametrize(
    ("new", "message"),
    [
        ("ab1", "të paktën 6 karaktere"),
        ("abc123", "ndër të parët"),
        ("Agron Hoxha1", "ndër të parët"),
        ("a1" * 300, "Jo më shumë se 512 karaktere."),
        ("", "Zgjidhni një fjalëkalim të ri."),
    ],
)
def test_the_new_one_obeys_the_rules(portal: Portal, new: str, message: str) -> None:
    client = portal.client()
    client.post("/login", {"user_name": "Agron Hoxha", "password": shown(ask(portal))}, 303)
    page = client.post("/account/new-password", {"new": new, "again": new}, status=400)
    assert message in page.error_of("new")


def without_what_varies(page: Page) -> str:
    return re.sub(r'nonce="[^"]+"|value="[^"]*"|next=[^"]+', "", page.text)


def test_every_reason_gets_the_same_answer(make_portal: MakePortal) -> None:
    portal = make_portal(accounts={"recovery_tries_per_network": 12})
    with portal.database.write() as connection:
        connection.exec_driver_sql(
            "UPDATE account SET disabled_at = created_at WHERE user_name = 'Vera Leka'"
        )
    vera = {"user_name": "Vera Leka", "email": "vera.leka@example.com", "phone": "0692000003"}
    answers = set()
    for changes in (
        {"user_name": "Askush Askushi"},
        {"email": "askush@example.com"},
        {"phone": "0692000002"},
        {"phone": "+39 320 123 4567"},
        vera,  # disabled
        *({"phone": "0692000002"},) * 20,  # throttled on the way
        {},  # right, but too late
    ):
        page = ask(portal, 400, **changes)
        assert page.problems == [page.problems[0]]
        assert page.problems[0].startswith(REFUSED)
        answers.add(without_what_varies(page))
    assert len(answers) == 1
    assert posted(portal.database, "recovery noticed") == []


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("user_name", "", "Shkruani emrin e përdoruesit."),
        ("user_name", "A" * 10_000, "Jo më shumë se 254 karaktere."),
        ("email", "agron@", "nuk është adresë e-maili"),
        ("email", "agron.hoxha@example.com\r\nBcc: x@example.org", "nuk është adresë e-maili"),
        ("email", "a" * 10_000 + "@example.com", "Jo më shumë se 254 karaktere."),
        ("phone", "069", "nuk është numër telefoni i vlefshëm"),
        ("phone", "", "Shkruani numrin e telefonit."),
    ],
)
def test_wrong_field_is_named_and_the_rest_is_kept(
    portal: Portal, field: str, value: str, message: str
) -> None:
    page = ask(portal, 400, **{field: value})
    assert message in page.error_of(field)
    for name, typed in GOOD.items():
        if name != field:
            assert page.field(name).get("value") == typed


@pytest.mark.parametrize(
    "spelling",
    [
        *("069 200 0001", "0692000001", "069-200-0001", "069/2000001", "(069) 200 0001"),
        *("+355 69 200 0001", "00355692000001", "+355692000001", "+355 (0)69 200 0001"),
        "\u202a069\u00a0200\u00a00001\u202c",
    ],
)
def test_the_phone_is_taken_in_any_spelling(portal: Portal, spelling: str) -> None:
    shown(ask(portal, phone=spelling))


def test_invisible_letters_and_nul_do_not_matter(portal: Portal) -> None:
    shown(ask(portal, user_name="Agron\u200b Hox\u0000ha\u202e"))
    ask(portal, 400, user_name="Аgron Hoxha")  # a Cyrillic А is another name


@pytest.mark.parametrize(
    ("delivery", "told"), [("email", "te kjo adresë e-maili"), ("sms", "te ky telefon")]
)
def test_where_it_is_sent_right_and_wrong_look_alike(
    make_portal: MakePortal, delivery: str, told: str
) -> None:
    portal = make_portal(accounts={"recovery_delivery": delivery})
    right, wrong = ask(portal), ask(portal, user_name="Askush Askushi")
    assert told in right.content
    assert without_what_varies(right) == without_what_varies(wrong)
    [sent] = posted(portal.database, "recovery password")
    password = sent["secret"] or sent["text"].split()[0]
    assert password not in right.text
    done = portal.client().post("/login", {"user_name": "Agron Hoxha", "password": password}, 303)
    assert done.response.location == "/account/new-password"


def test_instead_of_an_sms_abroad_a_mail(make_portal: MakePortal) -> None:
    portal = make_portal(accounts={"recovery_delivery": "sms"})
    with portal.database.write() as connection:
        connection.exec_driver_sql(
            "UPDATE account SET phone = '+393201234567' WHERE user_name = 'Agron Hoxha'"
        )
    assert "+355" in portal.client().get("/forgot-password").hint_of("phone")
    right = ask(portal, phone="+39 320 123 4567")
    wrong = ask(portal, phone="+39 320 123 4567", user_name="Askush Askushi")
    assert "te kjo adresë e-maili" in right.content and "te ky telefon" not in right.content
    assert "Nuk mund të dërgojmë SMS te numrat e këtij vendi" in right.content
    assert without_what_varies(right) == without_what_varies(wrong)
    [sent] = posted(portal.database, "recovery password")
    assert sent["to"] == "agron.hoxha@example.com" and sent["secret"]
    assert portal.services.audit.list_newest()[1].detail == "email"


def test_the_mailed_link_stops_it(portal: Portal) -> None:
    owner = portal.signed_in("Agron Hoxha")
    ask(portal)
    address = path_of(posted(portal.database, "recovery noticed")[0]["links"][0])
    anybody = portal.client()
    assert anybody.get(address).heading == "Nuk isha unë"
    owner.get("/contracts")  # looking changed nothing: mail programs open links by themselves
    assert anybody.post(address, {}).heading == "Llogaria juaj është e bllokuar"
    owner.get("/contracts", status=303)
    assert anybody.get(address, status=404).heading == "Kjo lidhje nuk vlen më"
    anybody.post(address, {}, status=404)
    refused = portal.client().post(
        "/login", {"user_name": "Agron Hoxha", "password": PASSWORD}, 400
    )
    assert refused.problems[0].startswith("Emri i përdoruesit dhe fjalëkalimi nuk përputhen.")


def test_links_come_from_the_settings_never_from_the_request(make_portal: MakePortal) -> None:
    portal = make_portal(web={"address": "https://portal.example/klienti"})
    client = portal.client()
    token = client.fresh_token()
    client.http.post(
        "/forgot-password",
        data={**GOOD, "csrf_token": token},
        headers={"X-Forwarded-Host": "evil.example"},
    )
    [letter] = posted(portal.database, "recovery noticed")
    assert letter["links"][0].startswith("https://portal.example/klienti/not-me/")


def test_a_crowd_is_asked_to_come_again(make_portal: MakePortal) -> None:
    portal = make_portal(accounts={"entrance_places": 1})
    entrance = portal.services.recovery._shared.entrance
    with entrance.enter():
        page = ask(portal, 503)
        assert page.problems[0].startswith("Tani po hyjnë shumë njerëz njëherësh.")
        assert page.field("email").get("value") == GOOD["email"]
        assert int(page.response.headers["Retry-After"]) <= 30
        login = {"user_name": "Agron Hoxha", "password": PASSWORD}
        portal.client().post("/login", login, status=503)
    portal.client().sign_in("Agron Hoxha")


def test_a_recovery_restricts_for_a_day(portal: Portal) -> None:
    client = portal.client()
    client.post("/login", {"user_name": "Agron Hoxha", "password": shown(ask(portal))}, 303)
    client.post("/account/new-password", CHOSEN, status=303)
    visitor = Visitor(address="192.0.2.1", device="")
    token = portal.services.accounts.sign_in("Agron Hoxha", CHOSEN["new"], visitor).token
    found = portal.services.accounts.find_signed_in(token)
    assert found is not None and found.restricted_until is not None


def test_sessions_of_the_account_before_are_gone(portal: Portal) -> None:
    before = portal.signed_in("Agron Hoxha")
    client = portal.client()
    client.post("/login", {"user_name": "Agron Hoxha", "password": shown(ask(portal))}, 303)
    before.get("/contracts")
    client.post("/account/new-password", CHOSEN, status=303)
    before.get("/contracts", status=303)
