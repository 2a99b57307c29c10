"""The clerks' queue of cases over few cases and over many, as one Markdown table.

    .venv/bin/python -m benchmarks.queue --cases 100 10000

In-process WSGI, SQLite, all security on, a signed-in supervisor; two of three cases are open.
Rounds are interleaved and the fastest counts: on a shared machine only ratios mean something.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from app.clock import now, today
from app.database import schema
from app.demo import add_demo_staff
from app.factory import make_app
from app.wiring import wire
from benchmarks.pages import counted
from legacy_adapters.demo.generator import DemoSize, make_demo
from tests.conftest import Portal, make_settings
from tests.many_cases import add_cases
from tests.web.client import CheckedClient

QUEUE = "/staff/cases"
GETS = {
    "queue": QUEUE,
    "nobody's": f"{QUEUE}?who=nobody",
    "all, closed too": f"{QUEUE}?status=all",
    "who has how much": f"{QUEUE}/load",
}
SEARCH = "search by a name"
REQUESTS = 3
Ask = Callable[[], None]


def make_portal(folder: Path, billing_file: Path, cases: int) -> Portal:
    settings = make_settings(
        folder,
        database={"url": f"sqlite:///{folder / 'portal.sqlite3'}"},
        billing={"url": f"sqlite:///{billing_file}"},
        log={"level": "ERROR"},
    )
    services = wire(settings)
    schema.upgrade(services.database)
    add_demo_staff(services.members)
    members = tuple(listed.member.id for listed in services.members.list_all())
    catalogue = services.cases.filing.catalogue
    add_cases(services.database, catalogue, cases, now=now(), members=members)
    return Portal(app=make_app(settings, services), services=services)


def asks_of(client: CheckedClient) -> dict[str, Ask]:
    form = {"csrf_token": client.fresh_token("/staff/login"), "search": "hoxha gjergj"}

    def get(address: str) -> Ask:
        return lambda: _ok(client.http.get(address, buffered=True))

    asks = {name: get(address) for name, address in GETS.items()}
    return {**asks, SEARCH: lambda: _ok(client.http.post(QUEUE, data=form, buffered=True))}


def _ok(response: Any) -> None:
    if response.status_code != 200:
        raise RuntimeError(f"{response.status}: {response.text[:500]}")


def measure(sizes: list[int], rounds: int) -> None:
    with TemporaryDirectory() as name:
        billing_file = Path(name) / "billing.sqlite3"
        make_demo(billing_file, size=DemoSize(contracts=60), today=today())
        asked: dict[tuple[str, int], Ask] = {}
        trips: dict[tuple[str, int], int] = {}
        for size in sizes:
            folder = Path(name) / str(size)
            folder.mkdir()
            portal = make_portal(folder, billing_file, size)
            for page, ask in asks_of(portal.staff("mbikeqyres")).items():
                ask()
                with counted(portal.database.engine) as count:
                    ask()
                asked[page, size], trips[page, size] = ask, count[0]
        best = dict.fromkeys(asked, float("inf"))
        for _ in range(rounds):
            for key, ask in asked.items():
                begun = time.perf_counter()
                for _ in range(REQUESTS):
                    ask()
                best[key] = min(best[key], (time.perf_counter() - begun) / REQUESTS * 1000)
        _print(sizes, best, trips)


def _print(
    sizes: list[int], best: dict[tuple[str, int], float], trips: dict[tuple[str, int], int]
) -> None:
    cells = ["page", *(f"{size:,} cases: statements, ms" for size in sizes), "growth"]
    print(f"| {' | '.join(cells)} |")
    print(f"|{' --- |' * len(cells)}")
    for page in (*GETS, SEARCH):
        each = [f"{trips[page, size]}, {best[page, size]:.1f}" for size in sizes]
        growth = f"{best[page, sizes[-1]] / best[page, sizes[0]]:.2f}"
        print(f"| {page} | {' | '.join(each)} | {growth} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--cases", type=int, nargs="+", default=[100, 10_000])
    parser.add_argument("--rounds", type=int, default=30)
    options = parser.parse_args()
    measure(sorted(options.cases), options.rounds)


if __name__ == "__main__":
    main()
