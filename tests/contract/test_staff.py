"""The staff's services and store, over SQLite and over a real PostgreSQL."""

from base64 import b64encode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier

import pyotp
import pytest
from sqlalchemy import text

from app.accounts.records import (
    SessionEnded,
    SignInRefused,
    TooManyTries,
    WrongPassword,
)
from app.audit.records import Action, Actor
from app.database.engine import Database
from app.staff import rules, store
from app.staff.records import (
    Doer,
    MemberId,
    NameTaken,
    NoSuchMember,
    NoSuchSession,
    NotAdministrator,
    NotAName,
    NotOneself,
    Role,
    StaffSignedIn,
    StaffVisitor,
    StaffWelcome,
    WrongCode,
)
from tests.accounts import Clock
from tests.staff import COUNTER, PASSWORD, SECRET, Staff

NEW = "shtatë mace mbi urë"
STEP = timedelta(seconds=30)
KEYS = [b64encode(bytes([number]) * 32).decode() for number in (1, 2)]


@pytest.fixture
def staff(database: Database, clock: Clock) -> Staff:
    staff = Staff(database, clock)
    staff.add()
    return staff


def came_in(staff: Staff, welcome: StaffWelcome) -> StaffSignedIn:
    found = staff.find_signed_in(welcome.token)
    assert found is not None
    return found


def refused(staff: Staff, name: str, password: str, code: str) -> None:
    with pytest.raises(SignInRefused):
        staff.sign_in(name, password, code, COUNTER)


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


# First sign-in, reset, one's own password


def test_a_first_password_works_once_and_asks_for_another(staff: Staff, clock: Clock) -> None:
    first = staff.members.create("Besa", Role.SUPERVISOR, full_name=" Besa  Prifti ")
    assert len(first.password) >= 15 and first.secret in first.factor_address
    welcome = _first(staff, clock, first.password, first.secret)
    assert (welcome.must_change, welcome.member.called) == (True, "Besa Prifti")
    clock.now += STEP
    with pytest.raises(SignInRefused):
        _first(staff, clock, first.password, first.secret)
    renewed = staff.choose_password(came_in(staff, welcome), NEW, COUNTER)
    assert staff.find_signed_in(welcome.token) is None
    found = staff.find_signed_in(renewed)
    assert found is not None and not found.must_change
    clock.now += STEP
    assert not _first(staff, clock, NEW, first.secret).must_change


def test_a_first_password_ends_after_its_hours(staff: Staff, clock: Clock) -> None:
    first = staff.members.create("besa", Role.AGENT)
    clock.now += timedelta(hours=24, seconds=1)
    with pytest.raises(SignInRefused):
        _first(staff, clock, first.password, first.secret)


def _first(staff: Staff, clock: Clock, password: str, secret: str) -> StaffWelcome:
    code = code_of(secret, clock)
    return staff.sign_in("besa", password, code, COUNTER)


def code_of(secret: str, clock: Clock) -> str:
    return pyotp.TOTP(secret).at(clock.now)


def test_a_reset_ends_all_that_was(staff: Staff, clock: Clock) -> None:
    token = staff.enter().token
    first = staff.members.reset(staff.members.get("ardit"))
    assert staff.find_signed_in(token) is None
    clock.now += STEP
    refused(staff, "ardit", PASSWORD, staff.code())
    refused(staff, "ardit", first.password, staff.code())
    refused(staff, "ardit", PASSWORD, code_of(first.secret, clock))
    assert staff.sign_in("ardit", first.password, code_of(first.secret, clock), COUNTER)


def test_changing_the_password_wants_the_current_one_and_a_new_code(
    staff: Staff, clock: Clock
) -> None:
    elsewhere = staff.enter()
    clock.now += STEP
    here = staff.enter()
    me = came_in(staff, here)

    def change(current: str, code: str) -> str:
        return staff.change_password(me, current=current, code=code, new=NEW, visitor=COUNTER)

    with pytest.raises(WrongPassword):
        change(PASSWORD, staff.code())  # it was used to sign in
    clock.now += STEP
    with pytest.raises(WrongPassword):
        change("wrong", staff.code())
    token = change(PASSWORD, staff.code())
    assert staff.find_signed_in(elsewhere.token) is None
    assert staff.find_signed_in(here.token) is None
    assert staff.find_signed_in(token) is not None  # type: ignore[arg-type]
    clock.now += STEP
    refused(staff, "ardit", PASSWORD, staff.code())
    staff.sign_in("ardit", NEW, staff.code(), COUNTER)


def test_an_open_session_is_no_way_to_guess_the_password(staff: Staff, clock: Clock) -> None:
    me = came_in(staff, staff.enter())
    clock.now += STEP
    given = {"new": NEW, "visitor": COUNTER}
    for _ in range(10):
        with pytest.raises(WrongPassword):
            staff.change_password(me, current="wrong", code=staff.code(), **given)  # type: ignore[arg-type]
    with pytest.raises(TooManyTries):
        staff.change_password(me, current=PASSWORD, code=staff.code(), **given)  # type: ignore[arg-type]


