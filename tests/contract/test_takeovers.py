"""Ways of taking over or closing somebody's account that were thought of, each tried."""

from dataclasses import replace
from datetime import timedelta

import pytest

from app.accounts.records import (
    AlreadyLinked,
    Claim,
    ClaimRefused,
    EmailTaken,
    LinkGone,
    Lost,
    NotYours,
    RecoveryRefused,
    RegistrationRefused,
    Restricted,
    Right,
    SessionEnded,
    SignedIn,
    SignInRefused,
    Visitor,
)
from app.database.engine import Database
from legacy_adapters.port import Billing
from legacy_adapters.records import ContractCode
from tests.accounts import HOME, VERA, Accounts, Clock, posted, token_of

CODE = ContractCode("AL0000004")
ELSEWHERE = Visitor(address="203.0.113.66", device="a thief's")
STOLEN, THIEFS, OWNERS = VERA.password, "hajdut999", "pronare88"
EMER = replace(
    VERA,
    user_name="Emer Mbiemer",
    contract_code=ContractCode("AL0000000"),
    email="thief@example.net",
)


@pytest.fixture
def vera(accounts: Accounts) -> Accounts:
    accounts.register(VERA, HOME)
    return accounts


def enter(accounts: Accounts, name: str, password: str, where: Visitor = HOME) -> SignedIn:
    found = accounts.find_signed_in(accounts.sign_in(name, password, where).token)
    assert found is not None
    return found


def steal_address(accounts: Accounts, database: Database, to: str) -> None:
    thief = enter(accounts, "Vera Leka", STOLEN, ELSEWHERE)
    accounts.profiles.ask_for_email(thief, password=STOLEN, email=to, visitor=ELSEWHERE)
    link = posted(database, "confirm e-mail")[-1]["links"][0]
    accounts.profiles.confirm_email(token_of(link), ELSEWHERE)


def open_again(accounts: Accounts) -> None:
    account = accounts.find_account("Vera Leka")
    assert account is not None
    accounts.enable(account.id)


def test_a_thiefs_stop_does_not_end_the_owners(
    vera: Accounts, database: Database, clock: Clock
) -> None:
    steal_address(vera, database, "thief@example.net")
    [to_owner] = posted(database, "e-mail changed")
    assert to_owner["to"] == "vera@example.org"
    clock.now += timedelta(minutes=1)
    owner = enter(vera, "Vera Leka", STOLEN)
    vera.profiles.change_password(
        owner, current=STOLEN, new=OWNERS, user_name="Vera Leka", visitor=HOME
    )
    told = posted(database, "password changed")
    assert {letter["to"] for letter in told} == {"thief@example.net", "vera@example.org"}
    vera.undoing.stop(token_of(told[0]["links"][0]), ELSEWHERE)
    open_again(vera)
    with pytest.raises(SignInRefused):  # what it was before was known to the thief
        vera.sign_in("Vera Leka", STOLEN, ELSEWHERE)
    vera.undoing.stop(token_of(to_owner["links"][0]), HOME)
    open_again(vera)
    account = vera.find_account("Vera Leka")
    assert account is not None and account.email == "vera@example.org"
    lost = Lost(user_name="Vera Leka", email="vera@example.org", phone=VERA.phone)
    password = vera.recovery.start(lost, HOME)
    assert password and enter(vera, "Vera Leka", password).must_change


def test_the_password_that_a_thief_knew_does_not_come_back(
    vera: Accounts, database: Database
) -> None:
    thief = enter(vera, "Vera Leka", STOLEN, ELSEWHERE)
    vera.profiles.change_password(
        thief, current=STOLEN, new=THIEFS, user_name="Vera Leka", visitor=ELSEWHERE
    )
    vera.undoing.stop(token_of(posted(database, "password changed")[0]["links"][0]), HOME)
    open_again(vera)
    for known in (STOLEN, THIEFS):
        with pytest.raises(SignInRefused):
            vera.sign_in("Vera Leka", known, ELSEWHERE)


