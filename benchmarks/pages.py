"""Pages in ratio to the frozen bare page, and their growth with the number of contracts.

    python -m benchmarks.pages [--contracts 1000 100000] [--rounds 60]

In-process WSGI, SQLite, all security on, one signed-in customer of the generated contracts.
Rounds are interleaved and the fastest counts: on a shared machine only ratios mean something.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.test import EnvironBuilder, run_wsgi_app

from app.accounts.records import Applicant
from app.clock import today
from app.database import schema
from app.factory import make_app
from app.wiring import wire
from benchmarks.frozen.bare_page import make_bare_app
from config.settings import SECTIONS, Settings
from legacy_adapters.demo.generator import FIRST_GENERATED, DemoSize, contract_code, make_demo
from legacy_adapters.port import Billing
from legacy_adapters.records import ContractCode

PASSWORD = "Provo2024"
REQUESTS = 10


def make_portal(folder: Path, contracts: int) -> tuple[Flask, str]:
    """A portal over so many contracts, and the code of one in their middle."""
    given: dict[str, dict[str, Any]] = {
        "portal": {"secret_key": "k" * 32, "data_dir": folder},
        "web": {"https": False},
        "log": {"level": "ERROR"},
    }
    settings = Settings(**{s.section: s(**given.get(s.section, {})) for s in SECTIONS})
    size = DemoSize(contracts=contracts, months=14)
    make_demo(settings.demo_billing_file, size=size, today=today())
    services = wire(settings)
    schema.upgrade(services.database)
    code = _code_with_one_open_invoice(services.billing, FIRST_GENERATED + contracts // 2)
    applicant = Applicant(
        contract_code=ContractCode(code),
        user_name="Klient",
        password=PASSWORD,
        phone="+355692000000",
        email="klient@example.com",
        language="sq",
    )
    services.accounts.add_account(applicant, [ContractCode(code)])
    return make_app(settings, services), code


def _code_with_one_open_invoice(billing: Billing, index: int) -> str:
    """Pages of one size, whatever the number of contracts."""
    while len(billing.get_statement(ContractCode(contract_code(index))).open_invoices) != 1:
        index += 1
    return contract_code(index)


def signed_in_client(app: Flask) -> Any:
    client = app.test_client()
    page = client.get("/login").text
    token = page.split('name="csrf_token" type="hidden" value="')[1].split('"')[0]
    form = {"csrf_token": token, "user_name": "Klient", "password": PASSWORD}
    assert client.post("/login", data=form).status_code == 303
    return client


def asker(client: Any, address: str) -> Callable[[], None]:
    """The request without the test client's own work: one environ, straight into WSGI."""
    assert client.get(address).status_code == 200
    cookie = client.get_cookie("selfcare_session")
    headers = {"Cookie": f"{cookie.key}={cookie.value}"} if cookie else {}
    environ = EnvironBuilder(address, headers=headers).get_environ()
    app = client.application

    def ask() -> None:
        _body, status, _headers = run_wsgi_app(app, environ.copy(), buffered=True)
        assert status.startswith("200"), status

    return ask


def fastest(askers: dict[str, Callable[[], None]], rounds: int) -> dict[str, float]:
    """Milliseconds per request of each, the fastest of interleaved rounds."""
    best = dict.fromkeys(askers, float("inf"))
    for _ in range(rounds):
        for name, ask in askers.items():
            begun = time.perf_counter()
            for _ in range(REQUESTS):
                ask()
            best[name] = min(best[name], (time.perf_counter() - begun) / REQUESTS * 1000)
    return best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--contracts", type=int, nargs="+", default=[1_000, 100_000])
    parser.add_argument("--rounds", type=int, default=60)
    options = parser.parse_args()
    askers = {"bare page": asker(make_bare_app().test_client(), "/")}
    with tempfile.TemporaryDirectory() as folder:
        for contracts in options.contracts:
            begun = time.monotonic()
            app, code = make_portal(Path(folder) / str(contracts), contracts)
            print(f"{contracts:,} contracts made in {time.monotonic() - begun:.0f} s")
            client = signed_in_client(app)
            for page in ("", f"/{code}/pay", f"/{code}/history", f"/{code}/info"):
                name = f"{(page.rpartition('/')[2] or 'contracts'):10} {contracts:>9,}"
                askers[name] = asker(client, f"/contracts{page}")
        best = fastest(askers, options.rounds)
    bare = best["bare page"]
    print(f"{'page':10} {'contracts':>9}  / bare page")
    for name, milliseconds in best.items():
        print(f"{name:20}  {milliseconds / bare:5.2f}")


if __name__ == "__main__":
    main()
