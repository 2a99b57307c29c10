"""Real web processes while billing hangs: pages that do not need it are served as ever."""

import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.oracle_net import H2Database, Hang, OracleServer
from tests.portal_process import PortalProcess

ASKING, SECONDS = 24, 8.0
PROCESSES, CONNECTIONS = 2, 3


def fetch(address: str) -> float:
    """Seconds it took."""
    begun = time.monotonic()
    with urllib.request.urlopen(address, timeout=20) as response:
        assert response.status == 200
        response.read()
    return time.monotonic() - begun


def test_billing_hangs_and_the_sign_in_page_does_not(
    oracle_data: H2Database, tmp_path: Path
) -> None:
    with OracleServer({"demo": "secret"}, oracle_data) as server:
        portal = PortalProcess(tmp_path / "data", SELFCARE_BILLING_URL=server.url("demo"))
        portal.wait_until_ready()
        try:
            for _ in range(6):
                fetch(f"{portal.address}/readyz")
            fault = server.faults.on("KTR_KOD", Hang(honours_break=False))
            end = time.monotonic() + SECONDS

            def keep_asking(address: str) -> list[float]:
                seconds = []
                while time.monotonic() < end:
                    seconds.append(fetch(address))
                return seconds

            with ThreadPoolExecutor(ASKING + 1) as pool:
                asking = [
                    pool.submit(keep_asking, f"{portal.address}/readyz") for _ in range(ASKING)
                ]
                others = pool.submit(keep_asking, f"{portal.address}/login").result()
                waited = [second for one in asking for second in one.result()]
            hung = fault.hits
            server.faults.clear()
            begun = time.monotonic()
            while "billing: ok" not in _ready(portal):
                assert time.monotonic() - begun < 30
                time.sleep(0.2)
        finally:
            portal.stop()
    assert max(waited) < 5.5  # the page's own limit, and its turn in a loaded web process
    assert sorted(others)[len(others) // 2] < 0.5
    assert len(others) > 10
    # Per process: what it had in the lane when it began, and one trial after each pause.
    assert PROCESSES <= hung <= PROCESSES * (CONNECTIONS + 2)


def _ready(portal: PortalProcess) -> str:
    with urllib.request.urlopen(f"{portal.address}/readyz", timeout=10) as response:
        return str(response.read().decode())
