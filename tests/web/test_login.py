"""Signing in and out, sessions, and limits on tries."""

from base64 import urlsafe_b64decode
from datetime import UTC, datetime, timedelta

from tests.conftest import MakePortal, Portal
from tests.web.client import CheckedClient, Page

WRONG = "Emri i përdoruesit dhe fjalëkalimi nuk përputhen."


def test_name_without_case_and_marks_or_email_signs_in(portal: Portal) -> None:
    for name in ("Emer Mbiemer", "emer  mbiemer", "ËMER MBIEMER", "Emer.Mbiemer@Example.com"):
        client = portal.signed_in(name)
        assert "AL0000000" in client.get("/contracts").content


def test_missing_fields_are_named(portal: Portal) -> None:
    page = portal.client().post("/login", {"user_name": "Emer Mbiemer"}, status=400)
    assert page.error_of("password") == "Shkruani fjalëkalimin."
    assert page.field("user_name").get("value") == "Emer Mbiemer"


def test_wrong_password_and_unknown_name_get_the_same_answer(portal: Portal) -> None:
    answers = []
    for name in ("Emer Mbiemer", "Askush Askushi", "emer.mbiemer@example.com", "no@example.com"):
        page = portal.client().post(
            "/login", {"user_name": name, "password": "Gabim2024"}, status=400
        )
        assert page.problems[0].startswith(WRONG)
        answers.append(page.content)
    assert len(set(answers)) == 1


def test_sign_in_leads_on_to_the_page_asked_for(portal: Portal) -> None:
    client = portal.client()
    asked = client.get("/contracts/AL0000000/history", status=303)
    assert asked.response.location == "/login?next=/contracts/AL0000000/history"
    done = client.post(
        asked.response.location, {"user_name": "Emer Mbiemer", "password": "Provo2024"}, status=303
    )
    assert done.response.location == "/contracts/AL0000000/history"


def test_sign_in_never_leads_elsewhere(portal: Portal) -> None:
    for wanted in (
        "https://example.org/", "//example.org", "/\\example.org", "\\\\example.org",
        "/a\r\nSet-Cookie: x=1", "javascript:alert(1)", "/\t/example.org", "%2F%2Fexample.org",
    ):  # fmt: skip
        page = portal.client().http.get("/login", query_string={"next": wanted})
        assert page.status_code == 200
        client = portal.client()
        done = client.http.post(
            "/login",
            query_string={"next": wanted},
            data={
                "csrf_token": client.fresh_token(),
                "user_name": "Emer Mbiemer",
                "password": "Provo2024",
            },
        )
        assert done.status_code == 303
        assert done.location == "/contracts", wanted


def test_signed_out_is_out_even_with_the_old_cookie(portal: Portal) -> None:
    client = portal.signed_in("Emer Mbiemer")
    kept = client.http.get_cookie("selfcare_session")
    client.post("/logout", {}, status=303)
    thief = portal.client()
    assert kept is not None
    thief.http.set_cookie("selfcare_session", kept.value)
    thief.get("/contracts", status=303)


def test_sign_in_renews_the_session(portal: Portal) -> None:
    client = portal.client()
    client.get("/login")
    before = client.http.get_cookie("selfcare_session")
    client.sign_in("Emer Mbiemer")
    after = client.http.get_cookie("selfcare_session")
    assert before is not None and after is not None and before.value != after.value


def test_session_ends_when_idle_and_after_its_longest_time(portal: Portal) -> None:
    for column, age in (("seen_at", timedelta(minutes=61)), ("created_at", timedelta(hours=13))):
        client = portal.signed_in("Emer Mbiemer")
        client.get("/contracts")
        past = (datetime.now(UTC) - age).replace(tzinfo=None)
        with portal.database.write() as connection:
            connection.exec_driver_sql(f"UPDATE account_session SET {column} = ?", (str(past),))
        client.get("/contracts", status=303)
        assert "seanca u mbyll" in client.get("/login").content


