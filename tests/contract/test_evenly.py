"""Who claims a contract or lost a password waits as long whatever the answer is. All other tests
leave that out, see conftest.py."""

import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace

import pytest

from app.accounts.records import (
    Claim,
    ClaimRefused,
    Lost,
    RecoveryRefused,
    RegistrationRefused,
    SignedIn,
)
from legacy_adapters.records import ContractCode
from tests.accounts import HOME, VERA, Accounts

LONG = 0.5
OTHER = ContractCode("AL0000001")
AGRON = replace(VERA, contract_code=OTHER, user_name="Agron Hoxha", email="agron@example.org")
LOST = Lost(user_name=VERA.user_name, email=VERA.email, phone=VERA.phone)
Ask = Callable[[Accounts, SignedIn], object]


def claim(name: str) -> Claim:
    return Claim(contract_code=OTHER, name=name)


ASKED: dict[str, Ask] = {
    "registration": lambda all_, _: all_.register(AGRON, HOME),
    "registration, refused": lambda all_, _: all_.register(replace(AGRON, user_name="X"), HOME),
    "ownership": lambda all_, vera: all_.ownership.add(vera, claim("Agron Hoxha"), HOME),
    "ownership, refused": lambda all_, vera: all_.ownership.add(vera, claim("X"), HOME),
    "recovery": lambda all_, _: all_.recovery.start(LOST, HOME),
    "recovery, refused": lambda all_, _: all_.recovery.start(replace(LOST, user_name="X"), HOME),
}
REFUSED = (ClaimRefused, RecoveryRefused, RegistrationRefused)


@pytest.mark.parametrize("asked", ASKED)
def test_every_answer_takes_its_time(
    accounts: Accounts, asked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    vera = accounts.find_signed_in(accounts.register(VERA, HOME).token)
    assert vera is not None
    what, _, is_refused = asked.partition(", ")
    monkeypatch.setattr(f"app.accounts.{what}.EVEN_SECONDS", LONG)
    begun = time.monotonic()
    with pytest.raises(REFUSED) if is_refused else nullcontext():
        ASKED[asked](accounts, vera)
    assert time.monotonic() - begun >= LONG
