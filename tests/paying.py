"""A portal beside a real test bank, and what a payer's browser does between the two."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from tests.banks.server import sandbox_bank
from tests.banks.twins import SECRET
from tests.conftest import MakePortal, Portal
from tests.web.client import CheckedClient, Page

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
