"""The utility's people, administered by one of them; and each one's own sessions."""

import re
from typing import Any

import pyotp
import pytest

from app.audit.records import Action, Event
from app.staff.records import Role
from tests.conftest import MakePortal, Portal
from tests.web.client import CheckedClient, Page

NEW = {"name": "besa", "full_name": "Besa <Prifti>", "role": "agent"}
OTHERS = {"reset", "disable", "role", "sign-out"}


@pytest.fixture
def administrator(portal: Portal) -> CheckedClient:
    return portal.staff("administrator")


def code(portal: Portal, name: str = "administrator") -> dict[str, str]:
    """Signing in has used this half minute's; `staff_form` lets it be used again."""
    return {"code": portal.staff_form(name)["code"]}


def address_of(portal: Portal, name: str) -> str:
    return f"/staff/members/{portal.services.members.get(name).id}"


def events(portal: Portal, action: Action) -> list[Event]:
    return [e for e in portal.services.audit.list_newest() if e.action is action]


def act(
    portal: Portal, client: CheckedClient, name: str, what: str, status: int = 303, **more: Any
) -> Page:
    return client.post(f"{address_of(portal, name)}/{what}", {**code(portal), **more}, status)


def handed_over(page: Page) -> tuple[str, str]:
    """First password and key, as they stand on the page."""
    first, key = re.findall(r"<code[^>]*>([^<]+)</code>", page.text)
    return first, key.replace(" ", "")


def enter(portal: Portal, name: str, password: str, key: str) -> CheckedClient:
    client = portal.client()
    form = {"name": name, "password": password, "code": pyotp.TOTP(key).now()}
    assert client.post("/staff/login", form, status=303).response.location == "/staff"
    return client


# Looking


def test_all_members_are_listed(portal: Portal, administrator: CheckedClient) -> None:
    portal.services.members.disable(portal.services.members.get("mbikeqyres"))
    portal.services.members.create("besa", Role.AGENT)
    page = administrator.get("/staff/members")
    rows = {row[0].split()[0]: row for row in page.table()}
    assert rows["administrator"][0].endswith("ju")
    assert rows["administrator"][2:5] == ["administrator", "mund të hyjë", "1"]
    assert rows["agjent"][2] == "agjent"
    assert rows["mbikeqyres"][3].startswith("i çaktivizuar që më")
    assert rows["besa"][3].startswith("fjalëkalimi i parë pret deri më")


def test_a_members_page_shows_role_and_sessions(
    portal: Portal, administrator: CheckedClient
) -> None:
    portal.staff("agjent")
    page = administrator.get(address_of(portal, "agjent"))
    assert page.table(0)[1] == ["Roli", "agjent"]
    assert len(page.table(1)) == 1
    found = {a.get("href", "").rpartition("/")[2] for a in page.all("a")}
    assert found >= OTHERS and "enable" not in found
    administrator.get("/staff/members/999", status=404)
    administrator.get("/staff/members/999/reset", status=404)
    administrator.get(f"{address_of(portal, 'agjent')}/promote", status=404)


# Making a new one


def test_a_new_member_gets_in_by_what_was_shown_once(
    portal: Portal, administrator: CheckedClient
) -> None:
    page = administrator.post("/staff/members/new", {**NEW, **code(portal)})
    assert "Besa <Prifti>" in page.heading
    (drawing,) = [i for i in page.all("img") if i.get("class") == "drawing"]
    assert drawing.get("src", "").startswith("data:image/svg+xml")
    assert page.response.headers["Cache-Control"] == "no-store"
    password, key = handed_over(page)
    client = enter(portal, "besa", password, key)
    assert client.get("/staff", status=303).response.location == "/staff/password"
    for address in ("/staff/members", address_of(portal, "besa"), "/staff/members/new"):
        again = administrator.get(address)
        assert password not in again.text and key not in again.text
    (event,) = [e for e in events(portal, Action.STAFF_CREATED) if e.actor == "staff"]
    members = portal.services.members
    assert event.staff_id == members.get("administrator").id
    assert event.about_staff_id == members.get("besa").id
    assert (event.detail, event.address) == ("agent", "127.0.0.1")


