"""One fault of billing under a running portal: what a customer sees, and for how long."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from app.services import Services
from tests.web.client import CheckedClient, Page

PAGES = ("/contracts", "/contracts/AL0000000/pay", "/contracts/AL0000000/history")
UNKNOWN = "/contracts/AL0000000/info"  # a page that was never opened before the fault
ROUNDS = 3
GIVE_UP = 40.0  # seconds


@dataclass
class Seen:
    """slowest and recovery in seconds; pages by what was on them."""

    name: str
    slowest: float = 0.0
    fresh: int = 0
    last_known: int = 0
    unavailable: int = 0
    other: list[int] = field(default_factory=list)
    recovery: float = 0.0
    happened: int = 0

    @property
    def row(self) -> str:
        told = f"{self.fresh} fresh, {self.last_known} last known, {self.unavailable} “later”"
        return (
            f"| {self.name} | {self.happened} | {self.slowest:.1f} | {told} | {self.recovery:.1f} |"
        )


HEAD = (
    "| fault | times it happened | slowest page, s | pages seen | fresh again after, s |\n"
    "|---|---|---|---|---|"
)


def is_last_known(page: Page) -> bool:
    return any("away" in str(p.get("class")) for p in page.all("p"))


def go_through(
    name: str,
    client: CheckedClient,
    services: Services,
    *,
    begin: Callable[[], Any],
    end: Callable[[], Any],
    happened: Callable[[], int],
) -> Seen:
    """Opens pages before, during and after a fault."""
    seen = Seen(name)
    for address in PAGES:
        client.get(address)
    services.last_known.flush()
    begin()
    for _ in range(ROUNDS):
        for address in (*PAGES, UNKNOWN):
            _look(client, address, seen)
    seen.happened = happened()
    end()
    begun = time.monotonic()
    while time.monotonic() - begun < GIVE_UP:
        response = client.fetch(PAGES[1])
        if response.status_code == 200 and not is_last_known(Page(response, client.language)):
            break
        time.sleep(0.25)
    seen.recovery = time.monotonic() - begun
    return seen


def _look(client: CheckedClient, address: str, seen: Seen) -> None:
    begun = time.monotonic()
    response = client.fetch(address)
    seen.slowest = max(seen.slowest, time.monotonic() - begun)
    if response.status_code == 503:
        seen.unavailable += 1
    elif response.status_code != 200:
        seen.other.append(response.status_code)
    elif is_last_known(Page(response, client.language)):
        seen.last_known += 1
    else:
        seen.fresh += 1
