"""What operators and administrators do with staff, and the trail of it."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from app.audit.records import Action, Actor
from app.staff.records import (
    Doer,
    NameTaken,
    NoSuchMember,
    NotAdministrator,
    NotAName,
    NotOneself,
    Role,
)
from tests.accounts import Clock
from tests.staff import COUNTER, NEW, PASSWORD, SECRET, STEP, Staff, came_in, refused

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


# The trail


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
