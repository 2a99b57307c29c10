"""A real PostgreSQL as the portal's own database: stopped in the middle, locked, cut, read-only."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from app.database import schema
from app.database.engine import DatabaseReadOnly, DatabaseUnavailable
from app.database.waiting import begin_waiting, stop_waiting, unhurried
from app.demo import add_demo_staff, add_demo_users
from app.wiring import wire
from tests.components import PostgresqlServer, postgresql
from tests.conftest import MakePortal, Portal, make_settings
from tests.web.client import PASSWORD, CheckedClient

PAGE = "/contracts/AL0000001/pay"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresqlServer]:
    with postgresql() as server:
        url = {"url": server.address()}
        services = wire(make_settings(tmp_path_factory.mktemp("made"), database=url))
        schema.upgrade(services.database)
        add_demo_users(services.registration)
        add_demo_staff(services.members)
        services.database.close()
        yield server


@pytest.fixture
def portal(make_portal: MakePortal, server: PostgresqlServer) -> Portal:
    return make_portal(database={"url": server.address()})


@pytest.fixture
def client(portal: Portal) -> CheckedClient:
    client = portal.signed_in("Agron Hoxha")
    client.get(PAGE)
    return client


def connect(server: PostgresqlServer) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(server.address().replace("+psycopg", ""), autocommit=True)


def run_sql(server: PostgresqlServer, sql: str) -> list[tuple[object, ...]]:
    with connect(server) as connection:
        cursor = connection.execute(sql.encode())
        return cursor.fetchall() if cursor.description else []


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


@contextmanager
def silent(server: PostgresqlServer, *, to_newcomers: bool = False) -> Iterator[None]:
    """Their kernel takes what is sent to the sessions that are open, and nothing comes back."""
    others = (
        "SELECT pid FROM pg_stat_activity WHERE datname IS NOT NULL AND pid <> pg_backend_pid()"
    )
    pids = [int(str(row[0])) for row in run_sql(server, others)]
    assert pids
    stopped = [parent_of(pids[0]), *pids] if to_newcomers else pids
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in stopped:
            os.kill(pid, signal.SIGCONT)


@contextmanager
def locked(server: PostgresqlServer, *what: str) -> Iterator[None]:
    """what: LOCK or SELECT ... FOR UPDATE."""
    with connect(server) as connection, connection.transaction():
        for statement in what:
            connection.execute(statement.encode())
        yield


def timed(client: CheckedClient, address: str) -> tuple[int, float]:
    begun = time.monotonic()
    response = client.fetch(address)
    return response.status_code, time.monotonic() - begun


# Silence


def test_a_silent_server_costs_a_page_five_seconds_at_most(
    client: CheckedClient, server: PostgresqlServer
) -> None:
    with silent(server):
        status, seconds = timed(client, PAGE)
        assert status == 503 and seconds < 5
        status, seconds = timed(client, PAGE)  # the server still takes newcomers
        assert status == 200 and seconds < 1
    assert timed(client, PAGE)[0] == 200


def test_a_silent_server_that_takes_nobody(client: CheckedClient, server: PostgresqlServer) -> None:
    with silent(server, to_newcomers=True):
        for _ in range(2):
            status, seconds = timed(client, PAGE)
            assert status == 503 and seconds < 5
    assert timed(client, PAGE)[0] == 200


@pytest.mark.parametrize("to_newcomers", [False, True])
def test_who_probes_hears_of_silence_within_three_seconds(
    client: CheckedClient, server: PostgresqlServer, *, to_newcomers: bool
) -> None:
    with silent(server, to_newcomers=to_newcomers):
        status, seconds = timed(client, "/readyz")
        assert status == 503 and seconds < 3
        status, seconds = timed(client, "/readyz")
        assert status == (503 if to_newcomers else 200) and seconds < 3
    assert timed(client, "/readyz")[0] == 200


def test_what_is_written_in_silence_ends_too(portal: Portal, server: PostgresqlServer) -> None:
    client = portal.client()
    portal.signed_in("Agron Hoxha")
    with silent(server):
        begun = time.monotonic()
        client.post("/login", {"user_name": "Agron Hoxha", "password": PASSWORD}, status=503)
        assert time.monotonic() - begun < 5
    client.sign_in("Agron Hoxha")


# Locks


def test_a_locked_table_costs_a_page_five_seconds_at_most(
    client: CheckedClient, server: PostgresqlServer
) -> None:
    with locked(server, "LOCK TABLE account_session IN ACCESS EXCLUSIVE MODE"):
        status, seconds = timed(client, PAGE)
        assert status == 503 and seconds < 5
    with locked(server, "LOCK TABLE alembic_version IN ACCESS EXCLUSIVE MODE"):
        status, seconds = timed(client, "/readyz")
        assert status == 503 and seconds < 3
    assert timed(client, PAGE)[0] == 200


def test_two_locks_cost_a_page_no_more_than_one(
    client: CheckedClient, server: PostgresqlServer
) -> None:
    """The first is met by what is not worth failing a page for."""
    run_sql(server, "UPDATE account_session SET seen_at = seen_at - interval '10 minutes'")
    row = "SELECT 1 FROM account_session FOR UPDATE"
    with locked(server, row):
        status, seconds = timed(client, PAGE)
        assert status == 200 and seconds < 5
    table = "LOCK TABLE contract_preference IN ACCESS EXCLUSIVE MODE"
    with locked(server, row, table):
        status, seconds = timed(client, "/account/preferences")
        assert status == 503 and seconds < 5


def test_what_goes_well_is_not_counted_and_making_tables_has_no_limit(portal: Portal) -> None:
    def ask(sql: str) -> object:
        with portal.database.read() as connection:
            return connection.exec_driver_sql(sql).scalar()

    begin_waiting(0.5)
    try:
        for _ in range(3):
            ask("SELECT pg_sleep(0.3)")
        with unhurried():
            ask("SELECT pg_sleep(1)")
        begun = time.monotonic()
        for _ in range(3):
            with pytest.raises(DatabaseUnavailable):
                ask("SELECT pg_sleep(3)")
        assert time.monotonic() - begun < 1
    finally:
        stop_waiting()
    assert ask("SELECT 1") == 1


# Connections that were lost while nobody used them


def cut_sessions(server: PostgresqlServer) -> None:
    found = run_sql(
        server,
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
        " WHERE datname IS NOT NULL AND pid <> pg_backend_pid()",
    )
    assert found


def restart(server: PostgresqlServer) -> None:
    server.stop()
    server.start()


def wait_long(_server: PostgresqlServer) -> None:
    time.sleep(0.8)


@pytest.fixture
def impatient(server: PostgresqlServer) -> Iterator[None]:
    run_sql(server, "ALTER DATABASE postgres SET idle_session_timeout = 500")
    yield
    run_sql(server, "ALTER DATABASE postgres RESET idle_session_timeout")


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("lose", [cut_sessions, restart, wait_long])
def test_nobody_notices_that_idle_connections_were_lost(
    portal: Portal,
    server: PostgresqlServer,
    lose: Callable[[PostgresqlServer], None],
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    client = portal.signed_in("Agron Hoxha")
    with portal.database.read(), portal.database.read():  # so that more than one lies idle
        pass
    lose(server)
    client.get(PAGE)
    lose(server)
    client.post("/logout", {}, status=303)  # what is written, too
    client.sign_in("Agron Hoxha")
    assert not caplog.records
    assert "portal database failed" not in capfd.readouterr().err


def test_what_is_lost_while_it_is_asked_is_not_asked_again(
    portal: Portal, server: PostgresqlServer
) -> None:
    with pytest.raises(DatabaseUnavailable), portal.database.write() as connection:
        connection.exec_driver_sql("CREATE TEMPORARY TABLE one (n int)")
        cut_sessions(server)
        connection.exec_driver_sql("INSERT INTO one VALUES (1)")
    with portal.database.read() as connection:
        assert connection.exec_driver_sql("SELECT 1").scalar() == 1


def test_a_page_looks_at_its_connection_without_asking(
    client: CheckedClient, server: PostgresqlServer
) -> None:
    run_sql(server, "ALTER SYSTEM SET log_statement = 'all'")
    try:
        run_sql(server, "SELECT pg_reload_conf()")
        time.sleep(0.2)
        before = server.log.read_text().count("LOG:  statement:")
        execute = server.log.read_text().count("LOG:  execute")
        client.get("/account")
        after = server.log.read_text()
        assert after.count("LOG:  statement:") - before == 0
        assert after.count("LOG:  execute") - execute == 1
    finally:
        run_sql(server, "ALTER SYSTEM RESET log_statement")
        run_sql(server, "SELECT pg_reload_conf()")


# Read-only


@pytest.fixture
def standby(server: PostgresqlServer) -> Iterator[Callable[[bool], None]]:
    """For connections from then on."""

    def turn(on: bool) -> None:
        do = "SET default_transaction_read_only = on"
        undo = "RESET default_transaction_read_only"
        with connect(server) as connection:
            connection.execute("SET default_transaction_read_only = off")
            connection.execute(f"ALTER DATABASE postgres {do if on else undo}".encode())

    yield turn
    turn(False)


def test_a_database_that_takes_no_writes(
    portal: Portal, client: CheckedClient, standby: Callable[[bool], None]
) -> None:
    standby(True)
    portal.database.close()
    ready = client.fetch("/readyz")
    assert (ready.status_code, ready.text.splitlines()[0]) == (200, "database: read-only")
    client.get(PAGE)
    client.get("/account/preferences")
    with portal.database.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM account").scalar()
    visitor = portal.client()
    typed = {"user_name": "Agron Hoxha", "password": PASSWORD}
    visitor.post("/login", typed, status=503)
    with pytest.raises(DatabaseReadOnly) as caught, portal.database.write() as connection:
        connection.exec_driver_sql("DELETE FROM last_known")
    assert "standby" in caught.value.do
    standby(False)
    visitor.sign_in("Agron Hoxha")  # no connection of before is used again
    assert "database: ok" in client.fetch("/readyz").text


def test_a_session_that_is_written_now_and_then_goes_on_without(
    portal: Portal,
    client: CheckedClient,
    server: PostgresqlServer,
    standby: Callable[[bool], None],
) -> None:
    run_sql(server, "UPDATE account_session SET seen_at = seen_at - interval '10 minutes'")
    standby(True)
    portal.database.close()
    client.get(PAGE)
