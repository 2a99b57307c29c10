"""What many tests share: databases made once, and a portal over copies of them."""

import gc
import os
import shutil
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app import opening
from app.cases.catalogue import Catalogue, load_catalogue
from app.clock import now, today
from app.database import schema
from app.database.engine import Database
from app.demo import STAFF, STAFF_PASSWORD, add_demo_staff, add_demo_users
from app.factory import make_app
from app.services import Services
from app.staff import rules
from app.web.templates import FIXED, PageEnvironment
from app.wiring import wire
from config.settings import ROOT, SECTIONS, BillingSettings, Settings
from legacy_adapters import open_billing
from legacy_adapters.demo.generator import DemoSize, make_demo
from legacy_adapters.port import Billing
from tests.billing_schemas.copies import copy_to_h2, copy_to_postgresql
from tests.billing_schemas.wide.make import MAPPING as WIDE_MAPPING
from tests.billing_schemas.wide.make import make_wide
from tests.components import PostgresqlDatabases, java_and_h2, postgresql
from tests.oracle_net import ORACLE_12_1, ORACLE_19, H2Database, OracleServer
from tests.web.client import CheckedClient

DEMO_MAPPING = ROOT / "config/billing/demo.toml"
CATALOGUE = ROOT / "config/cases.toml"
SECRET = "a secret key that only the tests have ever used"


pytest_plugins = ["tests.paying"]
EXIT_CODE = pytest.StashKey[int]()


@pytest.hookimpl(wrapper=True, optionalhook=True)
def pytest_xdist_auto_num_workers() -> Generator[None, int, int]:
    """One more than there are cores: many tests wait for what is slow on purpose."""
    return (yield) + 1


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    session.config.stash[EXIT_CODE] = int(exitstatus)


def settle_memory() -> None:
    """What is there now stays to the end. Looking through all of it for garbage took seconds each
    time, in which whoever waited for an answer of this process gave up."""
    gc.collect()
    gc.freeze()


def pytest_collection_finish(session: pytest.Session) -> None:
    settle_memory()


@pytest.fixture(scope="module", autouse=True)
def settled_memory() -> Iterator[None]:
    yield
    settle_memory()


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """All is told and cleaned up. A Java machine, Oracle's client and threads of their own live
    in this process, and ending Python under them crashed it: so leave at once."""
    if EXIT_CODE in config.stash:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(config.stash[EXIT_CODE])


@pytest.fixture(scope="session", autouse=True)
def no_settings_from_outside() -> None:
    for name in [name for name in os.environ if name.startswith("SELFCARE_")]:
        del os.environ[name]


@pytest.fixture(scope="session", autouse=True)
def templates_compiled_once() -> Iterator[None]:
    """Each test's portal would compile the same templates: that was a third of the pages' tests."""
    kept: dict[tuple[str, ...], Any] = {}
    compiled = PageEnvironment.compile

    def compile_once(self: Any, source: Any, name: Any = None, *more: Any, **options: Any) -> Any:
        put_in = (self.globals[fixed] for fixed in sorted(FIXED))
        key = tuple(map(repr, (*put_in, source, name, more, sorted(options.items()))))
        if key not in kept:
            kept[key] = compiled(self, source, name, *more, **options)
        return kept[key]

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(PageEnvironment, "compile", compile_once)
        yield


@pytest.fixture(scope="session", autouse=True)
def catalogue_read_once() -> Iterator[None]:
    """Each test's portal would read the same file of requests: a third of what making it took."""
    shipped = load_catalogue(CATALOGUE)

    def read(file: Path) -> Catalogue:
        return shipped if file == CATALOGUE else load_catalogue(file)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(opening, "load_catalogue", read)
        yield


@pytest.fixture(scope="session", autouse=True)
def pauses_left_out() -> Iterator[None]:
    """Who is refused waits so that the time tells nothing, and the writer of last known answers
    waits for more of them. tests/contract/test_evenly.py has what these waits are for."""
    with pytest.MonkeyPatch.context() as patched:
        for claims in ("registration", "ownership", "recovery"):
            patched.setattr(f"app.accounts.{claims}.EVEN_SECONDS", 0.0)
        patched.setattr("app.last_known.writer.GATHER_SECONDS", 0.05)
        yield


@pytest.fixture(scope="session")
def demo_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("billing") / "demo.sqlite3"
    make_demo(file, size=DemoSize(contracts=60, seed=7), today=today())
    return file


@pytest.fixture(scope="session")
def wide_file(tmp_path_factory: pytest.TempPathFactory, demo_file: Path) -> Path:
    file = tmp_path_factory.mktemp("billing") / "wide.sqlite3"
    make_wide(file, demo_file)
    return file


@pytest.fixture(scope="session")
def demo_billing(demo_file: Path) -> Billing:
    return open_billing(f"sqlite:///{demo_file}", BillingSettings(mapping=DEMO_MAPPING))


@pytest.fixture(scope="session")
def wide_billing(wide_file: Path) -> Billing:
    return open_billing(f"sqlite:///{wide_file}", BillingSettings(mapping=WIDE_MAPPING))


MAPPINGS = {"demo": DEMO_MAPPING, "wide": WIDE_MAPPING}
BillingOn = Callable[[str, str], Billing]
AddressOn = Callable[[str, str], str]


@pytest.fixture(scope="session")
def oracle_data(demo_file: Path, wide_file: Path) -> Iterator[H2Database]:
    """Both schemas, each owned by the user of its name."""
    java_and_h2()
    with H2Database() as database:
        copy_to_h2(database, "DEMO", demo_file)
        copy_to_h2(database, "WIDE", wide_file)
        yield database


