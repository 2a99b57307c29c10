"""Cases without pages: the services over any database, with a clock of the test's own."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from app.accounts.records import SignedIn
from app.audit.service import Audit
from app.cases.addresses import CaseAddresses
from app.cases.calendar import Calendar
from app.cases.catalogue import (
    Catalogue,
    Deadline,
    DocumentSpec,
    FieldSpec,
    RequestForm,
    Text,
)
from app.cases.drafting import Drafting
from app.cases.filing import Filing, Ground
from app.cases.following import Following
from app.cases.handling import Handling
from app.cases.records import Case, CaseNumber, Filled
from app.cases.shared import Move, Shared
from app.clock import HOME
from app.database.engine import Database
from app.documents.service import Documents
from app.gateways.storage import open_storage
from app.invoices.service import InvoiceService
from app.last_known.service import LastKnown
from app.messages.outbox import Outbox
from app.sealing import WordSealer
from app.staff.records import Member, Role
from legacy_adapters.port import Billing
from legacy_adapters.records import ContractCode
from tests.accounts import HOME as FROM_HOME
from tests.accounts import VERA, Accounts, Clock
from tests.conftest import make_settings
from tests.staff import Staff

CODE = ContractCode("AL0000004")
FRIDAY = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
MOST_DOCUMENTS = 3


def text(words: str) -> Text:
    return Text(sq=words, en=words)


def request_form(code: str = "T1", *, days: int = 10) -> RequestForm:
    return RequestForm(
        code=code,
        kind="billing",
        kind_name=text("Billing"),
        name=text("A test"),
        about=text("About it"),
        deadline=Deadline(days=days, count="working"),
        target=text("answer"),
        fields=(FieldSpec(code="why", type="text", name=text("Why"), required=False),),
        documents=(
            DocumentSpec(code="identity", name=Text(sq="Karta", en="Card"), required=False),
            DocumentSpec(code="proof", name=Text(sq="Prova", en="Proof"), required=False),
        ),
    )


FORMS = {form.code: form for form in (request_form(), request_form("T2", days=3))}
CATALOGUE = Catalogue(version="test", kinds={"billing": text("Billing")}, requests=FORMS)


@dataclass
class World:
    database: Database
    clock: Clock
    shared: Shared
    staff: Staff
    drafting: Drafting
    filing: Filing
    following: Following
    handling: Handling
    vera: SignedIn
    agent: Member
    colleague: Member

    def at(self, day: date) -> None:
        """Ten in the morning of that day."""
        self.clock.now = datetime(day.year, day.month, day.day, 9, 0, tzinfo=UTC)

    def draft(self, code: str = "T1", **typed: str) -> Filled:
        filled = Filled(
            key=self.drafting.new_key(), code=CODE, form=FORMS[code], typed=typed or {"why": "x"}
        )
        self.drafting.keep(self.vera.account.id, filled)
        return filled

    def send(self, filled: Filled) -> CaseNumber:
        ground = Ground(holder="Vera Çela-Leka", invoices=None, statement=None, as_of=None)
        return self.filing.file(self.vera, filled, ground, agreed=False)

    def file(self, code: str = "T1", **typed: str) -> CaseNumber:
        return self.send(self.draft(code, **typed))

    def case(self, number: CaseNumber) -> Case:
        return self.handling.get(number).case

    def move(self, number: CaseNumber, to: Any, note: str = "", **more: Any) -> None:
        """As a clerk who has just opened the page."""
        documents = more.pop("documents", ())
        step = Move(to=to, note=note, **more)
        version = self.case(number).version
        self.handling.move(number, step, version=version, by=self.agent, documents=documents)


def make_world(database: Database, billing: Billing, folder: Path) -> World:
    clock = Clock()
    clock.now = FRIDAY
    audit = Audit(database=database, clock=clock)
    accounts, staff = Accounts(database, billing, clock), Staff(database, clock)
    staff.add("agim")
    staff.add("besa", Role.SUPERVISOR)
    settings = make_settings(folder)
    today: Callable[[], date] = lambda: clock.now.astimezone(HOME).date()  # noqa: E731
    documents = Documents(
        database=database,
        settings=settings.documents,
        storage=open_storage(settings.documents, folder / "documents"),
        antivirus=None,
        audit=audit,
        clock=clock,
    )
    shared = Shared(
        database=database,
        settings=settings.cases,
        catalogue=CATALOGUE,
        calendar=Calendar(),
        documents=documents,
        ownership=accounts.ownership,
        telling=accounts.telling,
        addresses=CaseAddresses("https://portal.example"),
        audit=audit,
        outbox=Outbox(clock=clock, wake=lambda: None),
        seal=WordSealer(settings.cases.keys, "answers"),
        clock=clock,
        today=today,
    )
    last_known = LastKnown(database=database, settings=settings.last_known, now=clock)
    invoices = InvoiceService(billing=billing, last_known=last_known, today=today)
    vera = accounts.find_signed_in(accounts.register(VERA, FROM_HOME).token)
    assert vera is not None
    with database.write() as connection:  # mails go to confirmed addresses alone
        connection.exec_driver_sql("UPDATE account SET email_confirmed_at = created_at")
    return World(
        database=database,
        clock=clock,
        shared=shared,
        staff=staff,
        drafting=Drafting(shared, most_documents=MOST_DOCUMENTS),
        filing=Filing(shared, invoices=invoices),
        following=Following(shared, most_documents=MOST_DOCUMENTS),
        handling=Handling(shared, most_documents=MOST_DOCUMENTS),
        vera=vera,
        agent=staff.members.get("agim"),
        colleague=staff.members.get("besa"),
    )
