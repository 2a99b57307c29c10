"""What goes wrong, by a seeded schedule. Each fault shows that it happened, or is not counted."""

import time
from collections.abc import Callable
from contextlib import suppress
from random import Random

import psycopg

from tests.faults.payments.payers import Street
from tests.faults.payments.processes import kill_pid
from tests.faults.payments.proxies import CuttableProxy
from tests.proxy import CommitProxy, Cut

COMMIT_WAIT = 6.0
TERMINATE = (
    "SELECT count(*) FILTER (WHERE pg_terminate_backend(pid)) AS ended FROM (SELECT pid FROM"
    " pg_stat_activity WHERE datname IN ('portal', 'billing') AND pid <> pg_backend_pid()"
    " ORDER BY random() LIMIT {}) AS drawn"
)
# Undecided orders' time is up for some, leases end for some: what takes long takes no time.
HURRY = (
    "UPDATE payment_order SET next_ask_at = now() - interval '1 second' WHERE state IN"
    " ('open', 'at bank', 'unknown') AND next_ask_at IS NOT NULL AND random() < 0.3",
    "UPDATE payment_order SET expires_at = now() - interval '1 second' WHERE state IN"
    " ('open', 'at bank') AND created_at < now() - interval '6 seconds' AND random() < 0.15",
    "UPDATE payment_posting SET next_try_at = now() - interval '1 second'"
    " WHERE state IN ('waiting', 'posted') AND random() < 0.5",
)


class Faults:
    def __init__(self, street: Street, seed: str) -> None:
        self.street, self.stage, self.figures = street, street.stage, street.figures
        self.random = Random(seed)
        self.kinds: dict[Callable[[], None], int] = {
            self.kill_web: 3,
            self.kill_job: 3,
            self.stop_postgresql: 2,
            self.end_backends: 3,
            self.cut_billing: 2,
            self.cut_bank: 3,
            self.kill_bank: 2,
            self.lose_posting_commit: 3,
            self.lose_portal_commit: 3,
            self.take_twice: 2,
        }

    def work(self, seconds: float) -> None:
        """First each once, in an order by chance."""
        end = time.monotonic() + seconds
        first = list(self.kinds)
        self.random.shuffle(first)
        while time.monotonic() < end:
            drawn = self.random.choices(list(self.kinds), list(self.kinds.values()))[0]
            (first.pop() if first else drawn)()
            self.hurry()
            time.sleep(self.random.uniform(0.3, 1.5))

    def hurry(self) -> None:
        for statement in HURRY:
            with suppress(psycopg.Error):
                self.stage.portal_rows(statement)

    def kill_web(self) -> None:
        pids = self.stage.alive("web")
        if pids and kill_pid(self.random.choice(pids)):
            self.figures.happened("web process killed")

    def kill_job(self) -> None:
        """Beside ./run, or the one of its own, which is started again here."""
        pids = self.stage.alive("job")
        if not pids:
            return
        pid, own = self.random.choice(pids), self.stage.jobs
        assert own is not None
        killed = own.kill() if pid == own.pid else kill_pid(pid)
        if pid == own.pid:
            own.start()
        if killed:
            self.figures.happened("job process killed")

    def stop_postgresql(self) -> None:
        self.stage.server.stop()
        with suppress(psycopg.OperationalError):
            self.stage.portal_rows("SELECT 1")
            raise AssertionError("PostgreSQL answers, and was stopped")
        self.figures.happened("PostgreSQL stopped at once")
        time.sleep(self.random.uniform(0.2, 2))
        self.stage.server.start()

    def end_backends(self) -> None:
        found = self.stage.portal_rows(TERMINATE.format(self.random.randint(1, 6)))
        if found[0]["ended"]:
            self.figures.happened("sessions ended by PostgreSQL")

    def cut_billing(self) -> None:
        self._cut(self.stage.billing_proxy, "billing cut off")

    def cut_bank(self) -> None:
        self._cut(self.stage.bank_proxy, "bank cut off")

    def _cut(self, proxy: CuttableProxy, name: str) -> None:
        before, silent = proxy.met, self.random.random() < 0.4
        proxy.cut(silent=silent)
        time.sleep(self.random.uniform(1, 4))
        proxy.mend()
        if proxy.met > before:
            self.figures.happened(f"{name}, silently" if silent else name)

    def kill_bank(self) -> None:
        if self.stage.bank.process.kill():
            self.figures.happened("bank killed")
        time.sleep(self.random.uniform(0, 1))
        self.stage.bank.start()

    def lose_posting_commit(self) -> None:
        self._lose_commit(self.stage.posting_proxy, "COMMIT lost, posting")

    def lose_portal_commit(self) -> None:
        self._lose_commit(self.stage.portal_proxy, "COMMIT lost, portal")

    def _lose_commit(self, proxy: CommitProxy, name: str) -> None:
        cut, before = self.random.choice([Cut.BEFORE, Cut.AFTER, Cut.AFTER]), proxy.hits
        proxy.cut = cut
        end = time.monotonic() + COMMIT_WAIT
        while proxy.hits == before and time.monotonic() < end:
            time.sleep(0.01)
        proxy.cut = Cut.NOT
        if proxy.hits > before:
            self.figures.happened(f"{name}, {'arrived' if cut is Cut.AFTER else 'not arrived'}")

    def take_twice(self) -> None:
        """Not of the portal's world: the bank errs."""
        found = self.stage.portal_rows(
            "SELECT reference FROM payment_order WHERE captured IS NOT NULL AND state IN"
            " ('paid', 'booked') AND problem IS NULL"
        )
        taken = self.stage.bank.captures()
        likely = [
            row["reference"]
            for row in found
            if row["reference"] in taken
            and not taken[row["reference"]].is_given_back
            and not taken[row["reference"]].was_taken_twice
        ]
        if likely:
            self.stage.bank.take_again(self.random.choice(likely))
            self.figures.count("taken twice by the bank")
            self.figures.happened("money taken twice by the bank")
