"""Telling customers only what they want to be told, where they want it, and no longer."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import insert, select, update

from app.accounts.records import LinkGone, LinkToken, Right
from app.accounts.store.tables import account, switch_off_link
from app.notifications.store.tables import notified
from app.notifications.store.told import kept_of
from legacy_adapters.records import ContractCode
from tests.accounts import HOME
from tests.notified import ADDRESS, ALL_MAIL, CODE, NEW_INVOICE, OTHER, Town


def wanted(town: Town) -> list[str]:
    """The channels of what was written and may be sent still."""
    preferences = town.accounts.preferences
    return sorted(
        row.channel
        for row in town.told()
        if preferences.is_wanted(row.account_id, row.preference, row.contract_code, row.recipient)
    )


def test_what_waited_is_looked_at_once_more_before_it_is_sent(town: Town) -> None:
    me = town.settle("Vera Leka", CODE, OTHER, wants=NEW_INVOICE)
    town.issue(CODE, "501")
    town.finder().run()
    preferences, code = town.accounts.preferences, ContractCode(CODE)
    assert wanted(town) == ["mail", "sms"]
    preferences.set_of_contract(me, code, frozenset({"invoice_by_email"}), HOME)
    assert wanted(town) == ["mail"]
    preferences.set_of_contract(me, code, None, HOME)
    other = town.settle("Kaer Leav", OTHER)  # has the same number, and shows it later
    assert other.account.phone == me.account.phone
    assert wanted(town) == ["mail"]
    with town.database.write() as connection:
        theirs = account.c.id == me.account.id
        connection.execute(update(account).where(theirs).values(email="new@example.org"))
    assert wanted(town) == []
    with town.database.write() as connection:
        connection.execute(update(account).where(theirs).values(email=me.account.email))
    assert wanted(town) == ["mail"]
    town.accounts.ownership.remove(me, code, HOME)
    assert wanted(town) == []


def test_what_waits_for_a_closed_account_is_not_sent(town: Town) -> None:
    me = town.settle("Vera Leka", CODE, wants=NEW_INVOICE)
    town.issue(CODE, "501")
    town.finder().run()
    town.accounts.profiles.close(me, password="dritare77", visitor=HOME)
    assert town.told() == []


def test_what_is_over_is_deleted_however_much_it_is(town: Town) -> None:
    me = town.settle("Vera Leka", CODE)
    long_ago = town.clock.now - timedelta(days=900)
    link = {"account_id": me.account.id, "preference": "x", "expires_at": long_ago}
    told = {"account_id": 1, "contract_code": "X", "what": "x", "channel": "sms"}
    with town.database.write() as connection:
        links = [{**link, "token_hash": str(n)} for n in range(2_500)]
        connection.execute(insert(switch_off_link), links)
        rows = [{**told, "subject": str(n), "told_at": long_ago} for n in range(2_500)]
        connection.execute(insert(notified), rows)
    kept = town.accounts.preferences.make_link
    with town.database.write() as connection:
        kept(connection, me.account.id, "case_by_sms")
    town.accounts.preferences.forget_old_links()
    town.finder().forget_old()
    with town.database.read() as connection:
        assert len(connection.execute(select(switch_off_link)).all()) == 1
        assert connection.execute(select(notified)).all() == []


def test_only_what_was_issued_since_it_was_switched_on(town: Town) -> None:
    town.issue(CODE, "501", issued=-2)
    me = town.settle("Vera Leka", CODE, wants=ALL_MAIL)
    assert town.finder().run().told == 0
    town.issue(CODE, "502")
    town.clock.now += timedelta(days=3)  # nothing ran meanwhile
    assert town.finder().run().told == 1
    town.accounts.preferences.set_all(me, frozenset(), HOME)
    town.issue(CODE, "503")
    assert town.finder().run().told == 0
    town.accounts.preferences.set_all(me, ALL_MAIL, HOME)  # on again: from today on
    assert town.finder().run().told == 1


def test_what_billing_enters_late_is_told_and_what_is_old_is_not(town: Town) -> None:
    town.settle("Vera Leka", CODE, wants=ALL_MAIL)
    town.finder().run()
    town.clock.now += timedelta(days=20)
    town.finder().run()
    town.issue(CODE, "501", issued=-6)
    town.issue(CODE, "502", issued=-9)
    assert town.finder().run().told == 1


def test_nobody_is_told_where_it_is_not_sure_whose_address_it_is(town: Town) -> None:
    town.settle("Vera Leka", CODE, is_confirmed=False)
    disabled = town.settle("Ana Leka", CODE)
    with town.database.write() as connection:
        connection.execute(
            update(account)
            .where(account.c.id == disabled.account.id)
            .values(disabled_at=town.clock.now)
        )
    half = town.settle("Blerta Leka", CODE)
    with town.database.write() as connection:  # the number was changed afterwards
        connection.execute(
            update(account).where(account.c.id == half.account.id).values(phone="+355690000001")
        )
    town.issue(CODE, "501")
    town.finder().run()
    assert [(row.channel, row.recipient) for row in town.told()] == [
        ("mail", "blerta.leka@example.org")
    ]


def test_a_contract_can_have_a_choice_of_its_own(town: Town) -> None:
    me = town.settle("Vera Leka", CODE, OTHER, wants=ALL_MAIL)
    preferences = town.accounts.preferences
    preferences.set_of_contract(
        me, ContractCode(OTHER), frozenset({"invoice_by_sms", "select_all"}), HOME
    )
    assert preferences.find_of_contract(me.account.id, ContractCode(OTHER)) == {"invoice_by_sms"}
    assert preferences.list_of_contracts(me.account.id) == [OTHER]
    town.issue(CODE, "501")
    town.issue(OTHER, "502")
    town.finder().run()
    assert sorted((r.channel, r.contract_code) for r in town.told()) == [
        ("mail", CODE),
        ("sms", OTHER),
    ]
    preferences.set_of_contract(me, ContractCode(OTHER), None, HOME)
    town.issue(OTHER, "503")
    town.finder().run()
    assert town.told()[-1].channel == "mail"
    preferences.set_of_contract(me, ContractCode("AL0000002"), frozenset(), HOME)  # not theirs
    assert preferences.find_of_contract(me.account.id, ContractCode("AL0000002")) is None


def test_the_choice_goes_with_the_contract(town: Town) -> None:
    me = town.settle("Vera Leka", CODE, OTHER, wants=ALL_MAIL)
    code = ContractCode(OTHER)
    town.accounts.preferences.set_of_contract(me, code, frozenset(), HOME)
    town.accounts.ownership.remove(me, code, HOME)
    town.let_in(me, OTHER, Right.VIEW)
    assert town.accounts.preferences.find_of_contract(me.account.id, code) is None


def test_a_delegate_who_may_only_look_gets_no_link_to_pay(town: Town) -> None:
    me = town.settle("Ana Leka", OTHER, wants=ALL_MAIL)
    town.let_in(me, CODE, Right.VIEW)
    town.issue(CODE, "501")
    town.finder().run()
    (mail,) = town.told()
    (link,) = [b["address"] for b in json.loads(mail.body)["blocks"] if b["address"]]
    assert link == f"{ADDRESS}/contracts/{CODE}/pay"


def test_where_nothing_can_be_paid_here_no_link_says_so(town: Town) -> None:
    town.is_paying_on = False
    town.settle("Vera Leka", CODE, wants=NEW_INVOICE)
    town.issue(CODE, "501")
    town.finder().run()
    assert not any("/p/" in row.body for row in town.told())


def test_an_sms_holds_160_characters_and_its_way_out(town: Town) -> None:
    town.settle("Vera Leka", CODE)
    town.issue(CODE, "501", due=3, net=9_999_999.99)
    town.pay(CODE, 9_999_999.99)
    town.finder(short_code="").run()
    texts = [row.body for row in town.told() if row.channel == "sms"]
    assert len(texts) == 3
    for text in texts:
        assert len(text) <= 160 and f"Ndal: {ADDRESS}/m/" in text


def test_a_switch_off_link_ends_what_it_is_for(town: Town) -> None:
    me = town.settle("Vera Leka", CODE, OTHER)
    town.issue(CODE, "501")
    town.finder().run()
    (mail,) = town.told(lambda row: row.channel == "mail")
    token = LinkToken(json.loads(mail.body)["switch_off"].rpartition("/")[2])
    preferences = town.accounts.preferences
    link = preferences.use_link(token, everything=False)
    assert (link.preference, link.contract_code) == ("invoice_by_email", CODE)
    preferences.use_link(token, everything=False)  # pressed twice
    town.issue(CODE, "502")
    town.issue(OTHER, "503")
    town.finder().run()
    assert sorted((r.channel, r.contract_code) for r in town.told()[2:]) == [
        ("mail", OTHER),
        ("sms", OTHER),
        ("sms", CODE),
    ]
    preferences.use_link(token, everything=True)
    town.issue(OTHER, "504")
    town.finder().run()
    assert [r.channel for r in town.told()[5:]] == ["sms"]
    for wrong in ("", "x", token + "A"):
        with pytest.raises(LinkGone):
            preferences.use_link(LinkToken(wrong), everything=True)
    town.clock.now += timedelta(days=500)
    with pytest.raises(LinkGone):
        preferences.find_link(token)
    assert me.account.id


def test_a_closed_account_leaves_nothing_of_it(town: Town) -> None:
    me = town.settle("Vera Leka", CODE)
    town.issue(CODE, "501")
    town.finder().run()
    town.accounts.shared.kept_elsewhere["told_of_contracts"] = kept_of
    data = town.accounts.profiles.download(me, password="dritare77", visitor=HOME)
    assert {(one["about"], one["which"]) for one in data["told_of_contracts"]} == {
        ("invoice", "501")
    }
    town.accounts.profiles.close(me, password="dritare77", visitor=HOME)
    with town.database.read() as connection:
        assert connection.execute(select(notified)).all() == []
    assert town.finder().run().told == 0
