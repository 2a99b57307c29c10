"""How the utility's own people come in, stay, and go out."""

import json
import time
import timeit
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyotp
import pytest

from app.accounts.passwords import NOBODYS_HASH, verify_password
from app.demo import STAFF, STAFF_PASSWORD, demo_codes
from app.staff.records import FirstSignIn, Role
from app.web import staff_sections
from app.web.access import ACCESS, AGENT, SUPERVISOR
from app.web.staff_sections import Section
from tests.conftest import MakePortal, Portal
from tests.web.client import HTML, CheckedClient, Page
from tests.web.test_round_trips import counted

WRONG = "Emri i përdoruesit, fjalëkalimi dhe kodi nuk përputhen."
NEW = "shtatë mace mbi urë"


def refused(portal: Portal, client: CheckedClient | None = None, **wrong: str) -> Page:
    form = {**portal.staff_form("agjent"), **wrong}
    return (client or portal.client()).post("/staff/login", form, status=400)


def first(portal: Portal) -> tuple[CheckedClient, FirstSignIn]:
    """A new member who has just come in by the first password."""
    given = portal.services.members.create("besa", Role.AGENT, full_name="Besa <Prifti>")
    client = portal.client()
    code = pyotp.TOTP(given.secret).now()
    form = {"name": "BESA", "password": given.password, "code": code}
    assert client.post("/staff/login", form, status=303).response.location == "/staff"
    return client, given


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


# First sign-in, one's own password


def test_the_first_password_opens_one_page(portal: Portal) -> None:
    client, given = first(portal)
    assert client.get("/staff", status=303).response.location == "/staff/password"
    page = client.get("/staff/password")
    assert page.heading == "Zgjidhni një fjalëkalim të ri"
    assert {e.get("name") for e in page.all("input")} >= {"new", "again"}
    assert not {e.get("name") for e in page.all("input")} & {"current", "code"}
    for new, told in (
        ("katërmbëdhjetë"[:14], "të paktën 15"),
        ("Besa Prifti 2024", "ndër të parët"),
        ("passwordpassword", "ndër të parët"),
    ):
        problem = client.post("/staff/password", {"new": new, "again": new}, 400).error_of("new")
        assert told in problem, problem
    client.post("/staff/password", {"new": NEW, "again": NEW + "!"}, status=400)
    done = client.post("/staff/password", {"new": NEW, "again": NEW}, status=303)
    assert done.response.location == "/staff"
    page = client.get("/staff")
    assert "Besa <Prifti>" in page.heading and "Fjalëkalimi juaj u ndryshua" in page.content
    code = pyotp.TOTP(given.secret).at(time.time() + 30)
    again = {"name": "besa", "password": given.password, "code": code}
    portal.client().post("/staff/login", again, status=400)
    portal.client().post("/staff/login", {**again, "password": NEW}, status=303)


def test_changing_the_password_ends_all_other_sessions(portal: Portal) -> None:
    elsewhere, client = portal.staff("agjent"), portal.staff("agjent")
    kept = client.http.get_cookie("selfcare_staff")
    form = {"current": STAFF_PASSWORD, "new": NEW, "again": NEW}
    code = portal.staff_form("agjent")["code"]
    page = client.post("/staff/password", {**form, "current": "x", "code": code}, status=400)
    assert page.problems[0].startswith("Fjalëkalimi aktual ose kodi nuk është i saktë.")
    client.post("/staff/password", {**form, "code": "000000"}, status=400)
    same = {"current": NEW, "new": NEW, "again": NEW, "code": code}
    assert "e keni tashmë" in client.post("/staff/password", same, status=400).error_of("new")
    client.post("/staff/password", {**form, "code": code}, status=303)
    client.get("/staff")
    elsewhere.get("/staff", status=303)
    assert kept is not None
    elsewhere.http.set_cookie("selfcare_staff", kept.value)
    elsewhere.get("/staff", status=303)
    refused(portal)
    portal.client().post(
        "/staff/login", {**portal.staff_form("agjent"), "password": NEW}, status=303
    )


def test_an_ended_session_is_asked_to_sign_in_as_staff(portal: Portal) -> None:
    client, _given = first(portal)
    token = client.fresh_token("/staff/login")
    portal.services.members.sign_out(portal.services.members.get("besa"))
    form = {"new": NEW, "again": NEW, "csrf_token": token}
    page = client.post("/staff/password", form, status=303)
    assert page.response.location == "/staff/login"


# Pages around it


def test_failures_below_staff_keep_its_layout(portal: Portal) -> None:
    client = portal.staff("agjent")
    page = client.get("/staff/nowhere", status=404)
    assert "/staff/logout" in [form.get("action") for form in page.all("form")]
    assert "/register" not in page.text
    stranger = portal.client().get("/staff/nowhere", status=404)
    assert "/staff/logout" not in stranger.text and "/register" not in stranger.text
    with portal.database.write() as connection:
        connection.exec_driver_sql("DROP TABLE staff_session")
    assert "nuk mund të shfaqen tani" in client.get("/staff", status=503).heading


