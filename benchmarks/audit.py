"""How long the audit trail's page asks its table, over 200,000 rows in SQLite.

.venv/bin/python -m benchmarks.audit
"""

import random
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import event, insert

from app.audit.records import Action, Actor, Filter, Place
from app.audit.service import Audit
from app.audit.store import audit_event
from app.clock import now
from app.database import schema
from app.database.engine import Database

ROWS, TIMES = 200_000, 15
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
COMMON = (Action.SIGNED_IN, Action.SIGNED_OUT, Action.PAYMENT_MOVED, Action.SIGN_IN_REFUSED)


def main() -> None:
    with TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'portal.sqlite3'}")
        schema.upgrade(database)
        fill(database)
        audit = Audit(database=database, clock=now)
        middle = BEGIN + timedelta(minutes=ROWS)
        day = Filter(since=middle, until=middle + timedelta(days=1))
        for name, wanted in {
            "all": Filter(),
            "a day": day,
            "an account": Filter(account_id=4_711),
            "a contract": Filter(contract_code="AL0004711"),
            "a busy member": Filter(staff_id=3),
            "a common action": Filter(action=Action.SIGNED_IN),
            "a rare action": Filter(action=Action.WALK_NOTICED),
            "an action that never was": Filter(action=Action.STAFF_RESET),
            "an actor that never was": Filter(actor=Actor.OPERATOR),
            "a busy member's action": Filter(staff_id=3, action=Action.SIGNED_OUT),
            "a busy member's rare one": Filter(staff_id=3, action=Action.WALK_NOTICED),
            "a member without any": Filter(staff_id=99),
            "an account, an actor": Filter(account_id=4_711, actor=Actor.CUSTOMER),
            "an account, an action": Filter(account_id=4_711, action=Action.SIGNED_IN),
            "all of it, in a day": Filter(
                since=day.since,
                until=day.until,
                actor=Actor.CUSTOMER,
                action=Action.SIGNED_IN,
                account_id=4_711,
                staff_id=3,
            ),
        }.items():
            median = timed(lambda wanted=wanted: audit.leaf(wanted))  # type: ignore[misc]
            print(f"{name:26} {median * 1000:7.1f} ms   {plan(database, audit, wanted)}")
        far = Place(at=BEGIN + timedelta(minutes=100), id=50)
        median = timed(lambda: audit.leaf(Filter(), older=far))
        print(f"{'the last page of all':26} {median * 1000:7.1f} ms")
        begun = time.perf_counter()
        taken = sum(1 for _ in audit.export(Filter(), by=1, address="", detail=""))
        print(f"{'export':26} {(time.perf_counter() - begun):7.1f} s    {taken} rows")
        database.close()


def fill(database: Database) -> None:
    chance = random.Random(2026)
    with database.write() as connection:
        for start in range(0, ROWS, 10_000):
            rows = [row(chance, number) for number in range(start, start + 10_000)]
            connection.execute(insert(audit_event), rows)


def row(chance: random.Random, number: int) -> dict[str, object]:
    is_staff = chance.random() < 0.2
    account = chance.randrange(1, 30_000)
    return {
        "at": BEGIN + timedelta(minutes=2 * number),
        "actor": Actor.STAFF if is_staff else Actor.CUSTOMER,
        "action": Action.WALK_NOTICED if chance.random() < 0.0005 else chance.choice(COMMON),
        "account_id": account,
        "contract_code": f"AL{account:07}",
        "address": "192.0.2.1",
        "detail": "some words",
        "staff_id": chance.randrange(1, 8) if is_staff else None,
    }


def timed(ask: Callable[[], object]) -> float:
    ask()
    spans = []
    for _ in range(TIMES):
        begun = time.perf_counter()
        ask()
        spans.append(time.perf_counter() - begun)
    return sorted(spans)[TIMES // 2]


def plan(database: Database, audit: Audit, wanted: Filter) -> str:
    """What SQLite says to its first statement."""
    seen: list[tuple[str, object]] = []

    def note(_c: object, _cursor: object, statement: str, values: object, *_more: object) -> None:
        seen.append((statement, values))

    event.listen(database.engine, "before_cursor_execute", note)
    audit.leaf(wanted)
    event.remove(database.engine, "before_cursor_execute", note)
    statement, values = seen[0]
    with database.read() as connection:
        found = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
        return "; ".join(row.detail for row in found)


if __name__ == "__main__":
    main()
