"""Pages in ratio to the frozen bare page, as one Markdown table.

    python -m benchmarks.pages --contracts 1000 --file demo-1300000.sqlite3 --delay 0.5 2
    python -m benchmarks.pages --file small.sqlite3 large.sqlite3

In-process WSGI, SQLite, all security on, one signed-in customer of the generated contracts, and
pages of the same rows whatever the number of contracts. Rounds are interleaved and the fastest
counts: on a shared machine only ratios mean something. The growth is that of the largest number of
contracts over the smallest; delays are added to each billing query of the largest.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import Engine, event

from app.accounts.records import Applicant
from app.clock import today
from app.database import schema
from app.factory import make_app
from app.services import Services
from app.wiring import wire
from benchmarks.asking import NAME, PASSWORD, Ask, asker, signed_in_client
from benchmarks.frozen.bare_history import make_bare_history
from benchmarks.frozen.bare_page import make_bare_app
from config.settings import SECTIONS, Settings
from legacy_adapters.demo.generator import (
    FIRST_GENERATED,
    DemoSize,
    contract_code,
    make_demo,
    read_description,
)
from legacy_adapters.port import Billing
from legacy_adapters.records import ContractCode

PAGES = {
    "contracts": "",
    "open invoices": "/{code}/pay",
    "history": "/{code}/history",
    "contract information": "/{code}/info",
}


@dataclass(frozen=True, kw_only=True)
class Portal:
    """A portal over so many contracts, and the code of one in their middle."""

    app: Flask
    services: Services
    contracts: int
    code: str

    def addresses(self) -> dict[str, str]:
        return {
            name: f"/contracts{address.format(code=self.code)}" for name, address in PAGES.items()
        }


def make_portal(
    folder: Path, billing_file: Path, *, delay: float = 0, cache_seconds: int = 0
) -> Portal:
    """A portal of its own over this billing, its own data in this folder; delay: milliseconds.
    Without cache_seconds every page asks billing."""
    given: dict[str, dict[str, Any]] = {
        "portal": {"secret_key": "k" * 32, "data_dir": folder},
        "billing": {"url": f"sqlite:///{billing_file}", "cache_seconds": cache_seconds},
        "web": {"https": False},
        "log": {"level": "ERROR"},
    }
    settings = Settings(**{s.section: s(**given.get(s.section, {})) for s in SECTIONS})
    services = wire(settings)
    schema.upgrade(services.database)
    contracts = size_of(billing_file)
    code = _code_with_one_open_invoice(services.billing, FIRST_GENERATED + contracts // 2)
    applicant = Applicant(
        contract_code=ContractCode(code),
        user_name=NAME,
        password=PASSWORD,
        phone="+355692000000",
        email="klient@example.com",
        language="sq",
    )
    services.registration.add_account(applicant, [ContractCode(code)])
    if delay:
        event.listen(
            billing_engine(services),
            "before_cursor_execute",
            lambda *_what: time.sleep(delay / 1000),
        )
    return Portal(
        app=make_app(settings, services), services=services, contracts=contracts, code=code
    )


def billing_engine(services: Services) -> Engine:
    engine: Engine = services.billing.engine  # type: ignore[attr-defined]
    return engine


def _code_with_one_open_invoice(billing: Billing, index: int) -> str:
    """Pages of one size, whatever the number of contracts."""
    while len(billing.get_statement(ContractCode(contract_code(index))).open_invoices) != 1:
        index += 1
    return contract_code(index)


def size_of(billing_file: Path) -> int:
    return int(read_description(billing_file)["DEMO_CONTRACTS"])


def demo_file(folder: Path, contracts: int) -> Path:
    """The billing database of so many contracts, made where the folder does not have it."""
    file = folder / f"demo-{contracts}.sqlite3"
    if not file.exists():
        begun = time.monotonic()
        make_demo(file, size=DemoSize(contracts=contracts, months=13), today=today())
        tell(f"{contracts:,} contracts made in {time.monotonic() - begun:.0f} s")
    return file


def askers(portal: Portal) -> dict[str, Ask]:
    client = signed_in_client(portal.app)
    return {name: asker(client, address) for name, address in portal.addresses().items()}


@contextmanager
def counted(engine: Engine) -> Iterator[list[int]]:
    """Statements that reach the driver, counted in the list's only place."""
    count = [0]

    def add(*_what: Any) -> None:
        count[0] += 1

    event.listen(engine, "before_cursor_execute", add)
    yield count
    event.remove(engine, "before_cursor_execute", add)


