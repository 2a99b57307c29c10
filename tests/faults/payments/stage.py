"""Everything that a run needs, real: a PostgreSQL with two databases, a test bank, proxies."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg
from psycopg.rows import dict_row

from app.clock import today
from app.database import schema
from app.demo import add_demo_users
from app.services import Services
from app.wiring import wire
from config.posting import PostingSettings
from legacy_adapters.demo.generator import DemoSize, make_demo
from legacy_adapters.posting.ddl import export_staging
from tests.banks.twins import SECRET
from tests.billing_schemas.copies import copy_to_postgresql
from tests.components import PostgresqlServer, free_port, postgresql
from tests.conftest import make_settings
from tests.faults.payments.bank import BankProcess
from tests.faults.payments.processes import Process, is_alive
from tests.faults.payments.proxies import CuttableProxy
from tests.proxy import CommitProxy, commit_proxy

WRITER = "portal_writer"
KEY = "a secret key that only the payments' faults have used"
DEMO = DemoSize(contracts=300, seed=7, months=12)
OPEN_EACH = 6  # invoices of a contract that are opened again, so that there is enough to be paid
QUICK = {"connect_seconds": 1.0, "answer_seconds": 2.0}


class Stage:
    """billing_proxy: what the portal reads through; posting_proxy and portal_proxy: what it writes
    through; bank_proxy: by which it asks the bank."""

    def __init__(self, folder: Path, server: PostgresqlServer, stack: ExitStack) -> None:
        self.folder, self.server = folder, server
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.bank = BankProcess(folder)
        self.billing_proxy = CuttableProxy(server.port)
        self.bank_proxy = CuttableProxy(self.bank.port)
        self.posting_proxy: CommitProxy = stack.enter_context(
            commit_proxy("postgresql", server.port)
        )
        self.portal_proxy: CommitProxy = stack.enter_context(
            commit_proxy("postgresql", server.port)
        )
        stack.callback(self.billing_proxy.close)
        stack.callback(self.bank_proxy.close)
        self.web: Process | None = None
        self.jobs: Process | None = None

    # Addresses

    def database(self, name: str, port: int = 0, user: str = "postgres") -> str:
        return f"postgresql+psycopg://{user}@127.0.0.1:{port or self.server.port}/{name}"

    def sections(self) -> dict[str, dict[str, Any]]:
        """The settings of a portal here."""
        return {
            "database": {"url": self.database("portal", self.portal_proxy.port)},
            "billing": {"url": self.database("billing", self.billing_proxy.port)},
            "posting": {
                "url": self.database("billing", self.posting_proxy.port, WRITER),
                **QUICK,
            },
            "payments": {"gateway": "sandbox", "orders_per_hour": 100_000},
            "sandbox": {
                "address": f"http://127.0.0.1:{self.bank_proxy.port}",
                "secret": SECRET,
                "seconds": 2.0,
            },
            "web": {"https": False, "address": self.address},
        }

    def environment(self) -> dict[str, str]:
        found = {
            f"SELFCARE_{section}_{field}".upper(): str(value)
            for section, fields in self.sections().items()
            for field, value in fields.items()
        }
        own = {"SECRET_KEY": KEY, "PORT": self.port, "DATA_DIR": self.folder / "data"}
        found |= {f"SELFCARE_{name}": str(value) for name, value in own.items()}
        found["SELFCARE_ACCOUNTS_TRIES_WINDOW_MINUTES"] = "100000000"
        return found

    # Rows, past the portal

    def portal_rows(self, sql: str) -> list[Any]:
        return rows(self.database("portal"), sql)

    def billing_rows(self, sql: str) -> list[Any]:
        return rows(self.database("billing"), sql)

    # Making and emptying it

    def prepare(self) -> None:
        rows(self.database("postgres"), "CREATE DATABASE portal")
        rows(self.database("postgres"), "CREATE DATABASE billing")
        rows(self.database("postgres"), f"CREATE ROLE {WRITER} LOGIN")
        file = self.folder / "demo.sqlite3"
        make_demo(file, size=DEMO, today=today())
        copy_to_postgresql(self.database("billing"), file)
        grants = export_staging("postgresql", PostingSettings(), WRITER)
        rows(self.database("billing"), grants[grants.index("GRANT") :])
        self.billing_rows(
            "UPDATE fature SET status = 'H', vl_paguar = 0 WHERE fat_id IN (SELECT fat_id FROM"
            " (SELECT fat_id, row_number() OVER (PARTITION BY ktr_id ORDER BY vit DESC, muaj DESC)"
            f" AS place FROM fature WHERE status = 'P') AS f WHERE place <= {OPEN_EACH})"
        )
        for table in ("fature", "pagese"):
            self.billing_rows(f"CREATE TABLE {table}_before AS SELECT * FROM {table}")
        services = self.services()
        schema.upgrade(services.database)
        add_demo_users(services.registration)
        close(services)

    def empty(self) -> None:
        """As if nobody had ever paid."""
        self.portal_rows(
            "TRUNCATE payment_order, payment_line, payment_hold, payment_posting, payment_event,"
            " payment_refusal RESTART IDENTITY CASCADE"
        )
        self.billing_rows(
            "DELETE FROM portal_payment;"
            " DELETE FROM pagese WHERE pag_id NOT IN (SELECT pag_id FROM pagese_before);"
            " UPDATE fature f SET status = b.status, vl_paguar = b.vl_paguar"
            " FROM fature_before b WHERE b.fat_id = f.fat_id AND f.vl_paguar <> b.vl_paguar"
        )
        self.bank.empty()

    def services(self) -> Services:
        """A portal in this process; to be closed."""
        made = make_settings(self.folder / "data", **self.sections())
        return wire(made)

    # The portal's processes

    def start_portal(self, *mistakes: str) -> None:
        for old in self.folder.glob("*-[0-9]*"):
            old.unlink()
        env = self.environment()
        module = "tests.faults.payments.portal"
        log = self.folder / "portal.log"
        self.web = Process(log, module, "web", str(self.folder), *mistakes, env=env)
        self.jobs = Process(log, module, "jobs", str(self.folder), *mistakes, env=env)
        self.web.start()
        self.jobs.start()
        end = time.monotonic() + 60
        while len(self.alive("web")) < 2 or len(self.alive("job")) < 2:
            assert time.monotonic() < end, log.read_text()[-3000:]
            time.sleep(0.1)

    def stop_portal(self) -> None:
        for process in (self.web, self.jobs):
            if process is not None:
                process.stop()
        self.web = self.jobs = None

    def alive(self, kind: str) -> list[int]:
        """The web or job processes that are there now."""
        pids = [int(file.name.rpartition("-")[2]) for file in self.folder.glob(f"{kind}-[0-9]*")]
        return sorted(pid for pid in pids if is_alive(pid))


def rows(address: str, sql: str) -> list[Any]:
    plain = address.replace("+psycopg", "")
    with psycopg.connect(
        plain, autocommit=True, row_factory=dict_row, connect_timeout=5
    ) as connection:
        done = connection.execute(sql.encode())
        return done.fetchall() if done.description else []


def close(services: Services) -> None:
    services.jobs.close()
    services.database.close()
    services.billing.close()


@contextmanager
def a_stage() -> Iterator[Stage]:
    with TemporaryDirectory(prefix="payments-") as name, ExitStack() as stack:
        folder = Path(name)
        server = stack.enter_context(postgresql())
        stage = Stage(folder, server, stack)
        (folder / "data").mkdir()
        stage.prepare()
        stage.bank.start()
        stack.callback(stage.bank.process.stop)
        stack.callback(stage.stop_portal)
        yield stage
