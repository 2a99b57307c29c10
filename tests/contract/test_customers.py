"""What staff does with customers' accounts, over SQLite and over a real PostgreSQL."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import text

from app.accounts.records import AccountId, SignInRefused
from app.audit.records import Action, Actor
from app.staff.customers import (
    Customers,
    NoSuchAccount,
    NotAsItWas,
    NotOpened,
    Occasion,
    State,
    sought,
)
from app.staff.records import Doer, Member, MemberId, Role
from tests.accounts import HOME, VERA, Accounts, Clock, posted, token_of

AGENT = Doer(
    member=Member(id=MemberId(1), name="arta", full_name="", role=Role.AGENT), address="192.0.2.9"
)
OTHER = Doer(
    member=Member(id=MemberId(2), name="beni", full_name="", role=Role.AGENT), address="192.0.2.9"
)


@pytest.fixture
def customers(accounts: Accounts) -> Customers:
    return Customers(accounts.shared)


@pytest.fixture
def vera(accounts: Accounts, customers: Customers) -> AccountId:
    accounts.register(VERA, HOME)
    (found,) = customers.search("Vera Leka").accounts
    customers.open(found.account.id, Occasion.CALLER, "", AGENT)
    return found.account.id


def actions(accounts: Accounts, account_id: AccountId) -> list[tuple[Actor, Action, str]]:
    events = accounts.shared.audit.list_newest(account_id=account_id)
    return [(e.actor, e.action, e.detail) for e in events if e.actor is Actor.STAFF]


@pytest.mark.parametrize(
    "typed",
    ["VERA  leka", "leka vera", "ver", "Vëra", "vera@example.org", " Vera@EXAMPLE", "069 234 5678",
     "+355 69 234 56 78", "0035569-234-5678", "al0000004", "AL 0000 004"],
)  # fmt: skip
def test_found_however_it_is_spelled(vera: AccountId, customers: Customers, typed: str) -> None:
    assert [one.account.id for one in customers.search(typed).accounts] == [vera]


@pytest.mark.parametrize(
    "typed",
    ["", "  ", "@", "@example.org", "eka", "%", "_", "V_ra", "069 234", "AL000000", "--", "\\"],
)
def test_not_found(vera: AccountId, customers: Customers, typed: str) -> None:
    assert customers.search(typed).accounts == ()


def test_what_may_be_meant() -> None:
    assert sought("!!") is None and sought("@x") is None
    found = sought("Vera Leka")
    assert found and (found.name, found.phone, found.email) == (("vera", "leka"), None, "")
    found = sought("069 234 5678")
    assert found and found.phone == "+355692345678"


def test_many_are_cut_and_the_same_name_goes_first(
    vera: AccountId, customers: Customers, accounts: Accounts
) -> None:
    with accounts.shared.database.write() as connection:
        for number in range(25):
            connection.execute(
                text(
                    "INSERT INTO account (id, user_name, user_name_key, email, email_key, phone,"
                    " password_hash, language, created_at) VALUES (:id, :name, :name, :email,"
                    " :email, '', '', 'sq', '2026-01-01')"
                ),
                {"id": 100 + number, "name": f"a vera leka {number}", "email": f"{number}@x.al"},
            )
    found = customers.search("vera leka")
    assert (len(found.accounts), found.has_more) == (20, True)
    assert found.accounts[0].account.id == vera


def test_a_look_lasts_a_while_and_is_each_members_own(
    vera: AccountId, customers: Customers, accounts: Accounts, clock: Clock
) -> None:
    assert customers.get(vera, AGENT).open_until == clock.now + timedelta(minutes=30)
    assert customers.get(vera, OTHER).open_until is None
    clock.now += timedelta(minutes=29)
    customers.open(vera, Occasion.CASE, "again", AGENT)
    assert actions(accounts, vera) == [(Actor.STAFF, Action.ACCOUNT_OPENED, "caller")]
    clock.now += timedelta(minutes=1)
    assert customers.get(vera, AGENT).open_until is None
    customers.open(vera, Occasion.CASE, " about a bill ", AGENT)
    assert actions(accounts, vera)[0][2] == "case: about a bill"


def test_of_two_openings_at_once_one_is_written_down(
    customers: Customers, accounts: Accounts
) -> None:
    accounts.register(VERA, HOME)
    account_id = customers.search("Vera Leka").accounts[0].account.id
    together = Barrier(6)

    def open_it(_number: int) -> None:
        together.wait()
        customers.open(account_id, Occasion.CALLER, "", AGENT)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(open_it, range(6)))
    assert len(actions(accounts, account_id)) == 1


def test_nothing_is_done_unopened(vera: AccountId, customers: Customers, clock: Clock) -> None:
    for do in (customers.lock, customers.unlock, customers.end_sessions):
        with pytest.raises(NotOpened):
            do(vera, "why", OTHER)
    clock.now += timedelta(minutes=31)
    with pytest.raises(NotOpened):
        customers.lock(vera, "why", AGENT)


def test_missing_and_closed_accounts(customers: Customers) -> None:
    gone = AccountId(999)
    for do in (customers.lock, customers.unlock, customers.end_sessions):
        with pytest.raises(NoSuchAccount):
            do(gone, "why", AGENT)
    with pytest.raises(NoSuchAccount):
        customers.open(gone, Occasion.CASE, "", AGENT)
    with pytest.raises(NoSuchAccount):
        customers.get(gone, AGENT)
    with pytest.raises(NoSuchAccount):
        customers.get_file(gone)


def test_locked_and_unlocked(
    vera: AccountId, customers: Customers, accounts: Accounts, clock: Clock
) -> None:
    token = accounts.sign_in("Vera Leka", VERA.password, HOME).token
    customers.lock(vera, "stolen telephone", AGENT)
    assert accounts.find_signed_in(token) is None
    with pytest.raises(SignInRefused):
        accounts.sign_in("Vera Leka", VERA.password, HOME)
    assert customers.get(vera, AGENT).state is State.LOCKED
    with pytest.raises(NotAsItWas):
        customers.lock(vera, "again", AGENT)
    customers.unlock(vera, "seen in person", AGENT)
    assert customers.get(vera, AGENT).state is State.OPEN
    accounts.sign_in("Vera Leka", VERA.password, HOME)
    assert actions(accounts, vera)[:2] == [
        (Actor.STAFF, Action.ENABLED, "seen in person"),
        (Actor.STAFF, Action.DISABLED, "stolen telephone"),
    ]
    assert len(posted(accounts.shared.database, "locked by staff")) == 1
    assert len(posted(accounts.shared.database, "unlocked by staff")) == 1


def test_a_stop_by_the_owner_is_told_apart(
    vera: AccountId, customers: Customers, accounts: Accounts, clock: Clock
) -> None:
    me = accounts.find_signed_in(accounts.sign_in("Vera Leka", VERA.password, HOME).token)
    assert me is not None
    accounts.profiles.change_password(
        me, user_name="Vera Leka", current=VERA.password, new="another one 7", visitor=HOME
    )
    (mail,) = posted(accounts.shared.database, "password changed")
    accounts.undoing.stop(token_of(mail["links"][0]), HOME)
    assert customers.get(vera, AGENT).state is State.STOPPED
    with pytest.raises(NotAsItWas):
        customers.lock(vera, "twice", AGENT)
    customers.unlock(vera, "it is her", AGENT)
    assert customers.get(vera, AGENT).state is State.OPEN
    customers.lock(vera, "for another reason", AGENT)
    assert customers.get(vera, AGENT).state is State.LOCKED


def test_an_unlock_forgets_wrong_tries_from_everywhere(
    vera: AccountId, customers: Customers, accounts: Accounts
) -> None:
    limit = accounts.shared.settings.sign_in_tries_per_account
    for _ in range(limit):
        with pytest.raises(SignInRefused):
            accounts.sign_in("Vera Leka", "wrong", HOME)
    with pytest.raises(SignInRefused):
        accounts.sign_in("vera@example.org", VERA.password, HOME)
    customers.unlock(vera, "too many tries", AGENT)
    accounts.sign_in("Vera Leka", VERA.password, HOME)
    assert actions(accounts, vera)[0][1:] == (Action.TRIES_FORGOTTEN, "too many tries")


def test_ended_sessions_are_counted_and_told(
    vera: AccountId, customers: Customers, accounts: Accounts
) -> None:
    tokens = [accounts.sign_in("Vera Leka", VERA.password, HOME).token for _ in range(2)]
    assert len(customers.get_file(vera).devices) == 3
    assert customers.end_sessions(vera, "lost", AGENT) == 3
    assert [accounts.find_signed_in(token) for token in tokens] == [None, None]
    assert customers.end_sessions(vera, "once more", AGENT) == 0
    assert len(posted(accounts.shared.database, "signed out by staff")) == 1


def test_the_file_has_what_a_member_needs(
    vera: AccountId, customers: Customers, accounts: Accounts, clock: Clock
) -> None:
    clock.now += timedelta(minutes=5)
    accounts.sign_in("Vera Leka", VERA.password, HOME)
    file = customers.get_file(vera)
    assert file.signed_in_at == clock.now
    assert [link.contract_code for link in file.links] == ["AL0000004"]
    assert file.profile.email_confirmed_at is None
    assert file.delegates == ()
    assert {event.action for event in file.events} >= {Action.REGISTERED, Action.ACCOUNT_OPENED}
