"""One suite over the staging table on every kind of database.

Oracle's driver is real; behind it is the protocol test server with H2, which hides what Oracle
enforces (grants, the check of each value's length in bytes) and how it locks.
"""

import importlib.util
import os
import socket
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from config.posting import PostingSettings
from legacy_adapters.errors import BillingBusy, BillingUnavailable, MappingError
from legacy_adapters.posting import (
    PaymentId,
    PaymentPosting,
    PaymentToPost,
    PostingConflict,
    PostingStatus,
    open_posting,
)
from legacy_adapters.posting.table import Statements
from legacy_adapters.records import ContractCode, InvoiceNumber
from tests.components import need
from tests.oracle_net import Hang, Ora, Silent
from tests.proxy import Cut, commit_proxy
from tests.staging import Site, oracle_site, postgresql_site, sqlite_site
from tests.talker import silence, talking

PAID_AT = datetime(2026, 5, 31, 22, 30, 5, 999_999, tzinfo=UTC)
KINDS = ["sqlite", "postgresql", "oracle"]
AT_MOST = 1.5 + 0.8  # QUICK's seconds, and what two busy cores may add


@pytest.fixture(scope="module")
def made_site(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    if request.param == "sqlite":
        with sqlite_site(tmp_path_factory.mktemp("staging")) as site:
            yield site
    else:
        with {"postgresql": postgresql_site, "oracle": oracle_site}[request.param]() as site:
            yield site


@pytest.fixture
def site(made_site: Site) -> Site:
    made_site.do(f"DELETE FROM {made_site.settings.table};")
    return made_site


@pytest.fixture
def posting(site: Site) -> Iterator[PaymentPosting]:
    with site.posting() as posting:
        yield posting


everywhere = pytest.mark.parametrize("made_site", KINDS, indirect=True)
over_a_network = pytest.mark.parametrize("made_site", KINDS[1:], indirect=True)
with_postgresql = pytest.mark.parametrize("made_site", ["postgresql"], indirect=True)
with_oracle = pytest.mark.parametrize("made_site", ["oracle"], indirect=True)
with_sqlite = pytest.mark.parametrize("made_site", ["sqlite"], indirect=True)


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


@everywhere
def test_what_is_posted_stands_there(site: Site, posting: PaymentPosting) -> None:
    posting.verify()
    assert site.count() == 0
    posting.post(payment())
    found = posting.find([PaymentId("P-1"), PaymentId("P-2")])
    assert list(found) == ["P-1"]
    there = found[PaymentId("P-1")]
    assert (there.contract_code, there.invoice_number) == ("AL0000001", "200000017")
    assert (there.status, there.reason) == (PostingStatus.WAITING, "")
    assert str(there.amount) == "1234.10"
    columns = "METHOD, SOURCE, BANK_TRANSACTION, PAID_AT, STATUS, STATUS_TEXT, PROCESSED_AT"
    ((method, source, transaction, paid_at, *rest),) = site.rows(
        f"SELECT {columns} FROM {site.settings.table}"
    )
    assert (method, source) == ("KARTË", payment().source)
    assert transaction == "b" * 80
    assert str(paid_at)[:19] == "2026-05-31 22:30:05"
    assert rest == ["N", None, None]


@everywhere
def test_the_same_twice_is_one(site: Site, posting: PaymentPosting) -> None:
    posting.post(payment())
    site.do(f"UPDATE {site.settings.table} SET STATUS = 'R', STATUS_TEXT = 'Nuk gjendet.';")
    posting.post(payment(paid_at=PAID_AT + timedelta(days=1), method="TJETËR"))
    assert site.count() == 1
    there = posting.find([PaymentId("P-1")])[PaymentId("P-1")]
    assert (there.status, there.reason) == (PostingStatus.REFUSED, "Nuk gjendet.")


@everywhere
def test_another_payment_of_that_id_is_a_conflict(site: Site, posting: PaymentPosting) -> None:
    posting.post(payment())
    for changes in (
        {"contract_code": ContractCode("AL0000002")},
        {"invoice_number": InvoiceNumber("200000018")},
        {"amount": Decimal("1234.11")},
    ):
        with pytest.raises(PostingConflict) as caught:
            posting.post(payment(**changes))
        assert "1234" not in str(caught.value) and "AL00" not in str(caught.value)
    assert site.count() == 1
    posting.post(payment(2))
    assert site.count() == 2


@everywhere
def test_eight_at_once_are_one(site: Site, posting: PaymentPosting) -> None:
    for number in range(5):
        start = threading.Barrier(8)
        errors: list[BaseException] = []

        def work(
            wanted: PaymentToPost,
            start: threading.Barrier = start,
            errors: list[BaseException] = errors,
        ) -> None:
            start.wait()
            try:
                post_in_the_end(posting, wanted)
            except BaseException as error:
                errors.append(error)

        threads = [threading.Thread(target=work, args=[payment(number)]) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not errors
        assert site.count() == number + 1


@everywhere
@pytest.mark.parametrize("amount", ["0.01", "0.10", "556.00", "33333333.33", "9999999999.99"])
def test_amounts_are_exact(site: Site, posting: PaymentPosting, amount: str) -> None:
    wanted = payment(amount=Decimal(amount))
    posting.post(wanted)
    posting.post(wanted)  # read back and compared
    ((sums,),) = site.rows(f"SELECT SUM(AMOUNT) FROM {site.settings.table}")
    assert f"{sums:.2f}" == amount
    assert str(posting.find([wanted.payment_id])[wanted.payment_id].amount) == amount


@everywhere
def test_ids_of_forty_characters(site: Site, posting: PaymentPosting) -> None:
    longest = PaymentId("0123456789" * 4)
    wanted = payment(payment_id=longest, contract_code=ContractCode("C" * 20))
    posting.post(wanted)
    posting.post(wanted)
    assert posting.find([longest])[longest].contract_code == "C" * 20
    assert site.count() == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"payment_id": "x" * 41},
        {"payment_id": ""},
        {"contract_code": " AL1"},
        {"invoice_number": "1\x00"},
        {"amount": Decimal("0.00")},
        {"amount": Decimal("-1.00")},
        {"amount": Decimal("1.001")},
        {"amount": Decimal("10000000000.00")},
        {"paid_at": datetime(2026, 1, 1)},
    ],
)
def test_what_no_table_could_hold_is_refused_here(changes: dict[str, Any]) -> None:
    posting = open_posting("sqlite:////nowhere/at/all", PostingSettings())
    with pytest.raises(ValueError, match=r"amount|characters|zone"):
        posting.post(payment(**changes))


