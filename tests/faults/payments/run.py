"""One run: people pay, things go wrong, then all is mended, and the books are compared."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from random import Random
from typing import Any

import psycopg

from legacy_adapters.demo.posting_job import run_posting_job
from legacy_adapters.errors import BillingError
from tests.faults.payments.attacker import Attacker
from tests.faults.payments.browser import Browser
from tests.faults.payments.faults import Faults
from tests.faults.payments.figures import Figures
from tests.faults.payments.oracle import Verdicts, judge
from tests.faults.payments.payers import Pair, Street, Tab
from tests.faults.payments.stage import Stage
from tests.faults.payments.watcher import watch
from tests.web.client import PASSWORD

SINGLE, DOUBLE, FAMILIES = 3, 1, 1  # who pays alone, with two tabs, with a delegate
CONTRACTS_EACH = 40
QUIET_AT_MOST = 60.0
LATER = (
    "UPDATE payment_order SET expires_at = least(expires_at, now() - interval '1 minute')"
    " WHERE state IN ('open', 'at bank', 'unknown')",
    "UPDATE payment_order SET next_ask_at = now() - interval '1 second'"
    " WHERE next_ask_at IS NOT NULL",
    "UPDATE payment_posting SET next_try_at = now() - interval '1 second'"
    " WHERE state IN ('waiting', 'posted')",
)
UNQUIET = (
    "SELECT (SELECT count(*) FROM payment_order WHERE state IN ('open', 'at bank', 'unknown')"
    " OR next_ask_at IS NOT NULL) + (SELECT count(*) FROM payment_posting"
    " WHERE state IN ('waiting', 'posted')) AS left"
)


@dataclass
class Outcome:
    figures: Figures
    verdicts: Verdicts
    is_quiet: bool

    @property
    def violations(self) -> dict[str, list[str]]:
        return self.figures.violations(self.verdicts)


def run(stage: Stage, *, seed: int, seconds: float, mistakes: tuple[str, ...] = ()) -> Outcome:
    stage.empty()
    stage.start_portal(*mistakes)
    figures = Figures(seed=seed, seconds=seconds)
    street = Street(stage, figures)
    try:
        actors = people(street)
        actors += [Attacker(street, f"{seed} attacker").work, lambda: watch(street)]
        actors.append(lambda: post_now_and_then(street))
        _act(street, actors, Faults(street, f"{seed} faults"), seconds)
        quiet = calm_down(stage, at_most=8.0 if mistakes else QUIET_AT_MOST)
    finally:
        stage.stop_portal()
    return Outcome(figures=figures, verdicts=judge(stage), is_quiet=quiet)


def _act(street: Street, actors: list[Callable[[], None]], faults: Faults, seconds: float) -> None:
    failures: list[BaseException] = []

    def guarded(work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:
            failures.append(error)
            street.over.set()

    threads = [threading.Thread(target=guarded, args=[actor]) for actor in actors]
    for thread in threads:
        thread.start()
    try:
        faults.work(seconds)
    finally:
        street.over.set()
        for thread in threads:
            thread.join(120)
    if failures:
        raise failures[0]


def people(street: Street) -> list[Callable[[], None]]:
    """Accounts with contracts of the demo, each signed in."""
    codes = [
        row["ktr_kod"]
        for row in street.stage.billing_rows(
            "SELECT k.ktr_kod FROM kontrate k JOIN fature f ON f.ktr_id = k.ktr_id"
            " WHERE f.status = 'H' AND k.fshire = 'J' GROUP BY 1 ORDER BY 1"
        )
    ]
    Random(street.figures.seed).shuffle(codes)
    seed = street.figures.seed
    actors: list[Callable[[], None]] = []
    for number in range(SINGLE + DOUBLE + FAMILIES):
        own = codes[number * CONTRACTS_EACH : (number + 1) * CONTRACTS_EACH]
        first = an_account(street, f"payer{seed}n{number}", own, "holder")
        if number < SINGLE:
            actors.append(Tab(street, first, own, f"{seed} payer {number}").work)
        elif number < SINGLE + DOUBLE:
            actors.append(Pair(street, first, first.twin(), own).work)
        else:
            delegate = an_account(street, f"delegate{seed}n{number}", own, "pay")
            actors.append(Pair(street, first, delegate, own).work)
    return actors


def an_account(street: Street, name: str, codes: list[str], right: str) -> Browser:
    """A demo user's twin, with the same password and these contracts, in a browser."""
    stage = street.stage
    values = ", ".join(f"('{code}')" for code in codes)
    stage.portal_rows(
        "INSERT INTO account (user_name, user_name_key, email, email_key, phone, password_hash,"
        f" language, created_at, preferences) SELECT '{name}', '{name}', '{name}@example.com',"
        f" '{name}@example.com', phone, password_hash, language, created_at, preferences"
        " FROM account WHERE user_name = 'Emer Mbiemer' ON CONFLICT DO NOTHING;"
        ' INSERT INTO account_contract (account_id, contract_code, linked_at, "right")'
        f" SELECT a.id, c.code, a.created_at, '{right}' FROM account a,"
        f" (VALUES {values}) AS c(code) WHERE a.user_name = '{name}' ON CONFLICT DO NOTHING"
    )
    browser = Browser(stage.address, street.figures)
    assert browser.sign_in(name, PASSWORD), "signing in failed, and nothing was broken yet"
    return browser


def post_now_and_then(street: Street) -> None:
    """The utility's own job."""
    while not street.over.is_set():
        with suppress(BillingError):
            run_posting_job(street.stage.database("billing"))
        street.over.wait(1.5)


def calm_down(stage: Stage, *, at_most: float) -> bool:
    """Time passes, with nothing broken, until nobody has anything left to do."""
    end = time.monotonic() + at_most
    while time.monotonic() < end:
        stage.bank.hurry()
        for statement in LATER:
            _surely(stage, statement)
        run_posting_job(stage.database("billing"))
        time.sleep(1.0)
        if not stage.bank.waiting() and not _surely(stage, UNQUIET)[0]["left"]:
            return True
    return False


def _surely(stage: Stage, statement: str) -> list[Any]:
    """The portal's own statements may be in the way for a moment."""
    while True:
        try:
            return stage.portal_rows(statement)
        except psycopg.errors.DeadlockDetected:
            continue
