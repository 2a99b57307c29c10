"""A form that was sent after its session ended: who signs in again comes back to its page."""

import pytest

from tests.case_desk import number, page_of
from tests.cases import CODE
from tests.conftest import MakePortal, Portal
from tests.web.client import CheckedClient

__all__ = ["number"]
HERE = "http://localhost"


def asked(client: CheckedClient, address: str, came_from: str = "", **more: object) -> str:
    """Where somebody who is not signed in is sent to who posts there."""
    headers = {"Referer": came_from} if came_from else {}
    return str(client.post(address, {"csrf_token": "x"}, 303, headers=headers, **more)
               .response.location)  # fmt: skip


def test_a_clerk_comes_back_to_the_case(portal: Portal, number: str) -> None:
    client = portal.client()
    login = asked(client, f"{page_of(number)}/step", f"{HERE}{page_of(number)}")
    assert login == f"/staff/login?next={page_of(number)}"
    led = client.post(login, portal.staff_form("agjent"), status=303)
    assert led.response.location == page_of(number)


def test_a_customer_comes_back_to_the_case(portal: Portal, number: str) -> None:
    client = portal.client()
    for form in ("", "/answer", "/documents", "/withdraw"):
        login = asked(client, f"/cases/{number}{form}")
        assert login == f"/login?next=/cases/{number}"
    form = {"user_name": "Emer Mbiemer", "password": "Provo2024"}
    assert client.post(login, form, status=303).response.location == f"/cases/{number}"


@pytest.mark.parametrize(
    ("came_from", "page"),
    [
        ("", "/cases/F2"),  # browsers need not say it
        (f"{HERE}/cases/F2?a=b", "/cases/F2?a%3Db"),
        (f"{HERE}/contracts/{CODE}/cases?page=2", f"/contracts/{CODE}/cases?page%3D2"),
        (f"{HERE}/cases/F2/answer", "/cases/F2"),  # it was refused once, and shown there
        (f"{HERE}/nowhere", "/cases/F2"),
        (f"{HERE}/staff/cases/F2", "/cases/F2"),  # through the other door
        ("http://evil.example/cases/F3", "/cases/F2"),
        ("http://evil.example@localhost/cases/F3", "/cases/F2"),
        ("http://localhost.evil.example/cases/F3", "/cases/F2"),
        (f"{HERE}//evil.example/", "/cases/F2"),
        (f"{HERE}/\\evil.example", "/cases/F2"),
        ("//evil.example", "/cases/F2"),
        ("http://[", "/cases/F2"),
        ("javascript:alert(1)", "/cases/F2"),
    ],
)
def test_only_a_page_of_this_site(portal: Portal, came_from: str, page: str) -> None:
    assert asked(portal.client(), "/cases/F2/answer", came_from) == f"/login?next={page}"


def test_below_a_path(make_portal: MakePortal) -> None:
    client = make_portal(web={"proxy_hops": 1, "proxy_sets_prefix": True}).client()
    below = {"X-Forwarded-Prefix": "/veteshherbim"}
    for came_from in ("", f"{HERE}/veteshherbim/cases/F2", f"{HERE}/cases/F2"):
        headers = {**below, "Referer": came_from}
        answer = client.http.post("/cases/F2/answer", headers=headers)
        assert answer.location == "/veteshherbim/login?next=/veteshherbim/cases/F2"


def test_who_leaves_comes_back_to_nothing(portal: Portal) -> None:
    page = f"{HERE}/contracts/{CODE}/info"
    assert asked(portal.client(), "/logout", page) == "/login"
    assert asked(portal.client(), "/staff/logout", f"{HERE}/staff/cases") == "/staff/login"