@everywhere
def test_find_takes_any_number(site: Site, posting: PaymentPosting) -> None:
    moment = "TIMESTAMP '2026-01-01 00:00:00'" if site.is_remote else "'2026-01-01 00:00:00'"
    columns = (
        "PORTAL_PAYMENT_ID, CONTRACT_CODE, INVOICE_NUMBER, AMOUNT, PAID_AT, METHOD, SOURCE,"
        " BANK_TRANSACTION, CREATED_AT"
    )
    for start in range(0, 1_100, 100):
        rows = ", ".join(
            f"('P-{n}', 'AL1', '{n}', 1, {moment}, 'K', 'P', 'b', {moment})"
            for n in range(start, start + 100)
        )
        site.do(f"INSERT INTO {site.settings.table} ({columns}) VALUES {rows};")
    assert posting.find([]) == {}
    for asked in (1, 2, 10, 11, 100, 500, 501, 1_100):
        ids = [PaymentId(f"P-{n}") for n in range(asked)]
        assert set(posting.find([*ids, PaymentId("P-X")])) == set(ids)
    assert len(posting.list_since(datetime(2026, 1, 1, tzinfo=UTC))) == 1_100


@everywhere
def test_list_since(site: Site, posting: PaymentPosting) -> None:
    before = datetime.now(UTC)
    posting.post(payment(1))
    posting.post(payment(2))
    listed = posting.list_since(before)
    assert [posted.payment_id for posted in listed] == ["P-1", "P-2"]
    assert posting.list_since(datetime.now(UTC) + timedelta(minutes=1)) == []
    at_home = before.astimezone()  # whatever zone it is told in
    assert len(posting.list_since(at_home)) == 2
    with pytest.raises(ValueError, match="zone"):
        posting.list_since(datetime.now())


