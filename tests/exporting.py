"""An office that makes files of what billing tells, over a billing and a storage that fail."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from shutil import copy
from typing import Any, BinaryIO

import pytest

from app.accounts.labels import Labels
from app.accounts.records import Applicant, Label, SignedIn
from app.clock import HOME as ZONE
from app.clock import now
from app.database.engine import Database
from app.exports import working
from app.exports.making import Making
from app.exports.records import Export, Format, Named, Reference, Scope, Wanted, What
from app.exports.service import Download, Exports
from app.exports.shared import Shared
from app.exports.working import Worker
from app.gateways.storage.folder import FolderStorage
from app.gateways.storage.port import NoSpace, StorageKey
from config.exports import ExportSettings
from config.settings import BillingSettings, UtilitySettings
from legacy_adapters import open_billing
from legacy_adapters.port import Billing
from legacy_adapters.records import ContractCode
from tests.accounts import HOME, Accounts, Clock, posted

MANY = [f"AL{number:07}" for number in range(5, 45)]
MAPPING = Path(__file__).parent.parent / "config/billing/demo.toml"
TOLD = "invoices.csv"  # an export that the job process makes


class Asked:
    """Billing, with something that happens at each question: told its name and how many came
    before; what it raises is raised."""

    def __init__(self, billing: Billing, happens: Callable[[str, int], None]) -> None:
        self._billing = billing
        self._happens = happens
        self.count = 0

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._billing, name)

        def ask(*args: Any, **kwargs: Any) -> Any:
            self.count += 1
            self._happens(name, self.count - 1)
            return method(*args, **kwargs)

        return ask


class SmallStorage(FolderStorage):
    """Full from the beginning, until `room` says otherwise."""

    room = False

    def put(self, key: StorageKey, content: BinaryIO) -> None:
        if not self.room:
            raise NoSpace("the documents' folder cannot be used: No space left on device")
        super().put(key, content)


class Office:
    def __init__(self, database: Database, folder: Path, demo_file: Path, clock: Clock) -> None:
        self.file = folder / "office-billing.sqlite3"
        copy(demo_file, self.file)
        clock.now = now()
        self.clock, self.database, self.folder = clock, database, folder
        self.billing = open_billing(f"sqlite:///{self.file}", BillingSettings(mapping=MAPPING))
        self.accounts = Accounts(database, self.billing, clock)
        self.labels = Labels(self.accounts.shared)
        self.kept = folder / "exports"
        self.shared = self.make_shared()

    def close(self) -> None:
        self.billing.close()

    def make_shared(self, billing: Any = None, storage: Any = None, **settings: Any) -> Shared:
        given = {"rows_at_once": 50, "documents_at_once": 3, **settings}
        own = ExportSettings(**given)
        return Shared(
            database=self.database,
            settings=own,
            making=Making(
                billing=billing or self.billing,
                settings=own,
                utility=UtilitySettings(),
                is_sample=False,
            ),
            storage=storage or FolderStorage(self.kept),
            labels=self.labels,
            telling=self.accounts.telling,
            audit=self.accounts.shared.audit,
            tries=self.accounts.shared.tries,
            address="https://portal.example",
            folder=self.folder / "working",
            clock=self.clock,
        )

    @property
    def desk(self) -> Exports:
        return Exports(self.shared)

    def work(self, shared: Shared | None = None) -> None:
        Worker(shared or self.shared).run()

    def settle(self, name: str, codes: Sequence[str], *, is_confirmed: bool = True) -> SignedIn:
        applicant = Applicant(
            contract_code=ContractCode(codes[0]),
            user_name=name,
            password="dritare77",
            phone=f"+35569{sum(name.encode()):07}",
            email=f"{name.lower().replace(' ', '.')}@example.org",
            language="sq",
        )
        some = [ContractCode(code) for code in codes]
        account = self.accounts.registration.add_account(applicant, some, is_confirmed=is_confirmed)
        self.token = self.accounts.open_session(account, HOME).token
        return self.again()

    def again(self) -> SignedIn:
        """The account as it is at its next request."""
        me = self.accounts.find_signed_in(self.token, all_contracts=True)
        assert me is not None
        return me

    def label(self, me: SignedIn, **names: str) -> SignedIn:
        """AL0000005="Dyqani 12/Tiranë": what it is called, and its group."""
        labels = {}
        for code, told in names.items():
            name, _slash, group = told.partition("/")
            labels[ContractCode(code)] = Label(name=name, group=group)
        self.labels.put(me, labels)
        return self.again()

    def unlink(self, me: SignedIn, code: str) -> None:
        self.accounts.ownership.remove(me, ContractCode(code), HOME)

    @property
    def today(self) -> date:
        return self.clock.now.astimezone(ZONE).date()

    def wanted(
        self,
        told: str,
        *,
        scope: Scope | None = None,
        days: int = 400,
        period: tuple[date, date] | None = None,
        language: str = "sq",
    ) -> Wanted:
        """told: `payments.csv`; days: of the period, which ends today, unless one is named."""
        since, until = period or (self.today - timedelta(days=days), self.today)
        what, _dot, wanted = told.partition(".")
        has_period = What(what).has_period
        return Wanted(
            what=What(what),
            format=Format(wanted),
            scope=scope or Scope(),
            since=since if has_period else None,
            until=until if has_period else None,
            language=language,
        )

    def begin(
        self, me: SignedIn, told: str, *, shared: Shared | None = None, **wanted: Any
    ) -> Download | Reference:
        desk = Exports(shared or self.shared)
        return desk.begin(me, self.wanted(told, **wanted), named(me), HOME)

    def at_once(self, me: SignedIn, told: str, **wanted: Any) -> bytes:
        found = self.begin(me, told, **wanted)
        assert isinstance(found, Download), "this was to be made at once"
        with found.content:
            content = found.content.read()
        assert len(content) == found.size
        return content

    def order(self, me: SignedIn, told: str, **wanted: Any) -> Reference:
        found = self.begin(
            me, told, shared=self.with_settings(rows_at_once=0, documents_at_once=0), **wanted
        )
        assert isinstance(found, str), "this was to be made by the job process"
        return found

    def get(self, me: SignedIn, reference: Reference) -> Export:
        return self.desk.get(reference, me.account.id)

    def take(self, me: SignedIn, reference: Reference) -> bytes:
        found = self.desk.open(reference, me)
        with found.content:
            return found.content.read()

    def files(self) -> list[Path]:
        """What lies in the storage, and what is left on the way there."""
        places = (self.kept, self.shared.folder)
        return [f for place in places for f in place.rglob("*") if f.is_file()]

    def mails(self) -> list[dict[str, Any]]:
        return posted(self.database, "export ready")

    def change_billing(self, statement: str, *values: object) -> None:
        with closing(sqlite3.connect(self.file)) as connection:
            connection.execute(statement, values)
            connection.commit()

    def with_billing(self, happens: Callable[[str, int], None], **settings: Any) -> Shared:
        return self.make_shared(Asked(self.billing, happens), **settings)

    def with_settings(self, **settings: Any) -> Shared:
        own = self.shared.settings.model_copy(update=settings)
        return replace(self.shared, settings=own, making=replace(self.shared.making, settings=own))


def named(me: SignedIn) -> list[Named]:
    nothing = Label()
    labels = {code: me.labels.get(code, nothing) for code in me.contracts}
    return [Named(code=code, name=one.name, group=one.group) for code, one in labels.items()]


def errors(logs: list[Any]) -> list[str]:
    return [f"{e['event']}: {e['reason']}" for e in logs if e["log_level"] == "error"]


@pytest.fixture
def office(
    database: Database,
    clock: Clock,
    demo_file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Office]:
    """Its worker beats and waits for moments only, and asks often."""
    monkeypatch.setattr(working, "BEAT_SECONDS", 0.05)
    monkeypatch.setattr(working, "AWAY_SECONDS", 0.2)
    monkeypatch.setattr("app.exports.reading.CONTRACTS_AT_ONCE", 5)  # eight pages
    office = Office(database, tmp_path, demo_file, clock)
    yield office
    office.close()


@pytest.fixture
def me(office: Office) -> SignedIn:
    return office.settle("Elbasan Market", MANY)
