"""An outbox, and what delivers it to gateways that fail as they are told."""

from collections.abc import Callable
from email.message import EmailMessage
from typing import Any

from sqlalchemy import Row, select

from app.audit.service import Audit
from app.database.engine import Database
from app.gateways.handing import HandingOver, unnoted
from app.messages.delivery import Delivery
from app.messages.layout import Enclosed, Layout
from app.messages.outbox import Addressee, Outbox, Purpose
from app.messages.records import Block, Channel, Enclosure, Kind, Letter
from app.messages.sender import Sender
from app.messages.service import MessageService
from app.messages.store import message
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
