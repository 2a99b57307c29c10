"""The accounts' service and store, over SQLite and over a real PostgreSQL."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from app.accounts.passwords import verify_password
from app.accounts.records import (
    Applicant,
    RegistrationRefused,
    SignInRefused,
    TooManyTries,
    Visitor,
)
from app.accounts.tries import Budget, Tries
from app.database import schema
from app.database.engine import Database, DatabaseError
from app.database.tables import metadata
from legacy_adapters.port import Billing
from legacy_adapters.records import ContractCode
from tests.accounts import HOME, VERA, Accounts, Clock


@pytest.fixture
def accounts(database: Database, demo_billing: Billing, clock: Clock) -> Accounts:
    limits = {"sign_in_tries_per_account": 3, "sign_in_tries_per_network": 5}
    return Accounts(database, demo_billing, clock, **limits)


def changed(**changes: str) -> Applicant:
    return replace(VERA, **changes)  # type: ignore[arg-type]


def test_migrations_make_the_tables_that_the_code_knows(database: Database) -> None:
    assert schema.is_current(database)
    with database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_registering_signs_in_and_links(accounts: Accounts) -> None:
    welcome = accounts.register(VERA, HOME)
    found = accounts.find_signed_in(welcome.token, all_contracts=True)
    assert found is not None
    assert found.account.user_name == "Vera Leka"
    assert found.contracts == ("AL0000004",)


def test_only_the_contract_asked_about_comes(accounts: Accounts) -> None:
    token = accounts.register(VERA, HOME).token
    mine = accounts.find_signed_in(token, contract=ContractCode("AL0000004"))
    others = accounts.find_signed_in(token, contract=ContractCode("AL0000000"))
    none = accounts.find_signed_in(token)
    assert mine and others and none
    assert (mine.contracts, others.contracts, none.contracts) == (("AL0000004",), (), ())


def test_same_name_many_times(accounts: Accounts) -> None:
    names = [
        accounts.register(changed(email=f"{n}@example.org"), HOME).account.user_name
        for n in range(4)
    ]
    assert names == ["Vera Leka", "Vera Leka 2", "Vera Leka 3", "Vera Leka 4"]


def test_same_name_at_the_same_time(accounts: Accounts) -> None:
    emails = [f"{n}@example.org" for n in range(6)]
    with ThreadPoolExecutor(6) as pool:
        made = list(pool.map(lambda email: accounts.register(changed(email=email), HOME), emails))
    names = sorted(welcome.account.user_name for welcome in made)
    assert names == ["Vera Leka", *(f"Vera Leka {n}" for n in range(2, 7))]


def test_same_email_at_the_same_time_makes_one_account(accounts: Accounts) -> None:
    def try_once(_n: int) -> bool:
        try:
            accounts.register(VERA, HOME)
        except RegistrationRefused:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(try_once, range(6))) == 1


def test_sign_in_by_name_and_by_email(accounts: Accounts) -> None:
    accounts.register(VERA, HOME)
    for identifier in ("vera leka", "VERA  LÉKA", "Vera@Example.org"):
        assert accounts.sign_in(identifier, "dritare77", HOME).account.user_name == "Vera Leka"
    with pytest.raises(SignInRefused):
        accounts.sign_in("Vera Leka", "Dritare77", HOME)


def test_sessions_end(accounts: Accounts, clock: Clock) -> None:
    token = accounts.register(VERA, HOME).token
    clock.now += timedelta(minutes=59)
    assert accounts.find_signed_in(token)  # and is seen now
    clock.now += timedelta(minutes=59)
    assert accounts.find_signed_in(token)
    clock.now += timedelta(minutes=61)
    assert accounts.find_signed_in(token) is None


def test_session_ends_at_its_longest_time(accounts: Accounts, clock: Clock) -> None:
    token = accounts.register(VERA, HOME).token
    for _ in range(13):
        clock.now += timedelta(minutes=55)
        found = accounts.find_signed_in(token)
    assert found is not None
    clock.now += timedelta(minutes=10)
    assert accounts.find_signed_in(token) is None


def test_a_session_in_use_never_ends_as_idle(
    database: Database, demo_billing: Billing, clock: Clock
) -> None:
    accounts = Accounts(database, demo_billing, clock, session_idle_minutes=5)
    token = accounts.register(VERA, HOME).token
    for _ in range(30):
        clock.now += timedelta(minutes=4)
        assert accounts.find_signed_in(token)


def test_tokens_are_not_kept_in_the_clear(accounts: Accounts, database: Database) -> None:
    token = accounts.register(VERA, HOME).token
    with database.read() as connection:
        kept = connection.exec_driver_sql("SELECT token_hash FROM account_session").scalar_one()
    assert token not in kept and len(kept) == 64


def test_exactly_so_many_tries_get_through_at_once(database: Database, clock: Clock) -> None:
    tries, budget = Tries(), Budget(subject="somebody", limit=10)

    def spend(_n: int) -> bool:
        with database.write() as connection:
            return tries.spend(connection, budget, clock())

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(spend, range(40))) == 10


def test_tries_come_back_in_the_next_span(accounts: Accounts, clock: Clock) -> None:
    accounts.register(VERA, HOME)
    for _ in range(3):
        with pytest.raises(SignInRefused):
            accounts.sign_in("Vera Leka", "x", HOME)
    with pytest.raises(SignInRefused):
        accounts.sign_in("Vera Leka", "dritare77", HOME)
    clock.now += timedelta(minutes=15)
    accounts.sign_in("Vera Leka", "dritare77", HOME)


def test_a_networks_tries_are_limited_whoever_is_meant(accounts: Accounts) -> None:
    for number in range(5):
        with pytest.raises(SignInRefused):
            accounts.sign_in(f"Person {number}", "x", HOME)
    with pytest.raises(TooManyTries):
        accounts.sign_in("Person 6", "x", HOME)
    accounts.register(VERA, HOME)
    elsewhere = Visitor(address="192.0.2.2", device="")
    accounts.sign_in("Vera Leka", "dritare77", elsewhere)


def test_addresses_of_one_ipv6_network_count_together(accounts: Accounts) -> None:
    for number in range(5):
        with pytest.raises(SignInRefused):
            accounts.sign_in(f"P {number}", "x", Visitor(address=f"2001:db8::{number}", device=""))
    with pytest.raises(TooManyTries):
        accounts.sign_in("P 6", "x", Visitor(address="2001:db8::ffff:6", device=""))


def test_other_kinds_of_database_are_refused_in_words() -> None:
    for address in ("mysql://localhost/x", "postgresql://localhost/x", "nonsense"):
        with pytest.raises(DatabaseError):
            Database(address)


def test_a_closed_accounts_number_is_never_given_again(accounts: Accounts) -> None:
    welcome = accounts.register(VERA, HOME)
    found = accounts.find_signed_in(welcome.token)
    assert found is not None
    accounts.profiles.close(found, password=VERA.password, visitor=HOME)
    assert accounts.register(VERA, HOME).account.id > welcome.account.id


def test_a_refusal_hashes_as_often_whatever_its_reason(
    accounts: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the tries used up, the time must not tell that the password was right."""
    accounts.register(VERA, HOME)
    verified: list[str] = []

    def count(stored: str, password: str) -> bool:
        verified.append(password)
        return verify_password(stored, password)

    monkeypatch.setattr("app.accounts.service.verify_password", count)
    for name, password in [
        *[("Vera Leka", "x")] * 3,  # its tries
        ("Vera Leka", VERA.password),  # right, but too late
        ("Askush", VERA.password),
    ]:
        verified.clear()
        with pytest.raises(SignInRefused):
            accounts.sign_in(name, password, HOME)
        assert len(verified) == 2