@pytest.mark.parametrize("end", ["new password", "stop"])
def test_whom_a_thief_invited_does_not_stay(vera: Accounts, database: Database, end: str) -> None:
    vera.register(EMER, ELSEWHERE)
    guest = enter(vera, "Emer Mbiemer", EMER.password, ELSEWHERE)
    thief = enter(vera, "Vera Leka", STOLEN, ELSEWHERE)
    vera.profiles.change_phone(thief, password=STOLEN, phone="+355691111111", visitor=ELSEWHERE)
    for _ in range(2):  # one is accepted, one waits
        vera.ownership.invite(
            thief, CODE, email="thief@example.net", right=Right.PAY, visitor=ELSEWHERE
        )
        link = posted(database, "invitation")[-1]["links"][0]
        if end == "stop" and not posted(database, "invitation accepted"):
            vera.ownership.accept(guest, token_of(link), ELSEWHERE)
            assert posted(database, "invitation accepted")[0]["to"] == "vera@example.org"
    if end == "stop":
        vera.undoing.stop(token_of(posted(database, "phone changed")[0]["links"][0]), HOME)
        open_again(vera)
    else:
        vera.profiles.change_password(
            enter(vera, "Vera Leka", STOLEN),
            current=STOLEN,
            new=OWNERS,
            user_name="Vera Leka",
            visitor=HOME,
        )
    with pytest.raises(LinkGone):
        vera.ownership.accept(guest, token_of(link), ELSEWHERE)
    links = vera.ownership.list_links(guest.account.id)
    assert [link.contract_code for link in links] == ["AL0000000"]


def test_the_owners_address_waits_for_the_owner(
    vera: Accounts, database: Database, clock: Clock
) -> None:
    steal_address(vera, database, "thief@example.net")
    with pytest.raises(RegistrationRefused):
        vera.register(replace(EMER, email="VERA@example.org"), ELSEWHERE)
    vera.register(replace(EMER, email="other@example.net"), ELSEWHERE)
    other = enter(vera, "Emer Mbiemer", EMER.password, ELSEWHERE)
    vera.profiles.ask_for_email(
        other, password=EMER.password, email="vera@example.org", visitor=ELSEWHERE
    )
    with pytest.raises(EmailTaken):
        vera.profiles.confirm_email(
            token_of(posted(database, "confirm e-mail")[-1]["links"][0]), ELSEWHERE
        )
    vera.undoing.stop(token_of(posted(database, "e-mail changed")[0]["links"][0]), HOME)
    assert posted(database, "stopped")[0]["to"] == "vera@example.org"
    profile = vera.profiles.get(vera.find_account("Vera Leka").id)  # type: ignore[union-attr]
    assert profile.email_confirmed_at is None  # it never was


def test_who_came_in_by_a_recovery_cannot_close_or_give_up(vera: Accounts) -> None:
    lost = Lost(user_name="Vera Leka", email="vera@example.org", phone=VERA.phone)
    password = vera.recovery.start(lost, ELSEWHERE)
    assert password
    temporary = enter(vera, "Vera Leka", password, ELSEWHERE)
    found = vera.find_signed_in(vera.recovery.finish(temporary, THIEFS, ELSEWHERE))
    assert found is not None
    with pytest.raises(Restricted):
        vera.profiles.close(found, password=THIEFS, visitor=ELSEWHERE)
    with pytest.raises(Restricted):
        vera.ownership.remove(found, CODE, ELSEWHERE)


