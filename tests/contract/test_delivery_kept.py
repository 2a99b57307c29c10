"""What operators see of messages afterwards, and for how long."""

from datetime import timedelta

from structlog.testing import capture_logs

from app.gateways.errors import GatewayUnavailable, Refused
from app.messages.outbox import Purpose
from app.messages.records import MessageId, Report, State, Wanted
from tests.outbox import PHONE, Post


def test_what_became_of_an_sms(post: Post) -> None:
    with post.database.write() as connection:
        post.outbox.post_sms(connection, "Kodi: 4711", PHONE, Purpose(kind="code"))
    post.delivery.deliver_due()
    row = post.row()
    reference = f"{row.id}.{row.created_at:%Y%m%d%H%M%S%f}{row.mark}"
    assert len(row.mark) == 8
    for unknown in (
        "",
        "1",
        f"{row.id}.20200101000000000000",
        f"{reference}9",
        reference[:-8],
        "9" * 40,
        "\0",
    ):
        assert not post.messages.take_report(unknown, Report.DELIVERED)
    with capture_logs() as logs:
        assert post.messages.take_report(reference, Report.FAILED)
    assert [line["event"] for line in logs] == ["SMS not delivered"]
    assert post.messages.take_report(reference, Report.DELIVERED)
    assert not post.messages.take_report(reference, Report.FAILED)  # late, and less true
    (status,) = post.messages.list_newest(Wanted(recipient="+355692345678"), limit=5)
    assert (status.report, status.reported_at) == (Report.DELIVERED, post.clock.now)
    assert not post.messages.list_newest(Wanted(recipient="+355692345679"), limit=5)


def test_what_was_given_up_is_tried_again_from_the_start(post: Post) -> None:
    post.mail.failing = lambda _to: Refused("no such mailbox")
    post.write_many(2)
    post.delivery.deliver_due()
    post.mail.failing = lambda _to: None
    post.woken = 0
    (newest, _) = post.messages.list_newest(Wanted(states=(State.DEAD,)), limit=10)
    assert newest.recipient == "c***@example.org"
    assert post.messages.retry(newest.id) == 1
    assert post.messages.retry(newest.id) == 0
    assert post.woken == 2
    assert post.delivery.deliver_due() == 1
    assert post.messages.retry() == 1
    assert post.delivery.deliver_due() == 1
    assert post.messages.retry(MessageId(4711)) == 0


def test_what_is_past_its_time_stays_dead(post: Post) -> None:
    post.mail.failing = lambda _to: Refused("no such mailbox")
    post.write(purpose=Purpose(kind="code", expires_at=post.clock.now + timedelta(hours=1)))
    post.delivery.deliver_due()
    post.clock.now += timedelta(hours=1)
    assert post.messages.retry() == 0
    assert "kale-mure" in post.body()
    post.messages.forget_old()
    assert post.body() == ""


def test_old_messages_are_deleted_and_waiting_ones_never(post: Post) -> None:
    post.mail.failing = lambda to: Refused("no") if to == "customer0@example.org" else None
    post.write_many(2)
    post.delivery.deliver_due()
    post.mail.failing = lambda _to: GatewayUnavailable("nobody answers")
    post.write()
    post.clock.now += timedelta(days=90)
    assert post.messages.forget_old() == 0
    post.clock.now += timedelta(seconds=1)
    assert post.messages.forget_old() == 2
    assert post.row().state == State.WAITING


def test_backlog(post: Post) -> None:
    assert not post.messages.is_late()
    post.write_many(2)
    post.clock.now += timedelta(minutes=10)
    backlog = post.messages.get_backlog()
    assert (backlog.waiting, backlog.dead) == (2, 0)
    assert backlog.overdue == timedelta(minutes=10) and not post.messages.is_late()
    post.clock.now += timedelta(seconds=1)
    assert post.messages.is_late()
    post.delivery.deliver_due()
    assert not post.messages.is_late()
    assert post.messages.get_backlog().overdue == timedelta()
