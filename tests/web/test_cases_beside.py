"""What stands in one form: whichever button is pressed, nothing typed beside it is lost."""

from io import BytesIO

import pytest

from app.cases.records import CaseNumber, State
from tests.case_desk import form_of as desk_form
from tests.case_desk import number, page_of, state_of, typed_text
from tests.case_form import documents_on, value
from tests.cases import F2, file_of
from tests.conftest import Portal
from tests.documents import pdf
from tests.web.client import CheckedClient, Page
from tests.web.test_cases_followed import move, version_of

__all__ = ["number"]
TYPED = {"words": "Ja përgjigjja ime.", "f-note": "Shënim i ri."}


@pytest.fixture
def emer(portal: Portal) -> CheckedClient:
    return portal.signed_in("Emer Mbiemer")


@pytest.fixture
def asked(portal: Portal, number: str) -> str:
    move(portal, number, State.WAITING_INFORMATION, "Na duhet kontrata.")
    return number


def form_of(client: CheckedClient, number: str) -> dict[str, object]:
    return {**F2, "version": version_of(client.get(f"/cases/{number}")), **TYPED}


def holds_what_was_typed(page: Page) -> bool:
    return {name: value(page, name) for name in TYPED} == TYPED


def note_of(portal: Portal, number: str) -> str:
    return portal.services.cases.handling.get(CaseNumber(number)).case.answers["note"]


# A customer's


def test_adding_documents_keeps_answer_and_fields(emer: CheckedClient, asked: str) -> None:
    form = {**form_of(emer, asked), "d-other": file_of("kontrata.pdf")}
    page = emer.post(f"/cases/{asked}/documents", form)
    assert holds_what_was_typed(page) and "kontrata.pdf" in documents_on(page)
    assert version_of(page) == version_of(emer.get(f"/cases/{asked}"))
    bad = {**form_of(emer, asked), "d-other": (BytesIO(b"MZ"), "x.pdf")}
    for refused in (bad, form_of(emer, asked)):
        assert holds_what_was_typed(emer.post(f"/cases/{asked}/documents", refused, status=400))


def test_saving_keeps_the_answer_and_takes_what_was_chosen(
    portal: Portal, emer: CheckedClient, asked: str
) -> None:
    form = {**form_of(emer, asked), "d-other": file_of("kontrata.pdf")}
    page = emer.post(f"/cases/{asked}", form)
    assert "Ndryshimet u ruajtën." in page.content
    assert holds_what_was_typed(page) and "kontrata.pdf" in documents_on(page)
    assert note_of(portal, asked) == TYPED["f-note"]
    assert state_of(portal, asked) is State.WAITING_INFORMATION
    bad = {**form_of(emer, asked), "f-invoice": "1"}
    assert holds_what_was_typed(emer.post(f"/cases/{asked}", bad, status=400))


def test_answering_saves_what_was_changed_and_chosen(
    portal: Portal, emer: CheckedClient, asked: str
) -> None:
    form = {**form_of(emer, asked), "d-other": file_of("kontrata.pdf")}
    emer.post(f"/cases/{asked}/answer", form, status=303)
    page = emer.get(f"/cases/{asked}")
    assert state_of(portal, asked) is State.IN_PROGRESS
    assert note_of(portal, asked) == TYPED["f-note"] and "kontrata.pdf" in documents_on(page)


def test_what_hinders_an_answer_loses_nothing(
    portal: Portal, emer: CheckedClient, asked: str
) -> None:
    good = form_of(emer, asked)
    for bad, status in (
        ({"version": "1"}, 409),
        ({"f-invoice": "1"}, 400),
        ({"d-other": (BytesIO(b"MZ"), "x.pdf")}, 400),
        ({"csrf_token": "old"}, 400),
    ):
        page = emer.post(f"/cases/{asked}/answer", {**good, **bad}, status=status)
        assert holds_what_was_typed(page), bad
    assert state_of(portal, asked) is State.WAITING_INFORMATION


def test_adding_on_an_old_page_overwrites_nothing_later(
    portal: Portal, emer: CheckedClient, number: str
) -> None:
    old = form_of(emer, number)
    emer.post(f"/cases/{number}", {**old, "words": "", "f-note": "i dyti"}, status=303)
    page = emer.post(f"/cases/{number}/documents", {**old, "d-other": file_of("x.pdf")})
    later = {**old, "version": version_of(page)}
    emer.post(f"/cases/{number}", later, status=409)
    assert note_of(portal, number) == "i dyti"


# A clerk's


DESK = {"note": "Për klientin.", "remark": "Për kolegët.", "to": "waiting information"}


def desk_holds(page: Page) -> bool:
    ticked = [e for e in page.all("input") if e.get("name") == "to" and "checked" in e.attrib]
    return (
        [typed_text(page, name) for name in ("note", "remark")] == [DESK["note"], DESK["remark"]]
        and [e.get("value") for e in ticked] == [DESK["to"]]
        and [e.get("value") for e in page.all("input") if "checked" in e.attrib and
             e.get("name") == "wants"] == ["identity"]
    )  # fmt: skip


@pytest.mark.parametrize(
    ("action", "more"),
    [
        ("documents", {"document": lambda: (BytesIO(pdf()), "letra.pdf")}),
        ("assign", {"take": lambda: "yes"}),
    ],
)
def test_what_a_clerk_typed_stays(
    portal: Portal, number: str, agent: CheckedClient, action: str, more: dict[str, object]
) -> None:
    form = desk_form(agent.get(page_of(number)), **DESK, wants=["identity"])
    sent = {name: make() for name, make in more.items()}  # type: ignore[operator]
    page = agent.post(f"{page_of(number)}/{action}", {**form, **sent})
    assert desk_holds(page)
    again = desk_form(page, **DESK, wants=["identity"])
    agent.post(f"{page_of(number)}/step", again, status=303)
    assert state_of(portal, number) is State.WAITING_INFORMATION


def test_what_a_clerk_typed_stays_where_it_is_refused(number: str, agent: CheckedClient) -> None:
    form = desk_form(agent.get(page_of(number)), **DESK, wants=["identity"])
    file = lambda: {"document": (BytesIO(pdf()), "letra.pdf")}  # noqa: E731
    for action, more in (
        ("documents", {}),
        ("documents", {"document": (BytesIO(b"MZ"), "x.pdf")}),
        ("assign", {}),
        ("assign", {"take": "yes", **file()}),
        ("step", file()),
    ):
        page = agent.post(f"{page_of(number)}/{action}", {**form, **more}, status=400)
        assert desk_holds(page), action
    assert "letra.pdf" not in agent.get(page_of(number)).content
