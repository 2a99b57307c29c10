"""Does the time of a refusal tell why? 200 tries per reason, interleaved, in one process.

    .venv/bin/python -m benchmarks.timing

Each reason is compared with the first one of its form: bytes of the answer (without what differs
in every answer: nonces and tokens), the median, and the chance that two samples of one and the
same thing would differ as much (Mann-Whitney). With 15 comparisons, a chance below 0.05 / 15 is
called a difference.
"""

import argparse
import math
import random
import re
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from app.clock import today
from app.database import schema
from app.demo import PASSWORD, STAFF_PASSWORD, add_demo_staff, add_demo_users
from app.factory import make_app
from app.wiring import wire
from legacy_adapters.demo.generator import DemoSize, make_demo
from tests.conftest import Portal, make_settings
from tests.web.client import CheckedClient

VARIES = re.compile(r'nonce="[^"]+"|value="[^"]*"|next=[^"]+')
MANY = 10_000_000
LOGIN = {"user_name": "Agron Hoxha", "password": "gabim2024"}
VERA = {"user_name": "Vera Leka"}
LOST = {
    "user_name": "Agron Hoxha",
    "email": "agron.hoxha@example.com",
    "phone": "0692000001",
}
STAFF = {"name": "agjent", "password": "gabim i gjatë 2024", "code": "12345"}
CLAIM = {"holder_name": "Vera Leka", "contract_code": "AL0000004"}


@dataclass
class Reason:
    name: str
    address: str
    form: dict[str, str]
    portal: str = "open"
    seconds: list[float] = field(default_factory=list)
    bodies: set[str] = field(default_factory=set)


REASONS = [
    [
        Reason("wrong password", "/login", LOGIN),
        Reason("unknown name", "/login", {**LOGIN, "user_name": "Askush Askushi"}),
        Reason("disabled, right password", "/login", {**VERA, "password": PASSWORD}),
        Reason("recovery under way", "/login", {**LOGIN, "user_name": "Emer Mbiemer"}),
        Reason("tries used up, right password", "/login", {**LOGIN, "password": PASSWORD}, "shut"),
    ],
    [
        Reason("wrong phone", "/forgot-password", {**LOST, "phone": "0682000001"}),
        Reason("wrong name", "/forgot-password", {**LOST, "user_name": "Askush Askushi"}),
        Reason("wrong e-mail", "/forgot-password", {**LOST, "email": "x@example.com"}),
        Reason(
            "disabled, all right",
            "/forgot-password",
            {**VERA, "email": "vera.leka@example.com", "phone": "0692000003"},
        ),
        Reason("tries used up, all right", "/forgot-password", LOST, "shut"),
    ],
    [
        Reason("all right, sent by mail", "/forgot-password", LOST, "mail"),
        Reason("wrong phone, by mail", "/forgot-password", {**LOST, "phone": "0682000001"}, "mail"),
    ],
    [
        Reason("wrong name", "/contracts/manage/add", {**CLAIM, "holder_name": "Dikush Tjetër"}),
        Reason("no such contract", "/contracts/manage/add", {**CLAIM, "contract_code": "AL99"}),
        Reason("tries used up, all right", "/contracts/manage/add", CLAIM, "shut"),
    ],
    [
        Reason("wrong password", "/staff/login", STAFF),
        Reason("unknown name", "/staff/login", {**STAFF, "name": "askush"}),
        Reason("wrong code", "/staff/login", {**STAFF, "password": STAFF_PASSWORD}),
        Reason("disabled", "/staff/login", {**STAFF, "name": "mbikeqyres"}),
        Reason("tries used up", "/staff/login", {**STAFF, "password": STAFF_PASSWORD}, "shut"),
    ],
]
LIMITS = (
    *("sign_in_tries_per_account", "sign_in_tries_per_day", "sign_in_tries_per_network"),
    *("register_tries_per_contract", "contract_tries_per_day", "contract_tries_per_account"),
    *("register_tries_per_network", "wrong_contracts_per_network", "recoveries_per_day"),
    *("recovery_tries_per_account", "recovery_tries_per_network"),
)
STAFF_LIMITS = ("tries_per_member", "tries_per_network", "tries_per_day")
NETWORK_LIMITS = {"sign_in_tries_per_network", "register_tries_per_network"}