@everywhere
def test_a_row_that_another_program_put_there_counts(site: Site, posting: PaymentPosting) -> None:
    with site.posting() as other:
        other.post(payment())
    posting.post(payment())
    assert site.count() == 1


@everywhere
def test_verify_tells_what_does_not_fit(site: Site) -> None:
    for missing in ("table", "status_view"):
        changes = {missing: "NOTHING_HERE"}
        told = pytest.raises(MappingError, match="NOTHING_HERE")
        with site.posting(**changes) as posting, told:
            posting.verify()
    schema = "BILLING." if site.is_remote else ""
    site.do(f"CREATE VIEW {schema}TOO_NARROW AS SELECT STATUS FROM {site.settings.table};")
    try:
        if site.kind == "postgresql":
            site.do(f"GRANT SELECT ON {schema}TOO_NARROW TO portal_writer")
        told = pytest.raises(MappingError, match="TOO_NARROW")
        with site.posting(status_view=f"{schema}TOO_NARROW") as posting, told:
            posting.verify()
    finally:
        site.do(f"DROP VIEW {schema}TOO_NARROW;")


@everywhere
def test_a_rule_of_the_table_refuses_without_telling_the_row(
    site: Site, posting: PaymentPosting
) -> None:
    narrower = "OTHER_PAYMENT"
    table = site.settings.table
    other = f"{table.rpartition('.')[0]}.{narrower}".lstrip(".")
    site.do(f"CREATE TABLE {other} AS SELECT * FROM {table} WHERE 1 = 0;")
    rule = "SECRET_RULE CHECK (CONTRACT_CODE <> 'AL0000001')"
    if site.kind == "sqlite":
        site.do(f"DROP TABLE {other}")
        columns = posting._statements.insert.table.columns  # type: ignore[attr-defined]
        told = ", ".join(column.name for column in columns)
        site.do(f"CREATE TABLE {other} ({told}, CONSTRAINT {rule})")
    else:
        site.do(f"ALTER TABLE {other} ADD CONSTRAINT {rule};")
    if site.kind == "postgresql":
        site.do(f"GRANT INSERT ON {other} TO portal_writer")
    try:
        with site.posting(table=other) as strict:
            for _ in range(4):  # a row that is refused does not close the way of the others
                with pytest.raises(MappingError, match="a rule of the table") as caught:
                    strict.post(payment())
                assert "AL0000001" not in str(caught.value)
            strict.post(payment(contract_code=ContractCode("AL0000002")))
    finally:
        site.do(f"DROP TABLE {other};")


@over_a_network
@pytest.mark.parametrize("cut", [Cut.BEFORE, Cut.AFTER, Cut.SILENT])
def test_a_commit_whose_end_nobody_knows(site: Site, cut: Cut) -> None:
    with commit_proxy(site.kind, site.port) as proxy, site.posting(site.at(proxy.port)) as posting:
        posting.verify()
        proxy.cut = cut
        assert seconds_until_it_fails(lambda: posting.post(payment())) < AT_MOST
        assert proxy.hits == 1
        assert site.count() == (0 if cut is Cut.BEFORE else 1)
        proxy.cut = Cut.NOT
        post_in_the_end(posting, payment())
        assert site.count() == 1
        assert posting.find([PaymentId("P-1")])[PaymentId("P-1")].amount == payment().amount


@over_a_network
def test_connections_that_were_cut_meanwhile_cost_nothing(site: Site) -> None:
    with site.posting() as posting:
        posting.post(payment(1))
        if site.kind == "oracle":
            site.server.drop_sessions()
        else:
            site.do(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE usename = 'portal_writer'"
            )
        posting.post(payment(2))
    assert site.count() == 2


@over_a_network
def test_a_server_that_stops_and_comes_back(site: Site) -> None:
    with site.posting() as posting:
        posting.post(payment(1))
        site.server.stop()
        try:
            assert seconds_until_it_fails(lambda: posting.post(payment(2))) < AT_MOST
            assert seconds_until_it_fails(lambda: posting.find([PaymentId("P-1")])) < AT_MOST
        finally:
            site.server.start()
        post_in_the_end(posting, payment(2))
    assert site.count() == 2


