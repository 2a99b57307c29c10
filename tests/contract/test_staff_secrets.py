"""Staff's passwords and second factors: the first ones, new ones, and how they are kept."""

from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pyotp
import pytest
from sqlalchemy import text

from app.accounts.records import SessionEnded, SignInRefused, TooManyTries, WrongPassword
from app.database.engine import Database
from app.staff.records import Role, StaffWelcome, WrongCode
from tests.accounts import Clock
from tests.staff import COUNTER, NEW, PASSWORD, SECRET, STEP, Staff, came_in, refused

KEYS = [b64encode(bytes([number]) * 32).decode() for number in (1, 2)]


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


# A code before power


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