def test_a_session_that_ended_meanwhile_changes_nothing(staff: Staff, clock: Clock) -> None:
    me = came_in(staff, staff.enter())
    staff.members.sign_out(me.member)
    with pytest.raises(SessionEnded):
        staff.choose_password(me, NEW, COUNTER)
    clock.now += STEP
    staff.enter()


# Names


def test_names_are_one_whatever_their_case(staff: Staff) -> None:
    with pytest.raises(NameTaken):
        staff.members.create("ARDIT", Role.AGENT)
    for name in ("", "a", "a b", "<b>", "x" * 41, ".a", "a\n"):
        with pytest.raises(NotAName):
            staff.members.create(name, Role.AGENT)
    with pytest.raises(NoSuchMember):
        staff.members.get("nobody")


def test_the_same_name_at_the_same_time_makes_one_member(staff: Staff) -> None:
    def create(name: str) -> bool:
        try:
            staff.members.create(name, Role.AGENT)
        except NameTaken:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(create, ("besa", "Besa", "BESA", "bEsa"))) == 1


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


# What is kept


def test_nothing_is_kept_in_the_clear(database: Database, clock: Clock) -> None:
    staff = Staff(database, clock, keys=KEYS[:1])
    staff.add()
    token = staff.enter().token
    with database.read() as connection:
        member = connection.execute(text("SELECT * FROM staff_member")).one()
        kept = connection.execute(text("SELECT token_hash FROM staff_session")).scalar_one()
    assert member.password_hash.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert SECRET.encode() not in bytes(member.sealed_secret)
    assert token not in kept and len(kept) == 64


def test_keys_may_change_and_factors_follow(database: Database, clock: Clock) -> None:
    Staff(database, clock).add()
    for keys in (KEYS[:1], KEYS[::-1], KEYS[1:]):  # the first key, a new one, without the old
        staff = Staff(database, clock, keys=keys)
        clock.now += STEP
        staff.enter()
    clock.now += STEP
    refused(Staff(database, clock, keys=KEYS[:1]), "ardit", PASSWORD, staff.code())
    refused(Staff(database, clock), "ardit", PASSWORD, staff.code())
    staff.enter()


def test_a_factor_in_anothers_row_opens_nothing(
    staff: Staff, database: Database, clock: Clock
) -> None:
    staff.members.create("besa", Role.AGENT)
    with database.write() as connection:
        connection.execute(
            text(
                "UPDATE staff_member SET sealed_secret = (SELECT sealed_secret FROM staff_member"
                " WHERE name = 'besa') WHERE name = 'ardit'"
            )
        )
    refused(staff, "ardit", PASSWORD, staff.code())


def test_what_happened_is_in_the_audit_trail(staff: Staff, clock: Clock) -> None:
    me = staff.members.get("ardit")
    refused(staff, "ardit", PASSWORD, "000000")
    refused(staff, "nobody", PASSWORD, "000000")
    signed_in = came_in(staff, staff.enter())
    clock.now += STEP
    staff.change_password(signed_in, current=PASSWORD, code=staff.code(), new=NEW, visitor=COUNTER)
    staff.sign_out(signed_in, COUNTER)
    staff.members.set_role(me, Role.SUPERVISOR)
    staff.members.sign_out(me)
    staff.members.disable(me)
    staff.members.enable(me)
    staff.members.reset(me)
    events = staff.members.list_events(me, limit=20)[::-1]
    assert [(event.actor, event.action, event.detail) for event in events] == [
        (Actor.OPERATOR, Action.STAFF_CREATED, "agent"),
        (Actor.VISITOR, Action.SIGN_IN_REFUSED, "staff: wrong or used code"),
        (Actor.STAFF, Action.SIGNED_IN, ""),
        (Actor.STAFF, Action.PASSWORD_CHANGED, "changed"),
        (Actor.STAFF, Action.SIGNED_OUT, ""),
        (Actor.OPERATOR, Action.STAFF_ROLE_CHANGED, "agent to supervisor"),
        (Actor.OPERATOR, Action.SESSIONS_ENDED, "0 sessions"),
        (Actor.OPERATOR, Action.DISABLED, ""),
        (Actor.OPERATOR, Action.ENABLED, ""),
        (Actor.OPERATOR, Action.STAFF_RESET, ""),
    ]
    assert {event.address for event in events if event.actor is not Actor.OPERATOR} == {"192.0.2.1"}
    assert all(event.account_id is None for event in events)
    (unknown,) = [
        event
        for event in staff.shared.audit.list_newest()
        if event.detail == "staff: unknown or disabled name"
    ]
    assert unknown.staff_id is None


def _count(staff: Staff, table: str) -> int:
    with staff.shared.database.read() as connection:
        return int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())


# Administrators