@contextmanager
def silent(site: Site) -> Iterator[str]:
    """An address that accepts connections and says nothing."""
    if site.kind == "oracle":
        site.server.faults.connect = Silent()
        yield site.url
        site.server.faults.connect = None  # whoever hangs goes on hanging
    else:
        with talking(silence) as talker:
            yield site.at(talker.port)


@over_a_network
@pytest.mark.parametrize("work", ["post", "find", "list_since", "verify"])
def test_a_server_that_accepts_and_is_silent(site: Site, work: str) -> None:
    with silent(site) as address, site.posting(address) as posting:
        ask: dict[str, Callable[[], object]] = {
            "post": lambda: posting.post(payment()),
            "find": lambda: posting.find([PaymentId("P-1")]),
            "list_since": lambda: posting.list_since(PAID_AT),
            "verify": posting.verify,
        }
        assert seconds_until_it_fails(ask[work]) < AT_MOST
        assert seconds_until_it_fails(ask[work]) < 0.1, "not asked again at once"
    assert site.count() == 0


@with_oracle
def test_an_insert_that_hangs_in_oracle(site: Site) -> None:
    for honours_break in (True, False):
        with site.posting() as posting:
            posting.verify()
            fault = site.server.faults.on("INSERT INTO", Hang(honours_break=honours_break))
            assert seconds_until_it_fails(lambda: posting.post(payment())) < AT_MOST
            assert fault.hits == 1, "no second try"
            site.server.faults.clear()
            post_in_the_end(posting, payment())
    assert site.count() == 1


@with_oracle
def test_errors_of_oracle(site: Site) -> None:
    faults = site.server.faults
    secret = "unique constraint (X.Y) violated, row AL0000001"
    with site.posting() as posting:
        posting.verify()
        site.server.log.clear()
        posting.post(payment(1))
        assert site.server.log.round_trips == 4  # does it live, INSERT, COMMIT, nothing left
        fault = faults.on("COMMIT", Ora(2091, "transaction rolled back\nORA-00001: " + secret))
        posting.post(payment(1))
        assert fault.hits == 0, "the INSERT says it first"
        # Said by COMMIT alone: a deferred constraint. Nothing shows the row.
        with pytest.raises(MappingError, match="the view does not show"):
            posting.post(payment(2))
        assert fault.hits == 1
        faults.clear()
        for code, told in ((20001, "ORA-20001"), (1033, "ORA-01033"), (12899, "ORA-12899")):
            fault = faults.on("INSERT INTO", Ora(code, "about AL0000001"))
            with pytest.raises((BillingUnavailable, MappingError), match=told) as caught:
                posting.post(payment(3))
            assert fault.hits == 1 and (code == 1033 or "AL0000001" not in str(caught.value))
            faults.clear()


@with_oracle
def test_a_wrong_password_is_tried_once(site: Site) -> None:
    site.server.log.clear()
    with site.posting(site.url.replace("secret", "wrong")) as posting:
        for _ in range(5):
            with pytest.raises(BillingUnavailable):
                posting.post(payment())
    assert site.server.log.refused_logins == 1


