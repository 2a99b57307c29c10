"""How the utility's own people come in, stay, and go out."""

import json
import time
import timeit
from datetime import UTC, datetime, timedelta

import pytest

from app.accounts.passwords import NOBODYS_HASH, verify_password
from app.demo import STAFF_PASSWORD
from tests.conftest import MakePortal, Portal
from tests.web.client import CheckedClient, Page
from tests.web.test_round_trips import counted

WRONG = "Emri i përdoruesit, fjalëkalimi dhe kodi nuk përputhen."
NEW = "shtatë mace mbi urë"


def refused(portal: Portal, client: CheckedClient | None = None, **wrong: str) -> Page:
    form = {**portal.staff_form("agjent"), **wrong}
    return (client or portal.client()).post("/staff/login", form, status=400)


# Signing in


def test_the_page_asks_for_all_three(portal: Portal) -> None:
    page = portal.client().get("/staff/login")
    assert page.heading == "Hyrja e stafit"
    code = page.field("code")
    assert (code.get("autocomplete"), code.get("inputmode")) == ("one-time-code", "numeric")
    assert page.field("name").get("autocomplete") == "username"
    assert page.field("password").get("autocomplete") == "current-password"
    refused = portal.client().post("/staff/login", {"name": "agjent"}, status=400)
    assert refused.field("name").get("value") == "agjent"
    assert refused.error_of("password") == "Shkruani fjalëkalimin."
    assert refused.error_of("code") == "Shkruani kodin."


def test_who_signs_in_sees_the_start_page(portal: Portal) -> None:
    for name, told in (
        ("agjent", "Keni hyrë si agjent."),
        ("mbikeqyres", "Keni hyrë si mbikëqyrës."),
        ("administrator", "Keni hyrë si administrator."),
    ):
        page = portal.staff(name).get("/staff")
        assert name in page.heading and told in page.content
        assert "Pagesat me kartë" in page.content
    assert portal.staff("agjent", "en").get("/staff").heading == "Welcome, agjent"


def test_spaces_and_case_do_not_matter(portal: Portal) -> None:
    form = portal.staff_form("agjent")
    code = f" {form['code'][:3]} {form['code'][3:]} "
    portal.client().post("/staff/login", {**form, "name": " AGJENT", "code": code}, status=303)


def test_each_refusal_gets_the_same_answer_for_the_same_work(portal: Portal) -> None:
    portal.services.members.disable(portal.services.members.get("mbikeqyres"))
    one_hash = min(timeit.repeat(lambda: verify_password(NOBODYS_HASH, "x"), number=1))
    answers, statements = set(), set()
    for wrong in (
        {"name": "askush"},
        {"password": "diçka krejt tjetër"},
        {"code": "000000"},
        {"code": "e"},
        {"name": "mbikeqyres"},
        {"name": "askush", "password": "x", "code": "1"},
    ):
        client = portal.client()
        token = client.fresh_token("/staff/login")
        form = {**portal.staff_form("agjent"), **wrong, "csrf_token": token}
        with counted(portal.database.engine) as asked:
            begun = time.perf_counter()
            page = client.post("/staff/login", form, status=400)
            assert time.perf_counter() - begun > one_hash / 2
        assert page.problems[0].startswith(WRONG)
        assert page.field("code").get("value", "") == ""
        answers.add(page.content)
        statements.add(tuple(asked))
    assert len(answers) == 1
    assert len(statements) == 1


def test_a_code_works_once(portal: Portal) -> None:
    form = portal.staff_form("agjent")
    portal.client().post("/staff/login", form, status=303)
    assert portal.client().post("/staff/login", form, 400).problems[0].startswith(WRONG)


def test_a_customer_is_no_staff_and_staff_no_customer(portal: Portal) -> None:
    refused(portal, name="Emer Mbiemer", password="Provo2024")
    wrong = {"user_name": "agjent", "password": STAFF_PASSWORD}
    portal.client().post("/login", wrong, status=400)


def test_sign_in_leads_on_to_the_page_asked_for(portal: Portal) -> None:
    client = portal.client()
    asked = client.get("/staff/password", status=303).response.location
    assert asked == "/staff/login?next=/staff/password"
    done = client.post(asked, portal.staff_form("agjent"), status=303)
    assert done.response.location == "/staff/password"


