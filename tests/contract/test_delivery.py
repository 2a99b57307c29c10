"""The outbox's delivery: each message once, whatever fails and however many deliver."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from email.message import EmailMessage
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Row, select
from sqlalchemy.exc import IntegrityError
from structlog.testing import capture_logs

from app.audit.service import Audit
from app.database.engine import Database
from app.gateways.errors import GatewayUnavailable, RecipientRefused, Refused, Unanswered
from app.gateways.handing import HandingOver, unnoted
from app.messages import store
from app.messages.delivery import CLAIMED_FOR, MOST_FAILURES, Delivery, Outcome
from app.messages.layout import Enclosed, Layout
from app.messages.outbox import Addressee, Outbox, Purpose
from app.messages.records import (
    Block,
    Channel,
    Enclosure,
    Kind,
    Letter,
    MessageId,
    Report,
    State,
    Wanted,
)
from app.messages.sender import Sender
from app.messages.service import MessageService
from app.messages.store import message
from app.processes import MACHINE, is_alive, process_name
from config.sending import MailSettings
from config.settings import UtilitySettings
from tests.accounts import Clock

LETTER = Letter(
    subject="Your password",
    blocks=(Block(text="Here it is:"), Block(kind=Kind.SECRET, text="kale-mure-7421")),
)
VERA = Addressee(recipient="vera@example.org", language="sq", account_id=7)
PHONE = Addressee(recipient="+355692345678", language="sq")
PURPOSE = Purpose(kind="password")
DEAD_PROCESS = 2**22 + 1  # above the kernel's highest number


class Gateway:
    """Implements both ports: remembers what it took, or fails as it is told to."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, str]] = []  # recipient, Message-ID or reference
        self.failing: Callable[[str], Exception | None] = lambda _to: None
        self.afterwards: Callable[[], None] = lambda: None  # has taken it, says no word yet
        self.tries: list[str] = []

    def take(self, to: str, name: str, handing_over: HandingOver) -> None:
        self.tries.append(to)
        failure = self.failing(to)
        if failure:
            raise failure
        handing_over()
        self.taken.append((to, name))
        self.afterwards()


class Mail(Gateway):
    keep: Callable[[EmailMessage], None] = staticmethod(lambda _mail: None)

    def send(self, mail: EmailMessage, handing_over: HandingOver = unnoted) -> None:
        self.take(str(mail["To"]), str(mail["Message-ID"]), handing_over)
        self.keep(mail)


class Sms(Gateway):
    def send(
        self, *, to: str, text: str, reference: str, handing_over: HandingOver = unnoted
    ) -> None:
        self.take(to, f"{reference} {text}", handing_over)


class Post:
    """An outbox, what delivers it, and what operators see."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self.database = database
        self.clock = clock
        self.mail, self.sms = Mail(), Sms()
        self.woken = 0
        self.quiet: set[Channel] = set()
        self.unwanted: set[str] = set()
        self.bounced: list[tuple[int, str]] = []
        self.outbox = Outbox(clock=clock, wake=self._wake)
        self.delivery = self.make_delivery()
        self.messages = MessageService(
            database=database,
            audit=Audit(database=database, clock=clock),
            keep_days=90,
            clock=clock,
            wake=self._wake,
        )

    def make_delivery(self) -> Delivery:
        layout = Layout(utility=UtilitySettings(), mail=MailSettings())
        sender = Sender(mail=self.mail, sms=self.sms, layout=layout, enclose=self.enclose)
        return Delivery(
            database=self.database,
            sender=sender,
            clock=self.clock,
            is_quiet=lambda channel: channel in self.quiet,
            is_wanted=lambda one: one.recipient not in self.unwanted,
            when_bounced=lambda _connection, *who: self.bounced.append(who),
            chance=lambda: 0.5,
        )

    def enclose(self, enclosure: Enclosure, language: str) -> Enclosed:
        return Enclosed(
            name=f"{enclosure.invoice_number}.pdf", content=b"%PDF-" + language.encode()
        )

    def _wake(self) -> None:
        self.woken += 1

    def write(
        self, letter: Letter = LETTER, to: Addressee = VERA, purpose: Purpose = PURPOSE
    ) -> None:
        with self.database.write() as connection:
            self.outbox.post_mail(connection, letter, to, purpose)

    def write_many(self, number: int) -> list[str]:
        recipients = [f"customer{n}@example.org" for n in range(number)]
        with self.database.write() as connection:
            for recipient in recipients:
                to = Addressee(recipient=recipient, language="en")
                self.outbox.post_mail(connection, LETTER, to, PURPOSE)
        return recipients

    def row(self) -> Row[Any]:
        with self.database.read() as connection:
            return connection.execute(select(message)).one()

    def body(self) -> str:
        with self.database.read() as connection:
            return str(connection.scalar(select(message.c.body)))


@pytest.fixture
def post(database: Database, clock: Clock) -> Post:
    return Post(database, clock)


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


def test_a_process_that_dies_between_claim_and_sending_loses_nothing(post: Post) -> None:
    class Killed(BaseException):
        """As a process that is gone: nothing is tidied up."""

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
    class Killed(BaseException):
        pass

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


class Killed(BaseException):
    """As SIGKILL: nothing is tidied up."""


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
