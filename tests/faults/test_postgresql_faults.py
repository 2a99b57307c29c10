"""A real PostgreSQL as billing: cut, stopped, locked and changed under a running portal."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.billing_schemas.copies import copy_to_postgresql
from tests.components import PostgresqlServer, postgresql
from tests.conftest import MakePortal, Portal
from tests.faults.scenario import PAGES, go_through, is_last_known


@pytest.fixture(scope="module")
def server(demo_file: Path) -> Iterator[PostgresqlServer]:
    with postgresql() as server:
        copy_to_postgresql(server.address(), demo_file)
        yield server


@pytest.fixture
def portal(make_portal: MakePortal, server: PostgresqlServer) -> Portal:
    return make_portal(billing={"url": server.address()})


def run_sql(server: PostgresqlServer, sql: str) -> None:
    address = server.address().replace("+psycopg", "")
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(sql.encode())


def cut_sessions(server: PostgresqlServer) -> None:
    run_sql(
        server,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE pid <> pg_backend_pid() AND application_name = 'veteshherbim'",
    )


def test_cut_sessions_are_not_noticed(portal: Portal, server: PostgresqlServer) -> None:
    client = portal.signed_in("Emer Mbiemer")
    for address in PAGES:
        client.get(address)
    cut_sessions(server)
    for address in PAGES:
        assert not is_last_known(client.get(address))


def test_restart_is_not_noticed(portal: Portal, server: PostgresqlServer) -> None:
    client = portal.signed_in("Emer Mbiemer")
    client.get(PAGES[1])
    server.stop()
    server.start()
    assert not is_last_known(client.get(PAGES[1]))


Act = Callable[[PostgresqlServer], Any]
CASES: dict[str, tuple[Act, Act]] = {
    "PostgreSQL: stopped": (lambda server: server.stop(), lambda server: server.start()),
    "PostgreSQL: table renamed": (
        lambda server: run_sql(server, "ALTER TABLE fature RENAME TO fature_e_re"),
        lambda server: run_sql(server, "ALTER TABLE fature_e_re RENAME TO fature"),
    ),
    "PostgreSQL: column renamed": (
        lambda server: run_sql(server, "ALTER TABLE kontrate RENAME ktr_kod TO kodi"),
        lambda server: run_sql(server, "ALTER TABLE kontrate RENAME kodi TO ktr_kod"),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_outage(name: str, portal: Portal, server: PostgresqlServer) -> None:
    begin, end = CASES[name]
    seen = go_through(
        name,
        portal.signed_in("Emer Mbiemer"),
        portal.services,
        begin=lambda: begin(server),
        end=lambda: end(server),
        happened=lambda: 1,
    )
    print(seen.row)  # shown by: ./test tests/faults -rP
    assert seen.other == []
    assert seen.slowest < 5
    assert (seen.last_known, seen.unavailable) == (9, 3)
    assert seen.recovery < 30


def test_locked_table_is_waited_for_no_longer_than_a_page(
    portal: Portal, server: PostgresqlServer
) -> None:
    locker = psycopg.connect(server.address().replace("+psycopg", ""))

    def lock() -> None:
        locker.execute(b"LOCK TABLE kontrate IN ACCESS EXCLUSIVE MODE")

    seen = go_through(
        "PostgreSQL: table locked",
        portal.signed_in("Emer Mbiemer"),
        portal.services,
        begin=lock,
        end=locker.rollback,
        happened=lambda: 1,
    )
    locker.close()
    print(seen.row)
    assert seen.other == [] and seen.slowest < 5 and seen.recovery < 30
    assert seen.last_known == 9


def test_the_session_cannot_write(portal: Portal) -> None:
    engine = portal.services.billing.engine  # type: ignore[attr-defined]
    with pytest.raises(Exception, match="read-only"), engine.connect() as connection:
        connection.exec_driver_sql("UPDATE fature SET kamate = 0")


def test_a_slow_page_of_one_customer_is_no_outage_for_others(
    make_portal: MakePortal, server: PostgresqlServer
) -> None:
    """The server's own limit ends the question for the list; asked again it had too little of the
    page's time left, which looked as if the server hung."""
    limits = {"connect_seconds": 0.5, "answer_seconds": 0.5, "page_seconds": 1.0}
    portal = make_portal(billing={"url": server.address(), **limits})
    slow, other = portal.signed_in("Emer Mbiemer"), portal.signed_in("Agron Hoxha")
    for client, address in ((slow, PAGES[0]), (slow, PAGES[1]), (other, PAGES[0])):
        client.get(address)
    portal.services.last_known.flush()
    run_sql(
        server,
        "CREATE FUNCTION look(code text) RETURNS bool LANGUAGE plpgsql COST 100000 AS $$ BEGIN"
        " IF code = 'AL0000000' THEN PERFORM pg_sleep(9); END IF; RETURN TRUE; END $$;"
        "ALTER TABLE kontrate RENAME TO kontrate_e;"
        "CREATE VIEW kontrate AS SELECT * FROM kontrate_e WHERE look(ktr_kod)",
    )
    try:
        assert not is_last_known(other.get(PAGES[0]))
        for _ in range(5):
            assert is_last_known(slow.get(PAGES[0]))
            assert is_last_known(slow.get(PAGES[1]))
        assert not is_last_known(other.get(PAGES[0]))
    finally:
        run_sql(
            server,
            "DROP VIEW kontrate; DROP FUNCTION look; ALTER TABLE kontrate_e RENAME TO kontrate",
        )