def test_ending_all_sessions_signs_every_device_out(portal: Portal) -> None:
    phone, computer = portal.signed_in("Emer Mbiemer"), portal.signed_in("Emer Mbiemer")
    other = portal.signed_in("Vera Leka")
    with portal.database.read() as connection:
        account_id = connection.exec_driver_sql(
            "SELECT id FROM account WHERE user_name = 'Emer Mbiemer'"
        ).scalar_one()
    assert portal.services.accounts.sign_out_everywhere(account_id) == 2
    phone.get("/contracts", status=303)
    computer.get("/contracts", status=303)
    other.get("/contracts")


def test_disabled_account_is_out_at_once_and_stays_out(portal: Portal) -> None:
    client = portal.signed_in("Emer Mbiemer")
    with portal.database.write() as connection:
        connection.exec_driver_sql("UPDATE account SET disabled_at = created_at")
    client.get("/contracts", status=303)
    page = portal.client().post(
        "/login", {"user_name": "Emer Mbiemer", "password": "Provo2024"}, status=400
    )
    assert page.problems[0].startswith(WRONG)


def test_used_up_tries_look_like_a_wrong_password(make_portal: MakePortal) -> None:
    portal = make_portal(accounts={"sign_in_tries_per_account": 3})
    for name in ("Emer Mbiemer", "EMER  mbiemer", "Ëmer Mbiemër"):  # one and the same person
        portal.client().post("/login", {"user_name": name, "password": "x"}, status=400)
    page = portal.client().post(
        "/login", {"user_name": "Emer Mbiemer", "password": "Provo2024"}, status=400
    )
    assert page.problems[0].startswith(WRONG)
    portal.client().sign_in("Vera Leka")


def test_a_stranger_elsewhere_does_not_lock_the_customer_out(make_portal: MakePortal) -> None:
    portal = make_portal(accounts={"sign_in_tries_per_account": 2})
    for _ in range(5):
        portal.client().post(
            "/login",
            {"user_name": "Emer Mbiemer", "password": "x"},
            status=400,
            environ_base={"REMOTE_ADDR": "203.0.113.9"},
        )
    portal.client().sign_in("Emer Mbiemer")


def test_forwarded_addresses_count_only_behind_a_trusted_proxy(make_portal: MakePortal) -> None:
    portal = make_portal(accounts={"sign_in_tries_per_network": 3})
    for number in range(4):
        page = portal.client().post(
            "/login",
            {"user_name": f"Person {number}", "password": "x"},
            status=429 if number == 3 else 400,
            headers={"X-Forwarded-For": f"198.51.100.{number}"},
        )
    assert "tepër shumë përpjekje" in page.problems[0]


def test_right_passwords_do_not_use_up_a_networks_tries(make_portal: MakePortal) -> None:
    portal = make_portal(accounts={"sign_in_tries_per_network": 2})
    for _ in range(5):
        portal.client().sign_in("Emer Mbiemer")


def test_a_new_device_speaks_the_customers_language(portal: Portal) -> None:
    with portal.database.write() as connection:
        connection.exec_driver_sql("UPDATE account SET language = 'en'")
    client = portal.client()
    client.sign_in("Emer Mbiemer")
    client.language = "en"
    assert client.get("/contracts").heading == "Contracts"
    chosen = portal.client()
    chosen.http.set_cookie("language", "sq")
    chosen.sign_in("Emer Mbiemer")
    assert chosen.get("/contracts").heading == "Kontratat"


def test_signing_in_twice_goes_straight_on(portal: Portal) -> None:
    page = portal.signed_in("Emer Mbiemer").get("/login", status=303)
    assert page.response.location == "/contracts"


def test_a_new_secret_key_keeps_people_signed_in(make_portal: MakePortal) -> None:
    before = make_portal()
    client = before.signed_in("Emer Mbiemer")
    new = "another secret key that only the tests have ever used"
    old = before.app.config["SECRET_KEY"]
    database = {"url": before.services.settings.database_url}
    for fallbacks, expected in (([old], 200), ([], 303)):
        key = {"secret_key": new, "secret_key_fallbacks": fallbacks}
        after = make_portal(portal=key, database=database).client()
        for cookie in ("selfcare_session", "known_device"):
            kept = client.http.get_cookie(cookie)
            assert kept is not None
            after.http.set_cookie(cookie, kept.value)
        after.get("/contracts", status=expected)
        if expected == 200:  # and forms work again at once, the first one from the new key
            after.post("/contracts/AL0000000/pay", {"action": "total"})


