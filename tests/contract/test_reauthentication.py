"""What wants the password once more, and codes by SMS: over SQLite and PostgreSQL."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from app.accounts.phone_codes import MINUTES, TRIES
from app.accounts.records import (
    Account,
    CodeSent,
    NotYours,
    RegistrationRefused,
    SignedIn,
    SignInRefused,
    TooManyTries,
    WrongPassword,
)
from app.audit.records import Action
from app.database.engine import Database
from legacy_adapters.port import Billing
from tests.accounts import HOME, VERA, Accounts, Clock, posted

WRONG = "gabimisht8"
NEW = "fjalekalim9"


@pytest.fixture
def vera(accounts: Accounts) -> SignedIn:
    return came_in(accounts, accounts.register(VERA, HOME).token)


def came_in(accounts: Accounts, token: object) -> SignedIn:
    found = accounts.find_signed_in(token)  # type: ignore[arg-type]
    assert found is not None
    return found


CHANGES: list[Callable[[Accounts, SignedIn, str], object]] = [
    lambda accounts, me, password: accounts.profiles.change_password(
        me, current=password, new=NEW, user_name="Vera Leka", visitor=HOME
    ),
    lambda accounts, me, password: accounts.profiles.ask_for_email(
        me, password=password, email="else@example.org", visitor=HOME
    ),
    lambda accounts, me, password: accounts.profiles.change_phone(
        me, password=password, phone="+355691111111", visitor=HOME
    ),
    lambda accounts, me, password: accounts.profiles.close(me, password=password, visitor=HOME),
]
NAMES = ["password", "email", "phone", "close"]


@pytest.mark.parametrize("change", CHANGES, ids=NAMES)
def test_sensitive_changes_want_the_password_once_more(
    accounts: Accounts, vera: SignedIn, change: Callable[[Accounts, SignedIn, str], object]
) -> None:
    with pytest.raises(WrongPassword):
        change(accounts, vera, WRONG)
    assert accounts.find_account("vera@example.org") == vera.account  # nothing is changed
    assert posted(accounts.shared.database, "confirm e-mail") == []
    assert accounts.shared.audit.list_newest(limit=1)[0].action is Action.PASSWORD_CHANGE_REFUSED
    change(accounts, vera, VERA.password)
    assert accounts.shared.audit.list_newest(limit=1)[0].action in {
        *(Action.PASSWORD_CHANGED, Action.EMAIL_CHANGE_ASKED, Action.PHONE_CHANGED, Action.CLOSED),
    }


def test_an_open_session_is_no_way_to_guess_the_password(
    accounts: Accounts, vera: SignedIn
) -> None:
    for _ in range(accounts.shared.settings.sign_in_tries_per_account):
        with pytest.raises(WrongPassword):
            CHANGES[0](accounts, vera, WRONG)
    with pytest.raises(TooManyTries):
        CHANGES[0](accounts, vera, VERA.password)


def test_a_changed_password_renews_this_session_and_ends_all_others(
    accounts: Accounts, vera: SignedIn
) -> None:
    here = accounts.sign_in("Vera Leka", VERA.password, HOME).token
    elsewhere = accounts.sign_in("Vera Leka", VERA.password, HOME).token
    token = accounts.profiles.change_password(
        came_in(accounts, here),
        current=VERA.password,
        new=NEW,
        user_name="Vera Leka",
        visitor=HOME,
    )
    assert accounts.find_signed_in(here) is None
    assert accounts.find_signed_in(elsewhere) is None
    assert came_in(accounts, token).account == vera.account
    assert len(accounts.list_devices(vera.account.id)) == 1
    with pytest.raises(SignInRefused):
        accounts.sign_in("Vera Leka", VERA.password, HOME)


def test_own_sessions_are_listed_and_ended_and_nobody_elses(
    accounts: Accounts, vera: SignedIn
) -> None:
    other = replace(VERA, user_name="Leka Vera", email="other@example.org")
    stranger = came_in(accounts, accounts.register(other, HOME).token)
    token = accounts.sign_in("vera@example.org", VERA.password, HOME).token
    assert len(accounts.list_devices(vera.account.id)) == 2
    with pytest.raises(NotYours):
        accounts.end_session(stranger, vera.session_id, HOME)
    accounts.end_session(came_in(accounts, token), vera.session_id, HOME)
    assert len(accounts.list_devices(vera.account.id)) == 1


# Codes by SMS


@pytest.fixture
def asking(database: Database, demo_billing: Billing, clock: Clock) -> Accounts:
    return Accounts(database, demo_billing, clock, ownership_proof="phone_on_file")


def sent(accounts: Accounts) -> tuple[CodeSent, str]:
    """What was begun, and the code that the holder reads."""
    begun = accounts.registration.register(VERA, HOME)
    assert isinstance(begun, CodeSent)
    (code,) = re.findall(
        r"\b\d{6}\b", posted(accounts.shared.database, "contract code")[-1]["text"]
    )
    return begun, code


def test_a_code_works_once(asking: Accounts) -> None:
    begun, code = sent(asking)
    assert isinstance(asking.registration.finish(begun.token, code, HOME)[0], Account)
    with pytest.raises(RegistrationRefused):
        asking.registration.finish(begun.token, code, HOME)


def test_a_code_works_for_what_it_was_asked_for(asking: Accounts) -> None:
    (first, early), (second, late) = sent(asking), sent(asking)
    for begun, code in ((first, late), (second, early)):
        if early != late:
            with pytest.raises(RegistrationRefused):
                asking.registration.finish(begun.token, code, HOME)


def test_a_code_is_guessed_so_many_times(asking: Accounts) -> None:
    begun, code = sent(asking)
    for _ in range(TRIES):
        with pytest.raises(RegistrationRefused):
            asking.registration.finish(begun.token, f"{(int(code) + 1) % 1_000_000:06}", HOME)
    with pytest.raises(RegistrationRefused):
        asking.registration.finish(begun.token, code, HOME)


def test_a_code_ends_after_its_minutes(asking: Accounts, clock: Clock) -> None:
    begun, code = sent(asking)
    clock.now += timedelta(minutes=MINUTES, seconds=1)
    with pytest.raises(RegistrationRefused):
        asking.registration.finish(begun.token, code, HOME)


def test_codes_are_kept_as_argon2id(asking: Accounts, database: Database) -> None:
    sent(asking)
    with database.read() as connection:
        kept = connection.execute(text("SELECT code_hash FROM ownership_check")).scalar_one()
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