def test_to_load_the_answer_anew_shows_the_form_only(
    portal: Portal, administrator: CheckedClient
) -> None:
    sent = {**NEW, **code(portal)}
    password, key = handed_over(administrator.post("/staff/members/new", sent))
    page = administrator.post("/staff/members/new", sent, status=400)
    assert page.error_of("name") == "Ka tashmë një anëtar me këtë emër."
    assert password not in page.text and key not in page.text
    sent = code(portal)
    reset = f"{address_of(portal, 'besa')}/reset"
    password, key = handed_over(administrator.post(reset, sent))
    page = administrator.post(reset, sent, status=400)
    assert password not in page.text and "<code" not in page.text
    enter(portal, "besa", password, key)


def test_what_is_wrong_is_told_before_the_code_is_used(
    portal: Portal, administrator: CheckedClient
) -> None:
    fresh = code(portal)
    for wrong, told in (
        ({"name": "a b"}, "name"),
        ({"name": "AGJENT"}, "name"),
        ({"full_name": "x" * 121}, "full_name"),
        ({"role": "king"}, ""),
        ({"role": ""}, ""),
    ):
        page = administrator.post("/staff/members/new", {**NEW, **fresh, **wrong}, status=400)
        assert page.problems and page.field("name").get("value") == {**NEW, **wrong}["name"]
        assert page.field("code").get("value", "") == ""
        if told:
            assert page.error_of(told)
    administrator.post("/staff/members/new", {**NEW, **fresh})


# The administrator's own code


def test_each_action_wants_a_fresh_code(make_portal: MakePortal) -> None:
    portal = make_portal(staff={"tries_per_member": 100})
    administrator, used = portal.staff("administrator"), code(portal)
    administrator.post(f"{address_of(portal, 'agjent')}/sign-out", used, status=303)
    for wrong in (used, {"code": "000000"}, {"code": ""}, {"code": "١٢٣٤٥٦"}):
        for what in OTHERS:
            sent = {**wrong, "role": "supervisor"}
            page = administrator.post(f"{address_of(portal, 'agjent')}/{what}", sent, status=400)
            assert page.error_of("code")
        administrator.post("/staff/members/new", {**NEW, **wrong}, status=400)
    member = portal.services.members.get("agjent")
    assert member.role is Role.AGENT
    assert not portal.services.members.get_listed(member.id).disabled_at
    assert events(portal, Action.CODE_REFUSED)
    portal.staff("agjent")


def test_anothers_code_is_none(portal: Portal, administrator: CheckedClient) -> None:
    theirs = code(portal, "mbikeqyres")
    administrator.post(f"{address_of(portal, 'agjent')}/disable", theirs, status=400)


def test_an_open_session_is_no_way_to_guess_codes(make_portal: MakePortal) -> None:
    portal = make_portal(staff={"tries_per_member": 2})
    client = portal.staff("administrator")
    address = f"{address_of(portal, 'agjent')}/disable"
    for _ in range(2):
        client.post(address, {"code": "000000"}, status=400)
    page = client.post(address, code(portal), status=429)
    assert "tepër shumë përpjekje" in page.problems[0]


# Doing


def test_a_disabled_member_is_out_until_enabled(
    portal: Portal, administrator: CheckedClient
) -> None:
    agent = portal.staff("agjent")
    act(portal, administrator, "agjent", "disable")
    agent.get("/staff", status=303)
    portal.client().post("/staff/login", portal.staff_form("agjent"), status=400)
    assert "çaktivizua" in administrator.get(address_of(portal, "agjent")).content
    act(portal, administrator, "agjent", "disable")  # done already: back to the page
    assert "nuk mund të bëhet" in administrator.get(address_of(portal, "agjent")).content
    assert len(events(portal, Action.DISABLED)) == 1
    act(portal, administrator, "agjent", "enable")
    portal.staff("agjent")
    me = portal.services.members.get("administrator").id
    assert [e.staff_id for e in events(portal, Action.ENABLED)] == [me]