@contextmanager
def portals(folder: Path) -> Iterator[dict[str, Portal]]:
    billing = folder / "billing.sqlite3"
    make_demo(billing, size=DemoSize(contracts=60, seed=7), today=today())
    plenty = dict.fromkeys(LIMITS, MANY)
    # Used up by the first try; what answers for a whole network with 429 is not meant here.
    little = {name: MANY if name in NETWORK_LIMITS else 1 for name in LIMITS}
    made = {}
    for name, accounts in (
        ("open", plenty),
        ("shut", little),
        ("mail", {**plenty, "recovery_delivery": "email"}),
    ):
        settings = make_settings(
            folder / name,
            database={"url": f"sqlite:///{folder / name}.sqlite3"},
            billing={"url": f"sqlite:///{billing}"},
            accounts={**accounts, "tries_window_minutes": 100_000_000},
            staff={
                **dict.fromkeys(STAFF_LIMITS, MANY),
                "tries_window_minutes": 100_000_000,
                "tries_per_member": 1 if name == "shut" else MANY,
            },
            log={"level": "ERROR"},
        )
        services = wire(settings)
        schema.upgrade(services.database)
        add_demo_users(services.registration)
        add_demo_staff(services.members)
        made[name] = Portal(app=make_app(settings, services), services=services)
        _prepare(made[name])
    _use_up(made["shut"])
    yield made
    for portal in made.values():
        portal.database.close()
        portal.services.billing.close()


def _prepare(portal: Portal) -> None:
    with portal.database.write() as connection:
        connection.exec_driver_sql(
            "UPDATE account SET disabled_at = created_at WHERE user_name = 'Vera Leka'"
        )
        connection.exec_driver_sql(
            "INSERT INTO account_recovery SELECT id, password_hash, created_at, '2999-01-01'"
            " FROM account WHERE user_name = 'Emer Mbiemer'"
        )
    portal.services.members.disable(portal.services.members.get("mbikeqyres"))


def _use_up(portal: Portal) -> None:
    """The one try that each budget there allows."""
    portal.client().post("/login", LOGIN, status=400)
    portal.client().post("/forgot-password", {**LOST, "phone": "0682000001"}, status=400)
    portal.client().post("/staff/login", STAFF, status=400)
    business = portal.signed_in("Elbasan Market")
    wrong = {**CLAIM, "holder_name": "Dikush Tjetër"}
    business.post("/contracts/manage/add", wrong, status=400)


def measure(rounds: int) -> None:
    with TemporaryDirectory() as name, portals(Path(name)) as made:
        reasons = [reason for group in REASONS for reason in group]
        clients = {id(reason): _client(made[reason.portal], reason) for reason in reasons}
        for turn in range(-3, rounds):
            for reason in random.sample(reasons, len(reasons)):
                client, token = clients[id(reason)]
                start = time.perf_counter()
                answer = client.http.post(reason.address, data={**reason.form, "csrf_token": token})
                taken = time.perf_counter() - start
                if turn >= 0:
                    reason.seconds.append(taken)
                    body = VARIES.sub("", answer.text)
                    reason.bodies.add(f"{answer.status_code} {len(answer.headers)} {body}")
    report()


def _client(portal: Portal, reason: Reason) -> tuple[CheckedClient, str]:
    if reason.address.startswith("/contracts"):
        client = portal.signed_in("Elbasan Market")
        return client, client.get("/contracts/manage").csrf_token
    client = portal.client()
    return client, client.fresh_token(
        "/staff/login" if reason.address.startswith("/staff") else "/login"
    )


def report() -> None:
    comparisons = sum(len(group) - 1 for group in REASONS)
    print("| form | reason | median ms | chance | bytes |")
    print("|---|---|---|---|---|")
    for group in REASONS:
        first = group[0]
        for reason in group:
            chance = mann_whitney(first.seconds, reason.seconds) if reason is not first else 1.0
            found = "different" if chance < 0.05 / comparisons else f"{chance:.2f}"
            same = "same" if reason.bodies == first.bodies and len(first.bodies) == 1 else "DIFFER"
            median = statistics.median(reason.seconds) * 1000
            told = "" if reason is first else found
            print(f"| {reason.address} | {reason.name} | {median:.2f} | {told} | {same} |")


def mann_whitney(one: list[float], other: list[float]) -> float:
    """Two-sided, by the normal approximation, which is good from 20 values on."""
    ranked = sorted([(value, 0) for value in one] + [(value, 1) for value in other])
    rank_sum = sum(place for place, (_value, which) in enumerate(ranked, 1) if which == 0)
    n, m = len(one), len(other)
    u = rank_sum - n * (n + 1) / 2
    z = (u - n * m / 2) / math.sqrt(n * m * (n + m + 1) / 12)
    return math.erfc(abs(z) / math.sqrt(2))


def main(run: Callable[[int], None] = measure) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=200)
    run(parser.parse_args().rounds)


if __name__ == "__main__":
    main()
