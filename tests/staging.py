"""The staging table on each kind of database, made by the DDL that a DBA is given."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest

from config.posting import PostingSettings
from legacy_adapters.errors import BillingUnavailable
from legacy_adapters.posting import PaymentId, PaymentPosting, PaymentToPost, open_posting
from legacy_adapters.posting.ddl import export_staging
from legacy_adapters.records import ContractCode, InvoiceNumber
from tests.components import java_and_h2, postgresql
from tests.oracle_net import H2Database, OracleServer

WRITER = "portal_writer"
QUICK: dict[str, Any] = {"connect_seconds": 0.5, "answer_seconds": 1.0}
INVOICES = "CREATE TABLE FATURE (FAT_ID INTEGER PRIMARY KEY, KAMATE NUMERIC(12, 2));"
PAID_AT = datetime(2026, 5, 31, 22, 30, 5, 999_999, tzinfo=UTC)
AT_MOST = 1.5 + 0.8  # QUICK's seconds, and what two busy cores may add
KINDS = ["sqlite", "postgresql", "oracle"]
everywhere = pytest.mark.parametrize("made_site", KINDS, indirect=True)
over_a_network = pytest.mark.parametrize("made_site", KINDS[1:], indirect=True)
with_postgresql = pytest.mark.parametrize("made_site", ["postgresql"], indirect=True)
with_oracle = pytest.mark.parametrize("made_site", ["oracle"], indirect=True)
with_sqlite = pytest.mark.parametrize("made_site", ["sqlite"], indirect=True)


@dataclass(frozen=True, kw_only=True)
class Site:
    """url: the portal's; do and rows: as the table's owner, past the portal. port: 0 for none.
    server: what listens there."""

    kind: str
    url: str
    settings: PostingSettings
    do: Callable[[str], None]
    rows: Callable[[str], list[tuple[Any, ...]]]
    port: int = 0
    server: Any = None

    @property
    def is_remote(self) -> bool:
        return self.port != 0

    def at(self, port: int) -> str:
        """The same database by way of another port."""
        return self.url.replace(f":{self.port}/", f":{port}/")

    @contextmanager
    def posting(self, url: str = "", **changes: Any) -> Iterator[PaymentPosting]:
        settings = self.settings.model_copy(update=changes)
        posting = open_posting(url or self.url, settings)
        try:
            yield posting
        finally:
            posting.close()

    def count(self) -> int:
        ((found,),) = self.rows(f"SELECT COUNT(*) FROM {self.settings.table}")
        return int(found)


@contextmanager
def sqlite_site(folder: Path) -> Iterator[Site]:
    file = folder / "billing.sqlite3"
    settings = PostingSettings(**QUICK)

    def rows(sql: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(file)) as connection, connection:
            return connection.execute(sql).fetchall()

    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(INVOICES + export_staging("sqlite", settings))
    yield Site(kind="sqlite", url=f"sqlite:///{file}", settings=settings, do=rows, rows=rows)  # type: ignore[arg-type]


@contextmanager
def postgresql_site() -> Iterator[Site]:
    with postgresql() as server:
        owner = server.address().replace("+psycopg", "")

        def rows(sql: str) -> list[tuple[Any, ...]]:
            with psycopg.connect(owner, autocommit=True) as connection:
                done = connection.execute(sql.encode())
                return done.fetchall() if done.description else []

        settings = PostingSettings(
            table="billing.PORTAL_PAYMENT", status_view="billing.PORTAL_PAYMENT_STATUS", **QUICK
        )
        rows(
            f"CREATE ROLE {WRITER} LOGIN; CREATE SCHEMA billing; SET search_path TO billing;"
            f"{INVOICES} {export_staging('postgresql', settings, WRITER)}"
        )
        url = server.address().replace("postgres@", f"{WRITER}@")
        yield Site(
            kind="postgresql",
            url=url,
            settings=settings,
            do=rows,  # type: ignore[arg-type]
            rows=rows,
            port=server.port,
            server=server,
        )


@contextmanager
def oracle_site() -> Iterator[Site]:
    """H2 knows neither the grants nor a second user's rights: only the CREATEs are run."""
    java_and_h2()
    settings = PostingSettings(
        table="BILLING.PORTAL_PAYMENT", status_view="BILLING.PORTAL_PAYMENT_STATUS", **QUICK
    )
    ddl = export_staging("oracle", settings, WRITER)
    with H2Database("staging", schemas=["BILLING"]) as database:
        database.script(ddl[: ddl.index("GRANT")])
        with OracleServer({WRITER: "secret"}, database) as server:
            yield Site(
                kind="oracle",
                url=server.url(WRITER),
                settings=settings,
                do=database.script,
                rows=lambda sql: database.query(sql).rows,
                port=server.port,
                server=server,
            )


def payment(number: int | str = 1, **changes: Any) -> PaymentToPost:
    made = PaymentToPost(
        payment_id=PaymentId(f"P-{number}"),
        contract_code=ContractCode("AL0000001"),
        invoice_number=InvoiceNumber("200000017"),
        amount=Decimal("1234.10"),
        paid_at=PAID_AT,
        method="KARTË",
        source="PORTALI I ENERGJISË, ÇELË NË ÇDO ORË",
        bank_transaction="b" * 80,
    )
    return replace(made, **changes)


def post_in_the_end(posting: PaymentPosting, wanted: PaymentToPost) -> None:
    """As the portal does: again and again."""
    end = time.monotonic() + 30
    while True:
        try:
            return posting.post(wanted)
        except BillingUnavailable:
            assert time.monotonic() < end, "billing did not come back"
            time.sleep(0.1)


def seconds_until_it_fails(work: Callable[[], object]) -> float:
    begun = time.monotonic()
    with pytest.raises(BillingUnavailable) as caught:
        work()
    assert "P-1" not in str(caught.value) and "AL0000001" not in str(caught.value)
    return time.monotonic() - begun