@pytest.mark.parametrize(
    "wanted",
    ["https://example.org/", "//example.org", "/\\example.org", "/staff/\r\nSet-Cookie: x=1",
     "/contracts", "/staffelsewhere", "/staff//..\\", "javascript:alert(1)", "%2F%2Fexample.org"],
)  # fmt: skip
def test_sign_in_never_leads_elsewhere(portal: Portal, wanted: str) -> None:
    client = portal.client()
    form = {**portal.staff_form("agjent"), "csrf_token": client.fresh_token("/staff/login")}
    done = client.http.post("/staff/login", query_string={"next": wanted}, data=form)
    assert (done.status_code, done.location) == (303, "/staff")


def test_signing_in_twice_goes_straight_on(portal: Portal) -> None:
    page = portal.staff("agjent").get("/staff/login?next=/staff/password", status=303)
    assert page.response.location == "/staff/password"


# Tries


def test_used_up_tries_look_like_a_wrong_password(make_portal: MakePortal) -> None:
    portal = make_portal(staff={"tries_per_member": 3})
    for name in ("agjent", "AGJENT", " Agjent "):
        refused(portal, name=name, password="x")
    assert refused(portal).problems[0].startswith(WRONG)  # all right, and too late
    portal.staff("administrator")


def test_a_networks_tries_end_in_words(
    make_portal: MakePortal, capfd: pytest.CaptureFixture[str]
) -> None:
    portal = make_portal(staff={"tries_per_network": 2, "tries_window_minutes": 100_000_000})
    for name in ("a1", "a2"):
        refused(portal, name=name)
    page = portal.client().post("/staff/login", portal.staff_form("agjent"), status=429)
    assert "tepër shumë përpjekje" in page.problems[0] and "100000000" in page.problems[0]
    portal.client().sign_in("Emer Mbiemer")  # the customers' tries are others
    told = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    assert [line["event"] for line in told] == [*["staff sign-in refused"] * 2, "tries used up"]


def test_a_stranger_in_the_same_network_does_not_lock_a_clerk_out(make_portal: MakePortal) -> None:
    portal = make_portal(staff={"tries_per_network": 4, "tries_per_member": 2, "tries_per_day": 3})
    clerk = portal.staff("agjent")
    clerk.post("/staff/logout", {}, status=303)
    stranger = portal.client()
    for status in (400, 400, 400, 400, 429):
        form = {**portal.staff_form("agjent"), "code": "000000"}
        stranger.post("/staff/login", form, status=status)
    clerk.post("/staff/login", portal.staff_form("agjent"), status=303)


def test_a_made_up_mark_of_a_known_browser_is_worth_nothing(make_portal: MakePortal) -> None:
    portal = make_portal(staff={"tries_per_network": 1})
    customer = portal.signed_in("Emer Mbiemer").http.get_cookie("known_device")
    assert customer is not None
    for mark in (customer.value, "W1sxLCJhIl1d.aaaaaa.x"):
        client = portal.client()
        client.http.set_cookie("known_staff_device", mark)
        form = {**portal.staff_form("agjent"), "code": "000000"}
        assert client.post("/staff/login", form, 400 if mark == customer.value else 429)


# Sessions


def test_staff_and_customer_in_one_browser_do_not_mix(portal: Portal) -> None:
    both = portal.signed_in("Emer Mbiemer")
    kept = both.http.get_cookie("selfcare_session")
    both.get("/staff", status=303)
    both.post("/staff/login", portal.staff_form("agjent"), status=303)
    assert both.http.get_cookie("selfcare_session") == kept
    assert "agjent" in both.get("/staff").heading
    assert "AL0000000" in both.get("/contracts").content
    assert "agjent" not in both.get("/contracts").text
    assert "Emer Mbiemer" not in both.get("/staff").text
    both.post("/staff/logout", {}, status=303)
    both.get("/staff", status=303)
    both.get("/contracts")
    both.post("/staff/login", portal.staff_form("agjent"), status=303)
    both.post("/logout", {}, status=303)
    both.get("/contracts", status=303)
    both.get("/staff")


def test_one_cookie_does_not_stand_for_another(portal: Portal) -> None:
    customer, staff = portal.signed_in("Emer Mbiemer"), portal.staff("agjent")
    of_customer = customer.http.get_cookie("selfcare_session")
    of_staff = staff.http.get_cookie("selfcare_staff")
    assert of_customer is not None and of_staff is not None
    thief = portal.client()
    thief.http.set_cookie("selfcare_session", of_staff.value)
    thief.http.set_cookie("selfcare_staff", of_customer.value)
    thief.get("/contracts", status=303)
    thief.get("/staff", status=303)


