"""The audit trail for administrators: filtered, page by page, and as a table to take away."""

import csv
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import StringIO
from urllib.parse import quote

import pytest

from app.audit import service, store
from app.audit.records import Action, Actor, Event
from app.web.audit_words import ACTIONS, ACTORS
from tests.conftest import Portal
from tests.web.client import CheckedClient, Page

BEGIN = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
def administrator(portal: Portal) -> CheckedClient:
    client = portal.staff("administrator")
    with portal.database.write() as connection:
        connection.exec_driver_sql("DROP TRIGGER audit_event_no_delete")
        connection.exec_driver_sql("DELETE FROM audit_event")
    return client


def fill(portal: Portal, number: int, **more: object) -> None:
    values = {"actor": Actor.CUSTOMER, "action": Action.SIGNED_IN, "account_id": 1}
    values |= {"staff_id": None, "contract_code": None, "address": "192.0.2.1", "detail": ""}
    with portal.database.write() as connection:
        for place in range(number):
            at = BEGIN + timedelta(minutes=place // 2)  # two at each moment
            event = Event(at=at, **{**values, "detail": f"no {place}", **more})  # type: ignore[arg-type]
            store.add(connection, event)


def details(page: Page) -> list[str]:
    return [row[5] for row in page.table()] if page.all("tbody") else []


def rows(client: CheckedClient, **asked: str) -> list[dict[str, str]]:
    page = client.post("/staff/audit/export", asked)
    assert page.text.startswith("\ufeff")
    return list(csv.DictReader(StringIO(page.text.removeprefix("\ufeff")), delimiter=";"))


def follow(client: CheckedClient, page: Page, rel: str) -> Iterator[Page]:
    while True:
        yield page
        link = next((a.get("href") for a in page.all("a") if a.get("rel") == rel), None)
        if link is None:
            return
        page = client.get(link)


def test_every_action_and_actor_has_words() -> None:
    assert ACTIONS.keys() == set(Action) and ACTORS.keys() == set(Actor)


def test_the_newest_stand_first_in_words(portal: Portal, administrator: CheckedClient) -> None:
    fill(portal, 3)
    page = administrator.get("/staff/audit")
    assert details(page) == ["no 2", "no 1", "no 0"]
    assert page.table()[0][:4] == ["01.01.2026, 13:01", "klienti", "hyri", "llogaria 1"]
    english = portal.staff("administrator", "en").get("/staff/audit")
    assert "signed in" in english.content and "the customer" in english.content


def test_each_event_stands_on_one_page_both_ways(
    portal: Portal, administrator: CheckedClient
) -> None:
    fill(portal, 125)
    expected = [f"no {place}" for place in reversed(range(125))]
    pages = list(follow(administrator, administrator.get("/staff/audit?account=1"), "next"))
    assert [len(details(page)) for page in pages] == [50, 50, 25]
    assert [d for page in pages for d in details(page)] == expected
    back = list(follow(administrator, pages[-1], "prev"))
    assert [d for page in reversed(back) for d in details(page)][:75] == expected[:75]
    assert details(back[-1])[0] == "no 124"


def test_what_comes_meanwhile_moves_no_page(portal: Portal, administrator: CheckedClient) -> None:
    fill(portal, 60)
    page = administrator.get("/staff/audit?account=1")
    fill(portal, 1, detail="new")  # older than all by its moment, newer by its number
    older = next(a.get("href", "") for a in page.all("a") if a.get("rel") == "next")
    assert details(administrator.get(older)) == [
        *(f"no {place}" for place in range(9, 1, -1)),
        *("new", "no 1", "no 0"),
    ]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("actor=operator", ["disabled by hand"]),
        ("action=disabled", ["disabled by hand"]),
        ("account=7", ["disabled by hand"]),
        ("contract=%20al%200000%20001", ["of a contract"]),
        ("since=2026-01-02", ["disabled by hand"]),
        ("until=2026-01-01&actor=customer", ["of a contract", "by day"]),
        ("since=2026-01-01&until=2026-01-01", ["of a contract", "by day"]),
        ("since=2026-01-03", []),
        ("action=disabled&actor=customer", []),
        ("actor=nobody", ["disabled by hand", "of a contract", "by day"]),
    ],
)
def test_filters(
    portal: Portal, administrator: CheckedClient, asked: str, found: list[str]
) -> None:
    fill(portal, 1, detail="by day")
    fill(portal, 1, detail="of a contract", contract_code="AL0000001")
    with portal.database.write() as connection:
        store.add(
            connection,
            Event(
                at=datetime(2026, 1, 1, 23, 30, tzinfo=UTC),  # after midnight in Tirana
                actor=Actor.OPERATOR,
                action=Action.DISABLED,
                account_id=7,
                staff_id=None,
                contract_code=None,
                address="",
                detail="disabled by hand",
            ),
        )
    page = administrator.get(f"/staff/audit?{asked}")
    assert details(page) == found
    if not found:
        assert "Në gjurmë nuk ka asgjë" in page.content