def test_pages_of_the_staff_are_neither_stored_nor_indexed(portal: Portal) -> None:
    client = portal.staff("agjent")
    for address in ("/staff", "/staff/password", "/staff/nowhere"):
        headers = client.fetch(address).headers
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Robots-Tag"] == "noindex, nofollow"
        assert "Cookie" in headers["Vary"]
    headers = portal.client().fetch("/staff/login").headers
    assert headers["X-Robots-Tag"] == "noindex, nofollow"


def test_the_language_is_changed_where_one_is(portal: Portal) -> None:
    client = portal.staff("agjent")
    links = [a.get("href", "") for a in client.get("/staff/password").all("a")]
    assert "/language/en?next=/staff/password" in links


def test_what_is_logged_names_nobody(portal: Portal, capfd: pytest.CaptureFixture[str]) -> None:
    form = portal.staff_form("agjent")
    refused(portal, name="kanarin", password="kanarina e gjatë")
    refused(portal, code="918273")
    logged = capfd.readouterr().err
    told = [json.loads(line) for line in logged.splitlines()]
    assert [(line["event"], line["level"]) for line in told] == [
        ("staff sign-in refused", "info"),
        ("staff sign-in refused", "info"),
        ("staff password right, code wrong", "warning"),
    ]
    assert told[0]["staff"] == "nobody" and told[2]["staff"] == told[1]["staff"] > 0
    assert "do" in told[2]
    for canary in ("kanarin", "918273", form["code"], STAFF_PASSWORD, "agjent"):
        assert canary not in logged


def test_sections_stand_where_the_role_may_open_them(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two sections of this test's own."""
    roles = {"queue.index": AGENT, "trail.index": SUPERVISOR}
    sections = []
    for endpoint, rule in roles.items():
        address = f"/staff/{endpoint.partition('.')[0]}"
        portal.app.add_url_rule(address, endpoint, portal.app.view_functions["staff.index"])
        monkeypatch.setitem(ACCESS, endpoint, rule)
        sections.append(Section(endpoint=endpoint, name=endpoint[:5], about="Rrëfen <më shumë>."))
    monkeypatch.setattr(staff_sections, "SECTIONS", tuple(sections))
    for name, expected in (
        ("agjent", ["/staff/queue"]),
        ("mbikeqyres", ["/staff/queue", "/staff/trail"]),
    ):
        client = portal.staff(name)
        page = client.get("/staff")
        cards = [a.get("href") for card in page.all("li") for a in card.iter(f"{HTML}a")]
        assert cards == expected and "Rrëfen <më shumë>." in page.content
        page = client.get("/staff/queue")
        (bar,) = [nav for nav in page.all("nav") if nav.get("class") == "staff-nav"]
        links = [(a.get("href"), a.get("aria-current")) for a in bar.iter(f"{HTML}a")]
        assert links == [(e, "page" if e == "/staff/queue" else None) for e in expected]
    refused = portal.staff("agjent").get("/staff/trail", status=403)
    assert "/staff/logout" in [form.get("action") for form in refused.all("form")]


# The demo's codes


def test_outside_the_demo_nobody_is_shown_a_code(make_portal: MakePortal) -> None:
    """Not even where pages are marked as samples, and the demo's staff are there."""
    portal = make_portal(portal={"demo": True})
    assert demo_codes(portal.services) == {}
    page = portal.client().get("/staff/login")
    assert STAFF_PASSWORD not in page.text and page.all("table") == []


def test_in_the_demo_the_page_shows_codes_that_work(
    make_portal: MakePortal, demo_file: Path, tmp_path: Path
) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/demo-billing.sqlite3").symlink_to(demo_file)
    portal = make_portal(billing={"url": ""}, portal={"data_dir": tmp_path / "data"})
    portal.services.members.create("besa", Role.AGENT)  # a member of its own: shown nowhere
    shown = dict(portal.client().get("/staff/login").table())
    assert shown.keys() == {member.name for member in STAFF}
    for _ in range(2):  # the code of this half minute, then that of the next
        shown = dict(portal.client().get("/staff/login").table())
        form = {"name": "agjent", "password": STAFF_PASSWORD, "code": shown["agjent"]}
        portal.client().post("/staff/login", form, status=303)
    assert dict(portal.client().get("/staff/login").table())["agjent"] in {
        "pas gjysmë minute",
        pyotp.TOTP(STAFF[0].secret).at(time.time() + 30),  # the half minute has just passed
    }
    portal.services.members.reset(portal.services.members.get("agjent"))
    assert "agjent" not in dict(portal.client().get("/staff/login").table())
