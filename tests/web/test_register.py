"""Regjistrohu si klient."""

from pathlib import Path

import pytest

from tests.conftest import MakePortal, Portal
from tests.web.client import CheckedClient, Page

GOOD = {
    "contract_code": "AL0000004",
    "user_name": "Vera Leka",
    "password": "dritare77",
    "phone": "069 234 5678",
    "email": "vera@example.org",
}
REFUSED = "Regjistrimi nuk u krye me këto të dhëna."


def register(client: CheckedClient, status: int = 303, **changes: str) -> Page:
    return client.post("/register", {**GOOD, **changes}, status=status)


def test_registering_signs_in_and_shows_the_contract(portal: Portal) -> None:
    client = portal.client()
    register(client, user_name="Leka Vera")
    page = client.get("/contracts")
    assert "AL0000004" in page.content
    assert "Identifikoheni me emrin “Leka Vera”" in page.content


def test_a_taken_name_gets_the_next_number(portal: Portal) -> None:
    client = portal.client()
    register(client)
    assert "emri juaj i përdoruesit është “Vera Leka 2”" in client.get("/contracts").content
    portal.client().sign_in("vera leka 2", GOOD["password"])


@pytest.mark.parametrize(
    ("typed", "subscriber_case"),
    [
        ("VERA LEKA", "upper"),
        ("leka  vera", "order"),
        ("Verà Lëka", "marks"),
        (" Vera Leka ", "space"),
    ],
)
def test_name_is_matched_as_people_write_it(
    portal: Portal, typed: str, subscriber_case: str
) -> None:
    register(portal.client(), user_name=typed)


def test_contract_code_is_taken_in_any_case(portal: Portal) -> None:
    register(portal.client(), contract_code=" al 0000004 ")


def test_empty_form_says_what_is_missing_beside_each_field(portal: Portal) -> None:
    page = portal.client().post("/register", {}, status=400)
    assert page.find("title").text.startswith("Gabim:")  # type: ignore[union-attr]
    assert len(page.problems) == 5
    for name, text in (
        ("contract_code", "Shkruani kodin e klientit."),
        ("user_name", "Shkruani emrin dhe mbiemrin."),
        ("password", "Zgjidhni një fjalëkalim."),
        ("phone", "Shkruani numrin e telefonit."),
        ("email", "Shkruani adresën e e-mailit."),
    ):
        assert page.error_of(name) == text
        assert page.field(name).get("aria-invalid") == "true"


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("contract_code", "AL-0001", "Kodi i klientit ka vetëm shkronja dhe shifra"),
        ("contract_code", "A" * 21, "Kodi i klientit ka vetëm shkronja dhe shifra"),
        ("user_name", "12345", "Emri duhet të ketë shkronja."),
        ("user_name", "A" * 121, "Jo më shumë se 120 karaktere."),
        ("password", "ab1", "të paktën 6 karaktere"),
        ("password", "a1" * 65, "jo më shumë se 128 karaktere"),
        ("password", "vetemshkronja", "duhet të ketë shkronja dhe shifra"),
        ("password", "abc123", "ndër të parët"),
        ("password", "AL0000004", "ndër të parët"),
        ("phone", "069", "nuk është numër telefoni i vlefshëm"),
        ("phone", "nuk kam", "nuk është numër telefoni i vlefshëm"),
        ("email", "vera@", "nuk është adresë e-maili"),
        ("email", "vera@example.org\r\nBcc: x@example.org", "nuk është adresë e-maili"),
    ],
)
def test_wrong_field_is_named_and_the_rest_is_kept(
    portal: Portal, field: str, value: str, message: str
) -> None:
    page = register(portal.client(), status=400, **{field: value})
    assert message in page.error_of(field)
    for name, typed in GOOD.items():
        if name not in {field, "password"}:
            assert page.field(name).get("value") == typed
    assert page.field("password").get("value") in {None, ""}


def test_errors_speak_the_pages_language(portal: Portal) -> None:
    page = register(portal.client("en"), status=400, phone="069")
    assert page.error_of("phone").startswith("This is not a phone number we can reach.")


def test_refusals_do_not_tell_which_part_was_wrong(portal: Portal) -> None:
    answers = set()
    for changes in (
        {"contract_code": "AL9999999"},  # no such contract
        {"contract_code": "AL0000000"},  # somebody else's
        {"user_name": "Dikush Tjetër"},
        {"email": "agron.hoxha@example.com"},  # has an account
    ):
        page = register(portal.client(), status=400, **changes)
        assert page.problems[0].startswith(REFUSED)
        answers.add(tuple(page.problems))
    assert len(answers) == 1


def test_tries_for_one_contract_are_limited_without_a_word(make_portal: MakePortal) -> None:
    portal = make_portal(accounts={"register_tries_per_contract": 3})
    for _ in range(3):
        register(portal.client(), status=400, user_name="Dikush Tjetër")
    page = register(portal.client(), status=400)  # right data, but the budget is used up
    assert page.problems[0].startswith(REFUSED)


def test_tries_from_one_network_end_in_429(make_portal: MakePortal) -> None:
    portal = make_portal(accounts={"register_tries_per_network": 3})
    for number in range(3):
        register(portal.client(), status=400, contract_code=f"AL999000{number}")
    page = register(portal.client(), status=429)
    assert "tepër shumë përpjekje" in page.problems[0]
    assert page.field("email").get("value") == GOOD["email"]


def test_billing_away_keeps_what_was_typed(make_portal: MakePortal, tmp_path: Path) -> None:
    portal = make_portal(billing={"url": f"sqlite:///{tmp_path}/missing.sqlite3"})
    page = register(portal.client(), status=503)
    assert "Tani nuk mund ta kontrollojmë kontratën tuaj" in page.problems[0]
    assert page.field("user_name").get("value") == GOOD["user_name"]


def test_expired_page_keeps_what_was_typed(portal: Portal) -> None:
    page = register(portal.client(), status=400, csrf_token="stale")
    assert "qëndroi hapur" in page.problems[0]
    assert page.field("phone").get("value") == GOOD["phone"]


def test_invisible_characters_do_not_get_in(portal: Portal) -> None:
    client = portal.client()
    register(client, user_name="Vera\u202e Leka\u0000\u200b")
    with portal.database.read() as connection:
        names = connection.exec_driver_sql("SELECT user_name FROM account").scalars().all()
    assert "Vera Leka 2" in names


def test_letters_that_only_look_alike_do_not_match(portal: Portal) -> None:
    register(portal.client(), status=400, user_name="Vеra Leka")  # a Cyrillic е


def test_passwords_are_kept_as_argon2id(portal: Portal) -> None:
    register(portal.client())
    with portal.database.read() as connection:
        hashes = connection.exec_driver_sql("SELECT password_hash FROM account").scalars().all()
    assert all(stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$") for stored in hashes)
