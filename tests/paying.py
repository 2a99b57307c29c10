"""A portal beside a real test bank, and what a payer's browser does between the two."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from shutil import copy
from typing import Any

import pytest
import requests
from sqlalchemy import text

from app.payments.records import State
from tests.banks.server import sandbox_bank
from tests.banks.twins import SECRET
from tests.conftest import MakePortal, Portal
from tests.web.client import CheckedClient, Page

CODE, NUMBER = "AL0000000", "123456789"  # Emer Mbiemer's, 556,00 lekë
PAY = f"/contracts/{CODE}/pay"
RETURN, CALLBACK = "/payments/return/sandbox", "/payments/callback/sandbox"


@dataclass
class Bank:
    """The test bank, driven without its pages."""

    address: str

    def take_in(self, leaving: Page) -> str:
        """What the browser posts from the portal's page; returns the order's reference."""
        form = next(e for e in leaving.all("form") if str(e.get("action")).startswith("http"))
        fields = {e.get("name"): e.get("value") for e in form.iter() if e.get("type") == "hidden"}
        answer = requests.post(str(form.get("action")), data=fields, timeout=10)
        assert answer.status_code == 200, answer.text
        return str(fields["reference"])

    def decide(self, reference: str, what: str, **more: str) -> dict[str, str]:
        """What a payer presses; returns what the browser then posts to the portal."""
        asked = json.dumps({"reference": reference, "what": what, **more})
        answer = requests.post(f"{self.address}/decide", data=asked, timeout=10)
        assert answer.status_code == 200, answer.text
        back = answer.json()["back"]
        return back["fields"] if back else {}

    def captures(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = requests.get(f"{self.address}/captures", timeout=10).json()[
            "captures"
        ]
        return found


@contextmanager
def a_bank(folder: Path) -> Iterator[Bank]:
    with sandbox_bank(folder / "bank.sqlite3", SECRET) as (address, _bank):
        yield Bank(address)


def paying_portal(make_portal: MakePortal, address: str, **changes: dict[str, Any]) -> Portal:
    """changes: sections of settings; those of `payments` beside the test bank's."""
    changes.setdefault("posting", {"url": "sqlite:////nowhere/staging.sqlite3"})
    payments = {"gateway": "sandbox", **changes.pop("payments", {})}
    sandbox = {"address": address, "secret": SECRET, "seconds": 2, **changes.pop("sandbox", {})}
    return make_portal(payments=payments, sandbox=sandbox, **changes)


def begin(client: CheckedClient, code: str, *numbers: str) -> str:
    """Chooses invoices on a contract's page; returns the address of the new payment."""
    form = {"action": "pay", "invoice": list(numbers)}
    page = client.post(f"/contracts/{code}/pay", form, status=303)
    address = page.response.location
    assert address.startswith("/payments/")
    return str(address)


def to_the_bank(client: CheckedClient, bank: Bank, address: str) -> str:
    return bank.take_in(client.post(f"{address}/bank", {}))


def state(portal: Portal, address: str) -> State:
    return portal.services.payments.ordering.get(address.rpartition("/")[2]).order.state


def pay_whole(client: CheckedClient, bank: Bank) -> str:
    """Emer Mbiemer's invoice, to the bank, approved, and back."""
    address = begin(client, CODE, NUMBER)
    reference = to_the_bank(client, bank, address)
    back = bank.decide(reference, "approve")
    assert client.http.post(RETURN, data=back).status_code == 303
    return address


def staged(file: Path) -> list[tuple[str, str, str, str]]:
    with sqlite3.connect(file) as connection:
        rows = connection.execute(
            "SELECT CONTRACT_CODE, INVOICE_NUMBER, AMOUNT, STATUS FROM PORTAL_PAYMENT"
            " ORDER BY PORTAL_PAYMENT_ID"
        )
        return [(code, number, f"{float(amount):.2f}", s) for code, number, amount, s in rows]


def make_due(portal: Portal) -> None:
    """As if the time until the next look had passed."""
    with portal.database.write() as connection:
        past = portal.services.payments.ordering.now() - timedelta(seconds=1)
        connection.execute(text("UPDATE payment_posting SET next_try_at = :at"), {"at": past})


def ask_all(portal: Portal) -> None:
    with portal.database.write() as connection:
        past = portal.services.payments.ordering.now() - timedelta(seconds=1)
        connection.execute(
            text("UPDATE payment_order SET next_ask_at = :at WHERE next_ask_at IS NOT NULL"),
            {"at": past},
        )
    portal.services.payments.settling.ask_due()


def let_time_pass(portal: Portal, hours: float = 1) -> None:
    """The order's time is up, and the bank's turn has come."""
    with portal.database.write() as connection:
        past = portal.services.payments.ordering.now() - timedelta(hours=hours)
        connection.execute(
            text("UPDATE payment_order SET expires_at = :at, next_ask_at = :at"), {"at": past}
        )
    portal.services.payments.settling.ask_due()


# Fixtures, which conftest.py makes known everywhere


@pytest.fixture
def bank(tmp_path: Path) -> Iterator[Bank]:
    with a_bank(tmp_path) as bank:
        yield bank


@pytest.fixture
def billing_file(demo_file: Path, tmp_path: Path) -> Path:
    return Path(copy(demo_file, tmp_path / "billing.sqlite3"))


@pytest.fixture
def paying(make_portal: MakePortal, bank: Bank, billing_file: Path) -> Portal:
    address = f"sqlite:///{billing_file}"
    return paying_portal(
        make_portal, bank.address, billing={"url": address}, posting={"url": address}
    )


@pytest.fixture
def emer(paying: Portal) -> CheckedClient:
    return paying.signed_in("Emer Mbiemer")
