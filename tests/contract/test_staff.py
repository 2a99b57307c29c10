"""How staff come in, stay and go out, over SQLite and over a real PostgreSQL."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import text

from app.accounts.records import SignInRefused, TooManyTries
from app.database.engine import Database
from app.staff import rules, store
from app.staff.records import MemberId, NoSuchSession, Role, StaffVisitor
from tests.accounts import Clock
from tests.staff import COUNTER, PASSWORD, STEP, Staff, came_in, refused

# Signing in


def test_all_three_must_be_right(staff: Staff) -> None:
    refused(staff, "artan", PASSWORD, staff.code())
    refused(staff, "ardit", "Kala e drini guri lum", staff.code())
    refused(staff, "ardit", PASSWORD, "000000")
    refused(staff, "ardit", PASSWORD, "")
    refused(staff, "ardit", "", staff.code())
    refused(staff, "ardit", PASSWORD, "١٢٣٤٥٦")
    refused(staff, "ardit", PASSWORD + " " * 200, staff.code())
    welcome = staff.sign_in(" ARDIT ", PASSWORD, staff.code(), COUNTER)
    assert (welcome.member.name, welcome.must_change) == ("ardit", False)
    assert came_in(staff, welcome).member.role is Role.AGENT


def test_a_refusal_uses_no_code(staff: Staff) -> None:
    refused(staff, "ardit", "something else, as long", staff.code())
    staff.enter()


def test_a_code_works_once(staff: Staff, clock: Clock) -> None:
    staff.enter()
    refused(staff, "ardit", PASSWORD, staff.code())
    clock.now += STEP
    refused(staff, "ardit", PASSWORD, staff.code(-1))
    staff.enter()


def test_of_many_with_the_same_code_at_once_one_gets_in(staff: Staff) -> None:
    together = Barrier(8)

    def enter(_number: int) -> bool:
        together.wait()
        try:
            staff.enter()
        except SignInRefused:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(enter, range(8))) == 1
    assert len(staff.members.list_sessions()) == 1


def test_clocks_may_be_one_step_apart(staff: Staff, clock: Clock) -> None:
    refused(staff, "ardit", PASSWORD, staff.code(-2))
    refused(staff, "ardit", PASSWORD, staff.code(2))
    staff.sign_in("ardit", PASSWORD, staff.code(-1), COUNTER)
    staff.sign_in("ardit", PASSWORD, staff.code(1), COUNTER)
    refused(staff, "ardit", PASSWORD, staff.code())  # older than the one used last


@pytest.mark.parametrize(("happens", "gets_in"), [("", True), ("disable", False), ("reset", False)])
def test_what_happens_while_a_password_is_hashed_counts(
    staff: Staff, database: Database, clock: Clock, happens: str, gets_in: bool
) -> None:
    with database.read() as connection:
        found = store.find_credentials(connection, "ardit")
    assert found is not None
    if happens:
        getattr(staff.members, happens)(found.member)
    with database.write() as connection:
        assert store.use_code(connection, found, rules.step_of(clock.now)) is gets_in


# Sessions


def test_session_ends_when_idle(staff: Staff, clock: Clock) -> None:
    token = staff.enter().token
    clock.now += timedelta(minutes=29)
    assert staff.find_signed_in(token)  # and is seen now
    clock.now += timedelta(minutes=29)
    assert staff.find_signed_in(token)
    clock.now += timedelta(minutes=31)
    assert staff.find_signed_in(token) is None


def test_session_ends_at_its_longest_time(staff: Staff, clock: Clock) -> None:
    token = staff.enter().token
    for _ in range(23):
        clock.now += timedelta(minutes=26)
        assert staff.find_signed_in(token)
    clock.now += timedelta(minutes=3)
    assert staff.find_signed_in(token) is None
    staff.forget_expired()
    assert _count(staff, "staff_session") == 0


def _count(staff: Staff, table: str) -> int:
    with staff.shared.database.read() as connection:
        return int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())


def test_ending_by_command_and_by_oneself(staff: Staff, clock: Clock) -> None:
    first, member = staff.enter(), staff.members.get("ardit")
    clock.now += STEP
    second = staff.enter()
    assert [listed.sessions for listed in staff.members.list_all()] == [2]
    staff.sign_out(came_in(staff, first), COUNTER)
    assert staff.find_signed_in(first.token) is None and staff.find_signed_in(second.token)
    assert [(one.member, one.address) for one in staff.members.list_sessions()] == [
        (member, "192.0.2.1")
    ]
    assert staff.members.sign_out(member) == 1
    assert staff.find_signed_in(second.token) is None


def test_disabled_is_out_at_once_and_stays_out(staff: Staff, clock: Clock) -> None:
    token, member = staff.enter().token, staff.members.get("ardit")
    staff.members.disable(member)
    assert staff.find_signed_in(token) is None
    clock.now += STEP
    refused(staff, "ardit", PASSWORD, staff.code())
    staff.members.enable(member)
    staff.enter()


def test_a_new_role_is_in_force_at_once(staff: Staff) -> None:
    welcome = staff.enter()
    staff.members.set_role(welcome.member, Role.SUPERVISOR)
    assert came_in(staff, welcome).member.role is Role.SUPERVISOR


def test_own_sessions_are_ended_and_nobody_elses(staff: Staff, clock: Clock) -> None:
    staff.add("besa")
    theirs = came_in(staff, staff.enter("besa"))
    first = came_in(staff, staff.enter())
    clock.now += STEP
    second = came_in(staff, staff.enter())
    found = staff.list_own_sessions(first)
    assert [one.id for one in found] == [second.session_id, first.session_id]
    for missing in (theirs.session_id, 999):
        with pytest.raises(NoSuchSession):
            staff.end_own_session(first, missing, COUNTER)
    staff.end_own_session(first, second.session_id, COUNTER)
    with pytest.raises(NoSuchSession):
        staff.end_own_session(first, second.session_id, COUNTER)
    clock.now += STEP
    staff.enter()
    assert staff.end_other_sessions(first, COUNTER) == 1
    assert [one.id for one in staff.list_own_sessions(first)] == [first.session_id]
    assert [one.id for one in staff.list_own_sessions(theirs)] == [theirs.session_id]


# Tries


def elsewhere(number: int) -> StaffVisitor:
    return replace(COUNTER, address=f"198.51.{number}.1")


@pytest.mark.parametrize(
    ("settings", "from_where", "error"),
    [
        ({"tries_per_member": 3}, lambda _n: COUNTER, SignInRefused),
        ({"tries_per_day": 3}, elsewhere, SignInRefused),
        ({"tries_per_network": 3}, lambda _n: COUNTER, TooManyTries),
    ],
)
def test_exactly_so_many_tries_get_through(
    database: Database,
    clock: Clock,
    settings: dict[str, int],
    from_where: Callable[[int], StaffVisitor],
    error: type[Exception],
) -> None:
    staff = Staff(database, clock, **settings)
    staff.add()
    for _ in range(2):  # what succeeds gives its tries back
        for number in range(2):
            with pytest.raises(SignInRefused):
                staff.sign_in("ardit", "wrong", staff.code(), from_where(number))
        clock.now += STEP
        staff.enter(visitor=from_where(9))
        clock.now += timedelta(days=2)
    for number in range(3):
        with pytest.raises(SignInRefused):
            staff.sign_in("ardit", "wrong", staff.code(), from_where(number))
    with pytest.raises(error):
        staff.enter(visitor=from_where(9))


def test_strangers_do_not_lock_a_member_out(database: Database, clock: Clock) -> None:
    """Neither from the office's own network nor from many: the browser at the counter, which
    the member signed in from before, has tries of its own, and not more than those."""
    staff = Staff(database, clock, tries_per_member=3, tries_per_network=5, tries_per_day=8)
    staff.add()
    member_id = staff.members.get("ardit").id
    welcome = staff.enter()
    known = replace(COUNTER, marks={member_id: f"word.{welcome.fingerprint}"})
    for number in range(12):
        for visitor in (COUNTER, elsewhere(number)):
            with pytest.raises((SignInRefused, TooManyTries)):
                staff.sign_in("ardit", "wrong", "000000", visitor)
    clock.now += STEP
    with pytest.raises(TooManyTries):
        staff.enter()
    with pytest.raises(SignInRefused):
        staff.enter(visitor=elsewhere(99))
    staff.enter(visitor=known)
    for _ in range(3):
        with pytest.raises(SignInRefused):
            staff.sign_in("ardit", "wrong", "000000", known)
    clock.now += STEP
    with pytest.raises(SignInRefused):
        staff.enter(visitor=known)


def test_a_mark_is_worth_nothing_for_another_member_or_after_a_new_password(
    database: Database, clock: Clock
) -> None:
    staff = Staff(database, clock, tries_per_network=1)
    staff.add()
    me = staff.members.get("ardit")
    print_of_old = staff.enter().fingerprint
    staff.members.reset(me)
    marks = {me.id: f"word.{print_of_old}", MemberId(me.id + 1): f"word.{print_of_old}"}
    known = replace(COUNTER, marks=marks)
    with pytest.raises(SignInRefused):
        staff.sign_in("ardit", "wrong", "000000", known)
    with pytest.raises(TooManyTries):
        staff.sign_in("ardit", "wrong", "000000", known)
