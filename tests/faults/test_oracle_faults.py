"""The real Oracle driver, a portal, and everything that can go wrong between it and billing.

The server is the protocol test server of tests/oracle_net, not Oracle. All faults run side by
side: nearly all of their time is waiting.
"""

import gc
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from tests.conftest import MakePortal, Portal
from tests.faults.scenario import HEAD, Seen, go_through
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
from tests.oracle_net.faults import Fault

# The driver leaves the sockets of connects that failed to Python, which closes them at once and
# says so.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
QUESTION = "SELECT"


@dataclass(frozen=True)
class Case:
    """place: at connect, at log-in or on statements. cuts: whether open sessions end first."""

    fault: Callable[[], Fault]
    place: str = "statement"
    cuts: bool = False


CASES = {
    "listener refuses (12514)": Case(lambda: Refuse(12514), "connect", cuts=True),
    "listener accepts and stays silent": Case(Silent, "connect", cuts=True),
    "listener closes": Case(Close, "connect", cuts=True),
    "listener resets": Case(Reset, "connect", cuts=True),
    "ORA-01017 wrong password": Case(lambda: Ora(1017, "logon denied"), "login", cuts=True),
    "ORA-28000 account locked": Case(lambda: Ora(28000, "locked"), "login", cuts=True),
    "ORA-01033 starting up": Case(lambda: Ora(1033, "initialization"), "login", cuts=True),
    "question hangs": Case(Hang),
    "question hangs, break ignored": Case(lambda: Hang(honours_break=False)),
    "reset in mid-question": Case(Reset),
    "closed in mid-question": Case(Close),
    "ORA-03113 end of file": Case(lambda: Ora(3113, "end-of-file", closes_session=True)),
    "ORA-00028 session killed": Case(lambda: Ora(28, "killed", closes_session=True)),
    "ORA-01555 snapshot too old": Case(lambda: Ora(1555, "snapshot too old")),
    "ORA-00942 table gone": Case(lambda: Ora(942, "table or view does not exist")),
    "ORA-00904 column gone": Case(lambda: Ora(904, "invalid identifier")),
    "garbage in a packet": Case(Garbage),
    "garbage without a packet": Case(lambda: Garbage(framed=False)),
    "slow drip": Case(lambda: Drip(milliseconds=50)),
}


def run_case(name: str, server: OracleServer, portal: Portal) -> Seen:
    case, fault = CASES[name], CASES[name].fault()

    def begin() -> None:
        if case.place == "connect":
            server.faults.connect = fault
        elif case.place == "login":
            assert isinstance(fault, Ora)
            server.faults.login = fault
        else:
            server.faults.on(QUESTION, fault)
        if case.cuts:
            server.drop_sessions()

    return go_through(
        name,
        portal.signed_in("Emer Mbiemer"),
        portal.services,
        begin=begin,
        end=server.faults.clear,
        happened=lambda: fault.hits,
    )


def test_every_fault(oracle_data: H2Database, make_portal: MakePortal) -> None:
    with ExitStack() as stack:
        servers = [
            stack.enter_context(OracleServer({"demo": "secret"}, oracle_data)) for _ in CASES
        ]
        portals = [make_portal(billing={"url": server.url("demo")}) for server in servers]
        for portal in portals:
            portal.services.billing.verify()
        with ThreadPoolExecutor(max_workers=6) as pool:
            seen = list(pool.map(run_case, CASES, servers, portals))
        for portal in portals:
            portal.services.billing.close()
        gc.collect()
    print(f"{HEAD}\n" + "\n".join(one.row for one in seen))  # ./test tests/faults -rP
    for one in seen:
        assert one.happened > 0, one
        assert one.other == [], one
        assert one.slowest < 5, one
        assert (one.last_known, one.unavailable) == (9, 3), one
        assert one.recovery < 30, one