@with_postgresql
def test_the_second_user_may_do_that_and_nothing_else(site: Site, posting: PaymentPosting) -> None:
    posting.post(payment())
    table = site.settings.table
    with psycopg.connect(site.url.replace("+psycopg", ""), autocommit=True) as connection:
        for sql in (
            "SELECT * FROM billing.FATURE",
            f"SELECT * FROM {table}",
            f"UPDATE {table} SET AMOUNT = 1",
            f"DELETE FROM {table}",
            f"TRUNCATE {table}",
            f"INSERT INTO {table} (PORTAL_PAYMENT_ID, STATUS) VALUES ('x', 'A')",
            f"UPDATE {site.settings.status_view} SET STATUS = 'A'",
            f"DELETE FROM {site.settings.status_view}",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(sql.encode())
    assert site.rows(f"SELECT STATUS, AMOUNT FROM {table}") == [("N", Decimal("1234.10"))]


@with_postgresql
def test_postgresql_tells_nothing_of_the_row(site: Site, posting: PaymentPosting) -> None:
    site.do(
        "CREATE FUNCTION billing.tell() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'no %', NEW.CONTRACT_CODE; END $$;"
        f"CREATE TRIGGER tell BEFORE INSERT ON {site.settings.table}"
        " FOR EACH ROW EXECUTE FUNCTION billing.tell()"
    )
    try:
        with pytest.raises(BillingUnavailable, match="P0001") as caught:
            posting.post(payment())
        assert "AL0000001" not in str(caught.value)
    finally:
        site.do(f"DROP TRIGGER tell ON {site.settings.table}; DROP FUNCTION billing.tell")


@with_postgresql
def test_a_right_that_is_missing(site: Site, posting: PaymentPosting) -> None:
    table, view = site.settings.table, site.settings.status_view
    site.do(f"REVOKE SELECT ON {view} FROM portal_writer")
    try:
        with pytest.raises(MappingError, match="permission denied"):
            posting.verify()
    finally:
        site.do(f"GRANT SELECT ON {view} TO portal_writer")
    posting.verify()
    site.do(f"ALTER TABLE {table} RENAME COLUMN METHOD TO MENYRE")
    try:
        with pytest.raises(MappingError, match="method"):
            posting.verify()
    finally:
        site.do(f"ALTER TABLE {table} RENAME COLUMN MENYRE TO METHOD")


@with_postgresql
def test_a_table_that_is_locked(site: Site, posting: PaymentPosting) -> None:
    posting.verify()
    owner = site.server.address().replace("+psycopg", "")
    with psycopg.connect(owner) as connection:
        connection.execute(f"LOCK TABLE {site.settings.table}".encode())
        assert seconds_until_it_fails(lambda: posting.post(payment())) < AT_MOST
    post_in_the_end(posting, payment())
    assert site.count() == 1


@with_postgresql
def test_another_writer_of_the_same_id_is_waited_for(site: Site, posting: PaymentPosting) -> None:
    posting.verify()
    columns = ", ".join(other_values(payment()))
    marks = ", ".join(f"%({name})s" for name in other_values(payment()))
    insert = f"INSERT INTO {site.settings.table} ({columns}) VALUES ({marks})"
    with psycopg.connect(site.server.address().replace("+psycopg", "")) as owner:
        owner.execute(insert.encode(), other_values(payment()))
        assert seconds_until_it_fails(lambda: posting.post(payment())) < AT_MOST
        owner.rollback()
    posting.post(payment())
    assert site.count() == 1


@with_postgresql
def test_a_writer_that_stopped_before_its_commit_lets_go(
    site: Site, posting: PaymentPosting
) -> None:
    """Another process of the portal: the server ends its session after answer_seconds."""
    statements = Statements(site.settings.table, site.settings.status_view)
    with site.posting() as other:
        connection = other._engine.engine.connect()  # type: ignore[attr-defined]
        connection.execute(statements.insert, other_values(payment()))
        post_in_the_end(posting, payment())
        with pytest.raises(DBAPIError):
            connection.commit()
        connection.close()
    assert site.count() == 1


def other_values(wanted: PaymentToPost) -> dict[str, Any]:
    moment = datetime(2026, 1, 1)
    return {
        "portal_payment_id": wanted.payment_id,
        **{
            name: getattr(wanted, name)
            for name in (
                *("contract_code", "invoice_number", "amount", "method", "source"),
                "bank_transaction",
            )
        },
        "paid_at": moment,
        "created_at": moment,
    }


@with_sqlite
def test_a_file_that_another_writes_to(site: Site, posting: PaymentPosting) -> None:
    with closing(sqlite3.connect(site.url.removeprefix("sqlite:///"))) as other:
        other.isolation_level = None
        other.execute("BEGIN IMMEDIATE")
        assert posting.find([PaymentId("P-1")]) == {}, "reading does not wait"
        assert seconds_until_it_fails(lambda: posting.post(payment())) < AT_MOST
        other.execute("ROLLBACK")
    posting.post(payment())
    assert site.count() == 1


@with_sqlite
def test_a_file_that_is_replaced_while_a_payment_waits(site: Site, tmp_path: Path) -> None:
    file = tmp_path / "billing.sqlite3"
    source = Path(site.url.removeprefix("sqlite:///"))
    file.write_bytes(source.read_bytes())
    new = tmp_path / "new.sqlite3"
    new.write_bytes(source.read_bytes())
    told: list[BaseException] = []
    with site.posting(f"sqlite:///{file}", answer_seconds=10.0) as posting:
        posting.verify()

        def work() -> None:
            try:
                posting.post(payment())
            except BaseException as error:
                told.append(error)

        with closing(sqlite3.connect(file)) as other:
            other.isolation_level = None
            other.execute("BEGIN IMMEDIATE")
            thread = threading.Thread(target=work)
            thread.start()
            thread.join(0.3)
            assert thread.is_alive(), "it cannot end before the other lets go"
            new.replace(file)
            other.execute("ROLLBACK")
        thread.join()
        for error in told:
            assert isinstance(error, BillingUnavailable) and "replaced" in str(error)
        posting.post(payment())
        assert len(posting.find([PaymentId("P-1")])) == 1
        with closing(sqlite3.connect(file)) as new_one:
            assert new_one.execute("SELECT COUNT(*) FROM PORTAL_PAYMENT").fetchone() == (1,)


@with_sqlite
def test_a_status_that_nobody_knows(site: Site, posting: PaymentPosting) -> None:
    posting.post(payment())
    with closing(sqlite3.connect(site.url.removeprefix("sqlite:///"))) as other, other:
        other.execute("PRAGMA ignore_check_constraints = ON")
        other.execute("UPDATE PORTAL_PAYMENT SET STATUS = 'Z'")
    with pytest.raises(MappingError, match="STATUS: neither N, A nor R"):
        posting.find([PaymentId("P-1")])


def test_a_missing_file_is_not_created(tmp_path: Path) -> None:
    file = tmp_path / "none.sqlite3"
    posting = open_posting(f"sqlite:///{file}", PostingSettings())
    with pytest.raises(BillingUnavailable):
        posting.post(payment())
    assert not file.exists()
    posting.close()


def test_more_at_once_than_there_are_connections(tmp_path: Path) -> None:
    """The lane is bounded: who finds it full is told so and comes again."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"postgresql+psycopg://p@127.0.0.1:{listener.getsockname()[1]}/x"
        posting = open_posting(address, PostingSettings(connect_seconds=0.5, answer_seconds=1.0))
        found: list[type[BaseException]] = []

        def work() -> None:
            try:
                posting.find([PaymentId("P-1")])
            except BillingUnavailable as error:
                found.append(type(error))

        threads = [threading.Thread(target=work) for _ in range(8)]
        begun = time.monotonic()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(found) == 8 and BillingBusy in found
        assert time.monotonic() - begun < AT_MOST + 0.5
        posting.close()


@with_oracle
def test_statements_for_cx_oracle_are_those_of_oracledb(site: Site) -> None:
    need(importlib.util.find_spec("cx_Oracle"), "cx_Oracle")
    engine = create_engine(site.url, poolclass=NullPool)
    with engine.connect():
        dialect = engine.dialect
    other = create_engine(site.url.replace("+oracledb", "+cx_oracle")).dialect
    for learned in ("server_version_info", "max_identifier_length", "supports_native_boolean"):
        setattr(other, learned, getattr(dialect, learned))
    statements = Statements(site.settings.table, site.settings.status_view)
    asked = [
        *(statements.insert, statements.insert_nothing, statements.since),
        *statements.find.values(),
    ]
    for statement in asked:
        assert str(statement.compile(dialect=dialect)) == str(statement.compile(dialect=other))
    if "ORACLE_HOME" not in os.environ:
        told = pytest.raises(BillingUnavailable, match="Instant Client")
        with site.posting(site.url.replace("+oracledb", "+cx_oracle")) as posting, told:
            posting.verify()


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("oracle://u:p@h/?service_name=X", "does not say which driver"),
        ("nonsense", "the posting address is not one"),
        ("oracle+oracledb://u:p@h:1521", "the posting address names no database"),
    ],
)
def test_wrong_addresses_are_refused_in_words(address: str, told: str) -> None:
    with pytest.raises(MappingError, match=told):
        open_posting(address, PostingSettings())
