"""Each fault: what the driver raises, and that it was counted."""

import gc
import socket
import threading
import time
from collections.abc import Callable
from functools import partial

import oracledb
import pytest

from tests.oracle_net import (
    Close,
    Drip,
    Garbage,
    H2Database,
    Hang,
    Ora,
    OracleServer,
    Refuse,
    Reset,
    Silent,
)
from tests.oracle_net.conftest import Connect
from tests.oracle_net.faults import Fault

ASK = "SELECT 7 FROM DUAL"
# After a reset the driver forgets its socket without closing it.
drivers_leak = pytest.mark.filterwarnings(
    "ignore:Exception ignored in. <socket:pytest.PytestUnraisableExceptionWarning"
)


def _ask(connection: oracledb.Connection) -> object:
    return connection.cursor().execute(ASK).fetchall()


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (Refuse(code=12514), "DPY-6001"),
        (Refuse(code=12505), "DPY-6003"),
        (Refuse(code=12528), "ORA-12528"),
        (Close(), "DPY-4011"),
        pytest.param(Reset(), "DPY-4011|Connection reset", marks=drivers_leak),
    ],
    ids=["12514", "12505", "12528", "close", "reset"],
)
def test_connect_fails(server: OracleServer, connect: Connect, fault: Fault, told: str) -> None:
    server.faults.connect = fault
    with pytest.raises(oracledb.OperationalError, match=told):
        connect()
    assert (fault.hits, server.log.logins) == (1, 0)
    server.faults.clear()
    assert _ask(connect()) == [(7,)]
    assert fault.hits == 1
    gc.collect()


@pytest.mark.parametrize("code", [1017, 28000, 1033])
def test_login_fails(server: OracleServer, connect: Connect, code: int) -> None:
    fault = server.faults.login = Ora(code=code)
    with pytest.raises(oracledb.DatabaseError, match=f"ORA-{code:05d}"):
        connect()
    assert (fault.hits, server.log.refused_logins) == (1, 1)


def test_pool_gives_up_on_a_silent_listener(server: OracleServer) -> None:
    fault = server.faults.connect = Silent()
    pool = oracledb.create_pool(
        user="portal",
        password="s3cret",
        dsn=server.dsn,
        min=0,
        max=2,
        increment=1,
        getmode=oracledb.POOL_GETMODE_TIMEDWAIT,
        wait_timeout=300,
    )
    began = time.monotonic()
    with pytest.raises(oracledb.DatabaseError, match="DPY-4005"):
        pool.acquire()
    assert 0.2 < time.monotonic() - began < 3
    assert fault.hits == 1
    server.faults.clear()
    with pool.acquire() as connection:
        assert _ask(connection) == [(7,)]
    pool.close(force=True)


@pytest.mark.parametrize(
    ("code", "closes", "told"),
    [
        (28, True, "DPY-4011"),
        (3113, True, "DPY-4011"),
        (1555, False, "ORA-01555"),
        (4068, False, "ORA-04068"),
        (942, False, "ORA-00942"),
        (904, False, "ORA-00904"),
    ],
)
def test_statement_fails(
    server: OracleServer, connect: Connect, code: int, closes: bool, told: str
) -> None:
    connection = connect()
    fault = server.faults.on("SELECT 7", Ora(code=code, closes_session=closes))
    with pytest.raises(oracledb.DatabaseError, match=told):
        _ask(connection)
    assert fault.hits == 1
    server.faults.clear()
    if not closes:
        assert _ask(connection) == [(7,)]


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        pytest.param(Reset(), "DPY-4011", marks=drivers_leak),
        (Close(), "DPY-4011"),
        (Garbage(), "DPY-5000"),
        (Garbage(framed=False), "DPY-4011"),
    ],
    ids=["reset", "close", "garbage", "half a packet"],
)
def test_connection_breaks(server: OracleServer, connect: Connect, fault: Fault, told: str) -> None:
    connection = connect()
    server.faults.on("SELECT 7", fault)
    with pytest.raises(oracledb.Error, match=told):
        _ask(connection)
    assert fault.hits == 1
    gc.collect()


def test_call_timeout_breaks_a_hanging_statement(server: OracleServer, connect: Connect) -> None:
    connection = connect()
    connection.call_timeout = 200
    fault = server.faults.on("SELECT 7", Hang())
    with pytest.raises(oracledb.DatabaseError, match="DPY-4024"):
        _ask(connection)
    assert (fault.hits, server.log.breaks) == (1, 1)
    fault.clear()
    assert _ask(connection) == [(7,)]


