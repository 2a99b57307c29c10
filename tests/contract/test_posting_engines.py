"""What each kind of database does in its own way with payments: rights, locks, errors, files."""

import importlib.util
import os
import sqlite3
import threading
from contextlib import closing
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from config.posting import PostingSettings
from legacy_adapters.errors import BillingUnavailable, MappingError
from legacy_adapters.posting import PaymentId, PaymentPosting, PaymentToPost, open_posting
from legacy_adapters.posting.table import Statements
from tests.components import need
from tests.oracle_net import Ora
from tests.staging import (
    AT_MOST,
    Site,
    payment,
    post_in_the_end,
    seconds_until_it_fails,
    with_oracle,
    with_postgresql,
    with_sqlite,
)

# Oracle


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


# PostgreSQL


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
        with pytest.raises(MappingError, match="P0001") as caught:
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


# SQLite


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