def round_trips(portal: Portal, ask: Ask) -> str:
    own = portal.services.database.engine
    with counted(billing_engine(portal.services)) as billing, counted(own) as portals:
        ask()
    return f"{billing[0]} + {portals[0]}"


@dataclass(frozen=True, kw_only=True)
class Rounds:
    """How often each is measured, and how many requests of one page follow each other then."""

    rounds: int
    requests: int

    def fastest(self, asked: dict[Any, Ask]) -> dict[Any, float]:
        """Milliseconds per request of each, the fastest of interleaved rounds."""
        best = dict.fromkeys(asked, float("inf"))
        for _ in range(self.rounds):
            for name, ask in asked.items():
                ask()  # not counted: another page, and another application, were before it
                begun = time.perf_counter()
                for _ in range(self.requests):
                    ask()
                best[name] = min(best[name], (time.perf_counter() - begun) / self.requests * 1000)
        return best


def measure(
    files: list[Path], delays: list[float], rounds: Rounds, folder: Path, *, cache_seconds: int
) -> list[str]:
    """The table's lines."""
    asked: dict[tuple[str, str], Ask] = {}
    columns: list[str] = []
    trips: dict[str, str] = {}

    def add(column: str, portal: Portal) -> None:
        columns.append(column)
        for name, ask in askers(portal).items():
            asked[name, column] = ask
            trips.setdefault(name, round_trips(portal, ask))

    for number, file in enumerate(files):
        portal = make_portal(folder / f"portal-{number}", file)
        add(f"{portal.contracts:,} contracts", portal)
    sizes = len(columns)
    for delay in filter(None, delays):
        portal = make_portal(folder / f"delay-{delay:g}", files[-1], delay=delay)
        add(f"+ {delay:g} ms a query", portal)
    if cache_seconds:
        portal = make_portal(folder / "cache", files[-1], cache_seconds=cache_seconds)
        add(f"again within {cache_seconds} s", portal)
    asked["bare page", ""] = asker(make_bare_app().test_client(), "/")
    asked["bare history", ""] = asker(make_bare_history().test_client(), "/")
    best = rounds.fastest(asked)
    bare, long = best["bare page", ""], best["bare history", ""]
    tell(f"the bare page takes {bare:.3f} ms, a bare one of what the history shows {long:.3f} ms:")
    tell(f"the history takes {best['history', columns[0]] / long:.2f} of that")
    head = ["page", "round trips (billing + portal)", *columns[:sizes], "growth", *columns[sizes:]]
    lines = [_row(head), _row(["---"] * len(head))]
    for name in PAGES:
        ratios = [f"{best[name, column] / bare:.2f}" for column in columns]
        growth = f"{best[name, columns[sizes - 1]] / best[name, columns[0]]:.2f}"
        lines.append(_row([name, trips[name], *ratios[:sizes], growth, *ratios[sizes:]]))
    return lines


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def tell(text: str) -> None:
    """Beside the table, not in it."""
    print(text, file=sys.stderr, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--contracts", type=int, nargs="+", default=[1_000])
    parser.add_argument("--file", type=Path, nargs="+", default=[], help="made already")
    parser.add_argument("--folder", type=Path, help="where to keep those that are made")
    parser.add_argument("--delay", type=float, nargs="+", default=[0.0], help="ms a billing query")
    parser.add_argument(
        "--cache", type=int, default=0, help="also with this SELFCARE_BILLING_CACHE_SECONDS"
    )
    parser.add_argument("--rounds", type=int, default=120)
    parser.add_argument(
        "--requests",
        type=int,
        default=5,
        help="of one page in a row, after one that is not counted",
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        own = Path(temporary)
        kept = options.folder or own
        files = [*options.file, *(demo_file(kept, n) for n in options.contracts)]
        files = sorted((file.resolve() for file in files), key=size_of)
        rounds = Rounds(rounds=options.rounds, requests=options.requests)
        for line in measure(files, options.delay, rounds, own, cache_seconds=options.cache):
            print(line)


if __name__ == "__main__":
    main()