def administrators(staff: Staff) -> tuple[Doer, Doer]:
    doers = []
    for name in ("arta", "beni"):
        staff.members.add(name, Role.ADMINISTRATOR, password=PASSWORD, secret=SECRET)
        doers.append(Doer(member=staff.members.get(name), address="192.0.2.7"))
    return doers[0], doers[1]


def test_what_an_administrator_does_names_both(staff: Staff) -> None:
    arta, _beni = administrators(staff)
    ardit = staff.members.get("ardit")
    staff.members.create("drini", Role.AGENT, by=arta)
    staff.members.set_role(ardit, Role.SUPERVISOR, by=arta)
    staff.members.sign_out(ardit, by=arta)
    staff.members.disable(ardit, by=arta)
    staff.members.enable(ardit, by=arta)
    staff.members.reset(ardit, by=arta)
    events = staff.members.list_events(ardit, limit=5)[::-1]
    assert [(e.action, e.detail) for e in events] == [
        (Action.STAFF_ROLE_CHANGED, "agent to supervisor"),
        (Action.SESSIONS_ENDED, "0 sessions"),
        (Action.DISABLED, ""),
        (Action.ENABLED, ""),
        (Action.STAFF_RESET, ""),
    ]
    assert {(e.actor, e.staff_id, e.about_staff_id, e.address) for e in events} == {
        (Actor.STAFF, arta.member.id, ardit.id, "192.0.2.7")
    }
    assert len(staff.members.list_events(arta.member, limit=20)) == 7  # with its own making


def test_nobody_acts_on_themselves(staff: Staff) -> None:
    arta, _beni = administrators(staff)
    me = arta.member
    for act in (
        lambda: staff.members.disable(me, by=arta),
        lambda: staff.members.reset(me, by=arta),
        lambda: staff.members.set_role(me, Role.AGENT, by=arta),
        lambda: staff.members.sign_out(me, by=arta),
    ):
        with pytest.raises(NotOneself):
            act()


def test_who_is_no_administrator_any_more_does_nothing(staff: Staff) -> None:
    arta, beni = administrators(staff)
    ardit = staff.members.get("ardit")
    for undo in (
        lambda: staff.members.disable(beni.member),
        lambda: staff.members.set_role(beni.member, Role.SUPERVISOR),
    ):
        undo()
        with pytest.raises(NotAdministrator):
            staff.members.set_role(ardit, Role.ADMINISTRATOR, by=beni)
        with pytest.raises(NotAdministrator):
            staff.members.create("mine", Role.ADMINISTRATOR, by=beni)
        staff.members.enable(beni.member)
    assert staff.members.get("ardit").role is Role.AGENT
    staff.members.set_role(ardit, Role.SUPERVISOR, by=arta)


@pytest.mark.parametrize("how", ["disable", "demote"])
def test_of_two_administrators_who_end_each_other_at_once_one_stays(staff: Staff, how: str) -> None:
    arta, beni = administrators(staff)
    for _ in range(5):
        together = Barrier(2)

        def end(by: Doer, other: Doer, together: Barrier = together) -> bool:
            together.wait()
            try:
                if how == "disable":
                    staff.members.disable(other.member, by=by)
                else:
                    staff.members.set_role(other.member, Role.AGENT, by=by)
            except NotAdministrator:
                return False
            return True

        with ThreadPoolExecutor(2) as pool:
            done = list(pool.map(end, (arta, beni), (beni, arta)))
        assert sorted(done) == [False, True]
        for doer in (arta, beni):
            staff.members.enable(doer.member)
            staff.members.set_role(doer.member, Role.ADMINISTRATOR)


def test_a_code_before_power_is_fresh_and_ones_own(staff: Staff, clock: Clock) -> None:
    me = came_in(staff, staff.enter())
    for wrong in (staff.code(), "000000", "", staff.code(-1)):
        with pytest.raises(WrongCode):
            staff.check_code(me, wrong, COUNTER)
    clock.now += STEP
    staff.check_code(me, staff.code(), COUNTER)
    with pytest.raises(WrongCode):
        staff.check_code(me, staff.code(), COUNTER)
    clock.now += STEP
    for _ in range(5):
        with pytest.raises(WrongCode):
            staff.check_code(me, "000000", COUNTER)
    with pytest.raises(TooManyTries):
        staff.check_code(me, staff.code(), COUNTER)
    staff.members.sign_out(me.member)
    with pytest.raises(SessionEnded):
        Staff(staff.shared.database, clock, tries_per_member=100).check_code(
            me, staff.code(), COUNTER
        )


def test_of_many_with_the_same_code_at_once_one_is_right(staff: Staff, clock: Clock) -> None:
    me = came_in(staff, staff.enter())
    clock.now += STEP
    together = Barrier(6)

    def check(_number: int) -> bool:
        together.wait()
        try:
            staff.check_code(me, staff.code(), COUNTER)
        except WrongCode:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(check, range(6))) == 1


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