def test_a_member_is_found_as_who_did_it_and_whom_it_is_about(
    portal: Portal, administrator: CheckedClient
) -> None:
    members = portal.services.members
    agent, me = members.get("agjent").id, members.get("administrator").id
    fill(portal, 1, actor=Actor.STAFF, action=Action.STAFF_RESET, staff_id=me,
         about_staff_id=agent, account_id=None, detail="reset")  # fmt: skip
    fill(portal, 1, actor=Actor.STAFF, staff_id=agent, account_id=None, detail="came in")
    page = administrator.get(f"/staff/audit?member={agent}")
    assert sorted(details(page)) == ["came in", "reset"]
    row = next(row for row in page.table() if row[5] == "reset")
    assert row[1] == "administrator" and row[3] == "agjent"
    assert details(administrator.get(f"/staff/audit?member={me}")) == ["reset"]


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ("since=31.01.2026", "since"),
        ("until=2026-13-01", "until"),
        ("until=9999-12-31", "until"),
        ("since=0001-01-01", "since"),
        ("since=2026-02-01&until=2026-01-31", "until"),
        ("account=x", "account"),
        ("account=99999999999", "account"),
        (f"contract={quote('<b>')}", "contract"),
    ],
)
def test_what_is_no_filter_is_told_beside_its_field(
    administrator: CheckedClient, asked: str, name: str
) -> None:
    page = administrator.get(f"/staff/audit?{asked}", status=400)
    assert page.error_of(name)
    assert page.field(name).get("value")


@pytest.mark.parametrize(
    "place", ["x", "-", "1-", "-1", "9" * 40 + "-1", "1-99999999999", "1-1-1", "9007199254740992-1"]
)
def test_made_up_places_are_the_newest_page(
    portal: Portal, administrator: CheckedClient, place: str
) -> None:
    fill(portal, 1)
    assert administrator.get(f"/staff/audit?older={place}").status == 200
    assert administrator.get(f"/staff/audit?newer={place}").status == 200


# The table to take away


def test_the_export_has_what_is_filtered_and_is_written_down(
    portal: Portal, administrator: CheckedClient
) -> None:
    fill(portal, 120)
    fill(portal, 2, account_id=7)
    found = rows(administrator, account="7")
    assert [row["Nr. i llogarisë"] for row in found] == ["7", "7"]
    assert found[0]["Kur"] == "2026-01-01 13:00:00+01:00"
    assert (found[0]["Çfarë"], found[0]["Kodi"]) == ("hyri", "signed in")
    assert len(rows(administrator)) == 124  # with the lines about both exports
    first, second = (
        e for e in portal.services.audit.list_newest() if e.action is Action.TRAIL_EXPORTED
    )
    assert (second.detail, first.detail) == ("account=7", "all")
    assert first.staff_id == portal.services.members.get("administrator").id
    page = administrator.post("/staff/audit/export", {})
    assert page.response.mimetype == "text/csv"
    assert page.response.headers["Content-Disposition"].startswith('attachment; filename="audit-')
    assert page.response.headers["Cache-Control"] == "no-store"


def test_details_are_in_words_and_as_they_are_recorded(
    portal: Portal, administrator: CheckedClient
) -> None:
    fill(portal, 1, account_id=7, detail="F2000000001: filed, waiting -> waiting")
    fill(portal, 1, account_id=7, detail="staff: wrong password")
    found = rows(administrator, account="7")
    assert [row["Detajet"] for row in found] == [
        "punonjësit: fjalëkalim i gabuar",
        "F2000000001: U regjistrua, në pritje",
    ]
    kept = [list(row.values())[-1] for row in found]
    assert kept == ["staff: wrong password", "F2000000001: filed, waiting -> waiting"]
    english = portal.staff("administrator", "en").post("/staff/audit/export", {"account": "7"})
    assert "staff: wrong password,staff: wrong password" in english.text
    assert ",Details,Details as recorded" in english.text


def test_cells_run_nothing_in_a_spreadsheet(portal: Portal, administrator: CheckedClient) -> None:
    nasty = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", '";=1', "ë"]
    for detail in nasty:
        fill(portal, 1, detail=detail)
    found = [row["Detajet"] for row in rows(administrator, account="1")]
    assert sorted(found) == sorted(
        ["'=1+1", "'+1", "'-1", "'@SUM(A1)", "'\t=1", "' =1", '";=1', "ë"]
    )
    page = administrator.post("/staff/audit/export", {"account": "1"})
    assert '"="' not in page.text and ';"=' not in page.text


def test_the_export_is_bounded_and_read_in_pieces(
    portal: Portal, administrator: CheckedClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "AT_ONCE", 10)
    fill(portal, 35)
    found = [row["Detajet"] for row in rows(administrator, account="1")]
    assert found == [f"no {place}" for place in reversed(range(35))]
    taken = portal.services.audit.export(
        store.Filter(account_id=1), by=1, address="", detail="", most=25
    )
    assert len(list(taken)) == 25


def test_forged_and_wrong_exports_are_refused_and_looking_is_not_written_down(
    portal: Portal, administrator: CheckedClient
) -> None:
    fill(portal, 1)
    administrator.post("/staff/audit/export", {"csrf_token": "forged"}, status=400)
    administrator.post("/staff/audit/export", {"account": "x"}, status=400)
    administrator.get("/staff/audit")
    assert [e.action for e in portal.services.audit.list_newest()] == [Action.SIGNED_IN]


def test_others_may_not_look(portal: Portal) -> None:
    for name in ("agjent", "mbikeqyres"):
        client = portal.staff(name)
        client.get("/staff/audit", status=403)
        client.post("/staff/audit/export", {}, status=403)
