"""The pages that all of the staff share: one's password, the start page, the demo's codes."""

import json
import time
from pathlib import Path

import pyotp
import pytest

from app.demo import STAFF, STAFF_PASSWORD, demo_codes
from app.staff.records import FirstSignIn, Role
from app.web import staff_sections
from app.web.access import ACCESS, AGENT, SUPERVISOR
from app.web.staff_sections import Section
from tests.conftest import MakePortal, Portal
from tests.web.client import HTML, CheckedClient
from tests.web.test_staff import NEW, refused


def first(portal: Portal) -> tuple[CheckedClient, FirstSignIn]:
    """A new member who has just come in by the first password."""
    given = portal.services.members.create("besa", Role.AGENT, full_name="Besa <Prifti>")
    client = portal.client()
    code = pyotp.TOTP(given.secret).now()
    form = {"name": "BESA", "password": given.password, "code": code}
    assert client.post("/staff/login", form, status=303).response.location == "/staff"
    return client, given


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
    assert page.response.location == "/staff/login?next=/staff/password"


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
    assert "Vetëm në demo" not in portal.staff("administrator").get("/staff/members/new").content


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
    shown = dict(portal.client().get("/staff/login").table())
    boss = portal.client()
    form = {"name": "administrator", "password": STAFF_PASSWORD, "code": shown["administrator"]}
    boss.post("/staff/login", form, status=303)
    for address in ("/staff/members/new", "/staff/password"):
        assert demo_codes(portal.services)["administrator"] in boss.get(address).content
    portal.services.members.reset(portal.services.members.get("agjent"))
    assert "agjent" not in dict(portal.client().get("/staff/login").table())
