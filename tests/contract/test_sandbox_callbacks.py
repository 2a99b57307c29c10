"""The test bank: its callbacks, and its books while it dies."""

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from app.gateways.cards.port import Verdict
from config.settings import ROOT
from tests.banks.server import open_page
from tests.banks.twins import SandboxTwin
from tests.components import free_port
from tests.sandbox_bank import Shop, all_sent, decided, ordered, shop, twin, until

__all__ = ["shop", "twin"]


# Callbacks, and a bank that dies


@pytest.mark.parametrize(("status", "body"), [(500, b"OK"), (200, b"no"), (302, b"OK")])
def test_a_shop_that_does_not_take_it_gets_it_again(
    twin: SandboxTwin, shop: Shop, status: int, body: bytes
) -> None:
    shop.status, shop.answer_body = status, body
    checkout, _ = ordered(twin, shop)
    decided(twin, checkout, "approve")
    until(lambda: len(shop.heard) >= 3)
    shop.status, shop.answer_body = 200, b"OK"
    until(lambda: all_sent(twin))
    assert all(fields == shop.heard[0] for fields in shop.heard)
    pauses = [later - earlier for earlier, later in zip(shop.at, shop.at[1:], strict=False)]
    assert pauses[0] > 0.4 and pauses[1] > 0.9


class Process:
    def __init__(self, folder: Path) -> None:
        self.port, self._folder = free_port(), folder
        self.dying = folder / "dying"
        self.address = f"http://127.0.0.1:{self.port}"
        self.twin = SandboxTwin(self.address)
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        file = str(self._folder / "bank.sqlite3")
        command = [sys.executable, "-m", "tests.banks.sandbox_process", file]
        self._process = subprocess.Popen(
            [*command, str(self.port), str(self.dying)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._process.stdout and self._process.stdout.readline() == "ready\n"

    def wait(self) -> int:
        assert self._process
        code = self._process.wait(20)
        self.stop()
        return code

    def stop(self) -> None:
        if self._process:
            self._process.kill()
            self._process.wait()
            assert self._process.stdout
            self._process.stdout.close()
            self._process = None


@contextmanager
def process(folder: Path) -> Iterator[Process]:
    process = Process(folder)
    try:
        process.start()
        yield process
    finally:
        process.stop()


def test_killed_right_after_the_commit(tmp_path: Path, shop: Shop) -> None:
    with process(tmp_path) as bank:
        checkout, handover = ordered(bank.twin, shop)
        bank.dying.touch()
        with pytest.raises(requests.ConnectionError):
            decided(bank.twin, checkout, "approve")
        assert bank.wait() == -9
        assert shop.heard == [], "it died before it told anybody"
        bank.dying.unlink()
        bank.start()
        assert bank.twin.gateway.ask(checkout.reference).verdict is Verdict.CAPTURED
        until(lambda: shop.heard)
        assert open_page(handover).url.endswith("/back")
        decided(bank.twin, checkout, "approve")
        assert len(bank.twin.captures()) == 1
        until(lambda: all_sent(bank.twin))
    assert [fields["verdict"] for fields in shop.heard] == ["captured"]


def test_callbacks_wait_for_a_bank_that_was_stopped(tmp_path: Path, shop: Shop) -> None:
    shop.status = 503
    with process(tmp_path) as bank:
        checkout, _ = ordered(bank.twin, shop)
        decided(bank.twin, checkout, "callback_only")
        until(lambda: shop.heard)
        bank.stop()
        shop.status = 200
        bank.start()
        until(lambda: all_sent(bank.twin), seconds=40)
        assert {fields["verdict"] for fields in shop.heard} == {"captured"}


def test_two_processes_share_the_books(tmp_path: Path, shop: Shop) -> None:
    with process(tmp_path) as one, process(tmp_path) as other:
        orders = [ordered(one.twin, shop)[0] for _ in range(12)]

        def pay(number: int) -> None:
            twin = (one, other)[number % 2].twin
            decided(twin, orders[number // 2], "approve")

        with ThreadPoolExecutor(6) as pool:
            list(pool.map(pay, range(24)))
        assert len(one.twin.captures()) == len(other.twin.captures()) == 12
        until(lambda: all_sent(one.twin))
    assert sorted(fields["reference"] for fields in shop.heard) == sorted(
        order.reference for order in orders
    )
