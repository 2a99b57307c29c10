"""`flask notify run` over many contracts, as Markdown.

    .venv/bin/python -m benchmarks.notify --contracts 10000 1300000 --new 100000

SQLite on both sides. Every contract has an account that wants e-bills. Three looks are timed in one
process: the first finds nothing new, before the second so many invoices are issued, the third finds
nothing again. Memory is what the process grew by from the end of the first look on.
"""

import argparse
import resource
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import insert

from app.accounts.store.tables import account, account_contract
from app.clock import now, today
from app.database import schema
from app.services import Services
from app.wiring import wire
from legacy_adapters.demo.generator import DemoSize, make_demo
from tests.conftest import make_settings

AT_ONCE = 20_000


def codes_of(billing: Path) -> list[str]:
    with closing(sqlite3.connect(billing)) as connection:
        found = connection.execute("SELECT KTR_KOD FROM KONTRATE WHERE FSHIRE <> 'P'")
        return [row[0] for row in found]


def settle(services: Services, codes: list[str]) -> None:
    """An account for each contract."""
    since = {"invoice_by_email": str(today())}
    moment = now()
    for start in range(0, len(codes), AT_ONCE):
        some = list(enumerate(codes[start : start + AT_ONCE], start + 1))
        with services.database.write() as connection:
            connection.execute(insert(account), [_person(n, since, moment) for n, _code in some])
            links = [
                {"account_id": n, "contract_code": code, "linked_at": moment, "right": "holder"}
                for n, code in some
            ]
            connection.execute(insert(account_contract), links)


def _person(number: int, since: dict[str, str], moment: Any) -> dict[str, Any]:
    return {
        "id": number,
        "user_name": f"Person {number}",
        "user_name_key": f"person {number}",
        "email": f"person{number}@example.org",
        "email_key": f"person{number}@example.org",
        "email_confirmed_at": moment,
        "phone": "+355691234567",
        "password_hash": "none",
        "language": "sq",
        "created_at": moment,
        "preferences": list(since),
        "preferences_since": since,
    }


def issue(billing: Path, new: int) -> None:
    """Of every n-th contract, so that they lie everywhere."""
    with closing(sqlite3.connect(billing)) as connection:
        count = connection.execute("SELECT COUNT(*) FROM KONTRATE").fetchone()[0]
        connection.execute(
            "INSERT INTO FATURE (FAT_ID, FAT_NR, KTR_ID, VIT, MUAJ, DT_LESHIM, DT_AFAT, KWH,"
            " VL_NETO, VL_TVSH, TKS_TV, KAMATE, VL_PAGUAR, STATUS)"
            " SELECT 900000000 + KTR_ID, 'N' || KTR_ID, KTR_ID, 2026, 10, ?, ?, 100, 1000, 200,"
            " 100, 0, 0, 'H' FROM KONTRATE WHERE KTR_ID % ? = 0 LIMIT ?",
            (str(today()), str(today() + timedelta(days=20)), max(1, count // new), new),
        )
        connection.commit()


def look(services: Services) -> tuple[float, int]:
    begun = time.perf_counter()
    found = services.notifications.finder.run()
    return time.perf_counter() - begun, found.told


def megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(folder: Path, contracts: int, new: int) -> Iterator[str]:
    billing = folder / "billing.sqlite3"
    make_demo(billing, size=DemoSize(contracts=contracts, months=1), today=today())
    # What the demo issued of late is old here.
    with closing(sqlite3.connect(billing)) as connection:
        connection.execute("UPDATE FATURE SET DT_LESHIM = date(DT_LESHIM, '-1 month')")
        connection.commit()
    settings = make_settings(
        folder,
        database={"url": f"sqlite:///{folder / 'portal.sqlite3'}"},
        billing={"url": f"sqlite:///{billing}"},
        log={"level": "ERROR"},
    )
    services = wire(settings)
    schema.upgrade(services.database)
    codes = codes_of(billing)
    settle(services, codes)
    first, _none = look(services)
    memory = megabytes()
    issue(billing, min(new, len(codes)))
    second, told = look(services)
    grown = megabytes() - memory
    third, again = look(services)
    services.billing.close()
    services.database.close()
    yield (
        f"| {len(codes):,} | {first:.1f} | {told:,} | {second:.1f} | {third:.1f} | {again} |"
        f" {memory:.0f} | {grown:.0f} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contracts", type=int, nargs="+", default=[10_000])
    parser.add_argument("--new", type=int, default=100_000)
    wanted = parser.parse_args()
    print("| contracts | nothing new, s | new | told in, s | nothing again, s | told | MB | + MB |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for contracts in wanted.contracts:
        with TemporaryDirectory() as folder:
            for line in measure(Path(folder), contracts, wanted.new):
                print(line, flush=True)


if __name__ == "__main__":
    main()
