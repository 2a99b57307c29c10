"""What fails on its way: put off, given up or forgotten, and nothing else kept back by it."""

from collections import Counter
from datetime import timedelta

from sqlalchemy import select
from structlog.testing import capture_logs

from app.gateways.errors import GatewayUnavailable, RecipientRefused, Refused, Unanswered
from app.messages.delivery import MOST_FAILURES
from app.messages.outbox import Addressee, Purpose
from app.messages.records import Block, Channel, Kind, Letter, State, Wanted
from app.messages.store import message
from tests.outbox import PHONE, PURPOSE, Post


def test_put_off_for_longer_and_longer_and_given_up_after_two_days(post: Post) -> None:
    post.mail.failing = lambda _to: GatewayUnavailable("nobody answers")
    post.write()
    begun = post.clock.now
    waits: list[float] = []
    while True:
        post.delivery.deliver_due()
        row = post.row()
        if row.state == State.DEAD:
            break
        assert (row.attempts, row.problem) == (len(waits) + 1, "nobody answers")
        waits.append((row.next_try_at - post.clock.now) / timedelta(minutes=1))
        post.clock.now = row.next_try_at - timedelta(seconds=1)
        assert post.delivery.deliver_due() == 0 and len(post.mail.tries) == len(waits)
        post.clock.now = row.next_try_at
    assert waits[:6] == [1, 5, 15, 60, 240, 240]
    assert timedelta(days=1, hours=20) < post.clock.now - begun <= timedelta(days=2)
    assert "kale-mure" in post.body(), "an operator may have it tried again"


def test_given_up_says_what_to_do_and_nothing_personal(post: Post) -> None:
    post.mail.failing = lambda _to: Refused("the server said 550")
    post.write()
    with capture_logs() as lines:
        post.delivery.deliver_due()
    assert len(post.mail.tries) == 1
    (line,) = lines
    assert line["log_level"] == "error"
    assert line["do"] == "run: flask messages list --dead"
    assert "vera" not in str(lines) and "kale" not in str(lines)
    assert post.row().problem == "refused: the server said 550"


def test_jitter_spreads_what_failed_together(post: Post) -> None:
    post.mail.failing = lambda _to: GatewayUnavailable("nobody answers")
    seconds = []
    for chance in (0.0, 1.0):
        post.write(to=Addressee(recipient=f"c{chance}@example.org", language="sq"))
        post.delivery._chance = lambda chance=chance: chance
        post.delivery.deliver_due()
        with post.database.write() as connection:
            row = connection.execute(select(message)).one()
            seconds.append((row.next_try_at - post.clock.now).total_seconds())
            connection.execute(message.delete())
    assert seconds == [48, 72]


def test_expired_is_never_sent_and_forgotten(post: Post) -> None:
    post.write(purpose=Purpose(kind="code", expires_at=post.clock.now + timedelta(minutes=15)))
    post.clock.now += timedelta(minutes=15)
    post.delivery.deliver_due()
    assert not post.mail.tries
    row = post.row()
    assert (row.state, row.problem, row.body) == ("dead", "expired", "")


def test_what_expires_while_it_is_put_off_is_forgotten_at_that_moment(post: Post) -> None:
    post.mail.failing = lambda _to: GatewayUnavailable("nobody answers")
    expires_at = post.clock.now + timedelta(seconds=30)
    post.write(purpose=Purpose(kind="code", expires_at=expires_at))
    post.delivery.deliver_due()
    post.clock.now = expires_at
    post.delivery.deliver_due()
    assert (post.row().problem, post.body(), len(post.mail.tries)) == ("expired", "", 1)


def test_an_answer_that_is_lost_on_the_way_is_asked_for_again(post: Post) -> None:
    """No crash: this process knows that it heard nothing, and tries again under the same name."""
    post.write()

    def lost() -> None:
        raise GatewayUnavailable("it hung up")

    post.mail.afterwards = lost
    post.delivery.deliver_due()
    assert (post.row().state, post.row().handed_at) == (State.WAITING, None)
    post.mail.afterwards = lambda: None
    post.clock.now += timedelta(minutes=2)
    assert post.delivery.deliver_due() == 1
    (_, first), (_, second) = post.mail.taken
    assert first == second


def test_an_sms_whose_answer_was_not_heard_is_not_sent_again(post: Post) -> None:
    """Unless somebody waits for it."""

    def lost() -> None:
        raise Unanswered("no answer in time")

    post.sms.afterwards = lost
    with post.database.write() as connection:
        post.outbox.post_sms(connection, "Fatura", PHONE, Purpose(kind="bill", is_bulk=True))
        post.outbox.post_sms(connection, "Kodi", PHONE, PURPOSE)
    post.delivery.deliver_bulk(Channel.SMS)
    post.delivery.deliver_due()
    states = {s.kind: s.state for s in post.messages.list_newest(Wanted(), limit=5)}
    assert states == {"bill": State.UNSURE, "password": State.WAITING}


def test_an_address_that_takes_no_mail_is_told_of(post: Post) -> None:
    post.mail.failing = lambda _to: RecipientRefused("550 5.1.1")
    post.write()
    post.delivery.deliver_due()
    assert post.bounced == [(7, "vera@example.org")]
    assert post.row().state == State.DEAD
    post.mail.failing = lambda _to: Refused("554 5.6.0")  # the mail itself: not the address's fault
    post.write()
    post.delivery.deliver_due()
    assert len(post.bounced) == 1


def test_a_broken_message_does_not_keep_the_others_back(post: Post) -> None:
    post.write_many(3)
    with post.database.write() as connection:
        first = connection.scalar(select(message.c.id).order_by(message.c.id).limit(1))
        broken = message.update().where(message.c.id == first)
        connection.execute(broken.values(body='{"subject": "kale-mure"'))
    with capture_logs() as lines:
        assert post.delivery.deliver_due() == 2
    assert "unexpected JSONDecodeError at decoder.py" in str(lines)
    assert "kale-mure" not in str(lines)


def test_a_link_that_leads_to_no_page_is_not_sent(post: Post) -> None:
    block = Block(kind=Kind.LINK, text="Here", address="javascript:alert(1)")
    post.write(Letter(subject="A word", blocks=(block,)))
    post.delivery.deliver_due()
    assert not post.mail.taken and "ValueError" in post.row().problem


def test_a_gateway_that_is_away_is_left_alone_and_the_other_goes_on(post: Post) -> None:
    recipients = post.write_many(30)
    with post.database.write() as connection:
        post.outbox.post_sms(connection, "Kodi: 4711", PHONE, Purpose(kind="code"))
    post.mail.failing = lambda _to: GatewayUnavailable("nobody answers")
    assert post.delivery.deliver_due() == 1
    assert len(post.mail.tries) == MOST_FAILURES
    post.mail.failing = lambda _to: None
    assert post.delivery.deliver_due() == len(recipients) - MOST_FAILURES, "released, not claimed"
    post.clock.now += timedelta(minutes=2)
    assert post.delivery.deliver_due() == MOST_FAILURES
    with post.database.read() as connection:
        tries = Counter(connection.scalars(select(message.c.attempts)))
    assert tries == {1: len(recipients) - MOST_FAILURES + 1, 2: MOST_FAILURES}