def test_call_timeout_ends_a_connection_that_ignores_breaks(
    server: OracleServer, connect: Connect
) -> None:
    connection = connect()
    connection.call_timeout = 200
    fault = server.faults.on("SELECT 7", Hang(honours_break=False))
    with pytest.raises(oracledb.DatabaseError, match="DPY-4011"):
        _ask(connection)
    assert (fault.hits, server.log.breaks) == (1, 0)
    assert not connection.is_healthy()


@pytest.mark.parametrize("fault", [Hang(), Hang(honours_break=False), Drip(milliseconds=20)])
def test_answer_comes_when_the_fault_is_cleared(
    server: OracleServer, connect: Connect, fault: Fault
) -> None:
    connection = connect()
    server.faults.on("SELECT 7", fault)
    answers: list[object] = []
    asking = threading.Thread(target=lambda: answers.append(_ask(connection)))
    asking.start()
    asking.join(0.3)
    assert answers == []
    fault.clear()
    asking.join(3)
    assert answers == [[(7,)]]


def test_other_statements_are_left_alone(server: OracleServer, connect: Connect) -> None:
    fault = server.faults.on(lambda sql: sql.endswith("FOR UPDATE"), Close())
    assert _ask(connect()) == [(7,)]
    assert fault.hits == 0


def test_dropped_sessions_are_gone_and_new_ones_welcome(
    server: OracleServer, connect: Connect
) -> None:
    connection = connect()
    server.drop_sessions()
    with pytest.raises(oracledb.DatabaseError, match="DPY-4011"):
        _ask(connection)
    assert _ask(connect()) == [(7,)]


def _until(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 5
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    return condition()


def _was_hit(fault: Fault) -> bool:
    return fault.hits == 1


def test_stop_frees_those_that_hang(database: H2Database) -> None:
    threads = threading.active_count()
    server = OracleServer({"portal": "s3cret"}, database).start()
    faults: list[Fault] = [Hang(), Hang(honours_break=False), Drip(milliseconds=500)]
    for fault in faults:
        server.faults.on(f"{type(fault).__name__} {id(fault)}", fault)
        connection = oracledb.connect(user="portal", password="s3cret", dsn=server.dsn)
        statement = f"SELECT '{type(fault).__name__} {id(fault)}' FROM DUAL"
        asking = threading.Thread(target=_ignore, args=[connection, statement])
        asking.start()
        assert _until(partial(_was_hit, fault))
    began = time.monotonic()
    server.stop()
    assert time.monotonic() - began < 1
    assert _until(lambda: threading.active_count() == threads)
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", server.port))


def _ignore(connection: oracledb.Connection, statement: str) -> None:
    with pytest.raises(oracledb.Error):
        connection.cursor().execute(statement)


def test_sessions_leave_nothing_behind(server: OracleServer) -> None:
    threads = threading.active_count()
    for _ in range(300):
        oracledb.connect(user="portal", password="s3cret", dsn=server.dsn).close()
    assert server.log.logins == 300
    assert _until(lambda: server.open_sessions == 0)
    assert _until(lambda: threading.active_count() == threads)


def test_server_comes_back_at_its_port(server: OracleServer, connect: Connect) -> None:
    port = server.port
    server.stop()
    with pytest.raises(oracledb.OperationalError):
        connect()
    server.start()
    assert server.port == port
    assert _ask(connect()) == [(7,)]


def test_many_threads_share_a_pool(server: OracleServer, database: H2Database) -> None:
    """Each reads its own data and the dictionary, while that is filled anew."""
    pool = oracledb.create_pool(
        user="portal", password="s3cret", dsn=server.dsn, min=0, max=4, increment=1
    )
    found: list[tuple[object, ...]] = []

    def ask(number: int) -> None:
        for _ in range(10):
            with pool.acquire() as connection:
                cursor = connection.cursor()
                cursor.execute("SET TRANSACTION READ ONLY")
                cursor.execute("SELECT :n, COUNT(*) FROM BILLING.INVOICE", n=number).fetchall()
                database.forget_dictionary()
                cursor.execute("SELECT COUNT(*) FROM ALL_TABLES WHERE OWNER = 'BILLING'")
                found.append((number, *cursor.fetchall()[0]))

    asking = [threading.Thread(target=ask, args=[number]) for number in range(4)]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join(20)
    pool.close(force=True)
    assert sorted(found) == [(number, 2) for number in range(4) for _ in range(10)]
