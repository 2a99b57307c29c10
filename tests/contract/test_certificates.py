"""The certificates' services over SQLite and PostgreSQL, with a clock of the test's own."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from shutil import copy

import pytest

from app.accounts.records import SignedIn
from app.audit.service import Audit
from app.certificates.addresses import CertificateAddresses
from app.certificates.applying import Applying, Form
from app.certificates.checking import Checking
from app.certificates.deciding import Deciding
from app.certificates.issuing import Issuing
from app.certificates.records import (
    AlreadyFiled,
    ApplicationFile,
    ApplicationId,
    CertificateError,
    Ended,
    Kind,
    NotNow,
    Owing,
    ReasonMissing,
    State,
    Validity,
)
from app.certificates.shared import Shared
from app.clock import HOME
from app.database.engine import Database
from app.messages.outbox import Outbox
from app.sealing import WordSealer
from app.staff.records import Member
from config.settings import BillingSettings
from legacy_adapters import open_billing
from tests.accounts import HOME as FROM_HOME
from tests.accounts import VERA, Accounts, Clock, posted
from tests.conftest import DEMO_MAPPING, make_settings
from tests.staff import Staff

TYPED = {
    "first_name": "Vera",
    "surname": "Leka",
    "father": "Ilir",
    "id_number": "J12345678N",
    "contract": "AL0000004",
}


@dataclass
class World:
    database: Database
    clock: Clock
    billing_file: Path
    applying: Applying
    deciding: Deciding
    checking: Checking
    vera: SignedIn
    agent: Member

    def billing(self, statement: str) -> None:
        with closing(sqlite3.connect(self.billing_file)) as connection:
            connection.execute(statement)
            connection.commit()

    def apply(self) -> ApplicationFile:
        form = Form(key=self.applying.new_key(), kind=Kind.HOUSEHOLD, typed=TYPED)
        return self.deciding.get(self.applying.apply(self.vera, form))


@pytest.fixture
def make_world(
    database: Database, clock: Clock, demo_file: Path, tmp_path: Path
) -> Iterator[object]:
    file = tmp_path / "billing.sqlite3"
    copy(demo_file, file)
    billing = open_billing(f"sqlite:///{file}", BillingSettings(mapping=DEMO_MAPPING))
    accounts, staff = Accounts(database, billing, clock), Staff(database, clock)
    staff.add("agim")

    def make(**changes: object) -> World:
        settings = make_settings(tmp_path, certificates=changes)
        audit = Audit(database=database, clock=clock)
        shared = Shared(
            database=database,
            settings=settings.certificates,
            billing=billing,
            ownership=accounts.ownership,
            telling=accounts.telling,
            addresses=CertificateAddresses("https://portal.example"),
            audit=audit,
            outbox=Outbox(clock=clock, wake=lambda: None),
            seal=WordSealer(settings.certificates.keys, "typed"),
            signer=None,
            utility=settings.utility,
            is_demo=True,
            clock=clock,
            today=lambda: clock.now.astimezone(HOME).date(),
        )
        vera = accounts.find_signed_in(accounts.register(VERA, FROM_HOME).token)
        assert vera is not None
        with database.write() as connection:
            connection.exec_driver_sql("UPDATE account SET email_confirmed_at = created_at")
        issuing = Issuing(shared)
        world = World(
            database=database,
            clock=clock,
            billing_file=file,
            applying=Applying(shared, issuing),
            deciding=Deciding(shared, issuing),
            checking=Checking(shared),
            vera=vera,
            agent=staff.members.get("agim"),
        )
        world.billing("UPDATE FATURE SET STATUS = 'P'")
        return world

    yield make
    billing.close()


@pytest.fixture
def world(make_world: object) -> World:
    return make_world()  # type: ignore[operator, no-any-return]


def test_from_the_form_to_its_end(world: World) -> None:
    file = world.apply()
    assert file.application.number == "VD000000001"
    assert file.application.state is State.ISSUED and file.certificate is not None
    assert not file.certificate.is_signed and file.application.decided_by == ""
    paper = world.applying.get_paper(world.vera.account.id, file.application.id)
    assert paper == world.deciding.get_paper(file.application.id) and paper.startswith(b"%PDF")
    checked = world.checking.find(file.certificate.code)
    assert checked is not None and checked.validity is Validity.VALID and checked.contracts == 1
    [told] = posted(world.database, "certificate")
    assert told["to"] == VERA.email and told["links"][0].endswith("/VD000000001")
    world.clock.now += timedelta(days=31)
    ended = world.checking.find(file.certificate.code)
    assert ended is not None and ended.ended_why is Ended.TIME


def test_ends_are_written_down_once_however_many_look(world: World) -> None:
    files = [world.apply() for _ in range(5)]
    assert world.checking.end_outdated() == 0
    world.billing("UPDATE FATURE SET STATUS = 'H', VL_PAGUAR = 0 WHERE KTR_ID = 4")
    counts: list[int] = []
    threads = [
        threading.Thread(target=lambda: counts.append(world.checking.end_outdated()))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(counts) == 5
    world.billing("UPDATE FATURE SET STATUS = 'P'")
    for file in files:
        assert file.certificate is not None
        checked = world.checking.find(file.certificate.code)
        assert checked is not None and checked.ended_why is Ended.DEBT
    with pytest.raises(NotNow):
        world.deciding.revoke(files[0].application.id, "x", by=world.agent)


def test_who_owes_files_nothing(world: World) -> None:
    world.billing("UPDATE FATURE SET STATUS = 'H', VL_PAGUAR = 0 WHERE KTR_ID = 4")
    with pytest.raises(Owing) as caught:
        world.apply()
    assert caught.value.count == 1 and caught.value.statements[0].open_invoices
    assert world.deciding.list_page(State.WAITING).listed == ()
    assert posted(world.database, "certificate") == []


def test_the_same_form_at_the_same_moment_files_once(world: World) -> None:
    form = Form(key=world.applying.new_key(), kind=Kind.HOUSEHOLD, typed=TYPED)
    gate = threading.Barrier(4)
    outcomes: list[object] = []

    def send() -> None:
        gate.wait()
        try:
            outcomes.append(world.applying.apply(world.vera, form))
        except AlreadyFiled as error:
            outcomes.append(error.application_id)
        except CertificateError as error:
            outcomes.append(error)

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes == [1] * 4
    assert world.deciding.list_page(State.ISSUED).counts == {State.ISSUED: 1}


def test_the_queue_stands_by_its_deadline(make_world: object) -> None:
    world: World = make_world(automatic=False)  # type: ignore[operator]
    first = world.apply()
    world.clock.now += timedelta(days=1)
    second = world.apply()
    listed = world.deciding.list_page(State.WAITING).listed
    assert [one.application.id for one in listed] == [first.application.id, second.application.id]
    assert (second.application.due_on - first.application.due_on).days == 1
    world.deciding.issue(first.application.id, by=world.agent)
    with pytest.raises(ReasonMissing):
        world.deciding.refuse(second.application.id, "", by=world.agent)
    world.deciding.refuse(second.application.id, "Numri nuk lexohet.", by=world.agent)
    for application_id in (first.application.id, second.application.id):
        with pytest.raises(NotNow):
            world.deciding.issue(application_id, by=world.agent)
        with pytest.raises(NotNow):
            world.deciding.refuse(application_id, "x", by=world.agent)
    decided = world.deciding.get(second.application.id).application
    assert decided.decided_by == "agim" and decided.reason == "Numri nuk lexohet."
    assert world.deciding.list_page(State.WAITING).listed == ()
    subjects = [mail["subject"] for mail in posted(world.database, "certificate")]
    assert len(subjects) == 4 and not any("VD" in subject for subject in subjects)


def test_what_nobody_has(world: World) -> None:
    with pytest.raises(CertificateError):
        world.deciding.get(ApplicationId(99))
    for code in ("", "A" * 26, "x", "É" * 26, "A" * 1_000):
        assert world.checking.find(code) is None
