"""How many tries get through, against how many the settings allow, whatever the sender does.

Somebody has a list of guesses with the right one at place K. With K up to the limit they get in,
with any later one they do not; the largest K that got in is what got through.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.conftest import MakePortal, Portal
from tests.web.client import PASSWORD, CheckedClient
from tests.web.test_recovery import GOOD as LOST
from tests.web.test_register import GOOD as VERA

ALLOWED = 4
SITES = 5  # an IPv6 site may try so many times what one network may
Sender = Callable[[int], dict[str, Any]]


def from_one(_number: int) -> dict[str, Any]:
    return {}


def forwarded_for_others(number: int) -> dict[str, Any]:
    return {"headers": {"X-Forwarded-For": f"198.51.100.{number}", "X-Real-IP": "10.0.0.1"}}


def addresses_of_one_network(number: int) -> dict[str, Any]:
    return {"environ_base": {"REMOTE_ADDR": f"2001:db8:1:1::{number:x}"}}


def networks_of_one_site(number: int) -> dict[str, Any]:
    return {"environ_base": {"REMOTE_ADDR": f"2001:db8:1:{number:x}::1"}}


def mapped_addresses(number: int) -> dict[str, Any]:
    """One IPv4 address, written as IPv6."""
    return {"environ_base": {"REMOTE_ADDR": ("192.0.2.7", "::ffff:192.0.2.7")[number % 2]}}


def networks_anywhere(number: int) -> dict[str, Any]:
    return {"environ_base": {"REMOTE_ADDR": f"198.51.{number}.1"}}


def sign_in(client: CheckedClient, number: int, is_right: bool, sender: Sender) -> bool:
    # Spaces, case, marks and the e-mail are one and the same person.
    names = ("Agron Hoxha", " agron  hoxha", "AGRON HOXHÄ", "Agron.Hoxha@Example.com")
    form = {
        "user_name": names[number % 4],
        "password": PASSWORD if is_right else f"gabim{number}",
    }
    return _post(client, "/login", form, number, sender) == 303


def sign_in_as_anybody(client: CheckedClient, number: int, is_right: bool, sender: Sender) -> bool:
    form = {"user_name": f"Person {number}", "password": "x"}
    if is_right:
        form = {"user_name": "Agron Hoxha", "password": PASSWORD}
    return _post(client, "/login", form, number, sender) == 303


def register(client: CheckedClient, number: int, is_right: bool, sender: Sender) -> bool:
    codes = ("AL0000004", " al 0000004", "Al0000004 ", "aL0000004")
    names = VERA["user_name"] if is_right else f"Dikush {'abcdefghijklmnopqrstuvwxyz'[number % 26]}"
    form = {**VERA, "contract_code": codes[number % 4], "user_name": names}
    return _post(client, "/register", form, number, sender) == 303


def walk(client: CheckedClient, number: int, is_right: bool, sender: Sender) -> bool:
    code = VERA["contract_code"] if is_right else f"AL99{number:05}"
    return _post(client, "/register", {**VERA, "contract_code": code}, number, sender) == 303


def recover(client: CheckedClient, number: int, is_right: bool, sender: Sender) -> bool:
    names = ("Agron Hoxha", " agron  hoxha", "AGRON HOXHÄ", "Agrón Hoxha")
    phone = LOST["phone"] if is_right else f"06820{number:05}"
    form = {**LOST, "user_name": names[number % 4], "phone": phone}
    return _post(client, "/forgot-password", form, number, sender) == 200


def recover_anybody(client: CheckedClient, number: int, is_right: bool, sender: Sender) -> bool:
    form = LOST if is_right else {**LOST, "email": f"{number}@example.org", "user_name": "A B"}
    form = form if is_right else {**form, "phone": f"06820{number:05}"}
    return _post(client, "/forgot-password", form, number, sender) == 200


def _post(
    client: CheckedClient, address: str, form: dict[str, str], number: int, sender: Sender
) -> int:
    data = {**form, "csrf_token": client.fresh_token()}
    return client.http.post(address, data=data, **sender(number)).status_code


@dataclass
class Limit:
    setting: str
    what: Callable[[CheckedClient, int, bool, Sender], bool]
    sender: Sender
    times: int = 1  # the limit's share in what is allowed

    def __str__(self) -> str:
        return f"{self.setting}, {self.what.__name__}, {self.sender.__name__}"


LIMITS = [
    *(
        Limit("sign_in_tries_per_account", sign_in, sender)
        for sender in (
            from_one,
            forwarded_for_others,
            addresses_of_one_network,
            mapped_addresses,
        )
    ),
    Limit("sign_in_tries_per_day", sign_in, networks_anywhere),
    Limit("sign_in_tries_per_day", sign_in, networks_of_one_site),
    *(
        Limit("sign_in_tries_per_network", sign_in_as_anybody, sender)
        for sender in (from_one, forwarded_for_others, addresses_of_one_network)
    ),
    Limit("sign_in_tries_per_network", sign_in_as_anybody, networks_of_one_site, SITES),
    *(
        Limit("register_tries_per_contract", register, sender)
        for sender in (from_one, forwarded_for_others, addresses_of_one_network)
    ),
    Limit("contract_tries_per_day", register, networks_anywhere),
    Limit("register_tries_per_network", walk, forwarded_for_others),
    Limit("register_tries_per_network", walk, networks_of_one_site, SITES),
    *(
        Limit("wrong_contracts_per_network", walk, sender)
        for sender in (from_one, forwarded_for_others, networks_of_one_site)
    ),
    *(
        Limit("recovery_tries_per_account", recover, sender)
        for sender in (from_one, forwarded_for_others, addresses_of_one_network)
    ),
    Limit("recovery_tries_per_network", recover_anybody, forwarded_for_others),
    Limit("recovery_tries_per_network", recover_anybody, networks_of_one_site, SITES),
]
OTHERS = {limit.setting: 1_000 for limit in LIMITS}


def gets_in(portal: Portal, limit: Limit, place: int) -> bool:
    for number in range(1, place):
        assert not limit.what(portal.client(), number, False, limit.sender)
    return limit.what(portal.client(), place, True, limit.sender)


@pytest.mark.parametrize("limit", LIMITS, ids=str)
def test_exactly_as_many_get_through_as_are_allowed(
    make_portal: MakePortal, limit: Limit, capsys: pytest.CaptureFixture[str]
) -> None:
    allowed = ALLOWED * limit.times
    got_through = 0
    for place in range(allowed, allowed + 3):
        settings = {**OTHERS, limit.setting: ALLOWED}
        if gets_in(make_portal(accounts=settings), limit, place):
            got_through = place
    with capsys.disabled():
        print(f"\n| {limit} | {allowed} | {got_through} |", end="")
    assert got_through == allowed


def test_strangers_do_not_lock_the_customer_out(make_portal: MakePortal) -> None:
    """They use up each budget there is; the customer signs in from home, and from the browser
    that the account knows even if the whole day's budget is gone."""
    portal = make_portal(accounts={"sign_in_tries_per_day": 30, "recovery_tries_per_account": 2})
    known = portal.client()
    known.sign_in("Agron Hoxha")
    known.post("/logout", {}, status=303)
    for number in range(20):
        assert not sign_in(portal.client(), number, False, networks_anywhere)
        assert not recover(portal.client(), number, False, from_one)
    assert sign_in(portal.client(), 99, True, networks_anywhere)
    for number in range(20, 45):
        assert not sign_in(portal.client(), number, False, networks_anywhere)
    assert not sign_in(portal.client(), 99, True, networks_anywhere)
    known.sign_in("Agron Hoxha")
    assert recover(portal.client(), 1, True, networks_anywhere)


