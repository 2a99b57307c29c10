"""Adding, removing and sharing contracts, over SQLite and over a real PostgreSQL."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier

import pytest

from app.accounts.ownership import INVITATION_DAYS
from app.accounts.records import (
    AlreadyLinked,
    Claim,
    LastContract,
    LinkGone,
    LinkToken,
    NotYours,
    Right,
    SignedIn,
)
from legacy_adapters.records import ContractCode
from tests.accounts import HOME, VERA, Accounts, Clock

HERS = VERA.contract_code
FIRST, SECOND = ContractCode("AL0000001"), ContractCode("AL0000002")
ROUNDS = 8


def claim(code: ContractCode) -> Claim:
    return Claim(contract_code=code, name="Agron Hoxha")


@pytest.fixture
def vera(accounts: Accounts) -> SignedIn:
    found = accounts.find_signed_in(accounts.register(VERA, HOME).token)
    assert found is not None
    return found


@pytest.fixture
def agron(accounts: Accounts) -> SignedIn:
    applicant = replace(
        VERA, contract_code=FIRST, user_name="Agron Hoxha", email="agron@example.org"
    )
    found = accounts.find_signed_in(accounts.register(applicant, HOME).token)
    assert found is not None
    return found


def at_once(*tasks: Callable[[], object]) -> list[object]:
    """What each returned or raised; all begin together."""
    start = Barrier(len(tasks))

    def run(task: Callable[[], object]) -> object:
        start.wait()
        try:
            return task()
        except (AlreadyLinked, LastContract, LinkGone, NotYours) as error:
            return type(error)

    with ThreadPoolExecutor(len(tasks)) as pool:
        return list(pool.map(run, tasks))


def codes_of(accounts: Accounts, who: SignedIn) -> dict[str, Right]:
    return {
        link.contract_code: link.right for link in accounts.ownership.list_links(who.account.id)
    }


def invite(
    accounts: Accounts,
    holder: SignedIn,
    code: ContractCode,
    right: Right = Right.VIEW,
    to: str = "",
) -> LinkToken:
    accounts.ownership.invite(holder, code, email=to or VERA.email, right=right, visitor=HOME)
    with accounts.shared.database.read() as connection:
        body = connection.exec_driver_sql(
            "SELECT body FROM message WHERE kind = 'invitation' ORDER BY id DESC LIMIT 1"
        ).scalar_one()
    return LinkToken(body.partition("/invitations/")[2].partition('"')[0])


def test_of_two_removals_at_once_one_contract_is_left(accounts: Accounts, vera: SignedIn) -> None:
    for _ in range(ROUNDS):
        if FIRST not in codes_of(accounts, vera):
            accounts.ownership.add(vera, claim(FIRST), HOME)
        if HERS not in codes_of(accounts, vera):
            accounts.ownership.add(vera, Claim(contract_code=HERS, name="Vera Leka"), HOME)
        told = at_once(
            lambda: accounts.ownership.remove(vera, HERS, HOME),
            lambda: accounts.ownership.remove(vera, FIRST, HOME),
        )
        assert sorted(told, key=str) == sorted([None, LastContract], key=str)
        assert len(codes_of(accounts, vera)) == 1


def test_the_same_claim_at_once_adds_once(accounts: Accounts, vera: SignedIn) -> None:
    add = [lambda: accounts.ownership.add(vera, claim(FIRST), HOME)] * 4
    assert set(at_once(*add)) <= {FIRST, AlreadyLinked}
    assert codes_of(accounts, vera) == {FIRST: Right.HOLDER, HERS: Right.HOLDER}


def test_accepting_while_the_holder_leaves_lets_nobody_stay(
    accounts: Accounts, vera: SignedIn, agron: SignedIn
) -> None:
    for _ in range(ROUNDS):
        accounts.ownership.add(agron, claim(SECOND), HOME)
        token = invite(accounts, agron, SECOND)
        at_once(
            lambda token=token: accounts.ownership.accept(vera, token, HOME),  # type: ignore[misc]
            lambda: accounts.ownership.remove(agron, SECOND, HOME),
        )
        assert codes_of(accounts, vera) == {HERS: Right.HOLDER}
        assert codes_of(accounts, agron) == {FIRST: Right.HOLDER}


def test_an_invitation_works_once(accounts: Accounts, vera: SignedIn, agron: SignedIn) -> None:
    token = invite(accounts, agron, FIRST, Right.PAY)
    told = at_once(*[lambda: accounts.ownership.accept(vera, token, HOME)] * 4)
    assert sorted(told, key=str) == sorted([FIRST, LinkGone, LinkGone, LinkGone], key=str)
    assert codes_of(accounts, vera)[FIRST] is Right.PAY


def test_an_invitation_ends_after_its_days(
    accounts: Accounts, vera: SignedIn, agron: SignedIn, clock: Clock
) -> None:
    token = invite(accounts, agron, FIRST)
    clock.now += timedelta(days=INVITATION_DAYS) - timedelta(seconds=1)
    assert accounts.ownership.get_invitation(vera, token).contract_code == FIRST
    clock.now += timedelta(seconds=1)
    with pytest.raises(LinkGone):
        accounts.ownership.accept(vera, token, HOME)
    assert accounts.ownership.list_delegates(agron.account.id, FIRST) == ([], [])


def test_an_invitation_is_for_the_account_with_its_address(
    accounts: Accounts, vera: SignedIn, agron: SignedIn
) -> None:
    token = invite(accounts, agron, FIRST, to="Somebody@example.org")
    for who in (vera, agron):
        with pytest.raises(LinkGone):
            accounts.ownership.accept(who, token, HOME)
    assert invite(accounts, agron, FIRST, to="VERA@Example.org")


def test_only_the_newest_invitation_to_an_address_works(
    accounts: Accounts, vera: SignedIn, agron: SignedIn
) -> None:
    """Or who was put out would come in again by the one before it."""
    older = invite(accounts, agron, FIRST, Right.PAY)
    newer = invite(accounts, agron, FIRST, Right.VIEW, to="Vera@Example.org")
    with pytest.raises(LinkGone):
        accounts.ownership.accept(vera, older, HOME)
    accounts.ownership.accept(vera, newer, HOME)
    accounts.ownership.remove_delegate(agron, FIRST, vera.account.id, HOME)
    for token in (older, newer):
        with pytest.raises(LinkGone):
            accounts.ownership.accept(vera, token, HOME)


def test_an_invitation_is_taken_back_under_its_own_contract(
    accounts: Accounts, vera: SignedIn, agron: SignedIn
) -> None:
    accounts.ownership.add(agron, claim(SECOND), HOME)
    token = invite(accounts, agron, FIRST)
    _delegates, (invitation,) = accounts.ownership.list_delegates(agron.account.id, FIRST)
    for who, code in ((agron, SECOND), (vera, FIRST)):
        with pytest.raises(NotYours):
            accounts.ownership.take_back(who, code, invitation.id, HOME)
    accounts.ownership.take_back(agron, FIRST, invitation.id, HOME)
    with pytest.raises(LinkGone):
        accounts.ownership.accept(vera, token, HOME)


def test_who_closes_the_account_leaves_no_delegates(
    accounts: Accounts, vera: SignedIn, agron: SignedIn
) -> None:
    accounts.ownership.accept(vera, invite(accounts, agron, FIRST), HOME)
    open_one = invite(accounts, agron, FIRST, to="other@example.org")
    accounts.profiles.close(agron, password=VERA.password, visitor=HOME)
    assert codes_of(accounts, vera) == {HERS: Right.HOLDER}
    with pytest.raises(LinkGone):
        accounts.ownership.get_invitation(vera, open_one)


def test_who_shows_a_contract_to_be_theirs_holds_it(
    accounts: Accounts, vera: SignedIn, agron: SignedIn
) -> None:
    accounts.ownership.accept(vera, invite(accounts, agron, FIRST), HOME)
    with pytest.raises(AlreadyLinked):  # a delegate knows what a claim asks for
        accounts.ownership.add(vera, claim(FIRST), HOME)
    accounts.ownership.remove(vera, FIRST, HOME)
    accounts.ownership.add(vera, claim(FIRST), HOME)
    assert codes_of(accounts, vera)[FIRST] is Right.HOLDER
    with pytest.raises(NotYours):
        accounts.ownership.remove_delegate(agron, FIRST, vera.account.id, HOME)
    accounts.ownership.add(agron, claim(SECOND), HOME)
    accounts.ownership.remove(agron, FIRST, HOME)
    assert FIRST in codes_of(accounts, vera)