def test_a_new_role_opens_and_closes_pages(portal: Portal, administrator: CheckedClient) -> None:
    agent = portal.staff("agjent")
    agent.get("/staff/members", status=403)
    act(portal, administrator, "agjent", "role", role="administrator")
    agent.get("/staff/members")
    page = administrator.get(f"{address_of(portal, 'agjent')}/role")
    (chosen,) = [i for i in page.all("input") if i.get("checked") is not None]
    assert chosen.get("value") == "administrator"
    act(portal, administrator, "agjent", "role", role="agent")
    agent.get("/staff/members", status=403)
    act(portal, administrator, "agjent", "role", status=400, role="")
    act(portal, administrator, "agjent", "role", status=400, role="king")
    assert [e.detail for e in events(portal, Action.STAFF_ROLE_CHANGED)] == [
        "administrator to agent",
        "agent to administrator",
    ]


def test_a_reset_ends_what_was(portal: Portal, administrator: CheckedClient) -> None:
    agent = portal.staff("agjent")
    page = act(portal, administrator, "agjent", "reset", status=200)
    agent.get("/staff", status=303)
    portal.client().post("/staff/login", portal.staff_form("agjent"), status=400)
    enter(portal, "agjent", *handed_over(page))


def test_sessions_of_a_member_are_ended(portal: Portal, administrator: CheckedClient) -> None:
    agent = portal.staff("agjent")
    act(portal, administrator, "agjent", "sign-out")
    agent.get("/staff", status=303)
    portal.staff("agjent")


def test_nobody_acts_on_themselves(portal: Portal, administrator: CheckedClient) -> None:
    address = address_of(portal, "administrator")
    page = administrator.get(address)
    assert "Ky jeni ju." in page.content
    assert not [a for a in page.all("a") if a.get("href", "").startswith(f"{address}/")]
    for what in OTHERS | {"enable"}:
        sent = {**code(portal), "role": "agent"}
        for _ in ("get", "post"):
            administrator.get(f"{address}/{what}", status=303)
            administrator.post(f"{address}/{what}", sent, status=303)
    listed = portal.services.members.get_listed(portal.services.members.get("administrator").id)
    assert listed.member.role is Role.ADMINISTRATOR and not listed.disabled_at
    administrator.get("/staff/members")


def test_forged_requests_change_nothing(portal: Portal, administrator: CheckedClient) -> None:
    forged = {**code(portal), "csrf_token": "forged", "role": "administrator"}
    for what in OTHERS:
        address = f"{address_of(portal, 'agjent')}/{what}"
        administrator.post(address, forged, status=400)
    administrator.post("/staff/members/new", {**NEW, **forged}, status=400)
    assert portal.services.members.get("agjent").role is Role.AGENT
    assert not events(portal, Action.STAFF_RESET)


def test_others_may_not_look(portal: Portal) -> None:
    for name in ("agjent", "mbikeqyres"):
        client = portal.staff(name)
        client.get("/staff/members", status=403)
        client.post("/staff/members/new", {**NEW, **code(portal, name)}, status=403)
        assert "Stafi" not in client.get("/staff").content


# One's own sessions


def test_each_member_sees_and_ends_their_own_sessions(portal: Portal) -> None:
    elsewhere, client = portal.staff("agjent"), portal.staff("agjent")
    another = portal.staff("mbikeqyres")
    page = client.get("/staff/sessions")
    assert len(page.table()) == 2 and "kjo pajisje" in page.table()[0][0]
    theirs = [f.get("action", "") for f in another.get("/staff/sessions").all("form")]
    of_another = next(a for a in theirs if "/sessions/" in a and "others" not in a)
    client.post(of_another, {}, status=404)
    another.get("/staff")
    ours = [f.get("action", "") for f in page.all("form") if "/sessions/" in f.get("action", "")]
    client.post(ours[1], {"csrf_token": "forged"}, status=400)
    client.post(ours[1], {}, status=303)
    elsewhere.get("/staff", status=303)
    client.post(ours[1], {}, status=404)
    third = portal.staff("agjent")
    client.post("/staff/sessions/sign-out-others", {"csrf_token": "forged"}, status=400)
    third.get("/staff")
    client.post("/staff/sessions/sign-out-others", {}, status=303)
    third.get("/staff", status=303)
    assert "Të gjitha pajisjet e tjera" in client.get("/staff/sessions").content
    done = client.post(ours[0], {}, status=303)
    assert done.response.location == "/staff/login"
    client.get("/staff", status=303)