def test_a_request_under_way_ends_with_its_session(vera: Accounts, database: Database) -> None:
    """The owner is quicker: what the thief's request read at its start no longer holds."""
    vera.register(EMER, ELSEWHERE)
    thief = enter(vera, "Vera Leka", STOLEN, ELSEWHERE)
    lost = Lost(user_name="Vera Leka", email="vera@example.org", phone=VERA.phone)
    password = vera.recovery.start(lost, ELSEWHERE)
    assert password
    temporary = enter(vera, "Vera Leka", password, ELSEWHERE)
    vera.undoing.stop(token_of(posted(database, "recovery noticed")[0]["links"][0]), HOME)
    for do in (
        lambda: vera.recovery.finish(temporary, THIEFS, ELSEWHERE),
        lambda: vera.profiles.change_password(
            thief, current=STOLEN, new=THIEFS, user_name="Vera Leka", visitor=ELSEWHERE
        ),
        lambda: vera.profiles.ask_for_email(
            thief, password=STOLEN, email="thief2@example.net", visitor=ELSEWHERE
        ),
        lambda: vera.profiles.change_phone(
            thief, password=STOLEN, phone="+355691111111", visitor=ELSEWHERE
        ),
        lambda: vera.profiles.close(thief, password=STOLEN, visitor=ELSEWHERE),
        lambda: vera.profiles.download(thief, password=STOLEN, visitor=ELSEWHERE),
        lambda: vera.ownership.remove(thief, CODE, ELSEWHERE),
        lambda: vera.ownership.invite(
            thief, CODE, email="x@example.net", right=Right.PAY, visitor=ELSEWHERE
        ),
    ):
        with pytest.raises(SessionEnded):
            do()
    open_again(vera)
    vera.sign_in("Vera Leka", STOLEN, HOME)


def test_a_delegate_does_not_make_a_holder_of_itself(vera: Accounts, database: Database) -> None:
    vera.register(EMER, ELSEWHERE)
    guest = enter(vera, "Emer Mbiemer", EMER.password, ELSEWHERE)
    owner = enter(vera, "Vera Leka", STOLEN)
    vera.ownership.invite(owner, CODE, email="thief@example.net", right=Right.VIEW, visitor=HOME)
    vera.ownership.accept(
        guest, token_of(posted(database, "invitation")[-1]["links"][0]), ELSEWHERE
    )
    with pytest.raises(AlreadyLinked):
        vera.ownership.add(guest, Claim(contract_code=CODE, name="Vera Leka"), ELSEWHERE)
    vera.ownership.remove_delegate(owner, CODE, guest.account.id, HOME)
    with pytest.raises(NotYours):
        vera.ownership.remove_delegate(owner, CODE, guest.account.id, HOME)


def test_one_network_does_not_use_up_what_everybody_needs(
    database: Database, demo_billing: Billing, clock: Clock
) -> None:
    accounts = Accounts(
        database,
        demo_billing,
        clock,
        sign_in_tries_per_day=12,
        contract_tries_per_day=12,
        sign_in_tries_per_account=5,
        register_tries_per_contract=5,
    )
    accounts.register(VERA, HOME)
    for _ in range(15):
        with pytest.raises(SignInRefused):
            accounts.sign_in("Vera Leka", "x", ELSEWHERE)
        with pytest.raises(RegistrationRefused):
            accounts.register(replace(EMER, user_name="Dikush Tjetër"), ELSEWHERE)
    accounts.sign_in("Vera Leka", STOLEN, HOME)
    accounts.register(EMER, HOME)


def test_a_browsers_mark_ends_with_the_password(
    database: Database, demo_billing: Billing, clock: Clock
) -> None:
    accounts = Accounts(database, demo_billing, clock, sign_in_tries_per_day=2)
    accounts.register(VERA, HOME)
    welcome = accounts.sign_in("Vera Leka", STOLEN, ELSEWHERE)
    marked = replace(ELSEWHERE, marks={welcome.account.id: f"a.{welcome.fingerprint}"})
    owner = enter(accounts, "Vera Leka", STOLEN)
    accounts.profiles.change_password(
        owner, current=STOLEN, new=OWNERS, user_name="Vera Leka", visitor=HOME
    )
    for number in range(2):
        with pytest.raises(SignInRefused):
            accounts.sign_in("Vera Leka", f"x{number}", marked)
    with pytest.raises(SignInRefused):  # the day's budget is used up for all that have no mark
        accounts.sign_in("Vera Leka", OWNERS, marked)


def test_wrong_claims_still_say_nothing(vera: Accounts) -> None:
    owner = enter(vera, "Vera Leka", STOLEN)
    for code in ("AL0000000", "AL99"):
        with pytest.raises(ClaimRefused):
            claim = Claim(contract_code=ContractCode(code), name="Vera Leka")
            vera.ownership.add(owner, claim, HOME)
    with pytest.raises(RecoveryRefused):
        vera.recovery.start(Lost(user_name="Vera Leka", email="", phone=""), HOME)
