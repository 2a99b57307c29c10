"""The staff's lists of cases, over SQLite and PostgreSQL, with few cases and with many."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy.dialects import postgresql, sqlite

from app.cases.handling import NOBODY, Queued, Wanted
from app.cases.records import State
from app.cases.rules import OPEN
from app.cases.store import queue
from app.cases.store.cases import NO_DAY
from app.database.engine import Database
from app.staff.records import MemberId
from legacy_adapters.port import Billing
from tests.case_world import CATALOGUE, FRIDAY, World, make_world
from tests.many_cases import add_cases
from tests.web.test_round_trips import counted


@pytest.fixture
def world(database: Database, demo_billing: Billing, tmp_path: Path) -> World:
    return make_world(database, demo_billing, tmp_path)


@pytest.fixture
def many(world: World) -> World:
    fill(world, 170)
    return world


def fill(world: World, count: int) -> None:
    members = (world.agent.id, world.colleague.id)
    add_cases(world.database, CATALOGUE, count, now=FRIDAY, members=members)


def all_pages(world: World, wanted: Wanted) -> list[Queued]:
    """From the first page to the last, and the same backwards."""
    page = world.handling.list_page(wanted)
    assert not page.has_earlier
    pages = [page]
    while page.has_later:
        page = world.handling.list_page(wanted, after=page.cases[-1].place)
        assert page.has_earlier
        pages.append(page)
    for before, after in zip(pages[-2::-1], pages[:0:-1], strict=True):
        again = world.handling.list_page(wanted, before=after.cases[0].place)
        assert again.cases == before.cases
        assert again.has_earlier == before.has_earlier
    return [queued for one in pages for queued in one.cases]


def test_the_most_urgent_stand_first_and_standing_clocks_last(many: World) -> None:
    found = all_pages(many, many.handling.wanted())
    assert 100 < len(found) < 170
    places = [(queued.place.due_on, queued.place.id) for queued in found]
    assert places == sorted(places) and len(set(places)) == len(places)
    standing = [queued.summary.due_on is None for queued in found]
    assert standing == sorted(standing) and True in standing
    assert {queued.summary.state for queued in found} == OPEN


def test_closed_ones_stand_the_newest_first(many: World) -> None:
    closed = all_pages(many, many.handling.wanted(states=frozenset(State) - OPEN))
    everything = all_pages(many, many.handling.wanted(states=frozenset(State)))
    assert len(everything) == 170
    for found in (closed, everything):
        ids = [queued.place.id for queued in found]
        assert ids == sorted(ids, reverse=True)


def has(queued: Queued) -> MemberId | None:
    return queued.summary.assignee.id if queued.summary.assignee else None


def is_late_while_standing(queued: Queued) -> bool:
    return queued.summary.is_open and (queued.summary.days_left or 0) < 0


def test_asking_the_customer_hides_no_lateness(world: World) -> None:
    number = world.file("T2")
    world.at(FRIDAY.date() + timedelta(days=14))
    world.move(number, State.WAITING_INFORMATION, "Na duhet kontrata.")
    handling = world.handling
    [late] = handling.list_page(handling.wanted(overdue=True)).cases
    assert late.summary.number == number and (handling.days_left(late.summary) or 0) < 0
    assert handling.counts(world.agent.id).overdue == 1
    overview = handling.overview()
    assert [load.overdue for load in overview.loads] == [1]
    assert [(load.overdue, load.waiting) for load in overview.kinds] == [(1, 1)]
    assert [one.summary.number for one in overview.most_overdue] == [number]


def test_each_filter(many: World) -> None:
    wanted = many.handling.wanted
    today = FRIDAY.date()
    checks: list[tuple[Wanted, Callable[[Queued], bool]]] = [
        (wanted(states=frozenset({State.DONE})), lambda q: q.summary.state is State.DONE),
        (wanted(request_code="T2"), lambda q: q.summary.request_code == "T2"),
        (wanted(kind="billing"), lambda _q: True),
        (wanted(assigned_to=NOBODY), lambda q: has(q) is None),
        (wanted(assigned_to=many.agent.id), lambda q: has(q) == many.agent.id),
        (wanted(overdue=True), lambda q: q.place.due_on < today or is_late_while_standing(q)),
    ]
    everything = all_pages(many, wanted(states=frozenset(State)))
    for one, fits in checks:
        found = all_pages(many, one)
        among = [q for q in everything if fits(q) and (one.states or q.summary.is_open)]
        assert found and {q.summary.id for q in found} == {q.summary.id for q in among}
    assert all_pages(many, wanted(kind="meter")) == []


def test_search_forgives_case_diacritics_and_order(world: World) -> None:
    number = world.file()  # of Vera Çela-Leka
    fill(world, 50)

    def found(search: str) -> set[str]:
        page = world.handling.list_page(world.handling.wanted(search=search))
        return {queued.summary.number for queued in page.cases}

    for search in ("vera cela", "LEKA vera", " Çel ", "al 0000004", number.lower()):
        assert number in found(search), search
    for search in ("era", "vera x", "100%", "_", "v%a", "'; --", "AL000000", "ç" * 500):
        assert number not in found(search), search
    world.move(number, State.DONE, "x")
    assert number in found("vera cela")  # also closed ones


def test_a_number_leads_straight_to_its_case(world: World) -> None:
    number = world.file()
    for typed in (number, "t1000 000 001", f" {number.lower()} "):
        assert world.handling.find_number(typed) == number
    for typed in ("", "T1", "T1000000002", "1000000001", "T1000000001'"):
        assert world.handling.find_number(typed) is None


def test_counts_and_loads_agree(many: World) -> None:
    counts = many.handling.counts(many.agent.id)
    overview = many.handling.overview()
    loads = {load.member_id: load for load in overview.loads}
    assert overview.loads[0].member_id is None
    assert counts.open == sum(load.open for load in loads.values())
    assert counts.open == sum(load.open for load in overview.kinds)
    assert counts.mine == loads[many.agent.id].open
    assert counts.nobodys == loads[None].open
    assert counts.overdue == sum(load.overdue for load in loads.values())
    standing = [q for q in all_pages(many, many.handling.wanted()) if q.place.due_on == NO_DAY]
    assert sum(load.waiting for load in loads.values()) == len(standing)
    assert sum(load.waiting for load in overview.kinds) == len(standing)
    days = [queued.place.due_on for queued in overview.most_overdue]
    assert days == sorted(days)
    late = [is_late_while_standing(q) for q in overview.most_overdue]
    assert all(late or day < FRIDAY.date() for late, day in zip(late, days, strict=True))


def test_nothing_at_all(world: World) -> None:
    assert world.handling.list_page(world.handling.wanted()).cases == ()
    counts = world.handling.counts(MemberId(1))
    assert (counts.open, counts.mine, counts.nobodys, counts.overdue) == (0, 0, 0, 0)
    assert world.handling.overview().loads == ()


def test_ten_thousand_cost_as_many_statements_as_a_hundred_and_use_the_index(
    world: World,
) -> None:
    fill(world, 100)
    few = statements(world)
    fill(world, 9_900)
    assert statements(world) == few == 3
    with world.database.write() as connection:
        connection.exec_driver_sql("ANALYZE")
    plain = Wanted()
    middle = queue.Place(due_on=date(2026, 12, 3), id=5_000)
    for query in (
        queue.queued(plain, limit=51),
        queue.queued(plain, after=middle, limit=51),
        queue.queued(plain, before=middle, limit=51),
        queue.queued(replace(plain, overdue=FRIDAY.date() - timedelta(days=3)), limit=51),
    ):
        assert "ix_service_case_queue" in plan(world.database, query)


def statements(world: World) -> int:
    with counted(world.database.engine) as found:
        page = world.handling.list_page(world.handling.wanted())
        world.handling.counts(world.agent.id)
        world.handling.list_page(world.handling.wanted(), after=page.cases[-1].place)
    assert page.has_later
    return len(found)


def plan(database: Database, query: object) -> str:
    is_sqlite = database.engine.dialect.name == "sqlite"
    dialect = sqlite.dialect() if is_sqlite else postgresql.dialect()  # type: ignore[no-untyped-call]
    written = query.compile(dialect=dialect, compile_kwargs={"literal_binds": True})  # type: ignore[attr-defined]
    explain = "EXPLAIN QUERY PLAN" if is_sqlite else "EXPLAIN"
    with database.read() as connection:
        rows = connection.exec_driver_sql(f"{explain} {str(written).replace('%', '%%')}").all()
    return "\n".join(str(row) for row in rows)
