"""The outbox's delivery: each message once, however many deliver."""

import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from email.message import EmailMessage

import pytest
from sqlalchemy.exc import IntegrityError
from structlog.testing import capture_logs

from app.messages import store
from app.messages.delivery import CLAIMED_FOR
from app.messages.outbox import Purpose
from app.messages.records import Channel, Enclosure
from tests.outbox import LETTER, PHONE, PURPOSE, VERA, Post


def test_sent_once_and_forgotten(post: Post) -> None:
    post.write()
    assert post.woken == 1
    assert "kale-mure" in post.body()
    assert post.delivery.deliver_due() == 1
    assert [to for to, _ in post.mail.taken] == ["vera@example.org"]
    row = post.row()
    assert (row.state, row.body, row.attempts, row.problem) == ("sent", "", 1, "")
    assert row.sent_at == post.clock.now
    assert post.delivery.deliver_due() == 0


def test_sms_goes_to_its_own_gateway_under_its_number(post: Post) -> None:
    with post.database.write() as connection:
        post.outbox.post_sms(connection, "Kodi: 4711", PHONE, Purpose(kind="code"))
    assert post.delivery.deliver_due() == 1
    created = f"{post.row().created_at:%Y%m%d%H%M%S%f}{post.row().mark}"
    assert post.sms.taken == [("+355692345678", f"{post.row().id}.{created} Kodi: 4711")]
    assert post.body() == "" and not post.mail.taken


def test_nothing_goes_out_of_what_was_undone(post: Post) -> None:
    with pytest.raises(RuntimeError), post.database.write() as connection:
        post.outbox.post_mail(connection, LETTER, VERA, PURPOSE)
        raise RuntimeError
    assert (post.woken, post.delivery.deliver_due()) == (0, 0)


def test_the_same_is_told_once_by_a_channel(post: Post) -> None:
    purpose = Purpose(kind="invoice", key="invoice 123456789")
    post.write(purpose=purpose)
    with pytest.raises(IntegrityError):
        post.write(purpose=purpose)
    with post.database.write() as connection:
        post.outbox.post_sms(connection, "A new invoice", PHONE, purpose)
    assert post.delivery.deliver_due() == 2
    with pytest.raises(IntegrityError):  # not after it was sent either
        post.write(purpose=purpose)


def test_several_deliverers_send_each_message_once(post: Post) -> None:
    recipients = post.write_many(120)
    deliverers = 4
    together = threading.Barrier(deliverers)

    def deliver() -> int:
        delivery = post.make_delivery()
        together.wait()
        return delivery.deliver_due()

    with ThreadPoolExecutor(deliverers) as pool:
        sent = [done.result() for done in [pool.submit(deliver) for _ in range(deliverers)]]
    assert sum(sent) == len(recipients)
    assert Counter(to for to, _ in post.mail.taken) == Counter(recipients)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_two_claims_at_once_take_different_messages(post: Post) -> None:
    """Held open, so that they truly meet; SQLite would let the second one wait."""
    post.write_many(15)
    claim = store.Claim(at=post.clock.now, until=post.clock.now + CLAIMED_FOR, by="test")
    with post.database.write() as one, post.database.write() as other:
        first, second = (
            {c.id for c in store.claim(it, Channel.MAIL, claim, is_bulk=False, most=10)}
            for it in (one, other)
        )
    assert (len(first), len(second)) == (10, 5)
    assert not first & second


def test_what_nobody_waits_for_goes_by_itself_and_not_in_quiet_hours(post: Post) -> None:
    bulk = Purpose(kind="invoice", is_bulk=True, contract_code="AL0000001")
    post.write(purpose=bulk)
    with post.database.write() as connection:
        post.outbox.post_sms(connection, "Fatura", PHONE, bulk)
        post.outbox.post_sms(connection, "Kodi", PHONE, PURPOSE)
    assert post.woken == 1  # by the code alone
    assert post.delivery.deliver_due() == 1 and post.sms.taken[0][1].endswith("Kodi")
    post.quiet = {Channel.SMS}
    assert post.delivery.deliver_bulk(Channel.SMS) == 0
    assert post.delivery.deliver_bulk(Channel.MAIL) == 1 and len(post.mail.taken) == 1
    assert {(q.channel, q.is_bulk, q.waiting) for q in post.messages.get_overview().queues} == {
        (Channel.SMS, True, 1)
    }
    post.quiet = set()
    assert post.delivery.deliver_bulk(Channel.SMS) == 1 and post.sms.taken[1][1].endswith("Fatura")


def test_what_is_no_longer_wanted_is_not_sent(post: Post) -> None:
    """Nobody wants it at that address by now; what is for no preference goes out."""
    post.unwanted = {VERA.recipient}
    post.write(purpose=Purpose(kind="case", preference="case_by_email"))
    post.write()
    with capture_logs() as logs:
        assert post.delivery.deliver_due() == 1
    assert "message no longer wanted" in [line["event"] for line in logs]
    assert post.row().kind == "password"  # the other one is gone


def test_a_letter_with_a_document_and_a_way_to_end_it(post: Post) -> None:
    enclosure = Enclosure(contract_code="AL0000001", invoice_number="17")
    address = "https://portal.example/messages/off/abc"
    post.write(replace(LETTER, enclosure=enclosure, switch_off=address))
    sent: list[EmailMessage] = []
    post.mail.keep = sent.append
    assert post.delivery.deliver_due() == 1
    (mail,) = sent
    assert mail["List-Unsubscribe"] == f"<{address}>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    (pdf,) = mail.iter_attachments()
    assert (pdf.get_filename(), pdf.get_content()) == ("17.pdf", b"%PDF-sq")
    assert pdf.get_content_type() == "application/pdf"


def test_told_to_stop_it_gives_back_what_it_did_not_send(post: Post) -> None:
    post.write_many(8)
    assert post.delivery.deliver_due(lambda: len(post.mail.taken) == 3) == 3
    assert post.make_delivery().deliver_due() == 5


def test_a_slow_gateway_never_outlasts_the_claim(post: Post) -> None:
    def be_slow(_to: str) -> None:
        post.clock.now += CLAIMED_FOR / 4

    post.write_many(10)
    post.mail.failing = be_slow
    claims: list[datetime] = []
    with counted_claims(post, claims):
        assert post.delivery.deliver_due() == 10
    assert len(claims) == 6, "two of each batch, then the rest is claimed anew; the last is empty"


@contextmanager
def counted_claims(post: Post, claims: list[datetime]) -> Iterator[None]:
    claim = post.delivery._claim

    def counted(channel: Channel, *, is_bulk: bool) -> list[store.Claimed]:
        if channel is Channel.MAIL:
            claims.append(post.clock.now)
        return claim(channel, is_bulk=is_bulk)

    post.delivery._claim = counted  # type: ignore[method-assign]
    yield
    post.delivery._claim = claim  # type: ignore[method-assign]