def test_a_known_browser_has_a_limit_too(make_portal: MakePortal) -> None:
    portal = make_portal(accounts={"sign_in_tries_per_account": 3})
    known = portal.client()
    known.sign_in("Agron Hoxha")
    known.post("/logout", {}, status=303)
    for number in range(3):
        assert not sign_in(known, number, False, networks_anywhere)
    assert not sign_in(known, 9, True, networks_anywhere)


def test_a_made_up_mark_of_a_known_browser_is_worth_nothing(make_portal: MakePortal) -> None:
    portal = make_portal(accounts={"sign_in_tries_per_day": 3})
    for number in range(3):
        client = portal.client()
        client.http.set_cookie("known_device", f"W1sxLCJhIl1d.{number}.x")
        assert not sign_in(client, number, False, networks_anywhere)
    client = portal.client()
    client.http.set_cookie("known_device", "W1syLCJhIl1d.aaaaaa.x")
    assert not sign_in(client, 9, True, networks_anywhere)


def test_a_walk_is_told_to_the_operator(
    make_portal: MakePortal, capfd: pytest.CaptureFixture[str]
) -> None:
    portal = make_portal(accounts={"wrong_contracts_per_network": 3})
    for number in range(6):
        assert not walk(portal.client(), number, False, from_one)
    lines = [line for line in capfd.readouterr().err.splitlines() if "walk over" in line]
    assert len(lines) == 1
    assert "127.0.0.1" in lines[0] and "AL99" not in lines[0]
    events = portal.services.audit.list_newest()
    assert [event.action for event in events].count("walk over contract numbers") == 1
