"""Handling requests and complaints as a clerk's browser does."""

from typing import Any

import pytest

from app.cases.records import CaseNumber, State
from app.clock import now
from app.staff.records import MemberId
from tests.cases import file_f2
from tests.conftest import Portal
from tests.many_cases import add_cases
from tests.web.client import CheckedClient, Page, words

QUEUE = "/staff/cases"
HOSTILE = '<script>alert("x")</script>\n{{ 7*7 }} \u202e'


def member(portal: Portal, name: str) -> MemberId:
    return portal.services.members.get(name).id


def page_of(number: str) -> str:
    return f"{QUEUE}/{number}"


def form_of(page: Page, **typed: Any) -> dict[str, Any]:
    """What the page's forms carry along, with what was typed."""
    return {name: str(page.field(name).get("value")) for name in ("version", "seen")} | typed


def step(client: CheckedClient, number: str, status: int = 303, **typed: Any) -> Page:
    """As a clerk who has just opened the page."""
    form = form_of(client.get(page_of(number)), **typed)
    return client.post(f"{page_of(number)}/step", form, status=status)


def state_of(portal: Portal, number: str) -> State:
    return portal.services.cases.handling.get(CaseNumber(number)).case.state


def typed_text(page: Page, name: str) -> str:
    return next(words(e) for e in page.all("textarea") if e.get("name") == name)


def beside(page: Page, field_id: str) -> str:
    """The error beside a field."""
    assert page.root is not None
    return next((words(e) for e in page.root.iter() if e.get("id") == f"{field_id}-error"), "")


def links(page: Page) -> list[str]:
    return [str(a.get("href")) for a in page.all("a")]


def fill(portal: Portal, count: int) -> None:
    members = (member(portal, "agjent"), member(portal, "administrator"))
    catalogue = portal.services.cases.filing.catalogue
    add_cases(portal.database, catalogue, count, now=now(), members=members)


def wait_for_scanner(portal: Portal) -> None:
    with portal.database.write() as connection:
        connection.exec_driver_sql("UPDATE document SET scan = 'waiting'")


@pytest.fixture
def number(portal: Portal) -> str:
    return file_f2(portal.signed_in("Emer Mbiemer"))
