"""Processes that die over a message, or are slow: nothing is lost, and nothing goes twice."""

from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
from structlog.testing import capture_logs

from app.messages import store
from app.messages.delivery import CLAIMED_FOR, Outcome
from app.messages.outbox import Purpose
from app.messages.records import Channel, State, Wanted
from app.processes import MACHINE, is_alive, process_name
from tests.outbox import Post

DEAD_PROCESS = 2**22 + 1  # above the kernel's highest number


class Killed(BaseException):
    """As SIGKILL: nothing is tidied up."""


def test_a_process_that_dies_between_claim_and_sending_loses_nothing(post: Post) -> None:
    def kill(_to: str) -> None:
        raise Killed

    post.write()
    post.mail.failing = kill
    with pytest.raises(Killed):
        post.delivery.deliver_due()
    post.mail.failing = lambda _to: None
    post.clock.now += CLAIMED_FOR - timedelta(seconds=1)
    assert post.make_delivery().deliver_due() == 0, "it is still claimed"
    post.clock.now += timedelta(seconds=1)
    assert post.make_delivery().deliver_due() == 1
    assert post.row().state == State.SENT


def test_a_message_over_which_processes_die_is_given_up(post: Post) -> None:
    def kill(_to: str) -> None:
        raise Killed

    post.write()
    post.mail.failing = kill
    for _ in range(16):
        with pytest.raises(Killed):
            post.delivery.deliver_due()
        post.clock.now += CLAIMED_FOR
    post.delivery.deliver_due()
    assert post.row().state == State.DEAD
    assert "processes died over it" in post.row().problem


def test_killed_before_it_was_handed_over_it_is_sent_once_more(post: Post) -> None:
    post.write()

    def kill(_to: str) -> None:
        raise Killed

    post.mail.failing = kill
    with pytest.raises(Killed):
        post.delivery.deliver_due()
    post.mail.failing = lambda _to: None
    assert post.make_delivery().deliver_due() == 0  # it may be sending still
    post.clock.now += CLAIMED_FOR
    assert post.make_delivery().deliver_due() == 1
    assert len(post.mail.taken) == 1


@pytest.mark.parametrize("is_bulk", [False, True])
def test_killed_once_it_was_handed_over_it_is_not_sent_again(post: Post, is_bulk: bool) -> None:
    post.write(purpose=Purpose(kind="invoice", is_bulk=is_bulk))

    def kill() -> None:
        raise Killed

    post.mail.afterwards = kill
    bulk = partial(post.delivery.deliver_bulk, Channel.MAIL)
    deliver = bulk if is_bulk else post.delivery.deliver_due
    with pytest.raises(Killed):
        deliver()
    post.mail.afterwards = lambda: None
    post.clock.now += CLAIMED_FOR
    with capture_logs() as logs:
        assert deliver() == 0
    (line,) = [line for line in logs if line["event"] == "message may not have arrived"]
    assert line["message"] == post.row().id and "flask messages retry" in line["do"]
    assert len(post.mail.taken) == 1
    assert post.row().state == State.UNSURE
    (status,) = post.messages.list_newest(Wanted(states=(State.UNSURE,)), limit=10)
    assert post.messages.retry() == 0  # nobody wants all of these twice
    assert post.messages.retry(status.id) == 1  # but its recipient misses it
    assert deliver() == 1
    (_, first), (_, second) = post.mail.taken
    assert first == second


def test_what_was_handed_over_is_claimed_by_nobody(post: Post) -> None:
    """Not even in a round that began while its process still had it."""
    post.write()
    (one,) = post.delivery._claim(Channel.MAIL, is_bulk=False)
    with post.database.write() as connection:
        assert store.set_handed(connection, one, post.clock.now)
    post.clock.now += 2 * CLAIMED_FOR
    assert post.make_delivery()._claim(Channel.MAIL, is_bulk=False) == []
    post.make_delivery().free_what_ended()
    assert post.row().state == State.UNSURE


def test_nothing_is_handed_over_that_another_process_has_by_now(post: Post) -> None:
    post.write()
    (slow,) = post.delivery._claim(Channel.MAIL, is_bulk=False)
    post.clock.now += CLAIMED_FOR
    assert post.make_delivery().deliver_due() == 1
    assert post.delivery._try(slow) is Outcome.SETTLED
    assert len(post.mail.taken) == 1


def test_what_a_dead_process_of_this_machine_held_is_free_at_once(post: Post) -> None:
    post.write_many(12)
    dead = f"{MACHINE}{DEAD_PROCESS}/1"
    claim = store.Claim(at=post.clock.now, until=post.clock.now + CLAIMED_FOR, by=dead)
    with post.database.write() as connection:
        held = store.claim(connection, Channel.MAIL, claim, is_bulk=False, most=10)
        store.set_handed(connection, held[0], post.clock.now)
    assert post.delivery.deliver_due() == 11
    (unsure,) = post.messages.list_newest(Wanted(states=(State.UNSURE,)), limit=20)
    assert unsure.id == held[0].id


@pytest.mark.parametrize("by", ["another-machine/12/1", f"{MACHINE}1/", ""])
def test_what_others_hold_is_left_to_them(post: Post, by: str) -> None:
    """By a machine that nobody sees into from here, or a process that runs."""
    post.write()
    claim = store.Claim(at=post.clock.now, until=post.clock.now + CLAIMED_FOR, by=by)
    if not by:
        claim = replace(claim, by=process_name())
    with post.database.write() as connection:
        assert store.claim(connection, Channel.MAIL, claim, is_bulk=False, most=10)
    assert post.delivery.deliver_due() == (1 if by == f"{MACHINE}1/" and not is_alive(by) else 0)


def test_a_late_failure_does_not_undo_what_another_process_did(post: Post) -> None:
    post.write()
    (slow,) = post.delivery._claim(Channel.MAIL, is_bulk=False)
    post.clock.now += CLAIMED_FOR
    assert post.make_delivery().deliver_due() == 1
    post.delivery._put_off(slow, "timed out")
    post.delivery._bury(slow, "refused")
    assert post.row().state == State.SENT


def test_a_late_failure_does_not_open_anothers_claim(post: Post) -> None:
    post.write()
    (slow,) = post.delivery._claim(Channel.MAIL, is_bulk=False)
    post.clock.now += CLAIMED_FOR
    assert post.make_delivery()._claim(Channel.MAIL, is_bulk=False)
    post.delivery._put_off(slow, "timed out")
    assert post.make_delivery()._claim(Channel.MAIL, is_bulk=False) == []
