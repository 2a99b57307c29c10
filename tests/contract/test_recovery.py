"""The forgotten password and the way back for its owner, over SQLite and PostgreSQL."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from app.accounts.records import (
    Claim,
    LinkGone,
    LinkToken,
    Lost,
    RecoveryRefused,
    Restricted,
    Right,
    SignedIn,
    SignInRefused,
    Visitor,
)
from app.audit.records import Action
from app.database.engine import Database
from legacy_adapters.port import Billing
from legacy_adapters.records import ContractCode
from tests.accounts import HOME, VERA, Accounts, Clock, posted, token_of

LOST = Lost(user_name="Vera Leka", email="vera@example.org", phone="+355692345678")
NEW = "fjalekalim9"


@pytest.fixture
def vera(accounts: Accounts) -> Accounts:
    accounts.register(VERA, HOME)
    return accounts


def started(accounts: Accounts, lost: Lost = LOST) -> str:
    password = accounts.recovery.start(lost, HOME)
    assert password is not None
    return password


def signed_in(accounts: Accounts, password: str) -> SignedIn:
    found = accounts.find_signed_in(accounts.sign_in("Vera Leka", password, HOME).token)
    assert found is not None
    return found


def recovered(accounts: Accounts) -> SignedIn:
    """Vera, right after a recovery."""
    temporary = signed_in(accounts, started(accounts))
    token = accounts.recovery.finish(temporary, NEW, HOME)
    found = accounts.find_signed_in(token)
    assert found is not None
    return found


def test_the_shown_password_works_once_and_asks_for_a_new_one(vera: Accounts) -> None:
    password = started(vera)
    assert 6 <= len(password) <= 12 and password.isalnum()  # as the manual's rule has it
    assert signed_in(vera, password).must_change
    with pytest.raises(SignInRefused):
        vera.sign_in("Vera Leka", password, HOME)


def test_the_old_password_keeps_working_until_the_new_one_is_chosen(vera: Accounts) -> None:
    password = started(vera)
    vera.sign_in("Vera Leka", VERA.password, HOME)
    temporary = signed_in(vera, password)
    vera.sign_in("Vera Leka", VERA.password, HOME)
    vera.recovery.finish(temporary, NEW, HOME)
    with pytest.raises(SignInRefused):
        vera.sign_in("Vera Leka", VERA.password, HOME)
    assert not signed_in(vera, NEW).must_change


def test_it_ends_after_its_minutes(vera: Accounts, clock: Clock) -> None:
    password = started(vera)
    clock.now += timedelta(minutes=15, seconds=1)
    with pytest.raises(SignInRefused):
        vera.sign_in("Vera Leka", password, HOME)
    vera.sign_in("Vera Leka", VERA.password, HOME)


def test_a_newer_one_ends_the_one_before(vera: Accounts) -> None:
    first, second = started(vera), started(vera)
    with pytest.raises(SignInRefused):
        vera.sign_in("Vera Leka", first, HOME)
    assert signed_in(vera, second).must_change


def test_of_many_at_once_one_gets_in(vera: Accounts) -> None:
    password = started(vera)

    def try_once(number: int) -> bool:
        try:
            vera.sign_in("Vera Leka", password, Visitor(address=f"192.0.2.{number}", device=""))
        except SignInRefused:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(try_once, range(1, 7))) == 1


def test_choosing_the_new_one_ends_all_other_sessions(vera: Accounts) -> None:
    other = vera.sign_in("Vera Leka", VERA.password, HOME).token
    temporary = vera.sign_in("Vera Leka", started(vera), HOME).token
    found = vera.find_signed_in(temporary)
    assert found is not None
    renewed = vera.recovery.finish(found, NEW, HOME)
    assert vera.find_signed_in(other) is None
    assert vera.find_signed_in(temporary) is None  # the session goes on under another token
    now = vera.find_signed_in(renewed)
    assert now is not None and not now.must_change


@pytest.mark.parametrize(
    "wrong",
    [
        replace(LOST, user_name="Leka Vera"),
        replace(LOST, email="vera@example.com"),
        replace(LOST, phone="+355692345679"),
        replace(LOST, phone=""),
        Lost(user_name="", email="", phone=""),
    ],
)
def test_each_of_the_three_must_be_right(vera: Accounts, wrong: Lost) -> None:
    with pytest.raises(RecoveryRefused):
        vera.recovery.start(wrong, HOME)


def test_name_and_email_are_taken_as_people_write_them(vera: Accounts) -> None:
    started(vera, replace(LOST, user_name="VERA  lëka", email="VERA@Example.org"))


def test_a_disabled_account_is_refused_like_an_unknown_one(vera: Accounts) -> None:
    account = vera.find_account("Vera Leka")
    assert account is not None
    password = started(vera)
    vera.disable(account.id)
    with pytest.raises(RecoveryRefused):
        vera.recovery.start(LOST, HOME)
    vera.enable(account.id)
    with pytest.raises(SignInRefused):  # what was given before is void
        vera.sign_in("Vera Leka", password, HOME)


def test_tries_are_limited_and_a_stranger_does_not_use_up_the_owners(vera: Accounts) -> None:
    stranger = Visitor(address="203.0.113.9", device="")
    for _ in range(40):
        with pytest.raises(RecoveryRefused):
            vera.recovery.start(replace(LOST, phone="+355699999999"), stranger)
    with pytest.raises(RecoveryRefused):
        vera.recovery.start(LOST, stranger)
    started(vera)


def test_so_many_a_day(vera: Accounts, clock: Clock) -> None:
    for number in range(5):
        vera.recovery.start(LOST, Visitor(address=f"192.0.2.{number}", device=""))
    with pytest.raises(RecoveryRefused):
        vera.recovery.start(LOST, Visitor(address="192.0.2.99", device=""))
    clock.now += timedelta(days=1)
    started(vera)


def test_the_registered_address_is_told_and_can_stop_it(vera: Accounts, database: Database) -> None:
    session = vera.sign_in("Vera Leka", VERA.password, HOME).token
    password = started(vera)
    [letter] = posted(database, "recovery noticed")
    assert letter["to"] == "vera@example.org"
    assert password not in letter["text"]
    token = token_of(letter["links"][0])
    vera.undoing.get_stop(token)
    vera.undoing.stop(token, HOME)
    assert vera.find_signed_in(session) is None
    for known in (password, VERA.password):
        with pytest.raises(SignInRefused):
            vera.sign_in("Vera Leka", known, HOME)
    assert [letter["to"] for letter in posted(database, "stopped")] == ["vera@example.org"]
    with pytest.raises(LinkGone):
        vera.undoing.stop(token, HOME)
    account = vera.find_account("Vera Leka")
    assert account is not None
    vera.enable(account.id)
    vera.sign_in("Vera Leka", VERA.password, HOME)


def test_stopping_afterwards_sets_back_all_that_was_changed(
    vera: Accounts, database: Database, clock: Clock
) -> None:
    thief = recovered(vera)
    clock.now += timedelta(hours=25)  # and is patient
    thief = signed_in(vera, NEW)
    vera.profiles.change_phone(thief, password=NEW, phone="+355691111111", visitor=HOME)
    vera.profiles.ask_for_email(thief, password=NEW, email="thief@example.net", visitor=HOME)
    vera.profiles.confirm_email(token_of(posted(database, "confirm e-mail")[-1]["links"][0]), HOME)
    first = posted(database, "recovery noticed")[0]
    vera.undoing.stop(token_of(first["links"][0]), HOME)
    account = vera.find_account("Vera Leka")
    assert account is not None
    assert (account.email, account.phone) == ("vera@example.org", "+355692345678")
    vera.enable(account.id)
    with pytest.raises(SignInRefused):
        vera.sign_in("Vera Leka", NEW, HOME)
    vera.sign_in("vera@example.org", VERA.password, HOME)


def test_stopping_a_later_step_sets_back_that_step(vera: Accounts, database: Database) -> None:
    owner = signed_in(vera, VERA.password)
    token = vera.profiles.change_password(
        owner, current=VERA.password, new=NEW, user_name="Vera Leka", visitor=HOME
    )
    owner = vera.find_signed_in(token) or owner
    vera.profiles.change_phone(owner, password=NEW, phone="+355691111111", visitor=HOME)
    vera.undoing.stop(token_of(posted(database, "phone changed")[0]["links"][0]), HOME)
    account = vera.find_account("Vera Leka")
    assert account is not None and account.phone == "+355692345678"
    vera.enable(account.id)
    with pytest.raises(SignInRefused):  # who changed the phone knew the password
        vera.sign_in("Vera Leka", NEW, HOME)
    assert signed_in(vera, started(vera)).must_change


def test_the_link_ends_after_a_week(vera: Accounts, database: Database, clock: Clock) -> None:
    started(vera)
    token = token_of(posted(database, "recovery noticed")[0]["links"][0])
    clock.now += timedelta(days=7, seconds=1)
    for do in (vera.undoing.get_stop, lambda token: vera.undoing.stop(token, HOME)):
        with pytest.raises(LinkGone):
            do(token)
    with pytest.raises(LinkGone):
        vera.undoing.get_stop(LinkToken("nonsense"))


def test_for_a_day_the_account_cannot_be_taken_over_further(vera: Accounts, clock: Clock) -> None:
    owner = recovered(vera)
    assert owner.restricted_until == clock.now + timedelta(hours=24)
    code = ContractCode("AL0000004")
    for closed in (
        lambda: vera.profiles.ask_for_email(owner, password=NEW, email="x@y.al", visitor=HOME),
        lambda: vera.profiles.change_phone(owner, password=NEW, phone="+355", visitor=HOME),
        lambda: vera.ownership.add(owner, Claim(contract_code=code, name="x"), HOME),
        lambda: vera.ownership.invite(owner, code, email="x@y.al", right=Right.VIEW, visitor=HOME),
        lambda: vera.ownership.accept(owner, LinkToken("x"), HOME),
        lambda: vera.ownership.finish_adding(owner, LinkToken("x"), "1", HOME),
    ):
        with pytest.raises(Restricted) as refused:
            closed()
        assert refused.value.until == owner.restricted_until
    clock.now += timedelta(hours=24, seconds=1)
    vera.profiles.change_phone(
        signed_in(vera, NEW), password=NEW, phone="+355691111111", visitor=HOME
    )


@pytest.mark.parametrize("delivery", ["email", "sms"])
def test_sent_instead_of_shown_nobody_is_told_whether_it_was_right(
    database: Database, demo_billing: Billing, clock: Clock, delivery: str
) -> None:
    accounts = Accounts(database, demo_billing, clock, recovery_delivery=delivery)
    accounts.register(VERA, HOME)
    assert accounts.recovery.start(replace(LOST, phone="+355"), HOME) is None
    assert posted(database, "recovery password") == []
    assert accounts.recovery.start(LOST, HOME) is None
    [sent] = posted(database, "recovery password")
    password = sent["secret"] or sent["text"].split()[0]
    assert sent["to"] == {"email": "vera@example.org", "sms": "+355692345678"}[delivery]
    assert signed_in(accounts, password).must_change
    links = sent["links"] or posted(database, "recovery noticed")[0]["links"]
    accounts.undoing.get_stop(token_of(links[-1]))


def test_letters_speak_the_accounts_language(
    database: Database, demo_billing: Billing, clock: Clock
) -> None:
    accounts = Accounts(database, demo_billing, clock)
    accounts.register(replace(VERA, language="en"), HOME)
    started(accounts)
    [letter] = posted(database, "recovery noticed")
    assert letter["subject"] == "A new password was asked for"
    assert "01.03.2026, 13:00" in letter["text"]  # the time of Tirana


def begin_things(accounts: Accounts, owner: SignedIn, password: str) -> None:
    code = ContractCode("AL0000004")
    accounts.ownership.invite(owner, code, email="x@y.al", right=Right.VIEW, visitor=HOME)
    accounts.profiles.ask_for_email(owner, password=password, email="new@y.al", visitor=HOME)


def test_the_mail_says_what_a_new_password_took_back(
    accounts: Accounts, database: Database, clock: Clock
) -> None:
    accounts.register(replace(VERA, language="en"), HOME)
    begin_things(accounts, signed_in(accounts, VERA.password), VERA.password)
    owner = recovered(accounts)
    told = posted(database, "password changed")[-1]["text"]
    assert "invitations to your contracts" in told and "new e-mail address" in told
    assert "again from 02.03.2026, 13:00" in told, "not before the account opens again"
    assert accounts.ownership.list_delegates(owner.account.id, ContractCode("AL0000004"))[1] == []

    clock.now += timedelta(hours=25)
    for begun in (False, True):
        owner = signed_in(accounts, NEW)
        if begun:
            begin_things(accounts, owner, NEW)
        accounts.profiles.change_password(
            owner, current=NEW, new=NEW + "x", user_name="Vera Leka", visitor=HOME
        )
        accounts.profiles.change_password(
            signed_in(accounts, NEW + "x"),
            current=NEW + "x",
            new=NEW,
            user_name="Vera Leka",
            visitor=HOME,
        )
        first, second = [letter["text"] for letter in posted(database, "password changed")[-2:]]
        assert ("invitations" in first, "begin it again." in first) == (begun, begun)
        assert "taken back" not in second, "there was nothing left"


def test_what_had_run_out_is_not_told(accounts: Accounts, database: Database, clock: Clock) -> None:
    accounts.register(replace(VERA, language="en"), HOME)
    begin_things(accounts, signed_in(accounts, VERA.password), VERA.password)
    clock.now += timedelta(days=8)
    recovered(accounts)
    assert "taken back" not in posted(database, "password changed")[-1]["text"]


def test_passwords_stand_nowhere_in_the_clear(vera: Accounts, database: Database) -> None:
    password = started(vera)
    with database.read() as connection:
        for table in ("account", "account_recovery", "message", "audit_event", "account_stop"):
            rows = connection.exec_driver_sql(f"SELECT * FROM {table}").all()
            assert rows and password not in str(rows)
            assert VERA.password not in str(rows)


def test_what_happened_is_in_the_audit_trail(vera: Accounts, database: Database) -> None:
    recovered(vera)
    with pytest.raises(RecoveryRefused):
        vera.recovery.start(replace(LOST, phone=""), HOME)
    told = [event.action for event in vera.shared.audit.list_newest()]
    assert told == [
        Action.RECOVERY_REFUSED,
        Action.PASSWORD_CHANGED,
        Action.RECOVERY_USED,
        Action.RECOVERY_STARTED,
        Action.SIGNED_IN,
        Action.REGISTERED,
    ]
    for statement in ("UPDATE audit_event SET detail = 'x'", "DELETE FROM audit_event"):
        with pytest.raises(Exception, match="append-only"), database.write() as connection:
            connection.exec_driver_sql(statement)