def test_sign_in_renews_the_session_and_the_forms_tokens(portal: Portal) -> None:
    client = portal.client()
    planted = client.fresh_token("/staff/login")
    before = client.http.get_cookie("selfcare_staff")
    client.post("/staff/login", portal.staff_form("agjent"), status=303)
    after = client.http.get_cookie("selfcare_staff")
    assert before is not None and after is not None and before.value != after.value
    client.post("/staff/logout", {"csrf_token": planted}, status=400)
    thief = portal.client()
    thief.http.set_cookie("selfcare_staff", before.value)
    thief.get("/staff", status=303)


def test_signed_out_is_out_even_with_the_old_cookie(portal: Portal) -> None:
    client = portal.staff("agjent")
    kept = client.http.get_cookie("selfcare_staff")
    page = client.post("/staff/logout", {}, status=303)
    assert page.response.location == "/staff/login"
    assert "Keni dalë nga llogaria." in client.get("/staff/login").content
    assert kept is not None
    client.http.set_cookie("selfcare_staff", kept.value)
    client.get("/staff", status=303)


@pytest.mark.parametrize(
    ("column", "age"), [("seen_at", timedelta(minutes=31)), ("created_at", timedelta(hours=11))]
)
def test_session_ends_when_idle_and_after_its_longest_time(
    portal: Portal, column: str, age: timedelta
) -> None:
    client = portal.staff("agjent")
    client.get("/staff")
    past = (datetime.now(UTC) - age).replace(tzinfo=None)
    with portal.database.write() as connection:
        connection.exec_driver_sql(f"UPDATE staff_session SET {column} = ?", (str(past),))
    client.get("/staff", status=303)
    assert "seanca u mbyll" in client.get("/staff/login").content
    client.post("/staff/login", portal.staff_form("agjent"), status=303)
    client.get("/staff")


def test_cookies_are_for_this_portal_only(make_portal: MakePortal) -> None:
    portal = make_portal(web={"https": True})
    client = portal.client()
    there = {"base_url": "https://localhost"}
    token = Page(client.fetch("/staff/login", **there), "sq").csrf_token
    answer = client.http.post(
        "/staff/login",
        data={**portal.staff_form("agjent"), "csrf_token": token},
        headers={"Referer": "https://localhost/staff/login"},
        **there,
    )
    assert answer.status_code == 303
    cookies = answer.headers.getlist("Set-Cookie")
    names = {cookie.partition("=")[0] for cookie in cookies}
    assert names == {"__Host-selfcare_staff", "__Host-known_staff_device"}
    for cookie in cookies:
        for flag in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
            assert flag in cookie, cookie


def test_every_post_refuses_a_forged_request(portal: Portal) -> None:
    client = portal.staff("agjent")
    customer = portal.signed_in("Emer Mbiemer")
    for token in (
        {},
        {"csrf_token": "forged"},
        {"csrf_token": portal.client().fresh_token("/staff/login")},
        {"csrf_token": customer.fresh_token()},
    ):
        assert client.http.post("/staff/logout", data=token).status_code == 400
        form = {"current": STAFF_PASSWORD, "new": NEW, "again": NEW, **token}
        form |= {"code": portal.staff_form("agjent")["code"]}
        assert client.http.post("/staff/password", data=form).status_code == 400
        newcomer = portal.client()
        form = {**portal.staff_form("agjent"), **token}
        assert newcomer.http.post("/staff/login", data=form).status_code == 400
        newcomer.get("/staff", status=303)
    client.get("/staff")


def test_who_types_is_not_idle(portal: Portal) -> None:
    client = portal.staff("agjent")
    assert 'data-awake="/staff/awake" data-awake-seconds="300"' in client.get("/staff").text
    past = (datetime.now(UTC) - timedelta(minutes=25)).replace(tzinfo=None)
    with portal.database.write() as connection:
        connection.exec_driver_sql("UPDATE staff_session SET seen_at = ?", (str(past),))
    assert client.fetch("/staff/awake").status_code == 204
    with portal.database.read() as connection:
        seen = connection.exec_driver_sql("SELECT max(seen_at) FROM staff_session").scalar_one()
    assert str(seen) > str(past + timedelta(minutes=20))