@pytest.fixture(scope="session")
def address_on(request: pytest.FixtureRequest) -> Iterator[AddressOn]:
    """Gives the address of a schema (demo, wide) on an engine (sqlite, postgresql, oracle-12.1,
    oracle-19); what it needs is started when it is first asked for."""
    with ExitStack() as stack:

        @cache
        def oracle(version: str) -> OracleServer:
            announced = {"12.1": ORACLE_12_1, "19": ORACLE_19}[version]
            users = dict.fromkeys(MAPPINGS, "secret")
            database = request.getfixturevalue("oracle_data")
            return stack.enter_context(OracleServer(users, database, version=announced))

        @cache
        def address(schema: str, engine: str) -> str:
            file: Path = request.getfixturevalue(f"{schema}_file")
            if engine == "sqlite":
                return f"sqlite:///{file}"
            if engine == "postgresql":
                found: str = request.getfixturevalue("new_postgresql_database")()
                copy_to_postgresql(found, file)
                return found
            return oracle(engine.partition("-")[2]).url(schema)

        yield address


@pytest.fixture(scope="session")
def billing_on(address_on: AddressOn) -> Iterator[BillingOn]:
    """Gives the billing of a schema on an engine, see address_on."""
    with ExitStack() as stack:

        @cache
        def billing(schema: str, engine: str) -> Billing:
            settings = BillingSettings(mapping=MAPPINGS[schema])
            opened = open_billing(address_on(schema, engine), settings)
            stack.callback(opened.close)
            return opened

        yield billing


def make_settings(data_dir: Path, **changes: dict[str, object]) -> Settings:
    """Settings without the environment's; changes: section -> fields."""
    given: dict[str, dict[str, object]] = {
        "portal": {"secret_key": SECRET, "data_dir": data_dir, "demo": True},
        "web": {"https": False},
        "log": {"format": "json"},
        # One span of tries from 1970 to 2160: none ends in the middle of a test.
        "billing": {"cache_seconds": 0},  # tests change billing and look at once
        "accounts": {"tries_window_minutes": 100_000_000},
        "staff": {"tries_window_minutes": 100_000_000},
    }
    for section, fields in changes.items():
        given[section] = {**given.get(section, {}), **fields}
    return Settings(**{s.section: s(**given.get(s.section, {})) for s in SECTIONS})


@pytest.fixture(scope="session")
def portal_file(tmp_path_factory: pytest.TempPathFactory, demo_billing: Billing) -> Path:
    """The portal's database with the demo users; each test gets a copy."""
    file = tmp_path_factory.mktemp("portal") / "portal.sqlite3"
    settings = make_settings(file.parent, database={"url": f"sqlite:///{file}"})
    services = wire(settings)
    schema.upgrade(services.database)
    add_demo_users(services.registration)
    add_demo_staff(services.members)
    with services.database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    services.database.close()
    return file


@dataclass
class Portal:
    """A portal under test."""

    app: Flask
    services: Services

    @property
    def database(self) -> Database:
        return self.services.database

    def client(self, language: str = "sq") -> CheckedClient:
        return CheckedClient(self.app, language)

    def signed_in(self, name: str, language: str = "sq") -> CheckedClient:
        client = self.client(language)
        client.sign_in(name)
        return client

    def staff_form(self, name: str) -> dict[str, str]:
        """What one of the demo's staff types to sign in now; codes used before count for
        nothing, so that a test need not wait for the next one."""
        with self.database.write() as connection:
            connection.exec_driver_sql("UPDATE staff_member SET last_step = 0")
        secret = next(member.secret for member in STAFF if member.name == name)
        code = rules.code_of(secret, rules.step_of(now()))
        return {"name": name, "password": STAFF_PASSWORD, "code": code}

    def staff(self, name: str, language: str = "sq") -> CheckedClient:
        """A browser in which one of the demo's staff is signed in."""
        client = self.client(language)
        client.post("/staff/login", self.staff_form(name), status=303)
        return client


MakePortal = Callable[..., Portal]


@pytest.fixture
def make_portal(tmp_path: Path, portal_file: Path, demo_file: Path) -> Iterator[MakePortal]:
    made: list[Portal] = []

    def make(**changes: dict[str, object]) -> Portal:
        folder = tmp_path / f"portal-{len(made)}"
        folder.mkdir()
        shutil.copy(portal_file, folder / "portal.sqlite3")
        changes.setdefault("database", {"url": f"sqlite:///{folder / 'portal.sqlite3'}"})
        changes.setdefault("billing", {"url": f"sqlite:///{demo_file}"})
        settings = make_settings(folder, **changes)
        services = wire(settings)
        portal = Portal(app=make_app(settings, services), services=services)
        made.append(portal)
        return portal

    yield make
    for portal in made:
        portal.services.jobs.close()
        portal.services.last_known.close()
        portal.services.database.close()
        portal.services.billing.close()


@pytest.fixture(scope="session")
def postgresql_databases() -> Iterator[PostgresqlDatabases]:
    with postgresql() as server:
        databases = PostgresqlDatabases(server)
        yield databases
        databases.close()


@pytest.fixture(scope="session")
def new_postgresql_database(postgresql_databases: PostgresqlDatabases) -> Callable[[], str]:
    """Gives the addresses of empty databases on one real server."""
    return postgresql_databases.make


@pytest.fixture
def portal(make_portal: MakePortal) -> Portal:
    return make_portal()