def test_cookies_are_for_this_portal_only(make_portal: MakePortal) -> None:
    portal = make_portal(web={"https": True})
    client = portal.client()
    answer = client.http.post(
        "/login",
        base_url="https://localhost",
        data={
            "csrf_token": _token(client),
            "user_name": "Emer Mbiemer",
            "password": "Provo2024",
        },
        headers={"Referer": "https://localhost/login"},
    )
    assert answer.status_code == 303
    cookies = answer.headers.getlist("Set-Cookie")
    assert {cookie.partition("=")[0] for cookie in cookies} >= {
        "__Host-selfcare_session",
        "__Host-known_device",
    }
    for cookie in cookies:
        for flag in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
            assert flag in cookie, cookie
        assert "Domain=" not in cookie


def _token(client: CheckedClient) -> str:
    page = client.http.get("/login", base_url="https://localhost")
    return Page(page, "sq").csrf_token


def test_over_https_only_cookies_of_this_host_count(make_portal: MakePortal) -> None:
    """A neighbour of the same domain can plant `language`, but not `__Host-language`."""
    client = make_portal(web={"https": True}).client()
    client.http.set_cookie("language", "en")
    assert Page(client.fetch("/login", base_url="https://localhost"), "sq").heading
    chosen = client.fetch("/language/en", base_url="https://localhost")
    assert chosen.headers["Set-Cookie"].startswith("__Host-language=en;")
    assert Page(client.fetch("/login", base_url="https://localhost"), "en").heading


def test_one_cookie_does_not_stand_for_another(portal: Portal) -> None:
    """Both are signed with the same key, each for its own use."""
    client = portal.signed_in("Emer Mbiemer")
    session, mark = (client.http.get_cookie(c) for c in ("selfcare_session", "known_device"))
    assert session is not None and mark is not None
    thief = portal.client()
    thief.http.set_cookie("selfcare_session", mark.value)
    thief.http.set_cookie("known_device", session.value)
    thief.get("/contracts", status=303)
    thief.sign_in("Emer Mbiemer")  # the other one is worth nothing, and harms nothing


def test_session_cookie_is_signed_with_sha256(portal: Portal) -> None:
    client = portal.client()
    client.get("/login")
    kept = client.http.get_cookie("selfcare_session")
    assert kept is not None
    signature = kept.value.rpartition(".")[2]
    assert len(urlsafe_b64decode(signature + "=")) == 32


def test_who_types_is_not_idle(portal: Portal) -> None:
    client = portal.signed_in("Emer Mbiemer")
    page = client.get("/contracts").text
    assert 'data-awake="/account/awake" data-awake-seconds="300"' in page
    for minutes in (50, 50):  # an hour would have been too long
        past = (datetime.now(UTC) - timedelta(minutes=minutes)).replace(tzinfo=None)
        with portal.database.write() as connection:
            connection.exec_driver_sql("UPDATE account_session SET seen_at = ?", (str(past),))
        assert client.fetch("/account/awake").status_code == 204
        with portal.database.read() as connection:
            seen = connection.exec_driver_sql("SELECT seen_at FROM account_session").scalar_one()
        assert str(seen) > str(past + timedelta(minutes=45))
    assert 'data-awake=""' in portal.client().get("/").text


def test_the_longest_time_stays_for_who_types(portal: Portal) -> None:
    client = portal.signed_in("Emer Mbiemer")
    past = (datetime.now(UTC) - timedelta(hours=13)).replace(tzinfo=None)
    with portal.database.write() as connection:
        connection.exec_driver_sql("UPDATE account_session SET created_at = ?", (str(past),))
    client.get("/account/awake", status=303)
